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
 * @param selection which part of the commit the tree holds
 */
record BaseState(
        @Nullable ObjectId commit,
        @Nullable ObjectId next,
        @Nullable ObjectId target,
        NavigableSet<TreePath> held,
        SelectionState selection) {
    static final BaseState NONE = new BaseState(null, null, null, new TreeSet<>(), SelectionState.ALL);

    private static final byte[] MAGIC = "DITSBASE".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;

    /** Of a tree that holds a part of its commit: whoever does not know of that would take the rest for deleted. */
    private static final int VERSION_PARTIAL = 2;

    static final int HELD_MAX = 1 << 20;

    /** The tree stands on a commit, and nothing is under way. */
    BaseState on(ObjectId id, NavigableSet<TreePath> heldThere) {
        return new BaseState(id, null, null, heldThere, selection);
    }

    BaseState withNext(@Nullable ObjectId id) {
        return new BaseState(commit, id, target, held, selection);
    }

    BaseState withTarget(@Nullable ObjectId id) {
        return new BaseState(commit, null, id, held, selection);
    }

    BaseState withHeld(NavigableSet<TreePath> value) {
        return new BaseState(commit, next, target, value, selection);
    }

    BaseState withSelection(SelectionState value) {
        return new BaseState(commit, next, target, held, value);
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
        if (version != VERSION && version != VERSION_PARTIAL) {
            throw new UnsupportedFormatException(".dits/base has version " + version + "; use a newer dits");
        }
        ObjectId commit = optional(in);
        ObjectId next = optional(in);
        ObjectId target = optional(in);
        NavigableSet<TreePath> held = SelectionState.readPaths(in, HELD_MAX, "paths held back");
        SelectionState selection = version == VERSION ? SelectionState.ALL : SelectionState.read(in);
        if (version == VERSION_PARTIAL && selection.isAll()) {
            throw new CorruptObjectException(".dits/base says that the tree is a part of its commit, and it is not");
        }
        in.expectEnd();
        return new BaseState(commit, next, target, held, selection);
    }

    private static @Nullable ObjectId optional(ByteReader in) throws CorruptObjectException {
        return in.varint(0, 1, "a flag") == 0 ? null : in.id();
    }

    void write(Path file, Scratch scratch) throws IOException {
        scratch.replace(Role.BASE, file, encode());
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter();
        out.raw(MAGIC, 0, MAGIC.length).u16(selection.isAll() ? VERSION : VERSION_PARTIAL);
        put(out, commit);
        put(out, next);
        put(out, target);
        SelectionState.writePaths(out, held);
        if (!selection.isAll()) {
            selection.write(out);
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
