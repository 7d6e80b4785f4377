package dev.dits.disk;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a power cut would leave of a directory: what was synced, and any part of what was not. Names, contents and attributes that were not synced survive or not
 * independently of each other, and of a write any subset of its sectors does; which is harsher than most file systems are. Only a rename is one step, also from one
 * directory into another: every file system with a journal keeps that.
 *
 * <p>Not safe for use by several threads.
 */
final class DiskModel {
    private static final int SECTOR_BYTES = 512;

    /** Permissions and time. */
    private record Attributes(Set<PosixFilePermission> permissions, FileTime mtime) {
        static Attributes of(Path path) throws IOException {
            PosixFileAttributes found =
                    Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return new Attributes(found.permissions(), found.lastModifiedTime());
        }
    }

    /** Part of a file's content that has changed and is not synced. */
    private interface Edit {
        byte[] whole(byte[] content);

        byte[] torn(byte[] content, Random random);
    }

    private record Write(int position, byte[] bytes) implements Edit {
        @Override
        public byte[] whole(byte[] content) {
            byte[] grown = Arrays.copyOf(content, Math.max(content.length, position + bytes.length));
            System.arraycopy(bytes, 0, grown, position, bytes.length);
            return grown;
        }

        @Override
        public byte[] torn(byte[] content, Random random) {
            int kind = random.nextInt(4);
            if (kind == 0) {
                return whole(content);
            }
            int first = position / SECTOR_BYTES;
            int last = (position + bytes.length - 1) / SECTOR_BYTES;
            int prefix = first + random.nextInt(last - first + 2);
            // A prefix, any subset, or nothing but a greater length.
            byte[] grown = content;
            for (int sector = first; sector <= last; sector++) {
                if (kind == 1 ? sector < prefix : kind == 2 && random.nextBoolean()) {
                    int from = Math.max(position, sector * SECTOR_BYTES);
                    int to = Math.min(position + bytes.length, (sector + 1) * SECTOR_BYTES);
                    grown = Arrays.copyOf(grown, Math.max(grown.length, to));
                    System.arraycopy(bytes, from - position, grown, from, to - from);
                }
            }
            return kind == 3 ? Arrays.copyOf(content, Math.max(content.length, position + bytes.length)) : grown;
        }
    }

    private record Cut(int length) implements Edit {
        @Override
        public byte[] whole(byte[] content) {
            return Arrays.copyOf(content, length);
        }

        @Override
        public byte[] torn(byte[] content, Random random) {
            return random.nextBoolean() ? whole(content) : content;
        }
    }

    /** A file, directory or link, whatever names it has. */
    static final class Node {
        private final boolean directory;
        private final @Nullable Path link;
        private byte[] durable = {};
        private final List<Edit> pending = new ArrayList<>();
        private final Map<Path, Node> names = new TreeMap<>();
        private final Map<Path, Node> durableNames = new TreeMap<>();
        private Attributes attributes;
        private Attributes durableAttributes;

        private Node(boolean directory, @Nullable Path link, Attributes attributes) {
            this.directory = directory;
            this.link = link;
            this.attributes = attributes;
            this.durableAttributes = attributes;
        }
    }

    /** One change of a name. */
    private record Entry(
            Node directory, Path name, @Nullable Node value) {
        void apply(Map<Path, Node> names) {
            if (value == null) {
                names.remove(name);
            } else {
                names.put(name, value);
            }
        }
    }

    /** Names that change together or not at all. */
    private record Naming(List<Entry> entries) {
        boolean touches(Node directory) {
            return entries.stream().anyMatch(entry -> entry.directory == directory);
        }
    }

    private final Path root;
    private final Node top;
    private final List<Naming> pendingNames = new ArrayList<>();

    /** Takes everything that is in a directory for durable. */
    DiskModel(Path root) throws IOException {
        this.root = root;
        this.top = scan(root);
    }

