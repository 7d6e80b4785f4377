package dev.dits.session;

import dev.dits.crypto.NameplateTag;
import java.util.HexFormat;

/** The names by which a dialler chooses a share in TLS ({@code docs/wire.md}, section 2). */
public final class ServerNames {
    private ServerNames() {}

    /**
     * The name that a nameplate stands for.
     *
     * @param nameplate the public part of a code
     * @return an SNI value
     */
    public static String ofNameplate(String nameplate) {
        return HexFormat.of().formatHex(NameplateTag.of(nameplate).toBytes()) + ".n.dits";
    }

    /**
     * The name that a share id stands for.
     *
     * @param shareId 16 bytes
     * @return an SNI value
     */
    public static String ofShare(byte[] shareId) {
        return HexFormat.of().formatHex(shareId) + ".s.dits";
    }
}
