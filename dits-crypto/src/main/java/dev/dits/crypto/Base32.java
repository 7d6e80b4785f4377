package dev.dits.crypto;

import java.io.ByteArrayOutputStream;
import java.util.Locale;

/**
 * Five bits a character, most significant first, no padding characters, in the join codes' alphabet. One byte string has one
 * encoding: left-over bits are zero and are checked.
 */
final class Base32 {
    private static final String LOWER = JoinCode.ALPHABET.toLowerCase(Locale.ROOT);
    private static final int BITS = 5;

    private Base32() {}

    static String encode(byte[] bytes) {
        StringBuilder out = new StringBuilder((bytes.length * 8 + BITS - 1) / BITS);
        int buffer = 0;
        int held = 0;
        for (byte b : bytes) {
            buffer = (buffer << 8) | (b & 0xff);
            held += 8;
            while (held >= BITS) {
                held -= BITS;
                out.append(LOWER.charAt((buffer >>> held) & 31));
            }
            buffer &= (1 << held) - 1;
        }
        if (held > 0) {
            out.append(LOWER.charAt((buffer << (BITS - held)) & 31));
        }
        return out.toString();
    }

    /** Either case is read, for QR codes are shorter in capitals. */
    static byte[] decode(String text) throws InvitationFormatException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(text.length() * BITS / 8);
        int buffer = 0;
        int held = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int value = c >= 'A' && c <= 'Z' ? LOWER.indexOf(c - 'A' + 'a') : LOWER.indexOf(c);
            if (value < 0) {
                throw new InvitationFormatException(
                        "The ticket has a character that is in no ticket. Copy it again, all of it");
            }
            buffer = (buffer << BITS) | value;
            held += BITS;
            if (held >= 8) {
                held -= 8;
                out.write(buffer >>> held);
                buffer &= (1 << held) - 1;
            }
        }
        if (held >= BITS || buffer != 0) {
            throw new InvitationFormatException("The ticket is cut short or changed. Copy it again, all of it");
        }
        return out.toByteArray();
    }
}
