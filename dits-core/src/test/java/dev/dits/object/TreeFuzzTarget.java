package dev.dits.object;

import dev.dits.error.DitsException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Trees that a peer made up, each node right by itself, gone over as a receiver does. The input: {@code flags u8} (bit 0: remember what was met, bit 1: the
 * second object is had already, bit 2: go over it as a reader, not as a walk), then objects one after another, each after its length in two
 * bytes; an object's id is its place, in the id's first byte, so that nodes may name each other in any way, also in circles that no SHA-256 allows. The
 * first object is where the walk starts.
 *
 * <p>A walk ends with a declared exception, or what it found adds up to what the top said.
 */
public final class TreeFuzzTarget {
    /** Objects read, or things found, in one walk. */
    private static final int BUDGET = 200;

    private TreeFuzzTarget() {}

    /** Ends a walk that is long because nodes are named again and again. */
    private static final class Enough extends IOException {
        private static final long serialVersionUID = 1;

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        if (input.length == 0) {
            return;
        }
        Objects objects = new Objects(input);
        byte[] first = objects.read(id(0));
        if (first == null) {
            return;
        }
        ObjectKind kind;
        try {
            kind = ObjectCodec.verify(first);
        } catch (DitsException e) {
            return;
        }
        if ((input[0] & 4) == 0) {
            walk(objects, kind, (input[0] & 1) != 0, (input[0] & 2) != 0);
        } else if (kind == ObjectKind.MANIFEST) {
            file(objects, new Content.Chunked(id(0), Manifest.decode(first).size()));
        } else if (kind == ObjectKind.DIRECTORY_LEAF || kind == ObjectKind.DIRECTORY_INNER) {
            DirectoryNode node = DirectoryNode.decode(first);
            directory(objects, new DirectoryRef(id(0), node.bytes(), node.files()));
        } else if (kind == ObjectKind.COMMIT) {
            directory(objects, Commit.decode(first).tree());
        }
    }

    /** Ids are made of one byte: what comes behind the first does not matter, so that a flipped bit seldom loses an object. */
    static ObjectId id(int place) {
        byte[] bytes = new byte[ObjectId.BYTES];
        bytes[0] = (byte) place;
        return ObjectId.fromBytes(bytes, 0);
    }

    private static final class Objects implements ObjectSource {
        private final List<byte[]> objects = new ArrayList<>();
        private int reads;

        Objects(byte[] input) {
            int at = 1;
            while (at + 2 <= input.length && objects.size() < 256) {
                int length = Math.min((input[at] & 0xFF) << 8 | input[at + 1] & 0xFF, input.length - at - 2);
                objects.add(java.util.Arrays.copyOfRange(input, at + 2, at + 2 + length));
                at += 2 + length;
            }
        }

        @Override
        public byte[] read(ObjectId id) throws Enough {
            if (++reads > BUDGET) {
                throw new Enough();
            }
            int place = (int) (id.word(0) >>> 56);
            return place < objects.size() ? objects.get(place).clone() : null;
        }

        @Override
        public boolean contains(ObjectId id) {
            return (id.word(0) >>> 56) < objects.size();
        }
    }

    private static void walk(Objects objects, ObjectKind kind, boolean remember, boolean second) throws IOException {
        ObjectWalk walk =
                new ObjectWalk(objects, ObjectWalk.Options.NONE.withVisited(remember ? new HashSet<>() : null));
        int[] found = {0};
        ObjectWalk.Visitor visitor = new ObjectWalk.Visitor() {
            @Override
            public void object(ObjectId id, byte[] bytes, ObjectKind of) throws IOException {
                count();
            }

            @Override
            public void chunk(ObjectId id, int length) throws IOException {
                ObjectFuzzTarget.check(
                        length >= 1 && length <= ObjectLimits.CHUNK_BYTES_MAX, "a chunk of impossible length");
                count();
            }

            private void count() throws Enough {
                if (++found[0] > BUDGET) {
                    throw new Enough();
                }
            }
        };
        try {
            if (kind == ObjectKind.COMMIT || kind == ObjectKind.TAG) {
                walk.commits(List.of(id(0)), second ? List.of(id(1)) : List.of(), visitor);
            } else if (kind == ObjectKind.MANIFEST) {
                long size = Manifest.decode(objects.read(id(0))).size();
                walk.file(new Content.Chunked(id(0), size), second ? new Content.Chunked(id(1), size) : null, visitor);
            }
        } catch (DitsException | Enough e) {
            return;
        }
    }

    /** Sums up a tree by its entries, which is what the top says of it, unless it is refused, incomplete or too long. */
    private static void directory(Objects objects, DirectoryRef top) throws IOException {
        long[] sums = new long[2];
        try {
            sum(objects, top, 0, sums);
        } catch (DitsException | Enough e) {
            return;
        }
        ObjectFuzzTarget.check(
                sums[0] == top.bytes() && sums[1] == top.files(), "a tree is not what its top says of it");
    }

    private static void sum(Objects objects, DirectoryRef directory, int depth, long[] sums) throws IOException {
        if (depth > ObjectLimits.PATH_DEPTH_MAX) {
            throw new Enough();
        }
        DirectoryTree.Cursor cursor = new DirectoryTree(objects).iterate(directory);
        EntryName last = null;
        for (TreeEntry entry = cursor.next(); entry != null; entry = cursor.next()) {
            ObjectFuzzTarget.check(last == null || last.compareTo(entry.name()) < 0, "a directory is out of order");
            last = entry.name();
            if (entry instanceof DirectoryEntry below) {
                sum(objects, below.ref(), depth + 1, sums);
            } else {
                sums[0] = Math.addExact(sums[0], entry.bytes());
                sums[1] = Math.addExact(sums[1], 1);
            }
        }
    }

    private static void file(Objects objects, Content.Chunked content) throws IOException {
        try {
            FileTree.Cursor cursor = new FileTree(objects).chunks(content);
            long offset = 0;
            long index = 0;
            for (FileTree.Chunk chunk = cursor.next(); chunk != null; chunk = cursor.next()) {
                ObjectFuzzTarget.check(
                        chunk.offset() == offset && chunk.index() == index && chunk.length() >= 1,
                        "a chunk is not where the one before ends");
                offset = chunk.end();
                index++;
                if (index > BUDGET) {
                    throw new Enough();
                }
            }
            ObjectFuzzTarget.check(
                    offset == content.size() && index == new FileTree(objects).chunkCount(content),
                    "a file is not as long as its manifest says");
        } catch (DitsException | Enough e) {
            return;
        }
    }
}
