package dev.dits.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The real file system, which also remembers what a power cut would leave: what was synced, and any part of what was not. Unsynced writes and
 * directory changes survive or not independently of each other, which is harsher than most file systems are.
 */
final class PowerCutFiles implements StoreFiles {
    private interface Change {
        byte[] apply(byte[] content);
    }

    private static final class Node {
        byte[] durable = new byte[0];
        final List<Change> pending = new ArrayList<>();

        byte[] after(Random random) {
            byte[] content = durable;
            for (Change change : pending) {
                content = random == null || random.nextBoolean() ? change.apply(content) : content;
            }
            return content;
        }
    }

    private record Naming(Map<Path, Node> links, List<Path> unlinks) {
        void apply(Map<Path, Node> names) {
            unlinks.forEach(names::remove);
            names.putAll(links);
        }
    }

    private final StoreFiles system = new NoSyncFiles();
    private final Map<Path, Node> names = new HashMap<>();
    private final Map<Path, Node> durableNames = new HashMap<>();
    private final List<Naming> pendingNames = new ArrayList<>();

    /** Writes what a cut now would leave into another directory. */
    void cut(Path into, Random random) throws IOException {
        Map<Path, Node> left = new HashMap<>(durableNames);
        for (Naming naming : pendingNames) {
            if (random.nextBoolean()) {
                naming.apply(left);
            }
        }
        for (Map.Entry<Path, Node> each : left.entrySet()) {
            Files.write(
                    into.resolve(each.getKey().getFileName()), each.getValue().after(random));
        }
    }

    private void name(Naming naming) {
        naming.apply(names);
        pendingNames.add(naming);
    }

    @Override
    public Appender create(Path file) throws IOException {
        Appender appender = system.create(file);
        Node node = new Node();
        name(new Naming(Map.of(file, node), List.of()));
        return wrap(appender, node);
    }

    @Override
    public Appender append(Path file) throws IOException {
        return wrap(system.append(file), names.get(file));
    }

    private static Appender wrap(Appender appender, Node node) {
        return new Appender() {
            @Override
            public void write(long position, byte[] bytes, int offset, int length) throws IOException {
                appender.write(position, bytes, offset, length);
                byte[] copy = java.util.Arrays.copyOfRange(bytes, offset, offset + length);
                node.pending.add(content -> {
                    byte[] grown = java.util.Arrays.copyOf(content, (int) Math.max(content.length, position + length));
                    System.arraycopy(copy, 0, grown, (int) position, length);
                    return grown;
                });
            }

            @Override
            public void truncate(long length) throws IOException {
                appender.truncate(length);
                node.pending.add(content -> java.util.Arrays.copyOf(content, (int) length));
            }

            @Override
            public void sync() throws IOException {
                appender.sync();
                node.durable = node.after(null);
                node.pending.clear();
            }

            @Override
            public void close() throws IOException {
                appender.close();
            }
        };
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        system.rename(from, to);
        name(new Naming(Map.of(to, names.get(from)), List.of(from)));
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        system.syncDirectory(directory);
        durableNames.clear();
        durableNames.putAll(names);
        pendingNames.clear();
    }

    @Override
    public void delete(Path file) throws IOException {
        system.delete(file);
        name(new Naming(Map.of(), List.of(file)));
    }

    /** A copy of a directory as a killed process leaves it. */
    static void copy(Path from, Path to) throws IOException {
        try (java.util.stream.Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                Files.copy(file, bytes);
                Files.write(to.resolve(file.getFileName()), bytes.toByteArray());
            }
        }
    }
}
