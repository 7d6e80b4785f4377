package dev.dits.repo;

import dev.dits.error.DitsException;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.util.Collection;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Brings a part of a commit back into the working tree; whoever runs it holds the tree's lock. */
final class Restore {
    private final WorkTree work;
    private final ObjectSource objects;

    /**
     * @param work what to bring it to
     * @param objects has the nodes of what is restored and of the base
     */
    Restore(WorkTree work, ObjectSource objects) {
        this.work = work;
        this.objects = objects;
    }

    /** Refuses paths that are not there. */
    void requireIn(DirectoryRef target, Collection<TreePath> paths, ObjectId source) throws IOException {
        for (TreePath path : paths) {
            if (!isIn(target, path)) {
                throw new DitsException("there is no " + path.display() + " in commit " + source.abbreviated()
                        + "; nothing was restored");
            }
        }
    }

    /** Brings paths to where the target has them; what the target lacks and the base has goes. */
    RestoreReport run(
            Collection<TreePath> paths,
            RestoreOptions restore,
            ObjectId source,
            @Nullable DirectoryRef target,
            BaseState state,
            @Nullable DirectoryRef base)
            throws IOException {
        StatCache known = work.statCache();
        CheckoutOptions writing = restore.writing();
        TreeDiffer differ = new TreeDiffer(
                        work.root,
                        objects,
                        work.reader,
                        NameRules.probe(work.disk, work.scratch.directory(), work.trackGit()),
                        writing.links(),
                        state.held())
                .overwriting(new PathSet(paths));
        CheckoutConflicts conflicts = new CheckoutConflicts(restore.uncommitted() == RestoreOptions.Uncommitted.REFUSE);
        try (StatCache.Cursor cache = known.cursor()) {
            differ.walk(base, null, target, cache, conflicts);
        }
        conflicts.refuseIfAny();
        try (StatCacheUpdate cacheWriter = StatCacheUpdate.ofSome(known, work.scratch);
                StatCache.Cursor cacheRead = known.cursor();
                WorkTreeWriter writer =
                        work.writer(objects, writing, cacheWriter).overwriting(restore.uncommitted())) {
            differ.walk(base, null, target, cacheRead, writer);
            writer.finish();
            NavigableSet<TreePath> held = heldOf(base, differ.held());
            if (!held.equals(state.held())) {
                state.withHeld(held).write(work.baseFile(), work.scratch);
            }
            cacheWriter.install(work.fileClock());
            return writer.restoreReport(source);
        }
    }

    private boolean isIn(@Nullable DirectoryRef tree, TreePath path) throws IOException {
        return tree != null && (path.isRoot() || new DirectoryTree(objects).resolve(tree, path) != null);
    }

    /** What could not be written counts as there only where the base has it too. */
    private NavigableSet<TreePath> heldOf(@Nullable DirectoryRef base, NavigableSet<TreePath> held) throws IOException {
        NavigableSet<TreePath> ofBase = new TreeSet<>();
        for (TreePath path : held) {
            if (isIn(base, path)) {
                ofBase.add(path);
            }
        }
        return ofBase;
    }
}
