package dev.dits.repo;

import dev.dits.disk.Disk;
import dev.dits.error.DitsException;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.Collection;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/** Brings a part of a commit back into the working tree; whoever runs it holds the tree's lock. */
final class Restore {
    /** The time that the file system gives a file now. */
    interface FileClock {
        Mtime now() throws IOException;
    }

    private final Path root;
    private final Disk disk;
    private final Scratch scratch;
    private final ObjectSource objects;
    private final ContentReader reader;
    private final ExecutorService workers;
    private final ExecutorService syncers;
    private final boolean trackGit;
    private final FileClock fileClock;

    Restore(
            Path root,
            Disk disk,
            Scratch scratch,
            ObjectSource objects,
            ContentReader reader,
            ExecutorService workers,
            ExecutorService syncers,
            boolean trackGit,
            FileClock fileClock) {
        this.root = root;
        this.disk = disk;
        this.scratch = scratch;
        this.objects = objects;
        this.reader = reader;
        this.workers = workers;
        this.syncers = syncers;
        this.trackGit = trackGit;
        this.fileClock = fileClock;
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
            @Nullable DirectoryRef base,
            Clock clock)
            throws IOException {
        Path dits = root.resolve(Repository.DIRECTORY);
        StatCache known = StatCache.open(dits);
        CheckoutOptions writing = restore.writing();
        TreeDiffer differ = new TreeDiffer(
                        root,
                        objects,
                        reader,
                        NameRules.probe(disk, scratch.directory(), trackGit),
                        writing.links(),
                        state.held())
                .overwriting(new PathSet(paths));
        CheckoutConflicts conflicts = new CheckoutConflicts(restore.uncommitted() == RestoreOptions.Uncommitted.REFUSE);
        try (StatCache.Cursor cache = known.cursor()) {
            differ.walk(base, null, target, cache, conflicts);
        }
        conflicts.refuseIfAny();
        FileSource given = writing.source();
        try (StatCacheUpdate cacheWriter = StatCacheUpdate.ofSome(known, scratch);
                StatCache.Cursor cacheRead = known.cursor();
                WorkTreeWriter writer = new WorkTreeWriter(
                                root,
                                scratch,
                                given != null ? given : WorkTreeWriter.fromObjects(objects, workers),
                                workers,
                                syncers,
                                writing.filesInFlight(),
                                cacheWriter,
                                writing.progress(),
                                ZonedDateTime.now(clock))
                        .overwriting(restore.uncommitted())) {
            differ.walk(base, null, target, cacheRead, writer);
            writer.finish();
            NavigableSet<TreePath> held = heldOf(base, differ.held());
            if (!held.equals(state.held())) {
                state.withHeld(held).write(dits.resolve("base"), scratch);
            }
            cacheWriter.install(fileClock.now());
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
