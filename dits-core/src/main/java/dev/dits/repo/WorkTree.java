package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.Role;
import dev.dits.error.DitsException;
import dev.dits.object.Commit;
import dev.dits.object.CommitTime;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreePath;
import dev.dits.store.FileLocks;
import dev.dits.store.LockWait;
import dev.dits.store.PackStore;
import dev.dits.store.RecordType;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A repository's working tree, what it stands on, and what is needed to walk, lock and record it. Safe for use by several threads. */
final class WorkTree {
    private static final int BEHIND_MAX = 100_000;
    private static final Mtime EARLIEST = new Mtime(Long.MIN_VALUE / 4, 0);
    private static final Logger LOGGER = LoggerFactory.getLogger(WorkTree.class);

    final Path root;
    final Disk disk;
    final Scratch scratch;
    final RepositoryOptions options;
    final PackStore store;
    final Refs refs;
    final RepositoryObjects objects;
    final ContentReader reader;
    /** Threads that read and hash. */
    final ExecutorService workers;
    /** Threads that wait for the disk. */
    final ExecutorService syncers;
    /** Signs what is made here, and knows whose keys are whose. */
    final SignerBook signers;

    private final Path dits;
    private final Supplier<RepositoryConfig> config;

    WorkTree(
            Path root,
            Scratch scratch,
            RepositoryOptions options,
            PackStore store,
            Refs refs,
            RepositoryObjects objects,
            ContentReader reader,
            ExecutorService workers,
            ExecutorService syncers,
            Supplier<RepositoryConfig> config) {
        this.root = root;
        this.dits = root.resolve(Repository.DIRECTORY);
        this.disk = scratch.disk();
        this.scratch = scratch;
        this.options = options;
        this.store = store;
        this.refs = refs;
        this.objects = objects;
        this.reader = reader;
        this.workers = workers;
        this.syncers = syncers;
        this.config = config;
        this.signers = new SignerBook(dits, scratch, options);
    }

    /** Whether commits without a signature are refused. */
    boolean signaturesRequired() {
        return config.get().signaturesRequired();
    }

    boolean trackGit() {
        return config.get().trackGit();
    }

    Commit readCommit(ObjectId id) throws IOException {
        return Commit.decode(objects.require(id));
    }

    /** Where HEAD stands: the tip of its branch, or the commit it names. */
    @Nullable
    ObjectId tip(Refs.Head head) throws IOException {
        return head.branch() != null ? refs.read(head.branch()).orElse(null) : head.commit();
    }

    Path baseFile() {
        return dits.resolve("base");
    }

    /** What is known of files by now; whoever changes it holds the tree's lock, and looked after he had it. */
    StatCache statCache() throws IOException {
        return StatCache.open(dits);
    }

    /** The base, with a commit finished whose branch has moved already. */
    BaseState state(Refs.Head head) throws IOException {
        BaseState state = BaseState.read(baseFile());
        ObjectId next = state.next();
        if (next != null) {
            ObjectId tip = tip(head);
            return next.equals(tip) || (tip != null && leadsTo(next, tip))
                    ? state.on(next, state.held())
                    : state.withNext(null);
        }
        return state;
    }

    /** A branch may have moved on since a commit that was killed had moved it: somebody pushed. */
    boolean leadsTo(ObjectId next, ObjectId tip) {
        try {
            return new CommitGraph(this::readCommit).isAncestor(next, tip);
        } catch (IOException e) {
            // What is not all here can not be told; the commit is taken for one that did not come to be.
            LOGGER.debug("the history of {} was not read", tip, e);
            return false;
        }
    }

    /** Keeps everybody else from changing the tree, and sweeps what those who were killed have left. */
    FileLocks.Held lock() throws IOException {
        FileLocks.Held held = FileLocks.lock(dits.resolve("tree.lock"), false, LockWait.upTo(options.lockTimeout()));
        boolean done = false;
        try {
            new Leftovers(root, dits, scratch).sweep(ZonedDateTime.now(options.clock()));
            done = true;
            return held;
        } finally {
            if (!done) {
                held.close();
            }
        }
    }

    @Nullable
    DirectoryRef tree(@Nullable ObjectId commit) throws IOException {
        return commit == null ? null : readCommit(commit).tree();
    }

    /**
     * The file system's clock, which need not be ours: what is made now has its time. Where nothing can be made, a time before all others, by which the stat cache vouches
     * for nothing.
     */
    Mtime fileClock() {
        Path probe = scratch.name("clock");
        try {
            scratch.ensure();
            disk.makeDirectory(Role.PROBE, probe);
            FileStat stat = FileStat.of(probe);
            if (stat != null) {
                return stat.changeTimeKnown() ? stat.ctime() : stat.mtime();
            }
        } catch (IOException e) {
            // A full disk, or one that may not be written: what is read can be read all the same.
            LOGGER.debug("the file system was not asked for its time", e);
        } finally {
            AtomicFile.discard(disk, Role.PROBE, probe);
        }
        return EARLIEST;
    }

