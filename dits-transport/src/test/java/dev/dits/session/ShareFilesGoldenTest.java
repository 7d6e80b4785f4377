package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.crypto.ConfirmationException;
import dev.dits.crypto.SessionSecret;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of {@code .dits/share}, kept as hexadecimal digits. {@code -Ddits.golden.write=true} writes them anew. */
class ShareFilesGoldenTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden-share");

    @TempDir
    Path directory;

    private static byte[] filled(int length, int value) {
        return HandshakeTest.filled(length, value);
    }

    private void matches(String name) throws IOException {
        String written = HexFormat.of().formatHex(Files.readAllBytes(directory.resolve(name))) + "\n";
        Path golden = GOLDEN.resolve(name + ".hex");
        if (Boolean.getBoolean("dits.golden.write")) {
            Files.writeString(golden, written);
        }
        assertThat(written).isEqualTo(Files.readString(golden));
    }

    private static Grant grant(int seed, String name, Access access) {
        return new Grant(
                filled(16, seed),
                SessionSecret.fromBytes(filled(32, seed)),
                filled(32, seed),
                name,
                access,
                1_700_000_000);
    }

    @Test
    void grantsAndTickets() throws IOException {
        GrantStore store = GrantStore.open(directory.resolve("grants"));
        store.keep(new KeptTicket(filled(16, 1), true, false, false, 1_700_000_000, null, null, Access.toAll(false)));
        KeptTicket once = new KeptTicket(
                filled(16, 2),
                false,
                true,
                false,
                1_700_000_001,
                Instant.ofEpochSecond(1_800_000_000),
                Duration.ofHours(2),
                new Access(true, List.of("main"), List.of(TreePath.ofUtf8("a/b")), null));
        store.keep(once);
        store.add(grant(3, "laptop", Access.toAll(false)), null);
        store.add(grant(4, "", once.access().until(Instant.ofEpochSecond(1_700_007_200))), once.tag());
        matches("grants");
        GrantStore again = GrantStore.open(directory.resolve("grants"));
        assertThat(again.list()).usingRecursiveComparison().isEqualTo(store.list());
        assertThat(again.tickets()).usingRecursiveComparison().isEqualTo(store.tickets());
        assertThat(again.tickets()).extracting(KeptTicket::used).containsExactly(false, true);
    }

    @Test
    void guesses() throws IOException {
        MovableClock clock = new MovableClock();
        GuessLimiter limiter = GuessLimiter.open(directory.resolve("guesses"), clock);
        limiter.rearm();
        for (String source : List.of("192.0.2.1", "2001:db8::1", "192.0.2.1")) {
            assertThatThrownBy(() -> limiter.guess("7KQM", InetAddress.getByName(source), () -> {
                        throw new ConfirmationException("wrong");
                    }))
                    .isInstanceOf(ConfirmationException.class);
            clock.move(Duration.ofSeconds(1));
        }
        matches("guesses");
        assertThat(GuessLimiter.open(directory.resolve("guesses"), clock).rearmed())
                .isEqualTo(1);
    }

    @Test
    void filesOfAnotherVersionAreLeftAloneAndNamed() throws IOException {
        for (int version : new int[] {1, 3}) {
            byte[] bytes = {(byte) version, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0};
            Path file = directory.resolve("grants");
            Files.write(file, bytes);
            assertThatThrownBy(() -> GrantStore.open(file))
                    .isInstanceOf(UnsupportedFormatException.class)
                    .hasMessageContaining("version " + version)
                    .hasMessageContaining("version 2");
            assertThat(file).hasBinaryContent(bytes);
        }
    }

    @Test
    void onlyTheOwnerReadsThem() throws IOException {
        org.junit.jupiter.api.Assumptions.assumeTrue(
                Files.getFileStore(directory).supportsFileAttributeView("posix"), "needs POSIX permissions");
        Path share = directory.resolve("share");
        GrantStore.open(share.resolve("grants")).add(grant(3, "laptop", Access.toAll(false)), null);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(share)))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(share.resolve("grants"))))
                .isEqualTo("rw-------");
    }
}
