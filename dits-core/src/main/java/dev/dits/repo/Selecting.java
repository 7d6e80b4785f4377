package dev.dits.repo;

import dev.dits.error.DitsException;
import dev.dits.error.LocalChangesException;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Changes which part of its commit the working tree holds; whoever runs it holds the tree's lock. */
final class Selecting {
    /*
     * Order: (1) what has changes and would leave is found, and added to what is selected; (2) .dits/base says that the selection is coming; (3) files are written and deleted; (4) .dits/base says that
     * it is there. Killed between (2) and (4), the tree may hold files of either selection: only what both select counts as there, so nothing is taken for deleted, and whoever writes to the tree next
     * finishes this first.
     */

    private final WorkTree work;

    Selecting(WorkTree work) {
        this.work = work;
    }

    /** Finishes what was interrupted, if anything. Returns how things stand then. */
    BaseState finish(BaseState state, CheckoutOptions writing) throws IOException {
        SelectionState next = state.selection().next();
        if (next == null || state.target() != null) {
            return state;
        }
        to(next.selection(), state, writing);
        return work.state(work.refs.head());
    }

    /** See {@link Repository#select}. */
    SelectReport to(Selection wanted, BaseState state, CheckoutOptions writing) throws IOException {
        WorkTree.refuseUnfinished(state, "select");
        SelectionState before = state.selection();
        ObjectId commit = state.commit();
        if (commit == null) {
            state.withSelection(new SelectionState(wanted, PathSet.NONE, null)).write(work.baseFile(), work.scratch);
            return new SelectReport(wanted, 0, 0, 0, List.of(), Optional.empty());
        }
        work.scratch.ensure();
        DirectoryRef tree = work.readCommit(commit).tree();
        NavigableSet<TreePath> kept = changed(state, tree, wanted);
        StatCache known = work.statCache();
        while (true) {
            SelectionState after = new SelectionState(wanted, wanted.isAll() ? PathSet.NONE : new PathSet(kept), null);
            SelectedTrees trees = new SelectedTrees(work.objects);
            DirectoryRef old = trees.of(tree, before.ownScope());
            SelectionState next = before.next();
            DirectoryRef interrupted = next == null ? null : trees.of(tree, next.ownScope());
            long ignoreFiles = trees.ignoreFiles();
            DirectoryRef target = trees.of(tree, after.ownScope());
            ignoreFiles = trees.ignoreFiles() - ignoreFiles;
            TreeDiffer differ = new TreeDiffer(
                    work.root,
                    trees.source(),
                    work.reader,
                    NameRules.probe(work.disk, work.scratch.directory(), work.trackGit()),
                    writing.links(),
                    state.held());
            List<TreePath> inTheWay = new ArrayList<>();
            try (StatCache.Cursor cache = known.cursor()) {
                differ.walk(old, interrupted, target, cache, new CheckoutConflicts(true) {
                    @Override
                    public boolean conflict(byte[] path, @Nullable TreeEntry atPath) {
                        inTheWay.add(TreePath.of(path));
                        return super.conflict(path, atPath);
                    }
                });
            }
            // What came to be there since the scan, or since an attempt that was killed, stays as well.
            boolean more = false;
            for (TreePath path : inTheWay) {
                more |= (leaves(wanted, path, false) || leaves(wanted, path, true)) && kept.add(path);
            }
            if (more) {
                refuseTooMany(kept.size());
                continue;
            }
            refuse(inTheWay);
            CheckoutReport report = write(state, after, differ, old, interrupted, target, known, writing);
            return new SelectReport(
                    wanted,
                    target == null ? 0 : target.files() - (wanted.isAll() ? 0 : ignoreFiles),
                    target == null ? 0 : target.bytes(),
                    tree.files(),
                    List.copyOf(after.kept().paths()),
                    Optional.of(report));
        }
    }

    private CheckoutReport write(
            BaseState state,
            SelectionState after,
            TreeDiffer differ,
            @Nullable DirectoryRef old,
            @Nullable DirectoryRef interrupted,
            @Nullable DirectoryRef target,
            StatCache known,
            CheckoutOptions writing)
            throws IOException {
        ObjectId commit = state.commit();
        if (commit == null) {
            throw new IllegalStateException("there is nothing to write");
        }
        SelectionState before = state.selection();
        state.withSelection(before.withNext(after)).write(work.baseFile(), work.scratch);
        try (StatCacheUpdate cacheWriter = StatCacheUpdate.ofSome(known, work.scratch);
                StatCache.Cursor cacheRead = known.cursor();
                WorkTreeWriter writer = work.writer(work.objects, writing, cacheWriter)) {
            differ.walk(old, interrupted, target, cacheRead, writer);
            writer.finish();
            state.withHeld(differ.held()).withSelection(after).write(work.baseFile(), work.scratch);
            cacheWriter.install(work.fileClock());
            return writer.report(commit);
        }
    }

    /** Whether not all of it would be selected. */
    private static boolean leaves(Selection wanted, TreePath path, boolean directory) {
        return wanted.scope(PathSet.NONE).at(path, directory) != Scope.Whole.ALL;
    }

    /** What differs from the commit, in what is certain to be there, and would no longer be selected. */
    private NavigableSet<TreePath> changed(BaseState state, DirectoryRef tree, Selection wanted) throws IOException {
        NavigableSet<TreePath> kept = new TreeSet<>();
        work.scan(state, tree, true, (change, base, found) -> {
            // A directory's own permissions go with it; what is in one that is new is told by itself.
            boolean directoryOnly = found == FileKind.DIRECTORY
                    && (base == null || (base instanceof DirectoryEntry && change.kind() == Change.Kind.MODE_CHANGED));
            boolean isDirectory = found == FileKind.DIRECTORY || base instanceof DirectoryEntry;
            boolean leaves = leaves(wanted, change.path(), isDirectory);
            if (!directoryOnly && leaves) {
                kept.add(change.path());
                refuseTooMany(kept.size());
            }
        });
        return kept;
    }

    private static void refuseTooMany(int count) throws DitsException {
        if (count > SelectionState.KEPT_MAX) {
            throw new DitsException(
                    "more than " + SelectionState.KEPT_MAX
                            + " paths have changes that are in no commit and would no longer be selected; commit them, then select");
        }
    }

    private static void refuse(List<TreePath> inTheWay) throws LocalChangesException {
        if (inTheWay.isEmpty()) {
            return;
        }
        List<String> names = inTheWay.stream()
                .limit(LocalChangesException.PATHS_MAX)
                .map(TreePath::display)
                .toList();
        throw new LocalChangesException(
                "what lies there is in no commit, and is in the way of what is to be selected: "
                        + String.join(", ", names.subList(0, Math.min(CheckoutConflicts.SHOWN_MAX, names.size())))
                        + (names.size() > CheckoutConflicts.SHOWN_MAX
                                ? " and " + (inTheWay.size() - CheckoutConflicts.SHOWN_MAX) + " more"
                                : "")
                        + "; move it away, then repeat this (nothing was changed)",
                names);
    }
}
