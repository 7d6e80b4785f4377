package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.crypto.ConfirmationException;
import dev.dits.disk.Disk;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.DiskFullException;
import dev.dits.error.JoinRejectedException;
import dev.dits.object.ByteWriter;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuessLimiterTest {
    private static final String PLATE = "7KQM";

    private final MovableClock clock = new MovableClock();

    @TempDir
    Path directory;

    private GuessLimiter open() throws IOException {
        return GuessLimiter.open(directory.resolve("guesses"), clock);
    }

    private static InetAddress address(String text) throws IOException {
        return InetAddress.getByName(text);
    }

    /** True if the guess was answered. */
    private static boolean wrong(GuessLimiter limiter, InetAddress source) throws IOException {
        try {
            limiter.guess(PLATE, source, () -> {
                throw new ConfirmationException("wrong");
            });
            throw new AssertionError("a wrong guess went through");
        } catch (ConfirmationException e) {
            return true;
        } catch (JoinRejectedException e) {
            return false;
        }
    }

    @Test
    void aSourceHasFiveWrongGuessesAnHour() throws IOException {
        GuessLimiter limiter = open();
        InetAddress source = address("192.0.2.1");
        for (int i = 0; i < 5; i++) {
            assertThat(wrong(limiter, source)).isTrue();
            clock.move(Duration.ofMinutes(1));
        }
        assertThat(wrong(limiter, source)).isFalse();
        assertThat(limiter.verdict(PLATE, source).retryAfter()).isEqualTo(Duration.ofMinutes(55));
        assertThat(wrong(limiter, address("192.0.2.2"))).isTrue();
        clock.move(Duration.ofMinutes(55));
        assertThat(wrong(limiter, source)).isTrue();
        assertThat(wrong(limiter, source)).isFalse();
    }

    @Test
    void anIpv6SourceIsItsNetwork() throws IOException {
        GuessLimiter limiter = open();
        for (int i = 0; i < 5; i++) {
            assertThat(wrong(limiter, address("2001:db8:1:2::" + (i + 1)))).isTrue();
        }
        assertThat(wrong(limiter, address("2001:db8:1:2:ffff::1"))).isFalse();
        assertThat(wrong(limiter, address("2001:db8:1:3::1"))).isTrue();
    }

    @Test
    void aRightGuessCostsNothing() throws Exception {
        GuessLimiter limiter = open();
        for (int i = 0; i < 100; i++) {
            assertThat(limiter.<String>guess(PLATE, address("192.0.2.1"), () -> "in"))
                    .isEqualTo("in");
        }
        for (int i = 0; i < GuessLimiter.SOURCE_GUESSES_MAX; i++) {
            assertThat(wrong(open(), address("192.0.2.1"))).isTrue();
        }
        assertThat(wrong(limiter, address("192.0.2.1"))).isFalse();
    }

    @Test
    void eachCodeHasItsOwnLifeAndANewOneTheWholeOfIt() throws IOException {
        Files.write(
                directory.resolve("guesses"),
                new ByteWriter()
                        .u8(2)
                        .u64(1)
                        .varint(0)
                        .varint(1)
                        .text(PLATE)
                        .varint(GuessLimiter.LIFE_GUESSES_MAX - 1)
                        .varint(0)
                        .toBytes());
        GuessLimiter limiter = open();
        assertThat(wrong(limiter, address("192.0.2.76"))).isTrue();
        assertThat(wrong(limiter, address("192.0.2.77"))).isFalse();
        assertThat(open().isLocked(PLATE)).isTrue();
        assertThat(limiter.isLocked("OTHER")).isFalse();
        assertThat(limiter.verdict("OTHER", address("192.0.2.77")).allowed()).isTrue();
        limiter.forget(PLATE);
        assertThat(open().verdict(PLATE, address("192.0.2.77")).allowed()).isTrue();
    }

    @Test
    void whatASourceHasSpentIsSpentForEveryCode() throws IOException {
        GuessLimiter limiter = open();
        InetAddress source = address("192.0.2.1");
        for (int i = 0; i < GuessLimiter.SOURCE_GUESSES_MAX; i++) {
            wrong(limiter, source);
        }
        limiter.forget(PLATE);
        limiter.rearm();
        assertThat(limiter.verdict(PLATE, source).allowed()).isFalse();
        assertThat(open().verdict("FRESH", source).retryAfter()).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void twoProcessesCountTogether() throws IOException {
        GuessLimiter here = open();
        GuessLimiter there = open();
        InetAddress source = address("192.0.2.1");
        for (int i = 0; i < GuessLimiter.SOURCE_GUESSES_MAX; i++) {
            assertThat(wrong(i % 2 == 0 ? here : there, source)).isTrue();
        }
        assertThat(wrong(here, source)).isFalse();
        assertThat(wrong(there, source)).isFalse();
    }

    @Test
    void guessesAtOnceDoNotPassTheLimitTogether() throws Exception {
        GuessLimiter limiter = open();
        InetAddress source = address("192.0.2.1");
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<Boolean>> all = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                all.add(threads.submit(() -> wrong(limiter, source)));
            }
            int answered = 0;
            for (Future<Boolean> one : all) {
                answered += one.get() ? 1 : 0;
            }
            assertThat(answered).isEqualTo(5);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aDamagedFileGivesNobodyNewGuesses() throws IOException {
        wrong(open(), address("192.0.2.1"));
        Path file = directory.resolve("guesses");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
        assertThatThrownBy(this::open).isInstanceOf(CorruptObjectException.class);
    }

    /** Neither answer may be had for nothing: on a full disk a right guess looks the same as a wrong one. */
    @Test
    void aGuessThatCanNotBeWrittenDownIsNotLookedAt() throws Exception {
        GuessLimiter limiter = open();
        InetAddress source = address("192.0.2.1");
        assertThat(wrong(limiter, source)).isTrue();
        Disk full = (Disk) Proxy.newProxyInstance(
                Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, (proxy, method, arguments) -> {
                    throw new DiskFullException("the disk is full", null);
                });
        limiter.writeTo(full);
        AtomicInteger looked = new AtomicInteger();
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> limiter.guess(PLATE, source, looked::incrementAndGet))
                    .isInstanceOf(DiskFullException.class);
        }
        assertThat(looked).hasValue(0);
        limiter.writeTo(Disk.system());
        for (int i = 1; i < GuessLimiter.SOURCE_GUESSES_MAX; i++) {
            limiter.guess(PLATE, source, looked::incrementAndGet);
            assertThat(wrong(limiter, source)).as("guess %d", i).isTrue();
        }
        assertThat(wrong(limiter, source)).isFalse();
        assertThat(looked).hasValue(GuessLimiter.SOURCE_GUESSES_MAX - 1);
    }
}
