package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LobbyTest {
    private final ManualScheduler timer = new ManualScheduler();
    private final Lobby lobby = new Lobby();

    @AfterEach
    void close() {
        timer.shutdownNow();
    }

    private static InetAddress address(int number) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, (byte) (number >> 8), (byte) number});
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** Every one is from another source and says nothing, 100 a second for 100 seconds. */
    @Test
    void ofTenThousandSilentPeersSixtyFourAreThereAtOnceAndNoneForLong() {
        int entered = 0;
        for (int i = 0; i < 10_000; i++) {
            InetAddress source = address(i);
            boolean room = lobby.size() < Lobby.UNJOINED_MAX;
            assertThat(lobby.enter(source)).isEqualTo(room);
            if (room) {
                entered++;
                // As the acceptor does for each.
                timer.schedule(
                        () -> lobby.leave(source),
                        ShareAcceptor.JOIN_TIME.toMillis(),
                        java.util.concurrent.TimeUnit.MILLISECONDS);
            }
            assertThat(lobby.size()).isLessThanOrEqualTo(Lobby.UNJOINED_MAX);
            timer.move(Duration.ofMillis(10));
        }
        // A round of 64 every ten seconds.
        assertThat(entered).isEqualTo(10 * Lobby.UNJOINED_MAX);
        timer.move(ShareAcceptor.JOIN_TIME);
        assertThat(lobby.size()).isZero();
    }

    @Test
    void theSixtyFifthAndTheFifthOfASourceAreRefusedUntilSomebodyLeaves() {
        for (int i = 0; i < Lobby.UNJOINED_MAX; i++) {
            assertThat(lobby.enter(address(i / Lobby.UNJOINED_PER_SOURCE_MAX))).isTrue();
            if (i == Lobby.UNJOINED_PER_SOURCE_MAX - 1) {
                assertThat(lobby.enter(address(0))).isFalse();
            }
        }
        assertThat(lobby.enter(address(1_000))).isFalse();
        lobby.leave(address(0));
        assertThat(lobby.enter(address(1_000))).isTrue();
        assertThat(lobby.enter(address(1_001))).isFalse();
    }

    @Test
    void aPaceLetsABurstThroughAndSpreadsTheRest() {
        long[] nanos = {0};
        Pace pace = new Pace(10, 100, () -> nanos[0]);
        for (int i = 0; i < 10; i++) {
            assertThat(pace.take()).isZero();
        }
        assertThat(pace.take()).isEqualTo(10_000_000);
        assertThat(pace.take()).isEqualTo(20_000_000);
        nanos[0] += Duration.ofSeconds(60).toNanos();
        for (int i = 0; i < 10; i++) {
            assertThat(pace.take()).isZero();
        }
        assertThat(pace.take()).isPositive();
    }
}
