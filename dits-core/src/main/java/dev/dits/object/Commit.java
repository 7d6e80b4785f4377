package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import java.util.ArrayList;
import java.util.List;

/**
 * A state of the whole tree, and those it came from ({@code docs/format.md}, section 3.4).
 *
 * @param tree the top directory
 * @param parents 0 to 16 commits, the first the one that was worked on
 * @param author who made it, 0 to 255 bytes of UTF-8; from outside, so escape it before showing ({@link Escaper})
 * @param time when
 * @param message why, 0 to 65,536 bytes of UTF-8; from outside, as the author
 * @param extensions what else it carries
 */
public record Commit(
        DirectoryRef tree,
        List<ObjectId> parents,
        String author,
        CommitTime time,
        String message,
        Extensions extensions) {
    /**
     * Checks the limits.
     *
     * @throws IllegalArgumentException if one is passed, or a text has no form in UTF-8
     */
    public Commit {
        parents = List.copyOf(parents);
        if (parents.size() > ObjectLimits.PARENTS_MAX) {
            throw new IllegalArgumentException(
                    "a commit has " + parents.size() + " parents, more than " + ObjectLimits.PARENTS_MAX);
        }
        ObjectLimits.checkText(author, 0, ObjectLimits.AUTHOR_BYTES_MAX, "an author");
        ObjectLimits.checkText(message, 0, ObjectLimits.MESSAGE_BYTES_MAX, "a message");
    }

    /**
     * Decodes a commit.
     *
     * @param bytes its encoding
     * @return the commit
     * @throws DitsException if it breaks the format or is of an unknown version
     */
    public static Commit decode(byte[] bytes) throws DitsException {
        ByteReader in = ObjectCodec.open(bytes, ObjectKind.COMMIT);
        DirectoryRef tree = DirectoryRef.read(in);
        int count = (int) in.varint(0, ObjectLimits.PARENTS_MAX, "a number of parents");
        List<ObjectId> parents = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            parents.add(in.id());
        }
        String author = in.text(0, ObjectLimits.AUTHOR_BYTES_MAX, "an author's length");
        CommitTime time = CommitTime.read(in);
        String message = in.text(0, ObjectLimits.MESSAGE_BYTES_MAX, "a message's length");
        Extensions extensions = Extensions.read(in);
        in.expectEnd();
        try {
            return new Commit(tree, parents, author, time, message, extensions);
        } catch (IllegalArgumentException e) {
            throw new CorruptObjectException("a commit breaks the format: " + e.getMessage(), e);
        }
    }

    /**
     * Encodes the commit.
     *
     * @return its canonical bytes
     */
    public byte[] encode() {
        ByteWriter out = ObjectCodec.start(ObjectKind.COMMIT);
        tree.writeTo(out);
        out.varint(parents.size());
        parents.forEach(out::id);
        out.text(author);
        time.writeTo(out);
        out.text(message);
        extensions.writeTo(out);
        return out.toBytes();
    }

    /**
     * Returns the commit's id.
     *
     * @return the SHA-256 of {@link #encode}
     */
    public ObjectId id() {
        return ObjectId.hash(encode());
    }
}
