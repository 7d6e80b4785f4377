package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo's word is worth what its compare finds. */
class TreesTest {
    private static final Set<String> DITS = Set.of(".dits");

    @TempDir
    private Path directory;

    private Path left;
    private Path right;

    @BeforeEach
    void setUp() throws IOException {
        left = Files.createDirectories(directory.resolve("left"));
        right = directory.resolve("right");
        SampleTree.makeOddities(left);
        TreeCopy.copy(left, right, Long.MAX_VALUE, Long.MAX_VALUE);
    }

    private TreeCompare.Report compare() throws IOException {
        return TreeCompare.compare(left, right, DITS);
    }

    @Test
    void aCopyIsTheSame() throws IOException {
        TreeCompare.Report report = compare();
        assertThat(report.differences()).isEmpty();
        assertThat(report.same()).isTrue();
        assertThat(report.files()).isGreaterThanOrEqualTo(15);
        assertThat(report.links()).isEqualTo(4);
        assertThat(report.directories()).isGreaterThan(60);
        assertThat(report.bytes()).isGreaterThan(3_000_000);
    }

    @Test
    void aChangedByteIsFoundThoughSizeAndTimeAreTheSame() throws IOException {
        Path file = right.resolve("private");
        FileTime time = Files.getLastModifiedTime(file);
        byte[] bytes = Files.readAllBytes(file);
        bytes[57] ^= 1;
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, time);
        assertThat(compare().differences()).containsExactly("private differs from byte 57 on");
    }

    @Test
    void modeTimeTargetKindAndPresenceAreFound() throws IOException {
        Files.setPosixFilePermissions(right.resolve("tool.sh"), PosixFilePermissions.fromString("rw-r--r--"));
        Files.setLastModifiedTime(right.resolve("old"), FileTime.from(Instant.parse("1999-12-31T23:59:59.123456788Z")));
        Path parentTime = right.resolve("deep");
        Files.setLastModifiedTime(parentTime, FileTime.fromMillis(0));
        Files.delete(right.resolve("dangling"));
        Files.createSymbolicLink(right.resolve("dangling"), Path.of("somewhere"));
        Files.delete(right.resolve("empty"));
        Files.createDirectory(right.resolve("empty"));
        Files.delete(right.resolve("-rf"));
        Files.writeString(right.resolve("more"), "");
        TreeCompare.Report report = compare();
        assertThat(report.differenceCount()).isEqualTo(7);
        assertThat(String.join("\n", report.differences()))
                .contains("tool.sh has mode rwxr-xr-x on the left and rw-r--r-- on the right")
                .contains("old is of 1999-12-31T23:59:59.123456789Z on the left")
                .contains("deep is of ")
                .contains("dangling points to nowhere/at all on the left and to somewhere on the right")
                .contains("empty is a file on the left and a directory on the right")
                .contains("-rf is only on the left")
                .contains("more is only on the right");
    }

    @Test
    void onlyAtTheTopIsDitsLeftOut() throws IOException {
        Files.createDirectories(right.resolve(".dits"));
        assertThat(compare().same()).isTrue();
        Files.createDirectories(right.resolve("deep/.dits"));
        assertThat(compare().differences().toString()).contains(".dits is only on the right");
    }

    @Test
    void differencesAreCountedBeyondThoseThatAreListed() throws IOException {
        for (int i = 0; i < TreeCompare.LISTED_MAX + 5; i++) {
            Files.writeString(right.resolve("more-" + i), "");
        }
        TreeCompare.Report report = compare();
        assertThat(report.differences()).hasSize(TreeCompare.LISTED_MAX);
        assertThat(report.differenceCount()).isEqualTo(TreeCompare.LISTED_MAX + 5);
    }

    @Test
    void aCopyStopsAtItsBounds() throws IOException {
        TreeCopy.Copied copied = TreeCopy.copy(left, directory.resolve("few"), 5, Long.MAX_VALUE);
        assertThat(copied.files()).isEqualTo(5);
        copied = TreeCopy.copy(left, directory.resolve("small"), Long.MAX_VALUE, 1_000);
        assertThat(copied.bytes()).isPositive().isLessThanOrEqualTo(1_000);
    }

    @Test
    void deletingFollowsNoLinkAndMindsNoMode() throws IOException {
        Path outside = Files.writeString(directory.resolve("outside"), "stays");
        Path outsideDirectory = Files.createDirectories(directory.resolve("outside-directory/deep"));
        Files.createSymbolicLink(right.resolve("out"), outside);
        Files.createSymbolicLink(right.resolve("out-directory"), outsideDirectory.getParent());
        Files.setPosixFilePermissions(right.resolve("deep"), PosixFilePermissions.fromString("r-x------"));
        TreeCopy.delete(right);
        assertThat(right).doesNotExist();
        assertThat(outside).hasContent("stays");
        assertThat(outsideDirectory).isDirectory();
    }
}
