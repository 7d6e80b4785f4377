package dev.dits.object;

import dev.dits.error.DitsException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Objects of every kind, as a peer sends them and a pack holds them: file and directory nodes, manifests, commits, tags. The input is the object.
 *
 * <p>What is accepted has one form, and no name that means anything to a file system.
 */
public final class ObjectFuzzTarget {
    private ObjectFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        ObjectKind kind;
        List<ObjectCodec.Reference> children;
        try {
            kind = ObjectCodec.verify(input);
            children = ObjectCodec.children(input);
        } catch (DitsException e) {
            return;
        }
        check(children.size() <= ObjectLimits.NODE_CHILDREN_MAX, "more children than a node has");
        check(Arrays.equals(GoldenTest.reencode(input), input), "an object has two forms");
        switch (kind) {
            case FILE_LEAF, FILE_INNER -> file(FileNode.decode(input));
            case DIRECTORY_LEAF, DIRECTORY_INNER -> directory(DirectoryNode.decode(input));
            case MANIFEST -> {
                Manifest manifest = Manifest.decode(input);
                check(manifest.chunks() >= 2 && manifest.size() >= manifest.chunks(), "an impossible manifest");
                range(manifest.size());
            }
            case COMMIT -> {
                Commit commit = Commit.decode(input);
                check(commit.equals(Commit.decode(commit.encode())), "a commit reads back otherwise");
                check(commit.time().toInstant() != null, "a commit has no time");
                range(commit.tree().bytes());
                range(commit.tree().files());
            }
            case TAG -> {
                Tag tag = Tag.decode(input);
                check(tag.equals(Tag.decode(tag.encode())), "a tag reads back otherwise");
            }
        }
    }

    private static void file(FileNode node) {
        long bytes = 0;
        long chunks = 0;
        for (int i = 0; i < node.count(); i++) {
            check(node.bytes(i) >= 1 && node.chunks(i) >= 1 && node.chunks(i) <= node.bytes(i), "an empty child");
            bytes = Math.addExact(bytes, node.bytes(i));
            chunks = Math.addExact(chunks, node.chunks(i));
            check(FileNode.childAt(node.offsets, node.count(), node.offsets[i]) == i, "a child is not found again");
        }
        range(bytes);
        check(bytes == node.bytes() && chunks == node.chunks(), "a node's sums are not those of its children");
    }

    private static void directory(DirectoryNode node) {
        long bytes = 0;
        long files = 0;
        for (TreeEntry entry : node.entries) {
            bytes = Math.addExact(bytes, entry.bytes());
            files = Math.addExact(files, entry.files());
            range(entry.bytes());
            range(entry.files());
            check(entry.mode() >= 0 && entry.mode() <= 0777, "a mode that is more than permissions");
            check(entry.mtime().toInstant() != null, "an entry has no time");
            name(entry.name());
        }
        for (DirectoryNode.Child child : node.children) {
            bytes = Math.addExact(bytes, child.bytes());
            files = Math.addExact(files, child.files());
            check(child.entries() >= 1, "a child without entries");
            name(child.last());
        }
        for (int i = 0; i < node.count(); i++) {
            check(i == 0 || node.last(i - 1).compareTo(node.last(i)) < 0, "names are not ascending");
            check(node.ceiling(node.last(i)) == i, "an entry is not found again");
        }
        range(bytes);
        check(bytes == node.bytes() && files == node.files(), "a directory's sums are not those of its entries");
    }

    /** Written without the code that it checks. */
    private static void name(EntryName name) {
        byte[] bytes = name.bytes();
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        check(
                bytes.length >= 1
                        && bytes.length <= 255
                        && text.indexOf('/') < 0
                        && text.indexOf('\0') < 0
                        && !List.of(".", "..", ".dits").contains(text),
                "a name that no entry may have");
        check(name.display().codePoints().noneMatch(Escaper::isUnsafe), "a name is not shown safely");
    }

    private static void range(long sum) {
        check(sum >= 0 && sum <= 1L << 62, "a sum is out of range");
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
