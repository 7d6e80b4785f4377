package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.error.UnsupportedFormatException;
import java.util.ArrayList;
import java.util.List;

/** Checks objects of any kind, and tells what they refer to. For receivers and for {@code fsck}. */
public final class ObjectCodec {
    private static final int MAGIC = 0xD1;
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 3;

    /** What a reference leads to. */
    public enum Target {
        /** A chunk: plain bytes of a file, no object. */
        CHUNK,
        /** A leaf or inner node of a file. */
        FILE_NODE,
        /** A leaf or inner node of a directory. */
        DIRECTORY_NODE,
        /** A file's manifest. */
        MANIFEST,
        /** A commit. */
        COMMIT
    }

    /**
     * A reference from an object to another or to a chunk.
     *
     * @param target what it leads to
     * @param id which
     */
    public record Reference(Target target, ObjectId id) {}

    private ObjectCodec() {}

    /**
     * Tells the kind of an object, from its first three bytes.
     *
     * @param bytes an encoding
     * @return its kind
     * @throws UnsupportedFormatException if the kind or version is not known
     * @throws CorruptObjectException if it is no object, or longer than an object may be
     */
    public static ObjectKind kindOf(byte[] bytes) throws DitsException {
        if (bytes.length < HEADER_BYTES || bytes.length > ObjectLimits.OBJECT_BYTES_MAX || (bytes[0] & 0xFF) != MAGIC) {
            throw new CorruptObjectException(bytes.length + " bytes that are no object");
        }
        ObjectKind kind = ObjectKind.ofCode(bytes[1] & 0xFF);
        if (kind == null || bytes[2] != VERSION) {
            throw new UnsupportedFormatException("an object of kind " + (bytes[1] & 0xFF) + ", version "
                    + (bytes[2] & 0xFF) + " is not known to this version of dits; a newer one may read it");
        }
        return kind;
    }

    /**
     * Checks all that can be said of an object by itself: every rule of its format, but not whether what it refers to is
     * there or keeps what it promises (readers check that as they descend).
     *
     * @param bytes an encoding
     * @return its kind
     * @throws DitsException if it breaks the format or is of an unknown kind or version
     */
    public static ObjectKind verify(byte[] bytes) throws DitsException {
        ObjectKind kind = kindOf(bytes);
        switch (kind) {
            case FILE_LEAF, FILE_INNER -> FileNode.decode(bytes);
            case DIRECTORY_LEAF, DIRECTORY_INNER -> DirectoryNode.decode(bytes);
            case COMMIT -> Commit.decode(bytes);
            case TAG -> Tag.decode(bytes);
            case MANIFEST -> Manifest.decode(bytes);
        }
        return kind;
    }

    /**
     * Lists what an object refers to, after checking it as {@link #verify} does.
     *
     * @param bytes an encoding
     * @return its references in their order, repeated where they are; at most 512
     * @throws DitsException if it breaks the format or is of an unknown kind or version
     */
    public static List<Reference> children(byte[] bytes) throws DitsException {
        List<Reference> references = new ArrayList<>();
        switch (kindOf(bytes)) {
            case FILE_LEAF, FILE_INNER -> {
                FileNode node = FileNode.decode(bytes);
                Target target = node.level == 0 ? Target.CHUNK : Target.FILE_NODE;
                for (ObjectId id : node.ids) {
                    references.add(new Reference(target, id));
                }
            }
            case DIRECTORY_LEAF, DIRECTORY_INNER -> {
                DirectoryNode node = DirectoryNode.decode(bytes);
                for (DirectoryNode.Child child : node.children) {
                    references.add(new Reference(Target.DIRECTORY_NODE, child.id()));
                }
                for (TreeEntry entry : node.entries) {
                    if (entry instanceof DirectoryEntry directory) {
                        references.add(new Reference(
                                Target.DIRECTORY_NODE, directory.ref().id()));
                    } else if (entry instanceof FileEntry file) {
                        if (file.content() instanceof Content.SingleChunk chunk) {
                            references.add(new Reference(Target.CHUNK, chunk.id()));
                        } else if (file.content() instanceof Content.Chunked chunked) {
                            references.add(new Reference(Target.MANIFEST, chunked.id()));
                        }
                    }
                }
            }
            case COMMIT -> {
                Commit commit = Commit.decode(bytes);
                references.add(
                        new Reference(Target.DIRECTORY_NODE, commit.tree().id()));
                for (ObjectId parent : commit.parents()) {
                    references.add(new Reference(Target.COMMIT, parent));
                }
            }
            case TAG ->
                references.add(new Reference(Target.COMMIT, Tag.decode(bytes).target()));
            case MANIFEST ->
                references.add(
                        new Reference(Target.FILE_NODE, Manifest.decode(bytes).root()));
        }
        return references;
    }

    static ByteWriter start(ObjectKind kind) {
        return new ByteWriter().u8(MAGIC).u8(kind.code()).u8(VERSION);
    }

    static ByteReader open(byte[] bytes, ObjectKind expected) throws DitsException {
        ObjectKind kind = kindOf(bytes);
        if (kind != expected) {
            throw new CorruptObjectException("an object of kind " + expected + " was expected, not " + kind);
        }
        return new ByteReader(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES);
    }

    /** Reads a node's count; what is left must be able to hold that many children. */
    static int readCount(ByteReader in, int min, int childBytesMin) throws CorruptObjectException {
        int count = (int) in.varint(min, ObjectLimits.NODE_CHILDREN_MAX, "a node's number of children");
        if (in.remaining() / childBytesMin < count) {
            throw new CorruptObjectException("a node of " + count + " children has " + in.remaining() + " bytes");
        }
        return count;
    }

    /** Adds two numbers, each within 0 to 2^62; the sum of the largest two would not fit a long, so it is not formed. */
    static long sum(long a, long b) throws CorruptObjectException {
        if (b > ObjectLimits.SUM_MAX - a) {
            throw new CorruptObjectException("a sum is beyond 2^62");
        }
        return a + b;
    }
}
