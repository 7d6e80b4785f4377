package dev.dits.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dits.error.DiskFullException;
import dev.dits.error.DitsException;
import dev.dits.error.FileAccessException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskFailuresTest {
    @TempDir
    Path directory;

    @Test
    void aFullDiskIsNamedWithItsFileSystemAndWhatIsFree() {
        Path file = directory.resolve("not").resolve("there");
        IOException said = new IOException("No space left on device");
        assertThat(DiskFailures.explain(file, 3 << 20, said))
                .isInstanceOf(DiskFullException.class)
                .hasCause(said)
                .hasMessageContaining("3.0 MiB to " + file)
                .message()
                .containsPattern("file system .+, [0-9.]+ [KMGT]?i?B of [0-9.]+ [KMGT]?i?B free")
                .contains("try again");
        assertThat(DiskFailures.explain(file, new IOException("Disk quota exceeded")))
                .isInstanceOf(DiskFullException.class)
                .hasMessageContaining("quota");
        assertThat(DiskFailures.explain(file, new IOException("There is not enough space on the disk")))
                .isInstanceOf(DiskFullException.class);
    }

    @Test
    void aDeviceThatIsAlwaysFullSaysSo() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "needs Linux's /dev/full");
        try (DiskFile file = Disk.system().open(Role.TREE, full)) {
            assertThatThrownBy(() -> file.write(0, ByteBuffer.allocate(5_000)))
                    .isInstanceOf(DiskFullException.class)
                    .hasMessageContaining("4.9 KiB to /dev/full");
        }
    }

    @Test
    void whatTheSystemForbidsIsNamedWithItsOwner() throws IOException {
        Path file = Files.createFile(directory.resolve("mine"));
        String owner = Files.getOwner(file).getName();
        assertThat(DiskFailures.translate(new AccessDeniedException(file.toString())))
                .isInstanceOfSatisfying(
                        FileAccessException.class, e -> assertThat(e.path()).isEqualTo(file.toString()))
                .hasMessageContaining("no permission for " + file)
                .hasMessageContaining("belongs to " + owner);
        assertThat(DiskFailures.translate(new FileSystemException(file.toString(), null, "Operation not permitted")))
                .isInstanceOf(FileAccessException.class);
        assertThat(DiskFailures.translate(new FileSystemException(file.toString(), null, "Read-only file system")))
                .isInstanceOf(FileAccessException.class)
                .hasMessageContaining("mounted read-only");
        assertThat(DiskFailures.translate(new FileSystemException(file.toString(), null, "No space left on device")))
                .isInstanceOf(DiskFullException.class);
    }

    @Test
    void controlCharactersOfANameDoNotReachTheTerminal() {
        assertThat(DiskFailures.translate(new AccessDeniedException("/tmp/a\u001b[31mb"))
                        .getMessage())
                .doesNotContain("\u001b");
    }

    @Test
    void everythingElseStaysWhatItIs() {
        for (IOException one : new IOException[] {
            new NoSuchFileException("x"),
            new IOException("x"),
            new DitsException("No space left"),
            new AccessDeniedException(null)
        }) {
            assertThat(DiskFailures.translate(one)).isSameAs(one);
        }
        IOException known = new DitsException("No space left");
        assertThat(DiskFailures.explain(directory, known)).isSameAs(known);
    }

    @Test
    void whatCouldNotBeOpenedIsNamedWithTheReason() {
        Path missing = directory.resolve("not").resolve("there");
        assertThatThrownBy(() -> ReadOnly.open(missing))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(missing.toString());
        assertThat(opening("No such file or directory")).isInstanceOf(NoSuchFileException.class);
        assertThat(opening("Permission denied")).isInstanceOf(AccessDeniedException.class);
        assertThat(DiskFailures.translate(opening("Read-only file system")))
                .isInstanceOf(FileAccessException.class)
                .hasMessageContaining("mounted read-only");
        assertThat(opening("No space left on device")).isInstanceOf(DiskFullException.class);
        assertThat(opening("Too many open files"))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("file: Too many open files");
        assertThat(DiskFailures.opening(Path.of("file"), new FileNotFoundException(null)))
                .isInstanceOf(FileSystemException.class);
    }

    private static IOException opening(String reason) {
        return DiskFailures.opening(Path.of("file"), new FileNotFoundException("file (" + reason + ")"));
    }
}
