package dev.dits.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The real file system, without waiting for the disk, with a fault at one of the changes that pass: the process is killed there, the disk is full or fails. With a model it
 * also knows at any time what a power cut would leave.
 *
 * <p>One change at a time. Safe for use by several threads.
 */
public final class FaultDisk implements Disk {
    /** The process ends here. Nothing that comes after it reaches the disk. */
    public static final class Killed extends Error {
        private static final long serialVersionUID = 1L;

        Killed(String point) {
            super("killed at " + point, null, false, false);
        }
    }

    /** What happens at the chosen change. */
    public enum Fault {
        /** The process is killed before it. */
        KILL,
        /** There is no room, this once. */
        FULL_ONCE,
        /** There is no room from here on, until {@link FaultDisk#mend}. */
        FULL,
        /** The disk fails, this once; where it is a sync, what was not on the disk never comes there. */
        IO_ERROR,
        /** The disk fails from here on, until {@link FaultDisk#mend}. */
        IO_ERRORS;

        boolean full() {
            return this == FULL || this == FULL_ONCE;
        }
    }

    /** Sees every point before it is passed. */
    @FunctionalInterface
    public interface Watcher {
        /**
         * Sees a point, while nothing else passes one.
         *
         * @param point its name
         * @param ordinal 1 for the first since the watcher came
         */
        void at(String point, int ordinal) throws IOException;
    }

    /** What a full disk refuses. A sync is among them: some file systems look for room as late as that. */
    private static final Set<Operation> NEED_ROOM = EnumSet.of(
            Operation.CREATE,
            Operation.WRITE,
            Operation.SYNC,
            Operation.RENAME,
            Operation.LINK,
            Operation.SYMBOLIC_LINK,
            Operation.MAKE_DIRECTORY);

    private final Disk system = Disk.system();
    private final @Nullable DiskModel model;
    private final Random random;
    private final Set<String> points = new TreeSet<>();
    private @Nullable Fault fault;
    private @Nullable Watcher watcher;
    private int ordinal;
    private int passed;
    private @Nullable String struck;
    private boolean broken;
    private boolean dead;
    private boolean buried;

    private FaultDisk(@Nullable DiskModel model, long seed) {
        this.model = model;
        this.random = new Random(seed);
    }

    /**
     * Makes a disk without a model.
     *
     * @param seed of what is random
     * @return the disk
     */
    public static FaultDisk plain(long seed) {
        return new FaultDisk(null, seed);
    }

    /**
     * Makes a disk that can be cut.
     *
     * @param root the directory it knows about; everything in it now is durable
     * @param seed of what is random
     * @return the disk
     * @throws IOException if it can not be read
     */
    public static FaultDisk withModel(Path root, long seed) throws IOException {
        return new FaultDisk(new DiskModel(root.toRealPath()), seed);
    }

    /** Sets what happens, and at which of the changes that come from now on it happens: 1 is the next. */
    public synchronized void plan(Fault what, int at) {
        fault = what;
        ordinal = at;
        passed = 0;
        struck = null;
        broken = false;
    }

    /** Lets somebody see every point from now on; null for nobody. */
    public synchronized void watch(@Nullable Watcher value) {
        watcher = value;
        passed = 0;
    }

    /** Where it happened, such as {@code pack.sync}; null if it has not. */
    public synchronized @Nullable String struck() {
        return struck;
    }

    /** All points that were passed. */
    public synchronized Set<String> points() {
        return new TreeSet<>(points);
    }

    /** There is room again, and the disk works. */
    public synchronized void mend() {
        broken = false;
        fault = null;
    }

    /** From now on nothing is done at all, and succeeds: to close what a killed process would have dropped. */
    public synchronized void bury() {
        dead = true;
        buried = true;
    }

    /** Whether a kill has come. */
    public synchronized boolean dead() {
        return dead;
    }

    /** Another program changed something, and it is durable. */
    public synchronized void settle(Path path) throws IOException {
        if (model != null) {
            model.settle(path);
        }
    }

    /** Writes what a power cut now would leave into another directory, which must not exist. */
    public synchronized void cut(Path into, long seed) throws IOException {
        if (model == null) {
            throw new IllegalStateException("made without a model");
        }
        model.cut(into, new Random(seed));
    }

    private IOException failure(Path path) {
        boolean full = fault != null && fault.full();
        String reason = full ? "No space left on device" : "Input/output error";
        // The JDK's two ways of saying it.
        IOException said =
                random.nextBoolean() ? new IOException(reason) : new FileSystemException(path.toString(), null, reason);
        return DiskFailures.explain(path, said);
    }

