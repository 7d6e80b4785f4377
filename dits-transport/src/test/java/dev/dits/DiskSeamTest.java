package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Nobody in core, nor where keys are kept, writes but the disk. A new way to change the file system goes through {@link dev.dits.disk.Disk}, or a test could not stop it.
 */
class DiskSeamTest {
    private static final Set<String> CHANGING = Set.of(
            "java.nio.file.Files.write",
            "java.nio.file.Files.writeString",
            "java.nio.file.Files.move",
            "java.nio.file.Files.copy",
            "java.nio.file.Files.delete",
            "java.nio.file.Files.deleteIfExists",
            "java.nio.file.Files.createFile",
            "java.nio.file.Files.createDirectory",
            "java.nio.file.Files.createDirectories",
            "java.nio.file.Files.createLink",
            "java.nio.file.Files.createSymbolicLink",
            "java.nio.file.Files.createTempFile",
            "java.nio.file.Files.newOutputStream",
            "java.nio.file.Files.setPosixFilePermissions",
            "java.nio.file.Files.setLastModifiedTime",
            "java.nio.file.Files.setAttribute",
            "java.nio.channels.FileChannel.write",
            "java.nio.channels.FileChannel.force",
            "java.nio.channels.FileChannel.truncate",
            "java.io.RandomAccessFile.write",
            "java.io.RandomAccessFile.setLength",
            "java.io.FileOutputStream.<init>");

    /** Who runs a change as part of one that the disk was told, or writes what need not survive. */
    private static final Set<String> EXCEPTIONS = Set.of(
            "dev.dits.repo.SafeDirectory$Checked -> java.nio.file.Files.delete",
            "dev.dits.repo.WorkTreeWriter -> java.nio.file.Files.setPosixFilePermissions",
            "dev.dits.store.FileLocks -> java.io.RandomAccessFile.write",
            "dev.dits.store.FileLocks -> java.io.RandomAccessFile.setLength");

    @Test
    void nobodyElseWrites() {
        Set<String> found = new TreeSet<>();
        for (JavaClass type : new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(
                        "dev.dits.chunk",
                        "dev.dits.object",
                        "dev.dits.store",
                        "dev.dits.repo",
                        "dev.dits.cache",
                        "dev.dits.session")) {
            for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                String target = access.getTargetOwner().getName() + "."
                        + access.getTarget().getName();
                if (CHANGING.contains(target)) {
                    found.add(type.getName() + " -> " + target);
                }
            }
        }
        assertThat(found).isEqualTo(new TreeSet<>(EXCEPTIONS));
    }
}
