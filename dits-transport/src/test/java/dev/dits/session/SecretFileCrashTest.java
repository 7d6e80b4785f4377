package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.crypto.ConfirmationException;
import dev.dits.crypto.SessionSecret;
import dev.dits.disk.Disk;
import dev.dits.disk.DiskFailures;
import dev.dits.disk.DiskFile;
import dev.dits.disk.Operation;
import dev.dits.disk.Role;
import dev.dits.error.DiskFullException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stops the writing of grants and guesses at every point. */
class SecretFileCrashTest {
    @TempDir
    Path directory;

    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** The real disk up to some change, and from there on a dead process or a full disk. */
    private static final class StoppingDisk implements Disk {
        private final Disk system = Disk.system();
        private final boolean full;
        private final Set<String> points = new TreeSet<>();
        private int left;
        private boolean struck;

        StoppingDisk(boolean full, int ordinal) {
            this.full = full;
            left = ordinal;
        }

        private void pass(Operation operation, Role role, Path path) throws IOException {
            points.add(operation.of(role));
            struck |= --left == 0;
            if (struck && !full) {
                throw new Killed();
            }
            if (struck && operation != Operation.DELETE) {
                throw DiskFailures.explain(path, new IOException("No space left on device"));
            }
        }

        @Override
        public DiskFile create(Role role, Path file, FileAttribute<?>... attributes) throws IOException {
            pass(Operation.CREATE, role, file);
            DiskFile made = system.create(role, file, attributes);
            return new DiskFile() {
                @Override
                public void write(long position, ByteBuffer bytes) throws IOException {
                    ByteBuffer half = bytes.duplicate();
                    half.limit(half.position() + half.remaining() / 2);
                    made.write(position, half);
                    pass(Operation.WRITE, role, file);
                    made.write(position, bytes);
                }

                @Override
                public boolean read(long position, ByteBuffer into) throws IOException {
                    return made.read(position, into);
                }

                @Override
                public long size() throws IOException {
                    return made.size();
                }

                @Override
                public void truncate(long length) throws IOException {
                    made.truncate(length);
                }

                @Override
                public void sync() throws IOException {
                    pass(Operation.SYNC, role, file);
                    made.sync();
                }

                @Override
                public void close() throws IOException {
                    made.close();
                }
            };
        }

        @Override
        public DiskFile open(Role role, Path file) throws IOException {
            pass(Operation.OPEN, role, file);
            return system.open(role, file);
        }

        @Override
        public void rename(Role role, Path from, Path to, Change how) throws IOException {
            pass(Operation.RENAME, role, to);
            system.rename(role, from, to, how);
        }

        @Override
        public void link(Role role, Path link, Path existing) throws IOException {
            pass(Operation.LINK, role, link);
            system.link(role, link, existing);
        }

        @Override
        public void symbolicLink(Role role, Path link, Path target) throws IOException {
            pass(Operation.SYMBOLIC_LINK, role, link);
            system.symbolicLink(role, link, target);
        }

        @Override
        public void makeDirectory(Role role, Path made, FileAttribute<?>... attributes) throws IOException {
            pass(Operation.MAKE_DIRECTORY, role, made);
            system.makeDirectory(role, made, attributes);
        }

        @Override
        public void delete(Role role, Path path, Change how) throws IOException {
            pass(Operation.DELETE, role, path);
            system.delete(role, path, how);
        }

        @Override
        public void attributes(Role role, Path path, Change how) throws IOException {
            pass(Operation.ATTRIBUTES, role, path);
            system.attributes(role, path, how);
        }

        @Override
        public void syncAttributes(Role role, Path file) throws IOException {
            pass(Operation.SYNC_ATTRIBUTES, role, file);
            system.syncAttributes(role, file);
        }

        @Override
        public void syncDirectory(Role role, Path path) throws IOException {
            pass(Operation.SYNC_DIRECTORY, role, path);
            system.syncDirectory(role, path);
        }
    }

    private static Grant grant(int number) {
        byte[] id = new byte[16];
        Arrays.fill(id, (byte) number);
        byte[] fingerprint = new byte[32];
        Arrays.fill(fingerprint, (byte) number);
        return new Grant(
                id, SessionSecret.fromBytes(fingerprint), fingerprint, "laptop", Access.toAll(false), 1_700_000_000);
    }

    private static void noKeysLieAround(Path share) throws IOException {
        try (Stream<Path> files = Files.list(share)) {
            assertThat(files.map(file -> String.valueOf(file.getFileName())))
                    .containsExactlyInAnyOrder("grants", "lock");
        }
    }

    @Test
    void aGrantIsThereAsAWholeOrNotAtAll() throws IOException {
        for (boolean full : new boolean[] {false, true}) {
            for (int ordinal = 1; ; ordinal++) {
                Path share = directory.resolve(full + "-" + ordinal);
                Path file = share.resolve("grants");
                GrantStore.open(file).add(grant(1), null);
                StoppingDisk disk = new StoppingDisk(full, ordinal);
                GrantStore stopped = GrantStore.open(file);
                stopped.writeTo(disk);
                boolean done = false;
                try {
                    stopped.add(grant(2), null);
                    done = true;
                } catch (Killed e) {
                    assertThat(full).isFalse();
                } catch (DiskFullException e) {
                    assertThat(full).isTrue();
                }
                GrantStore again = GrantStore.open(file);
                assertThat(again.list().size()).isIn(done ? Set.of(2) : Set.of(1, 2));
                if (full) {
                    // What could not be written down is not believed either.
                    assertThat(stopped.list()).hasSameSizeAs(again.list());
                }
                again.add(grant(2), null);
                assertThat(GrantStore.open(file).list()).hasSize(2);
                noKeysLieAround(share);
                if (!disk.struck) {
                    assertThat(done).isTrue();
                    assertThat(disk.points)
                            .contains(
                                    "secret.create",
                                    "secret.write",
                                    "secret.sync",
                                    "secret.rename",
                                    "secret.sync-directory");
                    break;
                }
            }
        }
    }

    @Test
    void aGuessThatCanNotBeWrittenDownIsNotAnswered() throws IOException {
        InstantSource clock = () -> Instant.ofEpochSecond(1_700_000_000);
        InetAddress source = InetAddress.getByName("192.0.2.1");
        Path file = directory.resolve("guesses");
        GuessLimiter limiter = GuessLimiter.open(file, clock);
        limiter.writeTo(new StoppingDisk(true, 1));
        for (int i = 0; i < 2 * GuessLimiter.SOURCE_GUESSES_MAX; i++) {
            assertThatThrownBy(() -> limiter.guess("7KQ", source, () -> {
                        throw new ConfirmationException("wrong");
                    }))
                    .isInstanceOf(DiskFullException.class);
        }
        limiter.writeTo(Disk.system());
        assertThat(limiter.verdict("7KQ", source).allowed()).isTrue();
    }
}