    /** Passes a point; true if the change is not to be done, and the caller is to be told so. */
    private boolean strikes(Operation operation, Role role) {
        String point = operation.of(role);
        points.add(point);
        if (dead) {
            if (buried) {
                return true;
            }
            throw new Killed(point);
        }
        Watcher watching = watcher;
        if (watching != null) {
            passed++;
            try {
                watching.at(point, passed);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            return false;
        }
        Fault what = fault;
        if (what == null || (what.full() && !NEED_ROOM.contains(operation))) {
            return false;
        }
        if (broken) {
            return true;
        }
        if (++passed != ordinal) {
            return false;
        }
        struck = point;
        if (what == Fault.KILL) {
            dead = true;
            throw new Killed(point);
        }
        broken = what == Fault.FULL || what == Fault.IO_ERRORS;
        return true;
    }

    private boolean refuses(Operation operation, Role role, Path path) throws IOException {
        if (!strikes(operation, role)) {
            return false;
        }
        if (buried) {
            return true;
        }
        throw failure(path);
    }

    @Override
    public synchronized DiskFile create(Role role, Path file, FileAttribute<?>... attributes) throws IOException {
        if (refuses(Operation.CREATE, role, file)) {
            return new BuriedFile();
        }
        DiskFile made = system.create(role, file, attributes);
        return new File(role, file, made, model != null && model.covers(file) ? model.made(file) : null);
    }

    @Override
    public synchronized DiskFile open(Role role, Path file) throws IOException {
        if (refuses(Operation.OPEN, role, file)) {
            return new BuriedFile();
        }
        DiskFile opened = system.open(role, file);
        return new File(role, file, opened, model != null && model.covers(file) ? model.find(file) : null);
    }

    @Override
    public synchronized void rename(Role role, Path from, Path to, Change how) throws IOException {
        if (!refuses(Operation.RENAME, role, to)) {
            system.rename(role, from, to, how);
            if (model != null && model.covers(to)) {
                model.renamed(from, to);
            }
        }
    }

    @Override
    public synchronized void link(Role role, Path link, Path existing) throws IOException {
        if (!refuses(Operation.LINK, role, link)) {
            system.link(role, link, existing);
            if (model != null && model.covers(link)) {
                model.linked(link, existing);
            }
        }
    }

    @Override
    public synchronized void symbolicLink(Role role, Path link, Path target) throws IOException {
        if (!refuses(Operation.SYMBOLIC_LINK, role, link)) {
            system.symbolicLink(role, link, target);
            if (model != null && model.covers(link)) {
                DiskModel.Node unused = model.made(link);
            }
        }
    }

    @Override
    public synchronized void makeDirectory(Role role, Path directory, FileAttribute<?>... attributes)
            throws IOException {
        if (!refuses(Operation.MAKE_DIRECTORY, role, directory)) {
            system.makeDirectory(role, directory, attributes);
            if (model != null && model.covers(directory)) {
                DiskModel.Node unused = model.made(directory);
            }
        }
    }

    @Override
    public synchronized void delete(Role role, Path path, Change how) throws IOException {
        if (!refuses(Operation.DELETE, role, path)) {
            system.delete(role, path, how);
            if (model != null && model.covers(path)) {
                model.deleted(path);
            }
        }
    }

    @Override
    public synchronized void attributes(Role role, Path path, Change how) throws IOException {
        if (!refuses(Operation.ATTRIBUTES, role, path)) {
            system.attributes(role, path, how);
            if (model != null && model.covers(path)) {
                model.attributed(path);
            }
        }
    }

    @Override
    public synchronized void syncAttributes(Role role, Path file) throws IOException {
        if (!refuses(Operation.SYNC_ATTRIBUTES, role, file) && model != null && model.covers(file)) {
            model.directorySynced(file);
        }
    }

    @Override
    public synchronized void syncDirectory(Role role, Path directory) throws IOException {
        if (!refuses(Operation.SYNC_DIRECTORY, role, directory) && model != null && model.covers(directory)) {
            model.directorySynced(directory);
        }
    }

    /** What is opened after the end of the world. */
    private static final class BuriedFile implements DiskFile {
        @Override
        public void write(long position, ByteBuffer bytes) {
            bytes.position(bytes.limit());
        }

        @Override
        public boolean read(long position, ByteBuffer into) {
            return false;
        }

        @Override
        public long size() {
            return 0;
        }

        @Override
        public void truncate(long length) {}

        @Override
        public void sync() {}

        @Override
        public void close() {}
    }

    private final class File implements DiskFile {
        private final Role role;
        private final Path path;
        private final DiskFile file;
        private final DiskModel.@Nullable Node node;
        private boolean closed;

        File(Role role, Path path, DiskFile file, DiskModel.@Nullable Node node) {
            this.role = role;
            this.path = path;
            this.file = file;
            this.node = node;
        }

        @Override
        public void write(long position, ByteBuffer bytes) throws IOException {
            synchronized (FaultDisk.this) {
                boolean struckNow = strikes(Operation.WRITE, role);
                if (buried) {
                    bytes.position(bytes.limit());
                    return;
                }
                int length = struckNow ? random.nextInt(bytes.remaining() + 1) : bytes.remaining();
                byte[] copy = new byte[length];
                bytes.get(bytes.position(), copy);
                file.write(position, ByteBuffer.wrap(copy));
                if (model != null && node != null) {
                    model.written(node, position, copy);
                }
                if (struckNow) {
                    throw failure(path);
                }
                bytes.position(bytes.limit());
            }
        }

        @Override
        public boolean read(long position, ByteBuffer into) throws IOException {
            return file.read(position, into);
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void truncate(long length) throws IOException {
            synchronized (FaultDisk.this) {
                if (!refuses(Operation.TRUNCATE, role, path)) {
                    file.truncate(length);
                    if (model != null && node != null) {
                        model.truncated(node, length);
                    }
                }
            }
        }

        @Override
        public void sync() throws IOException {
            synchronized (FaultDisk.this) {
                if (strikes(Operation.SYNC, role) && !buried) {
                    if (model != null && node != null) {
                        model.syncFailed(node, random);
                    }
                    throw failure(path);
                }
                if (!buried && model != null && node != null) {
                    model.synced(node, path);
                }
            }
        }

        @Override
        public void close() throws IOException {
            synchronized (FaultDisk.this) {
                file.close();
                if (closed || dead) {
                    return;
                }
                closed = true;
                if (strikes(Operation.CLOSE, role)) {
                    throw failure(path);
                }
            }
        }
    }

    /** Copies a directory as a killed process leaves it. */
    public static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new java.nio.file.SimpleFileVisitor<>() {
            private Path target(Path path) {
                return to.resolve(from.relativize(path).toString());
            }

            @Override
            public java.nio.file.FileVisitResult preVisitDirectory(
                    Path path, java.nio.file.attribute.BasicFileAttributes attributes) throws IOException {
                Files.copy(path, target(path), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
                return java.nio.file.FileVisitResult.CONTINUE;
            }

            @Override
            public java.nio.file.FileVisitResult visitFile(
                    Path path, java.nio.file.attribute.BasicFileAttributes attributes) throws IOException {
                Files.copy(
                        path,
                        target(path),
                        java.nio.file.StandardCopyOption.COPY_ATTRIBUTES,
                        java.nio.file.LinkOption.NOFOLLOW_LINKS);
                if (attributes.isSymbolicLink()) { // of which the JDK copies no time
                    Files.getFileAttributeView(
                                    target(path),
                                    java.nio.file.attribute.BasicFileAttributeView.class,
                                    java.nio.file.LinkOption.NOFOLLOW_LINKS)
                            .setTimes(attributes.lastModifiedTime(), null, null);
                }
                return java.nio.file.FileVisitResult.CONTINUE;
            }

            @Override
            public java.nio.file.FileVisitResult postVisitDirectory(Path path, @Nullable IOException e)
                    throws IOException {
                Files.setLastModifiedTime(target(path), Files.getLastModifiedTime(path));
                return java.nio.file.FileVisitResult.CONTINUE;
            }
        });
    }

    /** Number of files below a directory that this process has open; 0 where the system does not tell. */
    public static long openFiles(Path root) throws IOException {
        Path descriptors = Path.of("/proc/self/fd");
        if (!Files.isDirectory(descriptors)) {
            return 0;
        }
        long count = 0;
        try (java.nio.file.DirectoryStream<Path> stream = Files.newDirectoryStream(descriptors)) {
            for (Path descriptor : stream) {
                try {
                    count += Files.readSymbolicLink(descriptor).startsWith(root) ? 1 : 0;
                } catch (java.nio.file.NoSuchFileException e) {
                    continue; // the listing's own
                }
            }
        }
        return count;
    }
}
