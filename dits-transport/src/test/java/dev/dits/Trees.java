package dev.dits;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Makes and compares directory trees. */
final class Trees {
    private Trees() {}

    /** Writes a file of seeded random bytes. */
    static void random(Path file, long seed, int bytes) throws IOException {
        byte[] content = new byte[bytes];
        new Random(seed).nextBytes(content);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    /** A tree with one of everything that has been trouble somewhere. */
    static void awkward(Path root) throws IOException {
        Files.createDirectories(root.resolve("empty directory"));
        Files.createDirectories(root.resolve("a/b/c/d/e/f/g"));
        Files.writeString(root.resolve("a/b/c/d/e/f/g/deep.txt"), "deep");
        Files.write(root.resolve("empty"), new byte[0]);
        Files.writeString(root.resolve("new\nline and space "), "x");
        Files.writeString(root.resolve("caf\u00e9"), "composed");
        Files.writeString(root.resolve("cafe\u0301 decomposed"), "decomposed");
        Files.writeString(root.resolve("n".repeat(255)), "long");
        Files.writeString(root.resolve("tool"), "#!/bin/sh\n");
        Files.setPosixFilePermissions(root.resolve("tool"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(root.resolve("read-only"), "r");
        Files.setPosixFilePermissions(root.resolve("read-only"), PosixFilePermissions.fromString("r--r--r--"));
        Files.createSymbolicLink(root.resolve("link"), Path.of("a/b"));
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere/at all"));
        random(root.resolve("data/medium.bin"), 1, 300_000);
        random(root.resolve("data/large.bin"), 2, 5_000_000);
        Files.copy(root.resolve("data/large.bin"), root.resolve("data/copy.bin"));
        for (int i = 0; i < 300; i++) {
            random(root.resolve("small/" + i % 10 + "/file-" + i), i, 200 + i * 13);
        }
        Files.setLastModifiedTime(root.resolve("tool"), FileTime.fromMillis(1_234_567_890_123L));
        Files.setLastModifiedTime(root.resolve("empty directory"), FileTime.fromMillis(-86_400_000L));
    }

    /** Everything that a compare should see, by path: kind, mode, time, content or target. {@code .dits} is left out. */
    static TreeMap<String, String> describe(Path root) throws IOException {
        List<Path> paths = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(root)) {
            walk.filter(path -> !path.equals(root) && !path.startsWith(root.resolve(".dits")))
                    .forEach(paths::add);
        }
        TreeMap<String, String> all = new TreeMap<>();
        for (Path path : paths) {
            String name = root.relativize(path).toString();
            if (Files.isSymbolicLink(path)) {
                all.put(name, "link to " + Files.readSymbolicLink(path));
            } else {
                String meta =
                        PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS))
                                + " " + Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS);
                all.put(
                        name,
                        Files.isDirectory(path)
                                ? "directory " + meta
                                : "file " + meta + " " + dev.dits.object.ObjectId.hash(Files.readAllBytes(path)));
            }
        }
        return all;
    }
}
