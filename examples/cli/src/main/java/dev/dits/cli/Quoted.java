package dev.dits.cli;

import dev.dits.object.Escaper;
import dev.dits.object.TreePath;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Names in patches and lists that a program may read: as they are, or, where that could be misread, in quotes with the escapes of C, the way
 * git and GNU patch write and read them.
 */
final class Quoted {
    private Quoted() {}

    static String path(TreePath path) {
        return path("", path);
    }

    static String path(String prefix, TreePath path) {
        byte[] bytes = path.bytes();
        String text = null;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            // Not UTF-8: byte by byte below.
        }
        if (text != null && text.codePoints().noneMatch(c -> c == '"' || c == '\\' || Escaper.isUnsafe(c))) {
            return prefix + text;
        }
        StringBuilder out = new StringBuilder("\"").append(prefix);
        for (byte b : bytes) {
            switch (b) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                default -> {
                    if (b >= 0x20 && b < 0x7F) {
                        out.append((char) b);
                    } else {
                        out.append(String.format(Locale.ROOT, "\\%03o", b & 0xFF));
                    }
                }
            }
        }
        return out.append('"').toString();
    }
}
