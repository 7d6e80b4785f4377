package dev.dits.quic;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HandshakeLimiterTest {
    private long nanos = 1;
    private final HandshakeLimiter limiter = new HandshakeLimiter(() -> nanos);

    private static InetAddress address(int number) {
        try {
            return InetAddress.getByAddress(
                    new byte[] {10, (byte) (number >> 16), (byte) (number >> 8), (byte) number});
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
    }

    private int admitted(int source, int tries) {
        int admitted = 0;
        for (int i = 0; i < tries; i++) {
            admitted += limiter.admit(address(source)) ? 1 : 0;
        }
        return admitted;
    }

    @Test
    void aSourceHasABurstAndThenARate() {
        assertThat(admitted(1, 10_000)).isEqualTo(HandshakeLimiter.SOURCE_BURST);
        pass(Duration.ofSeconds(1));
        assertThat(admitted(1, 10_000)).isEqualTo(HandshakeLimiter.SOURCE_PER_SECOND);
        assertThat(admitted(2, 1)).isEqualTo(1);
        pass(Duration.ofHours(1));
        assertThat(admitted(1, 10_000)).isEqualTo(HandshakeLimiter.SOURCE_BURST);
    }

    @Test
    void allTogetherHaveABurstAndThenARateAndAreNotAllRemembered() {
        int admitted = 0;
        for (int source = 0; source < 10_000; source++) {
            admitted += admitted(source, 1);
        }
        assertThat(admitted).isEqualTo(HandshakeLimiter.TOTAL_BURST);
        assertThat(limiter.sourcesRemembered()).isEqualTo(HandshakeLimiter.SOURCES_MAX);
        pass(Duration.ofSeconds(10));
        for (int source = 0; source < 10_000; source++) {
            admitted += admitted(source, 1);
        }
        assertThat(admitted).isEqualTo(2 * HandshakeLimiter.TOTAL_BURST);
    }

    @Test
    void anIpv6SourceIsItsNetwork() throws Exception {
        Object one = HandshakeLimiter.sourceOf(InetAddress.getByName("2001:db8:1:2:3:4:5:6"));
        assertThat(HandshakeLimiter.sourceOf(InetAddress.getByName("2001:db8:1:2:ffff::1")))
                .isEqualTo(one);
        assertThat(HandshakeLimiter.sourceOf(InetAddress.getByName("2001:db8:1:3:3:4:5:6")))
                .isNotEqualTo(one);
        assertThat(HandshakeLimiter.sourceOf(address(1))).isEqualTo(address(1));
    }

    @Test
    void silentOnesDisplaceEachOtherAndNotWhoComesNext() {
        AtomicInteger gaveUp = new AtomicInteger();
        List<HandshakeLimiter.Slot> silent = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            silent.add(limiter.begin(address(i), gaveUp::incrementAndGet));
            assertThat(limiter.underWay()).isLessThanOrEqualTo(HandshakeLimiter.UNDER_WAY_MAX);
        }
        assertThat(gaveUp).hasValue(10_000 - HandshakeLimiter.UNDER_WAY_MAX);
        assertThat(silent.subList(0, 10_000 - HandshakeLimiter.UNDER_WAY_MAX)).noneMatch(HandshakeLimiter.Slot::isHeld);
        // An honest one keeps its place while fewer come than there are places.
        HandshakeLimiter.Slot honest = limiter.begin(address(20_000), () -> {
            throw new AssertionError("displaced");
        });
        for (int i = 0; i < HandshakeLimiter.UNDER_WAY_MAX - 1; i++) {
            limiter.begin(address(30_000 + i), gaveUp::incrementAndGet);
        }
        assertThat(honest.isHeld()).isTrue();
        honest.free();
        honest.free();
        assertThat(limiter.underWay()).isEqualTo(HandshakeLimiter.UNDER_WAY_MAX - 1);
    }

    @Test
    void oneSourceDisplacesItselfAlone() {
        HandshakeLimiter.Slot other = limiter.begin(address(1), () -> {
            throw new AssertionError("displaced");
        });
        AtomicInteger gaveUp = new AtomicInteger();
        for (int i = 0; i < 1_000; i++) {
            limiter.begin(address(2), gaveUp::incrementAndGet);
        }
        assertThat(gaveUp).hasValue(1_000 - HandshakeLimiter.UNDER_WAY_PER_SOURCE_MAX);
        assertThat(limiter.underWay()).isEqualTo(1 + HandshakeLimiter.UNDER_WAY_PER_SOURCE_MAX);
        assertThat(other.isHeld()).isTrue();
    }

    @Test
    void whatWritersMayBeAheadShrinksAsItIsTaken() {
        WriteBudget budget = new WriteBudget();
        assertThat(budget.streamBytesMax()).isEqualTo(QuicStream.WRITE_BYTES_MAX);
        int streams = 0;
        // Whoever reads nothing takes what he may, until nobody gets more than the least.
        while (budget.streamBytesMax() > WriteBudget.STREAM_BYTES_MIN) {
            budget.taken(budget.streamBytesMax());
            streams++;
        }
        assertThat(streams).isGreaterThan(48);
        assertThat(budget.takenBytes()).isLessThan(WriteBudget.NODE_BYTES_MAX);
        budget.returned((int) budget.takenBytes());
        assertThat(budget.streamBytesMax()).isEqualTo(QuicStream.WRITE_BYTES_MAX);
    }
}