    private static Node scan(Path path) throws IOException {
        Attributes attributes = Attributes.of(path);
        if (Files.isSymbolicLink(path)) {
            return new Node(false, Files.readSymbolicLink(path), attributes);
        }
        if (!Files.isDirectory(path)) {
            Node file = new Node(false, null, attributes);
            file.durable = Files.readAllBytes(path);
            return file;
        }
        Node directory = new Node(true, null, attributes);
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(path)) {
            for (Path child : stream) {
                directory.names.put(child.getFileName(), scan(child));
            }
        }
        directory.durableNames.putAll(directory.names);
        return directory;
    }

    boolean covers(Path path) {
        return path.startsWith(root);
    }

    /** Finds a node as the running system sees it; one that came by another way than the disk's counts as durable. */
    Node find(Path path) throws IOException {
        if (path.equals(root)) {
            return top;
        }
        Node parent = find(path.getParent());
        Node node = parent.names.get(path.getFileName());
        if (node == null) {
            node = scan(path);
            parent.names.put(path.getFileName(), node);
            parent.durableNames.put(path.getFileName(), node);
        }
        return node;
    }

    private @Nullable Node known(Path path) throws IOException {
        return find(path.getParent()).names.get(path.getFileName());
    }

    /** A program that is not ours changed something, and it has come to the disk. */
    void settle(Path path) throws IOException {
        Node parent = find(path.getParent());
        Path name = path.getFileName();
        for (Iterator<Naming> each = pendingNames.iterator(); each.hasNext(); ) {
            Naming naming = each.next();
            if (naming.entries.stream().anyMatch(entry -> entry.directory == parent && entry.name.equals(name))) {
                naming.entries.forEach(entry -> entry.apply(entry.directory.durableNames));
                each.remove();
            }
        }
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            Node node = scan(path);
            parent.names.put(name, node);
            parent.durableNames.put(name, node);
        } else {
            parent.names.remove(name);
            parent.durableNames.remove(name);
        }
    }

    private void name(Entry... entries) {
        for (Entry entry : entries) {
            entry.apply(entry.directory.names);
        }
        pendingNames.add(new Naming(List.of(entries)));
    }

    /** A new, empty file, directory or link has been made. */
    Node made(Path path) throws IOException {
        Node node = new Node(
                Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS),
                Files.isSymbolicLink(path) ? Files.readSymbolicLink(path) : null,
                Attributes.of(path));
        name(new Entry(find(path.getParent()), path.getFileName(), node));
        return node;
    }

    void linked(Path link, Path existing) throws IOException {
        name(new Entry(find(link.getParent()), link.getFileName(), find(existing)));
    }

    void renamed(Path from, Path to) throws IOException {
        Node node = known(from);
        if (node == null) {
            node = scan(to);
        }
        name(
                new Entry(find(from.getParent()), from.getFileName(), null),
                new Entry(find(to.getParent()), to.getFileName(), node));
    }

    void deleted(Path path) throws IOException {
        name(new Entry(find(path.getParent()), path.getFileName(), null));
    }

    void attributed(Path path) throws IOException {
        find(path).attributes = Attributes.of(path);
    }

    void written(Node node, long position, byte[] bytes) {
        if (bytes.length > 0) {
            node.pending.add(new Write((int) position, bytes));
        }
    }

    void truncated(Node node, long length) {
        node.pending.add(new Cut((int) length));
    }

    void synced(Node node, Path path) throws IOException {
        for (Edit edit : node.pending) {
            node.durable = edit.whole(node.durable);
        }
        node.pending.clear();
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            node.attributes = Attributes.of(path);
        }
        node.durableAttributes = node.attributes;
    }

    /** Some pages came to the disk, the others never will: the system takes them for clean now. */
    void syncFailed(Node node, Random random) {
        for (Edit edit : node.pending) {
            if (random.nextBoolean()) {
                node.durable = edit.torn(node.durable, random);
            }
        }
        node.pending.clear();
    }

    void directorySynced(Path path) throws IOException {
        Node directory = find(path);
        for (Iterator<Naming> each = pendingNames.iterator(); each.hasNext(); ) {
            Naming naming = each.next();
            if (naming.touches(directory)) {
                naming.entries.forEach(entry -> entry.apply(entry.directory.durableNames));
                each.remove();
            }
        }
        directory.durableAttributes = directory.attributes;
    }

    /** Writes what a cut now would leave into another directory, which must not exist. */
    void cut(Path into, Random random) throws IOException {
        Map<Node, Map<Path, Node>> left = new java.util.IdentityHashMap<>();
        for (Naming naming : pendingNames) {
            if (random.nextBoolean()) {
                for (Entry entry : naming.entries) {
                    entry.apply(
                            left.computeIfAbsent(entry.directory, directory -> new TreeMap<>(directory.durableNames)));
                }
            }
        }
        write(top, into, left, random);
    }

    private static void write(Node node, Path into, Map<Node, Map<Path, Node>> left, Random random) throws IOException {
        if (node.link != null) {
            Files.createSymbolicLink(into, node.link);
        } else if (node.directory) {
            Files.createDirectory(into);
            for (Map.Entry<Path, Node> each :
                    left.getOrDefault(node, node.durableNames).entrySet()) {
                write(each.getValue(), into.resolve(each.getKey()), left, random);
            }
        } else {
            byte[] content = node.durable;
            for (Edit edit : node.pending) {
                content = random.nextBoolean() ? edit.torn(content, random) : content;
            }
            Files.write(into, content);
        }
        Attributes attributes = random.nextBoolean() ? node.attributes : node.durableAttributes;
        Files.getFileAttributeView(into, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .setTimes(attributes.mtime, null, null);
        if (node.link == null) {
            Files.setPosixFilePermissions(into, attributes.permissions);
        }
    }
}
