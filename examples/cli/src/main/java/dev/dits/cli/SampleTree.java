package dev.dits.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Makes a tree to try dits on: real files of this machine where there are enough (the local Maven repository, the JDK), and all
 * the odd ones that real trees have a few of.
 */
final class SampleTree {
    static final long BYTES_MAX = 300_000_000;
    static final long FILES_MAX = 6_000;

    private static final long JDK_BYTES_MAX = 150_000_000;
    private static final long GENERATED_BYTES = 16_000_000;
    private static final int SMALL_FILES = 2_000;
    private static final int SMALL_FILE_BYTES_MAX = 6_000;
    private static final long SEED = 0xD175;
    private static final int NAME_BYTES_MAX = 255;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private int leftOut;

    private SampleTree() {}

    /**
     * Makes the tree.
     *
     * @param root an empty directory
     * @param property reads system properties
     * @return what the real part is of, for people
     * @throws IOException if it cannot be written
     */
    static List<String> make(Path root, UnaryOperator<String> property) throws IOException {
        SampleTree tree = new SampleTree();
        tree.oddities(root.resolve("oddities"));
        tree.media(root.resolve("media"));
        tree.small(root.resolve("notes"));
        TreeCopy.Copied copied = new TreeCopy.Copied(0, 0);
        java.util.ArrayList<String> sources = new java.util.ArrayList<>();
        Path maven = Path.of(property.apply("user.home"), ".m2", "repository");
        if (Files.isDirectory(maven)) {
            copied = copied.plus(TreeCopy.copy(
                    maven,
                    root.resolve("maven-repository"),
                    FILES_MAX - SMALL_FILES,
                    BYTES_MAX - JDK_BYTES_MAX - 2 * GENERATED_BYTES));
            sources.add("your local Maven repository");
        }
        Path jdk = Path.of(property.apply("java.home"));
        if (Files.isDirectory(jdk)) {
            copied = copied.plus(TreeCopy.copy(
                    jdk,
                    root.resolve("jdk"),
                    FILES_MAX - SMALL_FILES - copied.files(),
                    BYTES_MAX - 2 * GENERATED_BYTES - copied.bytes()));
            sources.add("the JDK that runs this");
        }
        sources.add("generated files");
        return List.copyOf(sources);
    }

    /** Makes only what is generated: a few hundred kilobytes of oddities, for tests. */
    static void makeOddities(Path root) throws IOException {
        new SampleTree().oddities(root);
    }

    /** A large file that does not compress, a copy of it with a piece put in, one that compresses well, one with a hole. */
    private void media(Path directory) throws IOException {
        Files.createDirectories(directory);
        byte[] video = noise((int) GENERATED_BYTES);
        Files.write(directory.resolve("take-1.mov"), video);
        try (OutputStream out = Files.newOutputStream(directory.resolve("take-2.mov"))) {
            out.write(video, 0, video.length / 3);
            out.write(noise(50_000));
            out.write(video, video.length / 3, video.length - video.length / 3);
        }
        Files.writeString(
                directory.resolve("subtitles.txt"),
                "00:00:01 --> 00:00:02 And then nothing happened.\n".repeat(40_000));
        sparse(directory.resolve("sparse.img"), 8_000_000);
    }

    private void small(Path directory) throws IOException {
        for (int i = 0; i < SMALL_FILES; i++) {
            Path folder = directory.resolve(String.format(java.util.Locale.ROOT, "%02d", i % 50));
            if (i < 50) {
                Files.createDirectories(folder);
            }
            Files.write(folder.resolve("note-" + i + ".bin"), noise(random.nextInt(SMALL_FILE_BYTES_MAX)));
        }
    }

    private void oddities(Path directory) throws IOException {
        Files.createDirectories(directory);
        write(directory, "empty", new byte[0]);
        Files.createDirectories(directory.resolve("empty directory"));
        write(directory, " spaces at both ends ", noise(100));
        write(directory, "caf\u00e9", noise(100));
        write(directory, "cafe\u0301 decomposed", noise(100));
        write(directory, "\u6620\u753b-\u0444\u0438\u043b\u044c\u043c-\uD83C\uDFAC", noise(70_000));
        write(directory, "new\nline", noise(100));
        write(directory, "back\\slash and \"quotes\" and *", noise(100));
        write(directory, "-rf", noise(10));
        write(directory, "CON.txt", noise(10));
        write(directory, "x".repeat(NAME_BYTES_MAX), noise(100));
        sparse(directory.resolve("sparse"), 3_000_000);
        Path deep = directory.resolve("deep");
        for (int i = 0; i < 60; i++) {
            deep = deep.resolve("d" + i);
        }
        Files.createDirectories(deep);
        write(deep, "bottom", noise(300_000));
        Path tool =
                write(directory, "tool.sh", "#!/bin/sh\necho dits\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Path secret = write(directory, "private", noise(100));
        Path readOnly = write(directory, "read-only", noise(100));
        if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
            for (Map.Entry<Path, String> mode : Map.of(
                            tool, "rwxr-xr-x",
                            secret, "rw-------",
                            readOnly, "r--r--r--")
                    .entrySet()) {
                Files.setPosixFilePermissions(mode.getKey(), PosixFilePermissions.fromString(mode.getValue()));
            }
        }
        link(directory, "link to a file", "tool.sh");
        link(directory, "link to a directory", "deep/d0");
        link(directory, "dangling", "nowhere/at all");
        link(directory, "upwards", "..");
        Files.setLastModifiedTime(
                write(directory, "old", noise(50)), FileTime.from(Instant.parse("1999-12-31T23:59:59.123456789Z")));
        Files.setLastModifiedTime(
                write(directory, "older than the epoch", noise(50)),
                FileTime.from(Instant.parse("1965-03-01T12:00:00.5Z")));
    }

    private Path write(Path directory, String name, byte[] bytes) throws IOException {
        try {
            Path file = directory.resolve(name);
            Files.write(file, bytes);
            return file;
        } catch (InvalidPathException | FileSystemException e) {
            // Not every file system, nor every locale, has every name; then this one is not part of the sample.
            Path file = directory.resolve("left-out-" + leftOut++);
            Files.write(file, bytes);
            return file;
        }
    }

    private static void link(Path directory, String name, String target) throws IOException {
        try {
            Files.createSymbolicLink(directory.resolve(name), Path.of(target));
        } catch (UnsupportedOperationException | FileSystemException e) {
            // Windows without the privilege.
            Files.createDirectories(directory);
        }
    }

    private static void sparse(Path file, long bytes) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.position(bytes - 4);
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
        }
    }

    private byte[] noise(int bytes) {
        byte[] noise = new byte[bytes];
        random.nextBytes(noise);
        return noise;
    }

    /** The largest file below a directory: the one to edit, so that the edit is small beside it. */
    static Path largest(Path root) throws IOException {
        try (Stream<Path> walk = Files.walk(root)) {
            return walk.filter(path -> !path.startsWith(root.resolve(".dits"))
                            && Files.isRegularFile(path, java.nio.file.LinkOption.NOFOLLOW_LINKS))
                    .max(java.util.Comparator.comparingLong(SampleTree::size))
                    .orElseThrow(() -> new IOException("there is no file in " + root));
        }
    }

    private static long size(Path path) {
        try {
            return Files.size(path);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
