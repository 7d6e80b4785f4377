package dev.dits.repo;

import dev.dits.object.CommitTime;
import dev.dits.object.EntryName;
import dev.dits.object.ObjectLimits;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Names for files that have to stand beside another: {@code take (conflict from Ada 2026-11-24 123000).mov}. */
final class CopyNames {
    /** How a date looks in the name of a copy: no colon, which not every file system takes. */
    static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd HHmmss", Locale.ROOT);

    private static final String CONFLICT = " (conflict from ";
    private static final int EXTENSION_BYTES_MAX = 32;
    private static final int PEER_BYTES_MAX = 48;
    private static final String NOBODY = "somebody";
    private static final Instant DATE_MIN = Instant.parse("0000-01-01T00:00:00Z");
    private static final Instant DATE_MAX = Instant.parse("9999-12-31T23:59:59Z");

    private CopyNames() {}

    /** Whose version it is and of when, as a merge says it; the same wherever it is made. */
    static String peerAndDate(String author, CommitTime time) {
        Instant instant = time.toInstant().truncatedTo(ChronoUnit.SECONDS);
        instant = instant.isBefore(DATE_MIN) ? DATE_MIN : instant.isAfter(DATE_MAX) ? DATE_MAX : instant;
        return peer(author) + " " + DATE.format(instant.atOffset(ZoneOffset.UTC));
    }

    /** A person without the address, of characters alone that any file system takes. */
    private static String peer(String author) {
        int address = author.indexOf('<');
        String person = address > 0 ? author.substring(0, address) : author;
        StringBuilder out = new StringBuilder();
        int bytes = 0;
        boolean space = false;
        for (int i = 0; i < person.length(); ) {
            int c = person.codePointAt(i);
            i += Character.charCount(c);
            if (!Character.isLetterOrDigit(c) && "-_.'@+".indexOf(c) < 0) {
                space = true;
                continue;
            }
            int more = Character.toString(c).getBytes(StandardCharsets.UTF_8).length + (space && bytes > 0 ? 1 : 0);
            if (bytes + more > PEER_BYTES_MAX) {
                break;
            }
            out.append(space && bytes > 0 ? " " : "").appendCodePoint(c);
            bytes += more;
            space = false;
        }
        return bytes == 0 ? NOBODY : out.toString();
    }

    /** The name of a copy; the second of the same label has a number, and so on. */
    static EntryName conflict(EntryName name, String peerAndDate, int number) {
        return labelled(name, CONFLICT + peerAndDate + (number == 1 ? "" : " " + number) + ")");
    }

    /** What the names of all conflict copies of a name begin with, as long as it is not too long. */
    static byte[] conflictPrefix(EntryName name) {
        byte[] raw = name.bytes();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(raw, 0, stem(raw));
        out.writeBytes(CONFLICT.getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    /** Puts a label before a name's extension; the stem is cut, at a character, where that gets too long. */
    static EntryName labelled(EntryName name, String text) {
        byte[] label = text.getBytes(StandardCharsets.UTF_8);
        byte[] raw = name.bytes();
        int dot = stem(raw);
        int extension = raw.length - dot;
        int stem = Math.min(dot, ObjectLimits.NAME_BYTES_MAX - label.length - extension);
        if (stem < dot) {
            // Not inside a character of several bytes, of which all but the first are 10xxxxxx; four at most.
            for (int i = 0; i < 3 && stem > 1 && (raw[stem] & 0xC0) == 0x80; i++) {
                stem--;
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(raw, 0, stem);
        out.writeBytes(label);
        out.write(raw, dot, extension);
        return EntryName.of(out.toByteArray());
    }

    /** Where the extension begins; a long one is none. */
    private static int stem(byte[] raw) {
        for (int i = raw.length - 1; i > 0 && raw.length - i <= EXTENSION_BYTES_MAX; i--) {
            if (raw[i] == '.') {
                return i;
            }
        }
        return raw.length;
    }
}
