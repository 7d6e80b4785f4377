package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;

/**
 * A name given to a commit for good ({@code docs/format.md}, section 3.4).
 *
 * @param target the commit
 * @param name 1 to 255 bytes of UTF-8; from outside, so escape it before showing ({@link Escaper})
 * @param author who gave it, 0 to 255 bytes of UTF-8; from outside, as the name
 * @param time when
 * @param message why, 0 to 65,536 bytes of UTF-8; from outside, as the name
 * @param extensions what else it carries
 */
public record Tag(ObjectId target, String name, String author, CommitTime time, String message, Extensions extensions) {
    /**
     * Checks the limits.
     *
     * @throws IllegalArgumentException if one is passed, or a text has no form in UTF-8
     */
    public Tag {
        ObjectLimits.checkText(name, 1, ObjectLimits.TAG_NAME_BYTES_MAX, "a tag's name");
        ObjectLimits.checkText(author, 0, ObjectLimits.AUTHOR_BYTES_MAX, "an author");
        ObjectLimits.checkText(message, 0, ObjectLimits.MESSAGE_BYTES_MAX, "a message");
    }

    /**
     * Decodes a tag.
     *
     * @param bytes its encoding
     * @return the tag
     * @throws DitsException if it breaks the format or is of an unknown version
     */
    public static Tag decode(byte[] bytes) throws DitsException {
        ByteReader in = ObjectCodec.open(bytes, ObjectKind.TAG);
        ObjectId target = in.id();
        String name = in.text(1, ObjectLimits.TAG_NAME_BYTES_MAX, "a tag's name's length");
        String author = in.text(0, ObjectLimits.AUTHOR_BYTES_MAX, "an author's length");
        CommitTime time = CommitTime.read(in);
        String message = in.text(0, ObjectLimits.MESSAGE_BYTES_MAX, "a message's length");
        Extensions extensions = Extensions.read(in);
        in.expectEnd();
        try {
            return new Tag(target, name, author, time, message, extensions);
        } catch (IllegalArgumentException e) {
            throw new CorruptObjectException("a tag breaks the format: " + e.getMessage(), e);
        }
    }

    /**
     * Encodes the tag.
     *
     * @return its canonical bytes
     */
    public byte[] encode() {
        ByteWriter out = ObjectCodec.start(ObjectKind.TAG);
        out.id(target).text(name).text(author);
        time.writeTo(out);
        out.text(message);
        extensions.writeTo(out);
        return out.toBytes();
    }

    /**
     * Returns the tag's id.
     *
     * @return the SHA-256 of {@link #encode}
     */
    public ObjectId id() {
        return ObjectId.hash(encode());
    }
}
