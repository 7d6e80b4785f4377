package dev.dits;

import dev.dits.error.MissingObjectException;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Files that say what they should contain: a line with a seed and a length, then so many bytes drawn from the seed. A torn or mixed one shows by itself. */
final class ChaosContent {
    private static final String MAGIC = "dits-chaos ";

    private ChaosContent() {}

    static byte[] make(long seed, int length) {
        byte[] head = (MAGIC + seed + " " + length + "\n").getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(head, head.length + length);
        byte[] body = new byte[length];
        new Random(seed).nextBytes(body);
        System.arraycopy(body, 0, all, head.length, length);
        return all;
    }

    /** The seed of what is whole; throws for all else. */
    static long seed(String name, byte[] bytes) throws IOException {
        int end = 0;
        while (end < bytes.length && end < 60 && bytes[end] != '\n') {
            end++;
        }
        String[] words = new String(bytes, 0, end, StandardCharsets.US_ASCII).split(" ");
        try {
            if (words.length == 3 && (words[0] + " ").equals(MAGIC)) {
                long seed = Long.parseLong(words[1]);
                if (Arrays.equals(bytes, make(seed, Integer.parseInt(words[2])))) {
                    return seed;
                }
            }
        } catch (NumberFormatException e) {
            // Torn in its first line.
        }
        throw new IOException("torn: " + name + " of " + bytes.length + " bytes starts with '"
                + new String(bytes, 0, Math.min(end, 40), StandardCharsets.US_ASCII) + "'");
    }

    /** Replaces a file in one step, by way of a directory outside the working tree: what a kill leaves there is nobody's. */
    static void replace(Path file, Path scratch, byte[] bytes) throws IOException {
        Files.createDirectories(scratch);
        Path temporary = scratch.resolve("new");
        Files.write(temporary, bytes);
        Files.createDirectories(file.getParent());
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Seeds by path of all files below a directory, without {@code .dits}; fails for the first that is torn. */
    static SortedMap<String, Long> read(Path root) throws IOException {
        SortedMap<String, Long> found = new TreeMap<>();
        if (!Files.isDirectory(root)) {
            return found;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                return directory.endsWith(".dits") ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                try {
                    found.put(root.relativize(file).toString(), seed(file.toString(), Files.readAllBytes(file)));
                } catch (NoSuchFileException e) {
                    // Its owner deleted it meanwhile.
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }
        });
        return found;
    }

    /** The same of a directory in a commit. Chunks that are not here are passed over where the caller allows it. */
    static SortedMap<String, Long> read(
            ObjectSource objects, DirectoryRef tree, String directory, boolean absentAllowed) throws IOException {
        SortedMap<String, Long> found = new TreeMap<>();
        DirectoryRef top = directory.isEmpty()
                ? tree
                : new DirectoryTree(objects).resolveDirectory(tree, TreePath.ofUtf8(directory));
        if (top != null) {
            read(objects, top, "", absentAllowed, found);
        }
        return found;
    }

    private static void read(
            ObjectSource objects, DirectoryRef directory, String prefix, boolean absentAllowed, Map<String, Long> found)
            throws IOException {
        DirectoryTree.Cursor cursor = new DirectoryTree(objects).iterate(directory);
        for (TreeEntry entry = cursor.next(); entry != null; entry = cursor.next()) {
            String path = prefix + entry.name().display();
            if (entry instanceof DirectoryEntry sub) {
                read(objects, sub.ref(), path + "/", absentAllowed, found);
            } else if (entry instanceof FileEntry file) {
                try {
                    found.put(path, seed(path, bytes(objects, file)));
                } catch (MissingObjectException e) {
                    if (!absentAllowed) {
                        throw e;
                    }
                    found.put(path, ABSENT);
                }
            }
        }
    }

    /** Stands for the seed of a file that is promised and not here. */
    static final long ABSENT = Long.MIN_VALUE;

    static byte[] bytes(ObjectSource objects, FileEntry file) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        FileTree.Cursor chunks = new FileTree(objects).chunks(file.content());
        for (FileTree.Chunk chunk = chunks.next(); chunk != null; chunk = chunks.next()) {
            out.write(objects.require(chunk.id()));
        }
        return out.toByteArray();
    }

    /** One word for a whole map. */
    static String digest(SortedMap<String, Long> files) {
        StringBuilder text = new StringBuilder();
        files.forEach((path, seed) -> text.append(path).append(' ').append(seed).append('\n'));
        return ObjectId.hash(text.toString().getBytes(StandardCharsets.UTF_8))
                .toString()
                .substring(0, 16);
    }
}
