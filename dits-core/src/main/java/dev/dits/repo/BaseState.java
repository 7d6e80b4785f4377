package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Role;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the working tree was written from, in {@code .dits/base}: one file, so that its parts can not disagree.
 *
 * @param commit the commit that the tree stands on; null for none
 * @param next a commit under way: when its branch already stands on it, the tree does too
 * @param target a checkout under way, from {@code commit} to this; null for none
 * @param held entries of the commit that were not written out (links, names that the file system can not hold): that
 *     they are not there does not mean they were deleted
 */
record BaseState(
        @Nullable ObjectId commit,
        @Nullable ObjectId next,
        @Nullable ObjectId target,
        NavigableSet<TreePath> held) {
    static final BaseState NONE = new BaseState(null, null, null, new TreeSet<>());

    private static final byte[] MAGIC = "DITSBASE".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int PATH_BYTES_MAX = 128 * 256;
    static final int HELD_MAX = 1 << 20;

    static BaseState of(ObjectId commit, NavigableSet<TreePath> held) {
        return new BaseState(commit, null, null, held);
    }

    BaseState withNext(ObjectId id) {
        return new BaseState(commit, id, target, held);
    }

    BaseState withTarget(@Nullable ObjectId id) {
        return new BaseState(commit, null, id, held);
    }

    static BaseState read(Path file) throws IOException {
        byte[] bytes = AtomicFile.read(file);
        return bytes == null ? NONE : parse(bytes);
    }

    /** Reads what the file holds. */
    static BaseState parse(byte[] bytes) throws CorruptObjectException, UnsupportedFormatException {
        ByteReader in = new ByteReader(bytes);
        if (!java.util.Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
            throw new CorruptObjectException(".dits/base is damaged; 'dits fsck' says what to do");
        }
        int version = in.u16();
        if (version != VERSION) {
            throw new UnsupportedFormatException(".dits/base has version " + version + "; use a newer dits");
        }
        ObjectId commit = optional(in);
        ObjectId next = optional(in);
        ObjectId target = optional(in);
        NavigableSet<TreePath> held = new TreeSet<>();
        for (long left = in.varint(0, HELD_MAX, "paths held back"); left > 0; left--) {
            try {
                TreePath path = TreePath.of(in.bytes(1, PATH_BYTES_MAX, "a path's length"));
                if (!held.isEmpty() && held.last().compareTo(path) >= 0) {
                    throw new CorruptObjectException(".dits/base is out of order at " + path.display());
                }
                held.add(path);
            } catch (IllegalArgumentException e) {
                throw new CorruptObjectException(".dits/base names a path that can not be: " + e.getMessage(), e);
            }
        }
        in.expectEnd();
        return new BaseState(commit, next, target, held);
    }

    private static @Nullable ObjectId optional(ByteReader in) throws CorruptObjectException {
        return in.varint(0, 1, "a flag") == 0 ? null : in.id();
    }

    void write(Path file, Scratch scratch) throws IOException {
        scratch.replace(Role.BASE, file, encode());
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter();
        out.raw(MAGIC, 0, MAGIC.length).u16(VERSION);
        put(out, commit);
        put(out, next);
        put(out, target);
        out.varint(held.size());
        for (TreePath path : held) {
            out.bytes(path.bytes());
        }
        return out.toBytes();
    }

    private static void put(ByteWriter out, @Nullable ObjectId id) {
        out.u8(id == null ? 0 : 1);
        if (id != null) {
            out.id(id);
        }
    }
}
