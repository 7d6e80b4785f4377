package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.Role;
import dev.dits.error.BranchMovedException;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.object.EntryName;
import dev.dits.object.ObjectId;
import dev.dits.store.FileLocks;
import dev.dits.store.LockWait;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * References, one small file each, moved by compare-and-set under {@code refs.lock}. Reading takes no lock: a file is
 * always whole.
 */
final class Refs {
    /** Held for the compare-and-set of a reference, and for what gc has to keep. */
    static final String LOCK = "refs.lock";

    private static final int VALUE_BYTES = 2 * ObjectId.BYTES + 1;
    private static final String SYMBOLIC = "ref: ";

    private final Path dits;
    private final Scratch scratch;
    private final Disk disk;
    private final Path lockFile;
    private final Duration lockTimeout;

    Refs(Path dits, Scratch scratch, Duration lockTimeout) {
        this.dits = dits;
        this.scratch = scratch;
        this.disk = scratch.disk();
        this.lockFile = dits.resolve(LOCK);
        this.lockTimeout = lockTimeout;
    }

    private Path file(RefName name) {
        Path path = dits;
        for (String part : name.value().split("/", -1)) {
            path = PathNames.resolve(path, EntryName.ofUtf8(part));
        }
        return path;
    }

    Optional<ObjectId> read(RefName name) throws IOException {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file(name));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            // "a" asked for where "a/b" is, or "a/b" where "a" is: there is no such reference.
            FileStat stat = FileStat.of(file(name));
            if (stat == null || stat.kind() == FileKind.DIRECTORY) {
                return Optional.empty();
            }
            throw e;
        }
        return Optional.of(parse(name.value(), bytes));
    }

    /** Reads what a reference's file holds. */
    static ObjectId parse(String name, byte[] bytes) throws CorruptObjectException {
        try {
            if (bytes.length == VALUE_BYTES && bytes[VALUE_BYTES - 1] == '\n') {
                return ObjectId.fromHex(new String(bytes, 0, VALUE_BYTES - 1, StandardCharsets.US_ASCII));
            }
        } catch (IllegalArgumentException e) {
            throw new CorruptObjectException(name + " does not hold an object id; see 'dits fsck'", e);
        }
        throw new CorruptObjectException(name + " does not hold an object id; see 'dits fsck'");
    }

    /** Where HEAD points: a branch, which need not exist yet, or a commit. */
    Head head() throws IOException {
        byte[] bytes = AtomicFile.read(dits.resolve("HEAD"));
        if (bytes == null) {
            throw new CorruptObjectException("the repository has no HEAD; see 'dits fsck'");
        }
        return parseHead(bytes);
    }

    /** Reads what HEAD holds. */
    static Head parseHead(byte[] bytes) throws CorruptObjectException {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.startsWith(SYMBOLIC) && text.endsWith("\n")) {
            try {
                RefName branch = new RefName(text.substring(SYMBOLIC.length(), text.length() - 1));
                // What is no UTF-8 was replaced on reading, and must not be taken for a branch of that name.
                if (java.util.Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)) {
                    return new Head(branch, null);
                }
                throw new IllegalArgumentException("it is not UTF-8");
            } catch (IllegalArgumentException e) {
                throw new CorruptObjectException("HEAD names no branch; see 'dits fsck'", e);
            }
        }
        return new Head(null, parse("HEAD", bytes));
    }

    void writeHead(Head head) throws IOException {
        String text = head.branch() != null ? SYMBOLIC + head.branch().value() : String.valueOf(head.commit());
        scratch.replace(Role.HEAD, dits.resolve("HEAD"), (text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** All references below a prefix that ends with a slash, or all of them for {@code refs/}. */
    SortedMap<RefName, ObjectId> list(String prefix) throws IOException {
        SortedMap<RefName, ObjectId> found = new TreeMap<>();
        list(dits.resolve(prefix), prefix, found);
        return found;
    }

    private void list(Path directory, String prefix, Map<RefName, ObjectId> found) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path path : stream) {
                String name = prefix + new String(PathNames.lastName(path), StandardCharsets.UTF_8);
                FileStat stat = FileStat.of(path);
                if (stat != null && stat.kind() == FileKind.DIRECTORY) {
                    list(path, name + "/", found);
                } else if (stat != null && stat.kind() == FileKind.FILE) {
                    RefName ref;
                    try {
                        ref = new RefName(name);
                    } catch (IllegalArgumentException e) {
                        // Some other program's file.
                        continue;
                    }
                    Optional<ObjectId> value = read(ref);
                    if (value.isPresent()) {
                        found.put(ref, value.get());
                    }
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Removed meanwhile: a directory without references goes away.
            return;
        }
    }

    /**
     * Sets a reference if it still has the value that the caller saw.
     *
     * @param expected what it should be now; null if it should not exist
     * @param value what it becomes; null to delete it
     */
    @SuppressWarnings("try")
    void compareAndSet(RefName name, @Nullable ObjectId expected, @Nullable ObjectId value) throws IOException {
        try (FileLocks.Held held = FileLocks.lock(lockFile, false, LockWait.upTo(lockTimeout))) {
            ObjectId now = read(name).orElse(null);
            if (!java.util.Objects.equals(now, expected)) {
                throw new BranchMovedException(name.shortName() + " is at "
                        + (now == null ? "nothing" : now.abbreviated()) + ", not at "
                        + (expected == null ? "nothing" : expected.abbreviated())
                        + ": somebody else moved it; look at it again and retry");
            }
            Path file = file(name);
            if (value == null) {
                delete(file);
                return;
            }
            Path parent = file.getParent();
            refuseConflict(name, file);
            if (parent != null && !Files.isDirectory(parent)) {
                disk.makeDirectoriesDurably(Role.LAYOUT, parent);
            }
            scratch.replace(Role.REF, file, (value + "\n").getBytes(StandardCharsets.US_ASCII));
        }
    }

    /** "a" and "a/b" can not both be references: one is a file where the other needs a directory. */
    private void refuseConflict(RefName name, Path file) throws IOException {
        FileStat stat = FileStat.of(file);
        if (stat != null && stat.kind() == FileKind.DIRECTORY) {
            if (!list(name.value() + "/").isEmpty()) {
                throw new DitsException(
                        name.shortName() + " can not exist beside " + name.shortName() + "/...; choose another name");
            }
            removeEmpty(file);
        }
        for (Path p = file.getParent(); p != null && !p.equals(dits); p = p.getParent()) {
            FileStat parent = FileStat.of(p);
            if (parent != null && parent.kind() != FileKind.DIRECTORY) {
                throw new DitsException(name.shortName()
                        + " can not exist beside a reference that is a part of its name; choose another name");
            }
        }
    }

    private void removeEmpty(Path directory) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path path : stream) {
                removeEmpty(path);
            }
        }
        boolean unused = disk.delete(Role.LAYOUT, directory);
    }

    private void delete(Path file) throws IOException {
        if (!disk.delete(Role.REF, file)) {
            return;
        }
        Path parent = file.getParent();
        if (parent != null) {
            disk.syncDirectory(Role.REF, parent);
        }
        // refs/heads and the like stay; what a slash in the name made goes when it is empty.
        while (parent != null && parent.getNameCount() > dits.getNameCount() + 2) {
            try {
                boolean unused = disk.delete(Role.LAYOUT, parent);
            } catch (java.nio.file.DirectoryNotEmptyException e) {
                return;
            }
            parent = parent.getParent();
        }
    }

    /** A number that differs when any reference or HEAD has been written since; only stats, no reads. */
    long generation() throws IOException {
        long[] sum = {mix(FileStat.of(dits.resolve("HEAD")), 1)};
        generation(dits.resolve("refs"), sum, 2);
        return sum[0];
    }

    private static void generation(Path directory, long[] sum, long seed) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path path : stream) {
                FileStat stat = FileStat.of(path);
                long name = seed * 31 + java.util.Arrays.hashCode(PathNames.lastName(path));
                if (stat != null && stat.kind() == FileKind.DIRECTORY) {
                    generation(path, sum, name);
                } else {
                    // A sum: the order in which a directory lists its files means nothing.
                    sum[0] += mix(stat, name);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return;
        }
    }

    private static long mix(@Nullable FileStat stat, long seed) {
        long h = seed * 0x9E3779B97F4A7C15L;
        if (stat != null) {
            h = (h ^ stat.inode()) * 0xBF58476D1CE4E5B9L;
            h = (h ^ stat.mtime().seconds()) * 0x94D049BB133111EBL;
            h = (h ^ stat.mtime().nanos() ^ stat.size() << 32) * 0x9E3779B97F4A7C15L;
            h = (h ^ stat.ctime().nanos()) * 0xBF58476D1CE4E5B9L;
        }
        return h ^ (h >>> 29);
    }

    /**
     * Where the working tree's next commit goes.
     *
     * @param branch the branch, or null if HEAD names a commit
     * @param commit the commit, or null if HEAD names a branch
     */
    record Head(@Nullable RefName branch, @Nullable ObjectId commit) {}
}
