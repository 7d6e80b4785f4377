package dev.dits;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A file system of a few megabytes in memory, for those who may mount. It is bound to where it is used, so that it can go away from there while files on it are open, and
 * come back, with what is on it, writable or not.
 */
final class SmallDisk implements AutoCloseable {
    private static final int BLOCK_BYTES = 4_096;

    private final Path device;
    private final Path root;
    private final Path filler;

    /** Whether this is a place where mounts are nobody else's business: {@code .ci/disk-check} says so. */
    static boolean allowed() {
        return "own-namespace".equals(System.getenv("DITS_DISK_CHECK"));
    }

    SmallDisk(Path root, int megabytes) throws IOException {
        this.root = Files.createDirectories(root);
        this.device = Files.createDirectories(root.resolveSibling(root.getFileName() + "-device"));
        this.filler = device.resolve(".filler");
        run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m,mode=0700", "dits-test", device.toString());
        comeBack();
    }

    private static void run(String... command) throws IOException {
        Process process =
                new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said);
        }
    }

    /** Where it is used. */
    Path root() {
        return root;
    }

    Path resolve(String name) {
        return root.resolve(name);
    }

    private long freeBytes() throws IOException {
        return Files.getFileStore(device).getUsableSpace();
    }

    /** Takes all space but so much. */
    void fillTo(long freeBytes) throws IOException {
        free();
        try (OutputStream out = Files.newOutputStream(filler)) {
            byte[] block = new byte[BLOCK_BYTES];
            for (long left = freeBytes() - freeBytes; left >= BLOCK_BYTES; left -= BLOCK_BYTES) {
                out.write(block);
            }
        }
    }

    /** Gives it back. */
    void free() throws IOException {
        Files.deleteIfExists(filler);
    }

    /** Is unmounted from under everybody's feet; what is open stays open, and an empty directory is left. */
    void vanish() throws IOException {
        run("umount", "-l", root.toString());
    }

    /** Is mounted again. */
    void comeBack() throws IOException {
        run("mount", "--bind", device.toString(), root.toString());
    }

    /** Is mounted for reading only from now on; what is open for writing stays so. */
    void becomeReadOnly() throws IOException {
        vanish();
        comeBack();
        run("mount", "-o", "remount,bind,ro", root.toString());
    }

    /** Is mounted for writing again. */
    void becomeWritable() throws IOException {
        vanish();
        comeBack();
    }

    @Override
    public void close() throws IOException {
        run("umount", "-l", root.toString());
        run("umount", "-l", device.toString());
    }
}
