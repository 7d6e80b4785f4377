package dev.dits.crypto;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What LAN announcements and questions carry in place of a nameplate: the first eight bytes of SHA-256 over
 * {@code "dits/1 lan\0"} and the nameplate in ASCII.
 *
 * <p>It keeps nameplates off the air for the casual reader. It does not hide one from somebody who tries all of them (three
 * characters are 32,768), which is harmless: a nameplate is a place to knock at, not a secret.
 */
public final class NameplateTag {
    /** Length of a tag in bytes. */
    public static final int BYTES = 8;

    private final byte[] tag;

    private NameplateTag(byte[] tag) {
        this.tag = tag;
    }

    /**
     * The tag of a nameplate.
     *
     * @param nameplate as {@link JoinCode#nameplate()} gives it
     * @return its tag
     * @throws IllegalArgumentException if this is no nameplate
     */
    public static NameplateTag of(String nameplate) {
        if (!JoinCode.isNameplate(nameplate)) {
            throw new IllegalArgumentException("Not a nameplate");
        }
        byte[] hash = Kdf.sha256(Kdf.ascii("dits/1 lan\0"), Kdf.ascii(nameplate));
        return new NameplateTag(Arrays.copyOf(hash, BYTES));
    }

    /**
     * A tag that came in an announcement.
     *
     * @param bytes its eight bytes
     * @return the tag
     * @throws IllegalArgumentException if there are not eight
     */
    public static NameplateTag fromBytes(byte[] bytes) {
        Kdf.requireLength(bytes, BYTES, "nameplate tag");
        return new NameplateTag(bytes.clone());
    }

    /**
     * The tag's bytes.
     *
     * @return a fresh array of eight bytes
     */
    public byte[] toBytes() {
        return tag.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NameplateTag that && MessageDigest.isEqual(tag, that.tag);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(tag);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(tag);
    }
}
