package dev.dits.repo;

import dev.dits.object.EntryName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Makes trees, and compares them in all that a repository keeps. */
final class Trees {
    private Trees() {}

    static void write(Path file, byte[] content, int mode, Instant mtime) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        Files.setPosixFilePermissions(file, SafeDirectory.permissions(mode));
        Files.setLastModifiedTime(file, FileTime.from(mtime));
    }

    static Path name(Path directory, byte... name) {
        return PathNames.resolve(directory, EntryName.of(name));
    }

    static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** A tree of everything that is awkward. */
    static void awkward(Path root) throws IOException {
        Instant time = Instant.ofEpochSecond(1_600_000_000L, 123_456_789);
        write(root.resolve("empty"), new byte[0], 0644, time);
        write(root.resolve("small.txt"), "hello\n".getBytes(StandardCharsets.UTF_8), 0600, time.plusNanos(1));
        write(root.resolve("run.sh"), "#!/bin/sh\n".getBytes(StandardCharsets.UTF_8), 0755, time.plusSeconds(1));
        write(root.resolve("large.bin"), random(1, 3_000_000), 0640, time.plusSeconds(2));
        write(root.resolve("same-again.bin"), random(1, 3_000_000), 0644, time.plusSeconds(3));
        write(root.resolve("zeros"), new byte[2_000_000], 0644, time.plusSeconds(4));
        write(root.resolve("old"), new byte[1], 0644, Instant.ofEpochSecond(-1_000_000));
        write(root.resolve("read-only"), new byte[10], 0444, time);
        write(root.resolve("with space/and\nnewline/\u00e9 nfc"), new byte[] {1}, 0644, time);
        write(root.resolve("with space/and\nnewline/e\u0301 nfd"), new byte[] {2}, 0644, time);
        write(root.resolve("n".repeat(255)), new byte[] {3}, 0644, time);
        Files.write(name(root, (byte) 'b', (byte) 0xFF, (byte) 0xFE), new byte[] {4});
        Files.createDirectories(root.resolve("a-directory/empty-one"));
        Files.createSymbolicLink(root.resolve("link"), Path.of("small.txt"));
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("/no/where/at all"));
        Files.createSymbolicLink(root.resolve("up"), Path.of("../.."));
        Path deep = root;
        for (int i = 0; i < 100; i++) {
            deep = deep.resolve("d" + i % 10);
        }
        write(deep.resolve("bottom"), new byte[] {5}, 0644, time);
        Path locked = root.resolve("locked/inside");
        write(locked, new byte[] {6}, 0444, time);
        Files.setLastModifiedTime(root.resolve("locked"), FileTime.from(time));
        Files.setPosixFilePermissions(root.resolve("locked"), PosixFilePermissions.fromString("r-xr-xr-x"));
        Files.setLastModifiedTime(root.resolve("a-directory/empty-one"), FileTime.from(time));
    }

    static void small(Path root, int files, long seed) throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < files; i++) {
            Path file = root.resolve("dir" + i % 37).resolve("file" + i);
            Files.createDirectories(file.getParent());
            byte[] content = new byte[random.nextInt(6_000)];
            random.nextBytes(content);
            Files.write(file, content);
        }
    }

    /** Path to kind, mode, time, content or target, of all but {@code .dits}. */
    static Map<String, String> describe(Path root) throws IOException {
        Map<String, String> found = new TreeMap<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                if (directory.equals(root)) {
                    return FileVisitResult.CONTINUE;
                }
                if (directory.getFileName().toString().equals(Repository.DIRECTORY)) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                add(directory, "directory");
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isSymbolicLink()) {
                    // The JDK sets a link's time to the microsecond.
                    Instant time = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
                            .toInstant()
                            .truncatedTo(java.time.temporal.ChronoUnit.MICROS);
                    found.put(key(file), "link " + time + " " + hex(PathNames.bytes(Files.readSymbolicLink(file))));
                } else {
                    add(file, "file " + dev.dits.object.ObjectId.hash(Files.readAllBytes(file)));
                }
                return FileVisitResult.CONTINUE;
            }

            private void add(Path path, String what) throws IOException {
                found.put(
                        key(path),
                        what + " " + PosixFilePermissions.toString(Files.getPosixFilePermissions(path)) + " "
                                + Files.getLastModifiedTime(path).toInstant());
            }

            private String key(Path path) {
                return hex(PathNames.bytes(root.relativize(path))) + " " + root.relativize(path);
            }
        });
        return found;
    }

    static String hex(byte[] bytes) {
        return java.util.HexFormat.of().formatHex(bytes);
    }

    /** Gives write permission back everywhere, so that a temporary directory can be deleted. */
    static void unlock(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