    Status status() throws IOException {
        FileLocks.Held lock = FileLocks.tryLock(dits.resolve("tree.lock"), false);
        try {
            Refs.Head head = refs.head();
            BaseState state = state(head);
            List<Change> changes = new ArrayList<>();
            long[] count = new long[1];
            StatusWalk walk = scan(state, tree(state.commit()), lock != null, (change, base, found) -> {
                count[0]++;
                if (changes.size() < Status.CHANGES_LISTED_MAX) {
                    changes.add(change);
                }
            });
            ObjectId tip = tip(head);
            int behind = tip == null || tip.equals(state.commit())
                    ? 0
                    : new CommitGraph(this::readCommit).distance(state.commit(), tip, BEHIND_MAX);
            return new Status(
                    Optional.ofNullable(head.branch()),
                    Optional.ofNullable(state.commit()),
                    Optional.ofNullable(tip),
                    behind,
                    Optional.ofNullable(state.target()),
                    changes,
                    count[0],
                    walk.ignoredCount(),
                    walk.skippedCount(),
                    state.held().size(),
                    state.selection().selection(),
                    walk.omittedCount(),
                    walk.unselected(),
                    walk.unselectedCount());
        } finally {
            if (lock != null) {
                lock.close();
            }
        }
    }

    StatusWalk scan(BaseState state, @Nullable DirectoryRef base, boolean refresh, StatusWalk.Listener listener)
            throws IOException {
        // Without the lock nothing is made in tmp: nobody would know whether it is still in use.
        Mtime scanStart = refresh ? fileClock() : EARLIEST;
        StatCache known = statCache();
        try (StatCache.Reader cache = known.reader();
                StatCacheUpdate cacheWriter = refresh ? StatCacheUpdate.ofAll(known, cache, scratch) : null;
                OrderedPipeline pipeline = new OrderedPipeline(workers)) {
            StatusWalk walk = new StatusWalk(objects, reader, pipeline, cacheWriter, scanStart, listener);
            new WorkTreeScanner(root, objects, trackGit(), state, cache, workers, walk).scan(base);
            pipeline.finish();
            if (cacheWriter != null) {
                cacheWriter.install();
            }
            return walk;
        }
    }

    /** See {@link Repository#look}. */
    void look(java.util.Collection<TreePath> at, TreeLook look) throws IOException {
        BaseState state = state(refs.head());
        LookWalk walk = new LookWalk(root, look);
        // A directory is told before it is listed, so nobody lists any ahead.
        try (StatCache.Reader cache = statCache().reader()) {
            new WorkTreeScanner(root, objects, trackGit(), state, cache, ahead -> {}, walk)
                    .scan(tree(state.commit()), at);
        }
    }

    String author(@Nullable String given) {
        return given != null ? given : config.get().author().orElse(options.author());
    }

    CommitTime now() {
        ZonedDateTime time = ZonedDateTime.now(options.clock());
        return CommitTime.of(time.toInstant(), (int)
                TimeUnit.SECONDS.toMinutes(time.getOffset().getTotalSeconds()));
    }

    /** Writes a commit or tag, durable when it returns; what it names, and the writer has, is so before it is anywhere. */
    static ObjectId writeLast(StoreWriter writer, byte[] bytes) throws IOException {
        ObjectId id = ObjectId.hash(bytes);
        writer.flush();
        writer.put(RecordType.OBJECT, id, bytes, 0, bytes.length);
        writer.flush();
        return id;
    }

    static void refuseUnfinished(BaseState state, String what) throws DitsException {
        if (state.target() != null) {
            throw new DitsException("a checkout of " + state.target().abbreviated()
                    + " was interrupted; repeat it ('dits checkout "
                    + state.target().abbreviated() + "') before you " + what);
        }
    }

    /** Brings a part of a commit back, which has it; the tree's lock is held. */
    RestoreReport restore(
            java.util.Collection<TreePath> paths, RestoreOptions restore, ObjectId source, BaseState state)
            throws IOException {
        BaseState finished = new Selecting(this).finish(state, restore.writing());
        SelectedTrees trees = new SelectedTrees(objects);
        DirectoryRef target = readCommit(source).tree();
        DirectoryRef selected = trees.of(target, finished.selection().scope());
        for (TreePath path : paths) {
            boolean isSelected = path.isRoot() || (selected != null && isIn(trees.source(), selected, path));
            if (!isSelected && isIn(objects, target, path)) {
                throw new DitsException(
                        path.display() + " is not selected in this working tree; 'dits p2p select --add "
                                + path.display() + "' brings it, nothing was restored");
            }
        }
        restoring(objects).requireIn(target, paths, source);
        return overwrite(paths, restore, source, finished);
    }

    /** As {@link #restore}, of paths that the commit may lack: then they go. */
    RestoreReport overwrite(
            java.util.Collection<TreePath> paths, RestoreOptions restore, ObjectId source, BaseState state)
            throws IOException {
        SelectedTrees trees = new SelectedTrees(objects);
        Scope scope = state.selection().scope();
        DirectoryRef target = trees.of(readCommit(source).tree(), scope);
        DirectoryRef base = trees.of(tree(state.commit()), scope);
        return restoring(trees.source()).run(paths, restore, source, target, state, base);
    }

    private static boolean isIn(ObjectSource objects, DirectoryRef tree, TreePath path) throws IOException {
        return new DirectoryTree(objects).resolve(tree, path) != null;
    }

    private Restore restoring(ObjectSource from) throws IOException {
        scratch.ensure();
        return new Restore(this, from);
    }

    /**
     * Opens what writes files into the tree; closed by the caller.
     *
     * @param from has the content, unless the options name another source
     * @param writing how
     * @param cache notes what is written
     */
    WorkTreeWriter writer(ObjectSource from, CheckoutOptions writing, StatCacheUpdate cache) throws IOException {
        FileSource given = writing.source();
        return new WorkTreeWriter(
                root,
                scratch,
                given != null ? given : WorkTreeWriter.fromObjects(from, workers),
                workers,
                syncers,
                writing.filesInFlight(),
                cache,
                writing.progress(),
                ZonedDateTime.now(options.clock()));
    }
}
