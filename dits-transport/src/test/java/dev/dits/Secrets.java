package dev.dits;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** What nobody may read anywhere, and all the ways in which it could have been written: as it is typed, in hexadecimal, Base64 and decimal, as Java prints arrays. */
final class Secrets {
    /** So many bytes of a secret are taken for a leak: fewer are found by chance. */
    private static final int LEAK_BYTES = 6;

    private static final HexFormat HEX = HexFormat.of();

    /** What it is, by how it could have been written. In small letters: nothing is hidden by writing it large. */
    private final Map<String, String> needles = new TreeMap<>();

    private void needle(String what, String text) {
        if (text.length() < LEAK_BYTES) {
            throw new IllegalArgumentException(what + " is too short to be looked for");
        }
        needles.put(text.toLowerCase(Locale.ROOT), what);
    }

    /** A secret that is a text. */
    void text(String what, String secret) {
        needle(what, secret);
        bytes(what, secret.getBytes(StandardCharsets.UTF_8));
    }

    /** A secret that is bytes; its first and its last ones are looked for. */
    void bytes(String what, byte[] secret) {
        if (secret.length < LEAK_BYTES) {
            throw new IllegalArgumentException(what + " is too short to be looked for");
        }
        needle(what, new BigInteger(1, secret).toString());
        for (byte[] part : List.of(
                Arrays.copyOf(secret, LEAK_BYTES),
                Arrays.copyOfRange(secret, secret.length - LEAK_BYTES, secret.length))) {
            needle(what, HEX.formatHex(part));
            needle(what, HEX.withDelimiter(":").formatHex(part));
            needle(what, HEX.withDelimiter(" ").formatHex(part));
            needle(what, HEX.withDelimiter(", ").withPrefix("0x").formatHex(part));
            String array = Arrays.toString(part);
            needle(what, array.substring(1, array.length() - 1));
        }
        // From each of its first three bytes on, since Base64 goes by threes.
        for (int skipped = 0; skipped < 3 && skipped + LEAK_BYTES <= secret.length; skipped++) {
            byte[] part = Arrays.copyOfRange(secret, skipped, skipped + LEAK_BYTES);
            needle(what, Base64.getEncoder().encodeToString(part));
            needle(what, Base64.getUrlEncoder().encodeToString(part));
        }
    }

    /** All the ways in which they could have been written. */
    List<String> written() {
        return new ArrayList<>(needles.keySet());
    }

    /** What is found in a text: names of secrets, none of their bytes. */
    TreeSet<String> foundIn(String text) {
        String small = text.toLowerCase(Locale.ROOT);
        TreeSet<String> found = new TreeSet<>();
        needles.forEach((needle, what) -> {
            if (small.contains(needle)) {
                found.add(what);
            }
        });
        return found;
    }
}
