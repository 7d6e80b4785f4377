package dev.dits.object;

import dev.dits.error.DitsException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Proofs of a file's range and of what is at a path, changed on their way. The input: {@code kind u8}, {@code path or offset u24}, {@code length u16}, then changes to the
 * honest proof, each {@code what u8, node u8, offset u16, value u8}.
 *
 * <p>A proof that is accepted is the honest one, and says what is true.
 */
public final class ProofFuzzTarget {
    private static final MemoryObjects OBJECTS = new MemoryObjects();
    private static final Content FILE;
    private static final DirectoryRef TOP;
    private static final List<TreePath> PATHS = new ArrayList<>();

    /** Honest proofs, so that most of the time goes into checking changed ones. */
    private static final java.util.Map<List<Object>, List<byte[]>> PROOFS = new java.util.HashMap<>();

    private static final int PROOFS_MAX = 1_000;

    static {
        try {
            FileTreeBuilder file = new FileTreeBuilder(OBJECTS);
            for (int i = 0; i < 700; i++) {
                file.add(ObjectId.hash(new byte[] {(byte) i, (byte) (i >> 8)}), 100 + i);
            }
            FILE = file.finish(ObjectId.hash(new byte[] {1}));
            DirectoryRef inner = directory("inner-%03d", 300, null);
            TOP = directory("outer-%03d", 200, inner);
            for (String path : List.of(
                    "outer-000",
                    "outer-100",
                    "outer-150/inner-007",
                    "outer-150/inner-299",
                    "outer-150",
                    "absent",
                    "outer-150/absent",
                    "outer-000/absent")) {
                PATHS.add(TreePath.ofUtf8(path));
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private ProofFuzzTarget() {}

    private static DirectoryRef directory(String names, int count, DirectoryRef below) throws IOException {
        DirectoryBuilder builder = new DirectoryBuilder(OBJECTS);
        for (int i = 0; i < count; i++) {
            EntryName name = EntryName.ofUtf8(String.format(names, i));
            builder.add(
                    below != null && i == 150
                            ? new DirectoryEntry(name, 0755, new Mtime(i, 0), below)
                            : new FileEntry(name, 0644, new Mtime(i, 0), Content.EMPTY));
        }
        return builder.finish();
    }

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        if (input.length < 9) {
            return;
        }
        boolean range = (input[0] & 1) == 0;
        long offset = (input[1] & 0xFF) << 16 | (input[2] & 0xFF) << 8 | input[3] & 0xFF;
        long length = 1 + ((input[4] & 0xFF) << 8 | input[5] & 0xFF);
        if (range && (offset >= FILE.size() || length > FILE.size() - offset)) {
            refusesWhatIsOutside(offset, length);
            return;
        }
        TreePath path = PATHS.get((input[1] & 0xFF) % PATHS.size());
        List<byte[]> honest = honest(range ? List.of(offset, length) : List.of(path));
        List<byte[]> changed = change(honest, input);
        try {
            if (range) {
                List<FileTree.Chunk> chunks = FileTree.verifyProof(FILE, offset, length, changed);
                ObjectFuzzTarget.check(
                        chunks.get(0).offset() <= offset
                                && chunks.get(chunks.size() - 1).end() >= offset + length,
                        "the range was not covered");
            } else {
                TreeEntry entry = DirectoryTree.verifyProof(TOP, path, changed);
                ObjectFuzzTarget.check(
                        java.util.Objects.equals(entry, new DirectoryTree(OBJECTS).resolve(TOP, path)),
                        "another entry was proved");
            }
        } catch (DitsException e) {
            ObjectFuzzTarget.check(!same(honest, changed), "an honest proof was refused");
            return;
        }
        ObjectFuzzTarget.check(same(honest, changed), "a changed proof was accepted");
    }

    private static List<byte[]> honest(List<Object> what) throws IOException {
        List<byte[]> proof = PROOFS.get(what);
        if (proof == null) {
            proof = what.size() == 2
                    ? new FileTree(OBJECTS).proof(FILE, (Long) what.get(0), (Long) what.get(1))
                    : new DirectoryTree(OBJECTS).proof(TOP, (TreePath) what.get(0));
            if (PROOFS.size() == PROOFS_MAX) {
                PROOFS.clear();
            }
            PROOFS.put(what, proof);
        }
        return proof;
    }

    private static void refusesWhatIsOutside(long offset, long length) throws IOException {
        try {
            FileTree.verifyProof(FILE, offset, length, List.of());
        } catch (IndexOutOfBoundsException e) {
            return;
        }
        throw new AssertionError("a range outside of the file was proved");
    }

    private static List<byte[]> change(List<byte[]> honest, byte[] input) {
        List<byte[]> nodes = new ArrayList<>();
        honest.forEach(node -> nodes.add(node.clone()));
        for (int i = 6; i + 5 <= input.length && !nodes.isEmpty(); i += 5) {
            int node = (input[i + 1] & 0xFF) % nodes.size();
            byte[] bytes = nodes.get(node);
            if (bytes.length == 0) {
                continue;
            }
            int at = ((input[i + 2] & 0xFF) << 8 | input[i + 3] & 0xFF) % bytes.length;
            int value = input[i + 4];
            switch (input[i] & 7) {
                case 0 -> bytes[at] = (byte) value;
                case 1 -> nodes.set(node, Arrays.copyOf(bytes, at));
                case 2 -> nodes.set(node, Arrays.copyOf(bytes, bytes.length + (value & 0xFF)));
                case 3 -> nodes.remove(node);
                case 4 -> nodes.add((value & 0xFF) % (nodes.size() + 1), bytes.clone());
                case 5 -> java.util.Collections.swap(nodes, node, (value & 0xFF) % nodes.size());
                case 6 -> nodes.set(node, new byte[ObjectLimits.OBJECT_BYTES_MAX + 1]);
                default -> bytes[at] ^= (byte) value;
            }
        }
        return nodes;
    }

    private static boolean same(List<byte[]> a, List<byte[]> b) {
        return Arrays.deepEquals(a.toArray(), b.toArray());
    }
}
