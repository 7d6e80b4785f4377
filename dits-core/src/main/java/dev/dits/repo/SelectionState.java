package dev.dits.repo;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.TreePath;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is selected in a working tree, as {@code .dits/base} tells.
 *
 * @param selection what was asked for
 * @param kept paths that are selected all the same, each with all below it: they had changes that are in no commit when the selection was narrowed
 * @param next a selection under way; until it is repeated the tree may hold files of either
 */
record SelectionState(
        Selection selection, PathSet kept, @Nullable SelectionState next) {
    static final SelectionState ALL = new SelectionState(Selection.all(), PathSet.NONE, null);

    static final int KEPT_MAX = 1 << 16;
    private static final int PATH_BYTES_MAX = 128 * 256;

    /** What is certain to be in the tree, but for what somebody did to it: what both select, while a selection is under way. */
    Scope scope() {
        Scope own = ownScope();
        return next == null ? own : Scope.both(own, next.ownScope());
    }

    /** Without what is under way. */
    Scope ownScope() {
        return selection.scope(kept);
    }

    SelectionState withNext(@Nullable SelectionState value) {
        return new SelectionState(selection, kept, value);
    }

    boolean isAll() {
        return selection.isAll() && next == null;
    }

    static SelectionState read(ByteReader in) throws CorruptObjectException {
        SelectionState own = readOwn(in);
        return in.varint(0, 1, "a flag") == 0 ? own : own.withNext(readOwn(in));
    }

    private static SelectionState readOwn(ByteReader in) throws CorruptObjectException {
        List<String> globs = new ArrayList<>();
        for (long left = in.varint(0, Selection.GLOBS_MAX, "the number of patterns"); left > 0; left--) {
            globs.add(in.text(1, Selection.GLOB_BYTES_MAX, "a pattern's length"));
        }
        Selection selection;
        try {
            selection = Selection.of(globs);
        } catch (IllegalArgumentException e) {
            throw damaged(e.getMessage(), e);
        }
        if (!selection.globs().equals(globs)) {
            throw damaged("a pattern is there twice", null);
        }
        NavigableSet<TreePath> kept = readPaths(in, KEPT_MAX, "paths kept");
        if (selection.isAll() && !kept.isEmpty()) {
            throw damaged("paths are kept beside everything", null);
        }
        return new SelectionState(selection, new PathSet(kept), null);
    }

    private static CorruptObjectException damaged(@Nullable String why, @Nullable Throwable cause) {
        return new CorruptObjectException(".dits/base names a selection that can not be: " + why, cause);
    }

    /** Paths in the order of a walk, each once. */
    static NavigableSet<TreePath> readPaths(ByteReader in, int max, String what) throws CorruptObjectException {
        NavigableSet<TreePath> paths = new TreeSet<>();
        for (long left = in.varint(0, max, what); left > 0; left--) {
            try {
                TreePath path = TreePath.of(in.bytes(1, PATH_BYTES_MAX, "a path's length"));
                if (!paths.isEmpty() && paths.last().compareTo(path) >= 0) {
                    throw new CorruptObjectException(".dits/base is out of order at " + path.display());
                }
                paths.add(path);
            } catch (IllegalArgumentException e) {
                throw new CorruptObjectException(".dits/base names a path that can not be: " + e.getMessage(), e);
            }
        }
        return paths;
    }

    static void writePaths(ByteWriter out, NavigableSet<TreePath> paths) {
        out.varint(paths.size());
        for (TreePath path : paths) {
            out.bytes(path.bytes());
        }
    }

    void write(ByteWriter out) {
        writeOwn(out);
        out.u8(next == null ? 0 : 1);
        if (next != null) {
            next.writeOwn(out);
        }
    }

    private void writeOwn(ByteWriter out) {
        out.varint(selection.globs().size());
        selection.globs().forEach(out::text);
        writePaths(out, kept.paths());
    }
}
