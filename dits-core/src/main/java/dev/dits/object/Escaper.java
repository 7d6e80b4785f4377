package dev.dits.object;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Makes text from outside safe to show: in a log, on a terminal, in an exception, on a page. Everything that a peer can
 * name passes it before it is shown.
 *
 * <p>Control characters (C0, DEL, C1, with newline and tab), characters that turn the direction of text or are invisible
 * (Unicode category Cf but for the two joiners, that scripts and emoji need), line and paragraph separators and unpaired
 * surrogates become <code>&#92;uXXXX</code>, or <code>&#92;u{XXXXXX}</code> beyond four digits. Bytes that are not UTF-8
 * become <code>&#92;xXX</code>. Meant for people; not meant to be read back.
 */
public final class Escaper {
    private Escaper() {}

    /**
     * Escapes a text.
     *
     * @param text any text
     * @return the same text where it is harmless
     */
    public static String escape(String text) {
        int i = 0;
        while (i < text.length()) {
            int codePoint = text.codePointAt(i);
            if (isUnsafe(codePoint)) {
                break;
            }
            i += Character.charCount(codePoint);
        }
        if (i == text.length()) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16).append(text, 0, i);
        while (i < text.length()) {
            int codePoint = text.codePointAt(i);
            appendEscaped(out, codePoint);
            i += Character.charCount(codePoint);
        }
        return out.toString();
    }

    /**
     * Escapes bytes that are UTF-8, or should be.
     *
     * @param utf8 any bytes
     * @return their text
     */
    public static String escape(byte[] utf8) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(utf8);
        CharBuffer chars = CharBuffer.allocate(utf8.length + 1);
        StringBuilder out = new StringBuilder(utf8.length + 16);
        while (true) {
            CoderResult result = decoder.decode(in, chars, true);
            chars.flip();
            out.append(escape(chars.toString()));
            chars.clear();
            if (!result.isError()) {
                return out.toString();
            }
            for (int i = 0; i < result.length(); i++) {
                out.append(String.format(Locale.ROOT, "\\x%02x", in.get() & 0xFF));
            }
            decoder.reset();
        }
    }

    /**
     * Tells whether a character must not be shown as it is.
     *
     * @param codePoint a Unicode code point
     * @return whether {@link #escape(String)} replaces it
     */
    public static boolean isUnsafe(int codePoint) {
        if (codePoint >= 0x20 && codePoint < 0x7F) {
            return false;
        }
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE ->
                true;
            case Character.FORMAT -> codePoint != 0x200C && codePoint != 0x200D;
            default -> false;
        };
    }

    private static void appendEscaped(StringBuilder out, int codePoint) {
        if (!isUnsafe(codePoint)) {
            out.appendCodePoint(codePoint);
        } else if (codePoint <= 0xFFFF) {
            out.append(String.format(Locale.ROOT, "\\u%04x", codePoint));
        } else {
            out.append(String.format(Locale.ROOT, "\\u{%x}", codePoint));
        }
    }
}
