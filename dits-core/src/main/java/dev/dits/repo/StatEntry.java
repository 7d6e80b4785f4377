package dev.dits.repo;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.Content;
import dev.dits.object.Mtime;
import java.util.Arrays;

/** A file of the stat cache as it was when its content was last known, and its bytes on disk ({@code docs/format.md}, section 5.3). */
final class StatEntry {
    static final int PATH_BYTES_MAX = 128 * 256;
    static final int FLAG_RACY = 1;
    static final int FLAG_CHANGE_TIME = 2;
    static final int FLAG_WRITTEN = 4;
    static final int FLAG_GONE = 8;

    final byte[] path;
    final FileStat stat;
    final boolean racy;
    final Content content;

    StatEntry(byte[] path, FileStat stat, boolean racy, Content content) {
        this.path = path;
        this.stat = stat;
        this.racy = racy;
        this.content = content;
    }

    /** Order of a walk: a slash sorts before every byte that a name can have. */
    static int compare(byte[] a, byte[] b) {
        int mismatch = Arrays.mismatch(a, b);
        if (mismatch < 0 || mismatch >= a.length || mismatch >= b.length) {
            return Integer.compare(a.length, b.length);
        }
        int x = a[mismatch] == '/' ? -1 : a[mismatch] & 0xFF;
        int y = b[mismatch] == '/' ? -1 : b[mismatch] & 0xFF;
        return Integer.compare(x, y);
    }

    /** Whether both say the same of the same path, permissions apart: those are not kept. */
    boolean same(StatEntry other) {
        return racy == other.racy
                && stat.sameContent(other.stat)
                && stat.changeTimeKnown() == other.stat.changeTimeKnown()
                && content.equals(other.content)
                && Arrays.equals(path, other.path);
    }

    /** Writes what follows the path. */
    static void writeBody(ByteWriter out, FileStat stat, int flags, Content content) {
        out.u8(flags | (stat.changeTimeKnown() ? FLAG_CHANGE_TIME : 0));
        out.varint(stat.size());
        out.svarint(stat.mtime().seconds()).varint(stat.mtime().nanos());
        out.svarint(stat.ctime().seconds()).varint(stat.ctime().nanos());
        out.u64(stat.inode());
        Content.write(content, out);
    }

    /** Reads what follows the flags. */
    static StatEntry readBody(ByteReader in, byte[] path, int flags, Mtime clock) throws CorruptObjectException {
        long size = in.varint();
        Mtime mtime = readTime(in);
        Mtime ctime = readTime(in);
        FileStat stat = new FileStat(FileKind.FILE, size, 0, mtime, ctime, in.u64(), (flags & FLAG_CHANGE_TIME) != 0);
        boolean racy = (flags & FLAG_RACY) != 0 || ((flags & FLAG_WRITTEN) != 0 && stat.isRacy(clock));
        return new StatEntry(path, stat, racy, Content.read(in));
    }

    private static Mtime readTime(ByteReader in) throws CorruptObjectException {
        long seconds = in.svarint();
        return new Mtime(seconds, (int) in.varint(0, 999_999_999, "nanoseconds"));
    }
}
