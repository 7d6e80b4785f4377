package dev.dits.repo;

import dev.dits.error.DitsException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.Content;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The small files of {@code .dits}, damaged or made by somebody else. The input: {@code which u8}, then the file: config (0), HEAD (1), a reference (2),
 * base (3), the stat cache's sorted file (4), the same with its checksums put right (5), a reference's name (6), the stat cache's journal with its checksums put
 * right (7).
 *
 * <p>What is accepted is written the same way again.
 */
public final class RepositoryFilesFuzzTarget {
    private RepositoryFilesFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        if (input.length == 0) {
            return;
        }
        byte[] file = Arrays.copyOfRange(input, 1, input.length);
        try {
            switch (input[0] & 7) {
                case 0 -> config(file);
                case 1 -> head(file);
                case 2 -> reference(file);
                case 3 -> base(file);
                case 4 -> statCache(file, new byte[0]);
                case 5 -> statCache(mend(file, StatCache.HEADER_BYTES), new byte[0]);
                case 6 -> name(file);
                default ->
                    statCache(
                            new StatCache.Header(0, StatCache.NO_CLOCK).encode(), mend(file, StatJournal.HEADER_BYTES));
            }
        } catch (DitsException e) {
            return;
        }
    }

    private static void config(byte[] file) throws DitsException {
        RepositoryConfig config = RepositoryConfig.parse(file);
        check(config.id().length == 16, "a repository's id has another length");
        check(config.profile().minBytes() >= 1, "chunks of no bytes");
        byte[] again = config.encode();
        check(Arrays.equals(RepositoryConfig.parse(again).encode(), again), "a config reads back otherwise");
        config.withPrefix("").forEach((key, value) -> {
            try {
                check(
                        RepositoryConfig.parse(again).get(key).orElseThrow().equals(value),
                        "a value reads back otherwise");
            } catch (DitsException e) {
                throw new AssertionError(e);
            }
        });
    }

    private static void head(byte[] file) throws DitsException {
        Refs.Head head = Refs.parseHead(file);
        check((head.branch() == null) != (head.commit() == null), "HEAD is nothing, or two things");
        if (head.branch() != null) {
            harmless(head.branch());
            check(
                    Arrays.equals(("ref: " + head.branch().value() + "\n").getBytes(StandardCharsets.UTF_8), file),
                    "HEAD has two forms");
        }
    }

    private static void reference(byte[] file) throws DitsException {
        ObjectId id = Refs.parse("refs/heads/x", file);
        check(
                (id + "\n").equalsIgnoreCase(new String(file, StandardCharsets.US_ASCII)),
                "a reference reads back otherwise");
    }

    private static void base(byte[] file) throws DitsException {
        BaseState state = BaseState.parse(file);
        check(Arrays.equals(state.encode(), file), "a base has two forms");
    }

    private static void name(byte[] file) {
        RefName name;
        try {
            name = new RefName(new String(file, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return;
        }
        harmless(name);
    }

    /** A name that stays below {@code refs}, whatever the file system. */
    private static void harmless(RefName name) {
        String text = name.value();
        check(text.startsWith("refs/"), "a reference lies elsewhere");
        for (String part : text.split("/", -1)) {
            check(
                    !part.isEmpty() && !part.startsWith(".") && part.indexOf('\0') < 0 && part.indexOf('\\') < 0,
                    "a reference's name leads elsewhere");
        }
    }

    private static void statCache(byte[] base, byte[] journal) throws Exception {
        StatCache.Cursor cursor = StatCache.cursor(base, journal);
        FileStat stat = new FileStat(FileKind.FILE, 1, 0, new Mtime(0, 0), new Mtime(0, 0), 1, true);
        for (String path : new String[] {"a", "a/b", "b", "\u00ff"}) {
            Content content = cursor.find(path.getBytes(StandardCharsets.ISO_8859_1), stat);
            check(content == null || content.size() >= 0, "a content of negative size");
        }
        cursor.close();
        cursor = StatCache.cursor(base, journal);
        StatEntry none = cursor.take(null, entry -> check(entry.content.size() >= 0, "a content of negative size"));
        check(none == null, "something is at no path");
        cursor.close();
    }

    /** Puts the checksums of header and blocks right, which no fuzzer finds by itself. */
    private static byte[] mend(byte[] file, int headerBytes) throws DitsException {
        byte[] mended = file.clone();
        if (mended.length < headerBytes) {
            return mended;
        }
        sum(mended, 12, 16, headerBytes - 16);
        int at = headerBytes;
        while (mended.length - at > 8) {
            long length = Math.min(new ByteReader(mended, at, 4).u32(), mended.length - at - 8);
            System.arraycopy(new ByteWriter(4).u32(length).toBytes(), 0, mended, at, 4);
            sum(mended, at + 4, at + 8, (int) length);
            at += 8 + (int) length;
        }
        return mended;
    }

    private static void sum(byte[] bytes, int at, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        System.arraycopy(new ByteWriter(4).u32(crc.getValue()).toBytes(), 0, bytes, at, 4);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
