package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.PeerCertificate;
import dev.dits.crypto.Spake2;
import dev.dits.crypto.Spake2Password;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.JoinRejectedException.Reason;
import dev.dits.net.ByteStream;
import dev.dits.net.Connection;
import dev.dits.object.ByteWriter;
import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What very many strangers get out of the share's side of a join, and that nobody else pays for it. */
class JoinStormTest {
    private static final byte[] SHARE = HandshakeTest.filled(16, 1);
    private static final byte[] STRANGER = HandshakeTest.filled(32, 7);
    private static final byte[] OURS = HandshakeTest.filled(32, 8);

    private final SecureRandom random = new SecureRandom();
    private final MovableClock clock = new MovableClock();
    private final JoinCode code = HandshakeTest.code("7KQ-M4T-X9P");
    private final Invitation invitation = Invitation.of(code, Access.toAll(false), null);
    private int locked;

    /** In memory where there is such a place: a thousand answers are a thousand synced files. */
    private Path directory;

    @BeforeEach
    void makeDirectory(@TempDir Path temporary) throws IOException {
        Path memory = Path.of("/dev/shm");
        directory = Files.isDirectory(memory) && Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "dits-storm")
                : temporary;
    }

    @AfterEach
    void removeDirectory() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private GuessLimiter guesses;
    private GrantStore grants;

    private void restart() throws IOException {
        guesses = GuessLimiter.open(directory.resolve("guesses"), clock);
        grants = GrantStore.open(directory.resolve("grants"));
    }

    private final class StormDoor extends TestDoor {
        @Override
        Invitation invitation() {
            return invitation;
        }

        @Override
        GrantStore grants() {
            return grants;
        }

        @Override
        public GuessLimiter guesses() {
            return guesses;
        }

        @Override
        public byte[] shareId() {
            return SHARE;
        }

        @Override
        public void wrongCode(String nameplate) throws IOException {
            if (guesses.isLocked(nameplate)) {
                locked++;
            }
        }
    }

    private static byte[] frames(Message... messages) throws IOException {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        FrameWriter writer = new FrameWriter(new FrameWriter.Output() {
            @Override
            public void write(byte[] source, int offset, int length) {
                out.write(source, offset, length);
            }

            @Override
            public void flush() {}
        });
        for (Message message : messages) {
            writer.write(message);
        }
        return out.toByteArray();
    }

    private static final FrameWriter.Output NOBODY = new FrameWriter.Output() {
        @Override
        public void write(byte[] source, int offset, int length) {}

        @Override
        public void flush() {}
    };

    private Message.Hello hello(JoinCode guess) {
        return new Message.Hello(
                List.of(JoinFrames.VERSION),
                Message.Hello.CODE,
                Invitation.selector(code),
                new byte[32],
                Spake2.mount(Spake2Password.of(guess), random).start());
    }

    private Grant come(byte[] said, InetAddress source) throws IOException {
        return new ShareHandshake(
                        new FrameReader(new ByteArrayInputStream(said)::read, FrameReader.PAYLOAD_BYTES_MAX_UNJOINED),
                        new FrameWriter(NOBODY),
                        new StormDoor(),
                        STRANGER,
                        OURS,
                        source,
                        clock,
                        random)
                .answer();
    }

    private static List<InetAddress> sources() throws IOException {
        List<InetAddress> sources = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            sources.add(InetAddress.getByAddress(new byte[] {10, 0, (byte) (i >> 8), (byte) i}));
        }
        return sources;
    }

    @Test
    void aMillionGuessesFromAThousandSourcesWithRestartsGetAThousandAnswers() throws Exception {
        restart();
        List<InetAddress> sources = sources();
        byte[] said = frames(hello(HandshakeTest.code("7KQ-M4T-X9Q")), new Message.Confirm(new byte[32]));
        int answered = 0;
        for (int attempt = 0; attempt < 1_000_000; attempt++) {
            try {
                come(said, sources.get(attempt % sources.size()));
                throw new AssertionError("a wrong guess went through");
            } catch (JoinRejectedException e) {
                if (e.reason() == Reason.WRONG_CODE) {
                    answered++;
                } else {
                    assertThat(e.reason()).isEqualTo(Reason.LOCKED);
                }
            }
            if (attempt % 9_973 == 0) {
                restart();
                clock.move(Duration.ofMinutes(7));
            }
        }
        assertThat(answered).isEqualTo(1_000);
        assertThat(locked).isEqualTo(1);
        // A day later, after another restart, and even for whoever knows the code: it is off until the owner makes a
        // new one.
        clock.move(Duration.ofDays(1));
        restart();
        assertThatThrownBy(() -> come(said, InetAddress.getByName("192.0.2.9")))
                .isInstanceOfSatisfying(JoinRejectedException.class, e -> {
                    assertThat(e.reason()).isEqualTo(Reason.LOCKED);
                    assertThat(e.retryAfter()).isEmpty();
                });
        // A ticket is as good as ever, and so is another code.
        assertThat(guesses.isLocked("7KR")).isFalse();
    }

    @Test
    void aThousandThatEndBeforeTheConfirmationSpendNothing() throws Exception {
        restart();
        byte[] said = frames(hello(HandshakeTest.code("7KQ-M4T-X9Q")));
        InetAddress one = InetAddress.getByName("192.0.2.1");
        for (int i = 0; i < 1_000; i++) {
            assertThatThrownBy(() -> come(said, one)).isInstanceOf(EOFException.class);
        }
        assertThat(directory.resolve("guesses")).doesNotExist();
        assertThat(guesses.verdict(code.nameplate(), one).allowed()).isTrue();
    }

    @Test
    void strangersThatBreakOffDoNotKeepARealUserOut() throws Exception {
        byte[] said = frames(hello(HandshakeTest.code("7KQ-M4T-X9Q")));
        try (TestShare there = new TestShare();
                TestShare strangers = new TestShare("127.0.0.2");
                TestShare here = new TestShare();
                TestShare.Door door =
                        there.share(directory, "project", (session, request, exchange) -> exchange.end())) {
            PeerCertificate certificate = TestShare.certificate();
            AtomicBoolean enough = new AtomicBoolean();
            AtomicInteger broken = new AtomicInteger();
            List<Future<?>> storm = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                storm.add(strangers.workers.submit(() -> {
                    while (!enough.get()) {
                        try (Connection connection = strangers.node.connect(
                                there.address(),
                                ServerNames.ofNameplate(door.code.nameplate()),
                                certificate.privateKey(),
                                certificate.certificate(),
                                null,
                                TestShare.PATIENCE)) {
                            ByteStream stream = connection.openStream();
                            stream.write(said, 0, said.length);
                            stream.flush();
                            broken.incrementAndGet();
                        }
                    }
                    return null;
                }));
            }
            while (broken.get() < 50) {
                Thread.onSpinWait();
            }
            assertThat(here.join(there.address(), Dialer.Key.of(door.code), (session, request, exchange) -> {})
                            .session()
                            .isConnected())
                    .isTrue();
            while (broken.get() < 100) {
                Thread.onSpinWait();
            }
            enough.set(true);
            for (Future<?> one : storm) {
                one.get();
            }
            // The real user's was written down before it was looked at, and given back.
            assertThat(state(directory.resolve("guesses"))).isEqualTo(state(directory.resolve("none")));
        }
    }

    /** What a limiter that reads a file knows. */
    private static byte[] state(Path file) throws IOException {
        GuessLimiter limiter = GuessLimiter.open(file, Instant::now);
        assertThat(limiter.isLocked("7KQ")).isFalse();
        ByteWriter out = new ByteWriter();
        limiter.write(out);
        return out.toBytes();
    }
}
