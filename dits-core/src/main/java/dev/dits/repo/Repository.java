package dev.dits.repo;

import dev.dits.chunk.Chunker;
import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.Role;
import dev.dits.error.BranchMovedException;
import dev.dits.error.DitsException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.RepositoryNotFoundException;
import dev.dits.object.Commit;
import dev.dits.object.DirectoryRef;
import dev.dits.object.Extensions;
import dev.dits.object.ObjectCodec;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectKind;
import dev.dits.object.ObjectSource;
import dev.dits.object.Tag;
import dev.dits.object.TreePath;
import dev.dits.store.FileLocks;
import dev.dits.store.LockWait;
import dev.dits.store.PackStore;
import dev.dits.store.RecordType;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A directory under version control: a working tree, and in its {@code .dits} the history.
 *
 * <p>Any number of instances, in one process and in several, may be open on one directory. All methods are safe for use by several threads.
 * What changes the working tree or what it stands on ({@link #commit}, {@link #checkout}, {@link #gc}) excludes itself across
 * processes, and says so with {@link dev.dits.error.RepositoryBusyException} when waiting takes too long.
 *
 * <p>Every method that touches the disk throws {@link IOException} where the file system fails, and the children of {@link DitsException} that
 * its description names.
 */
public final class Repository implements AutoCloseable {
    /** The directory inside the working tree that holds everything else. */
    public static final String DIRECTORY = ".dits";

    private static final int SYNCERS = 32;
    private static final AtomicInteger THREADS = new AtomicInteger();

    private final Path root;
    private final Path dits;
    private final Scratch scratch;
    private final Disk disk;
    private final RepositoryOptions options;
    private final PackStore store;
    private final Refs refs;
    private final RepositoryObjects objects;
    private final ContentReader reader;
    private final ExecutorService workers;
    private final ExecutorService syncers;
    private final WorkTree work;
    private final Revisions revisions;
    private final Upkeep upkeep;
    private volatile RepositoryConfig config;

    private Repository(Path root, RepositoryOptions options, RepositoryConfig config, PackStore store)
            throws IOException {
        this.root = root;
        this.dits = root.resolve(DIRECTORY);
        this.disk = options.store().disk();
        this.scratch = new Scratch(disk, dits.resolve("tmp"));
        this.options = options;
        this.config = config;
        this.store = store;
        this.refs = new Refs(dits, scratch, options.lockTimeout());
        this.objects = new RepositoryObjects(store, options.sources(), this::remotes);
        this.workers = Executors.newFixedThreadPool(options.threads(), task -> daemon(task, "dits-repo-"));
        this.reader = new ContentReader(new Chunker(config.profile()), workers, options.threads());
        // Waiting for the disk takes no processor, and what is synced at the same time shares one commit of the file
        // system's
        // journal: 10,000 files of 4 KiB took 22 s with 2 threads and 9 s with 32 on a busy disk.
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                SYNCERS, SYNCERS, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> daemon(task, "dits-sync-"));
        pool.allowCoreThreadTimeOut(true);
        this.syncers = pool;
        this.work =
                new WorkTree(root, scratch, options, store, refs, objects, reader, workers, syncers, () -> this.config);
        this.revisions = new Revisions(refs, store, objects);
        this.upkeep = new Upkeep(work);
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name + THREADS.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Makes a repository of a directory; what is in the directory stays as it is.
     *
     * @param root the directory; made if it is not there
     * @param options how
     * @return the open repository
     * @throws DitsException if it is one already
     * @throws IOException if the file system fails
     */
    public static Repository init(Path root, RepositoryOptions options) throws IOException {
        options.store().disk().makeDirectoriesDurably(Role.LAYOUT, root);
        Path real = root.toRealPath();
        NewRepository.make(real, options);
        return open(real, options);
    }

    /**
     * Opens a repository, and finishes what killed processes left in its store.
     *
     * @param root the directory that holds {@code .dits}
     * @param options how; what is fixed when a repository is made is read from its configuration
     * @return the open repository
     * @throws RepositoryNotFoundException if there is none
     * @throws dev.dits.error.UnsupportedFormatException if a newer version made it
     * @throws IOException if the file system fails
     */
    public static Repository open(Path root, RepositoryOptions options) throws IOException {
        Path dits = root.resolve(DIRECTORY);
        byte[] bytes = Files.isDirectory(dits) ? AtomicFile.read(dits.resolve("config")) : null;
        if (bytes == null) {
            throw new RepositoryNotFoundException(root + " is not a dits repository; 'dits init' makes one of it");
        }
        RepositoryConfig config = RepositoryConfig.parse(bytes);
        PackStore store = PackStore.open(dits.resolve("packs"), options.store());
        boolean done = false;
        try {
            store.recover();
            Repository repository = new Repository(root.toRealPath(), options, config, store);
            done = true;
            return repository;
        } finally {
            if (!done) {
                store.close();
            }
        }
    }

    /**
     * Looks for the repository that a directory is in.
     *
     * @param start a directory, or a file
     * @return the nearest directory upwards that holds {@code .dits}
     * @throws RepositoryNotFoundException if there is none up to the root
     * @throws IOException if the file system fails
     */
    public static Path find(Path start) throws IOException {
        for (Path path = start.toRealPath(); path != null; path = path.getParent()) {
            if (Files.isRegularFile(path.resolve(DIRECTORY).resolve("config"))) {
                return path;
            }
        }
        throw new RepositoryNotFoundException(
                "neither " + start + " nor a directory above it is a dits repository; 'dits init' makes one");
    }

    /**
     * Returns the top directory of the working tree.
     *
     * @return its real path
     */
    public Path root() {
        return root;
    }

    /**
     * Returns the repository's id.
     *
     * @return 16 bytes, as 32 hexadecimal digits
     * @throws IOException if the configuration is damaged
     */
    public String id() throws IOException {
        return HexFormat.of().formatHex(config.id());
    }

    /**
     * Returns the configuration as it was last read or written by this instance.
     *
     * @return the configuration
     */
    public RepositoryConfig config() {
        return config;
    }

    /**
     * Reads the configuration again, for what other processes wrote.
     *
     * @return the configuration
     * @throws IOException if it is damaged, or the file system fails
     */
    public RepositoryConfig reloadConfig() throws IOException {
        byte[] bytes = AtomicFile.read(dits.resolve("config"));
        if (bytes == null) {
            throw new RepositoryNotFoundException(root + " is no longer a dits repository");
        }
        RepositoryConfig read = RepositoryConfig.parse(bytes);
        config = read;
        return read;
    }

    /**
     * Changes the configuration, on top of what other processes wrote meanwhile.
     *
     * @param changes new values by key; nothing removes the key
     * @throws IllegalArgumentException if a key can not be, or is fixed when a repository is made
     * @throws IOException if the file system fails
     */
    @SuppressWarnings("try")
    public void configure(Map<String, Optional<String>> changes) throws IOException {
        try (FileLocks.Held held =
                FileLocks.lock(dits.resolve("config.lock"), false, LockWait.upTo(options.lockTimeout()))) {
            byte[] bytes = AtomicFile.read(dits.resolve("config"));
            if (bytes == null) {
                throw new RepositoryNotFoundException(root + " is no longer a dits repository");
            }
            RepositoryConfig changed = RepositoryConfig.parse(bytes).with(changes);
            scratch.replace(Role.CONFIG, dits.resolve("config"), changed.encode());
            config = changed;
        }
    }

    private List<String> remotes() {
        Set<String> names = new java.util.TreeSet<>();
        for (String key : config.withPrefix("remote.").keySet()) {
            String[] parts = key.split("\\.", -1);
            names.add(parts[1]);
        }
        return List.copyOf(names);
    }

    /**
     * Returns the objects and chunks of this repository: its packs, then the sources it was opened with.
     *
     * @return a source; a missing object's exception says who promised it
     */
    public ObjectSource objects() {
        return objects;
    }

    /**
     * Returns the repository's own packs; closed with the repository.
     *
     * @return the store
     */
    public PackStore store() {
        return store;
    }

    // ---- references ----

    /**
     * Returns the branch that the working tree is on.
     *
     * @return the branch, which need not have a commit yet; nothing if HEAD names a commit
     * @throws IOException if the file system fails
     */
    public Optional<RefName> currentBranch() throws IOException {
        return Optional.ofNullable(refs.head().branch());
    }

    /**
     * Returns the commit that HEAD stands for.
     *
     * @return the tip of the current branch, or the commit; nothing before the first commit
     * @throws IOException if the file system fails
     */
    public Optional<ObjectId> head() throws IOException {
        return revisions.head();
    }

    /**
     * Returns the commit that the working tree was written from.
     *
     * @return the base; nothing before the first commit or checkout
     * @throws IOException if the file system fails
     */
    public Optional<ObjectId> base() throws IOException {
        return Optional.ofNullable(work.state(refs.head()).commit());
    }

    /**
     * Returns the commit that an interrupted checkout was writing.
     *
     * @return the commit; nothing where the last checkout came to its end
     * @throws IOException if the file system fails
     */
    public Optional<ObjectId> unfinished() throws IOException {
        return Optional.ofNullable(work.state(refs.head()).target());
    }

    /**
     * Reads a reference.
     *
     * @param name which
     * @return the commit or tag it names, or nothing if there is no such reference
     * @throws IOException if the file system fails
     */
    public Optional<ObjectId> ref(RefName name) throws IOException {
        return refs.read(name);
    }

    /**
     * Lists references.
     *
     * @return all branches, tags and remotes' branches, sorted by their full names
     * @throws IOException if the file system fails
     */
    public SortedMap<RefName, ObjectId> refs() throws IOException {
        return refs.list("refs/");
    }

    /**
     * Lists the branches.
     *
     * @return the branches, sorted by name
     * @throws IOException if the file system fails
     */
    public SortedMap<RefName, ObjectId> branches() throws IOException {
        return refs.list(RefName.HEADS);
    }

    /**
     * Lists the tags.
     *
     * @return the tags, sorted by name; each names a commit, or a {@linkplain #readTag tag object} that names one
     * @throws IOException if the file system fails
     */
    public SortedMap<RefName, ObjectId> tags() throws IOException {
        return refs.list(RefName.TAGS);
    }

    /**
     * Reads what a tag with a message says.
     *
     * @param id what the tag's reference names
     * @return who made it, when and why; nothing if that is the commit itself
     * @throws dev.dits.error.MissingObjectException if it is not here
     * @throws IOException if it is neither tag nor commit, or the file system fails
     */
    public Optional<Tag> readTag(ObjectId id) throws IOException {
        byte[] bytes = objects.require(id);
        if (ObjectCodec.kindOf(bytes) == ObjectKind.COMMIT) {
            return Optional.empty();
        }
        return Optional.of(Tag.decode(bytes));
    }

    /**
     * Moves, makes or deletes a reference if it still is where the caller saw it. The commit and all it refers to must be durable already, or
     * promised by a remote.
     *
     * @param name which
     * @param expected where the caller saw it; null if it should not be there
     * @param value where it goes; null deletes it
     * @throws BranchMovedException if it is somewhere else
     * @throws IOException if the file system fails
     */
    public void updateRef(RefName name, @Nullable ObjectId expected, @Nullable ObjectId value) throws IOException {
        refs.compareAndSet(name, expected, value);
    }

    /**
     * Returns a number that differs after any reference or HEAD was written, by any process. It costs a stat for each reference and no
     * read: meant for polling.
     *
     * @return the number; only equality means something
     * @throws IOException if the file system fails
     */
    public long refsGeneration() throws IOException {
        return refs.generation();
    }

    /**
     * Makes a branch.
     *
     * @param name its name
     * @param revision where it starts, see {@link #resolve}
     * @return the branch
     * @throws BranchMovedException if there is one of that name
     * @throws IOException if the revision is not found, or the file system fails
     */
    public RefName createBranch(String name, String revision) throws IOException {
        RefName ref = RefName.branch(name);
        refs.compareAndSet(ref, null, resolve(revision));
        return ref;
    }

    /**
     * Deletes a branch. Its commits go with the next {@link #gc} unless something else names them.
     *
     * @param name its name
     * @throws DitsException if there is none, or the working tree is on it
     * @throws IOException if the file system fails
     */
    public void deleteBranch(String name) throws IOException {
        RefName ref = RefName.branch(name);
        if (ref.equals(refs.head().branch())) {
            throw new DitsException("the working tree is on " + name + "; check out another branch first");
        }
        ObjectId tip = refs.read(ref).orElseThrow(() -> new DitsException("there is no branch " + name));
        refs.compareAndSet(ref, tip, null);
    }

    /**
     * Tags a commit.
     *
     * @param name the tag's name
     * @param revision what it names, see {@link #resolve}
     * @param message why; empty for a tag that is nothing but a name
     * @return the tag
     * @throws BranchMovedException if there is one of that name
     * @throws IOException if the revision is not found, or the file system fails
     */
    public RefName createTag(String name, String revision, String message) throws IOException {
        RefName ref = RefName.tag(name);
        ObjectId target = resolve(revision);
        if (message.isEmpty()) {
            refs.compareAndSet(ref, null, target);
            return ref;
        }
        byte[] bytes = work.signers
                .sign(new Tag(target, name, work.author(null), work.now(), message, Extensions.NONE))
                .encode();
        ObjectId id = ObjectId.hash(bytes);
        // The writer keeps gc out until the tag is named.
        try (StoreWriter writer = store.newWriter()) {
            writer.put(RecordType.OBJECT, id, bytes, 0, bytes.length);
            writer.flush();
            refs.compareAndSet(ref, null, id);
        }
        return ref;
    }

    /**
     * Deletes a tag.
     *
     * @param name its name
     * @throws DitsException if there is none
     * @throws IOException if the file system fails
     */
    public void deleteTag(String name) throws IOException {
        RefName ref = RefName.tag(name);
        ObjectId target = refs.read(ref).orElseThrow(() -> new DitsException("there is no tag " + name));
        refs.compareAndSet(ref, target, null);
    }

    /**
     * Finds a commit by what people call it: {@code HEAD} or {@code @}, a tag, a branch, {@code remote/branch}, a full name
     * ({@code refs/...}), an id or at least six of its first digits; each may be followed by {@code ~n} (the n-th ancestor by first parents) and
     * {@code ^n} (the n-th parent), several times. A tag wins over a branch, and both over an id.
     *
     * @param revision the text
     * @return the commit's id
     * @throws DitsException if there is no such commit, or several
     * @throws IOException if the file system fails
     */
    public ObjectId resolve(String revision) throws IOException {
        return revisions.resolve(revision);
    }

    /**
     * Reads a commit.
     *
     * @param id which
     * @return what it says
     * @throws dev.dits.error.MissingObjectException if it is not here
     * @throws IOException if it is no commit, or the file system fails
     */
    public Commit readCommit(ObjectId id) throws IOException {
        return work.readCommit(id);
    }

    /**
     * Lists a commit and its ancestors, children before parents as far as their times tell, the latest first.
     *
     * @param revision where to start, see {@link #resolve}
     * @param max how many at most
     * @return the commits
     * @throws IOException if the revision is not found, or the file system fails
     */
    public List<LogEntry> log(String revision, int max) throws IOException {
        CommitLog log = history(revision);
        List<LogEntry> found = new ArrayList<>();
        for (LogEntry entry = log.next(); entry != null && found.size() < max; entry = log.next()) {
            found.add(entry);
        }
        return found;
    }

    /**
     * Lists a commit and its ancestors one by one, in the order of {@link #log}: for histories of any length.
     *
     * @param revision where to start, see {@link #resolve}
     * @return before the first commit
     * @throws IOException if the revision is not found, or the file system fails
     */
    public CommitLog history(String revision) throws IOException {
        return new CommitLog(objects, resolve(revision));
    }

    /**
     * Lists those of a commit and its ancestors that changed something at or below some paths, in the order of {@link #log}. Where a merge has there what one of its parents has, only that parent's
     * history is gone over: what others tried and nobody took is left out. Renames are not followed. Costs a look-up of each path in each commit, and reads no content.
     *
     * @param revision where to start, see {@link #resolve}
     * @param paths what to look at, each with all below it; empty, or the top, for everything
     * @return before the first commit
     * @throws IOException if the revision is not found, or the file system fails
     */
    public CommitLog history(String revision, java.util.Collection<TreePath> paths) throws IOException {
        return new CommitLog(objects, resolve(revision), paths);
    }

    /**
     * Tells whether one commit is another or an ancestor of it.
     *
     * @param ancestor the older
     * @param commit the younger
     * @return whether the one is in the other's history
     * @throws IOException if a commit is missing, or the file system fails
     */
    public boolean isAncestor(ObjectId ancestor, ObjectId commit) throws IOException {
        return new CommitGraph(this::readCommit).isAncestor(ancestor, commit);
    }

    // ---- signatures ----

    /**
     * Reads whose keys sign for which names here.
     *
     * @return what is known now
     * @throws IOException if a file is damaged, or the file system fails
     */
    public Signers signers() throws IOException {
        return new Signers(work.signers, workers);
    }

    /**
     * Decides whether what a peer sent may be named by references: checks the signature of every commit that these tips reach and no reference does
     * yet, and of the tags among the tips. Keys that are seen for the first time are bound to their authors' names. Call it after everything has arrived and
     * before a reference moves; it takes about a millisecond of processor time a commit, spread over this repository's threads.
     *
     * <p>Refused are: a signature that does not hold; an unsigned child of a signed commit; and any unsigned commit or tag where {@linkplain
     * RepositoryConfig#signaturesRequired signatures are required}, which they are from now on where these are the first commits here and all are signed.
     *
     * @param tips commits and tags, all here with their history
     * @return what was found
     * @throws dev.dits.error.InvalidSignatureException if something is refused
     * @throws dev.dits.error.MissingObjectException if a commit is not here
     * @throws IOException if an object is damaged, or the file system fails
     */
    public AdmissionReport admit(java.util.Collection<ObjectId> tips) throws IOException {
        boolean first = refs.list("refs/").isEmpty();
        boolean required = config.signaturesRequired();
        Admission.Result result = new Admission(work, required).check(tips);
        List<Signer> newKeys = work.signers.meet(result.sightings());
        if (first && !required && result.commits() > 0 && result.allSigned()) {
            configure(Map.of(RepositoryConfig.SIGNATURES_KEY, Optional.of(RepositoryConfig.SIGNATURES_REQUIRED)));
        }
        return new AdmissionReport(result.commits(), newKeys);
    }

    // ---- working tree ----

    /**
     * Compares the working tree with its base, and the base with its branch. Files of which size, times and file number are as they
     * were when their content was last read are not read.
     *
     * @return what differs
     * @throws dev.dits.error.PermissionDeniedException if something can not be read
     * @throws IOException if the file system fails
     */
    public Status status() throws IOException {
        return work.status();
    }

    /**
     * Compares two commits.
     *
     * @param before the one; null for nothing, as before the first commit
     * @param after the other; null for nothing
     * @param diff what to look at
     * @param visitor is told what differs
     * @throws DitsException if a path to look at is on neither side
     * @throws dev.dits.error.MissingObjectException if a commit or a tree is neither here nor in a source
     * @throws IOException if the file system fails, or the visitor does
     */
    public void diff(@Nullable ObjectId before, @Nullable ObjectId after, DiffOptions diff, DiffVisitor visitor)
            throws IOException {
        comparison(diff, visitor).trees(work.tree(before), work.tree(after));
    }

    /**
     * Compares a commit with the working tree. What {@code .ditsignore} names and the commit lacks is left out; entries that could not be written to
     * disk do not count as deleted. Where renames are looked for, an added file is read if one of its size was removed.
     *
     * @param before the commit, {@link #base} for what the next commit will record; null for nothing, as before the first commit
     * @param diff what to look at
     * @param visitor is told what differs; what is in the working tree may change meanwhile
     * @throws DitsException if a path to look at is on neither side
     * @throws dev.dits.error.PermissionDeniedException if something can not be read
     * @throws IOException if the file system fails, or the visitor does
     */
    public void diffWorkingTree(@Nullable ObjectId before, DiffOptions diff, DiffVisitor visitor) throws IOException {
        DirectoryRef base = work.tree(before);
        Comparison comparison = comparison(diff, visitor);
        for (TreePath path : diff.paths()) {
            comparison.requireInWorkingTree(path, base);
        }
        work.scan(work.state(refs.head()), base, false, comparison);
        comparison.scanned();
    }

    private Comparison comparison(DiffOptions diff, DiffVisitor visitor) {
        return new Comparison(root, objects, reader, diff, visitor, Comparison.HELD_BACK_MAX);
    }

    /**
     * Opens a committed file for reading from its start, a chunk at a time: nothing large is held in memory. Every byte is verified.
     *
     * @param content what names the file's content
     * @return the bytes; reading throws {@link dev.dits.error.MissingObjectException} where they are neither here nor in a source
     * @throws IOException if the file's tree of chunks is missing or corrupt, or the file system fails
     */
    public java.io.InputStream read(dev.dits.object.Content content) throws IOException {
        return new ContentStream(objects, content);
    }

    /**
     * Commits the working tree as it is: there is no staging area. What {@code .ditsignore} names and no commit tracks is left out; sockets,
     * pipes and devices are left out and reported.
     *
     * <p>Where the branch has moved since the tree was written, because somebody pushed, the commit is a child of what the tree stands on, and is merged with where the branch is by now as {@link #mergeInto} does:
     * nothing of either is undone. {@link CommitResult#merged} says so. The files are left alone; {@link #follow} brings what the others did.
     *
     * <p>When it returns, the commit survives a power cut. When it throws, the branch has not moved; unless the disk failed at the very last step, when the branch had its new
     * name and that was made durable: then a repetition finds nothing to do.
     *
     * @param message why, 0 to 65,536 bytes of UTF-8
     * @param author who, 0 to 255 bytes of UTF-8; null for the configuration's
     * @param progress told how far it is
     * @return the commit; nothing if the tree is as its base
     * @throws BranchMovedException if the branch keeps moving while the commit is brought together with it
     * @throws dev.dits.error.RepositoryBusyException if another process commits or checks out for too long
     * @throws dev.dits.error.PermissionDeniedException if a file can not be read
     * @throws DitsException if a checkout was interrupted, or a file keeps changing while it is read
     * @throws IOException if the file system fails
     */
    @SuppressWarnings("try")
    public Optional<CommitResult> commit(String message, @Nullable String author, CommitProgress progress)
            throws IOException {
        try (FileLocks.Held lock = work.lock()) {
            return new Committing(work).commit(null, message, author, progress);
        }
    }

    /**
     * Commits what changed at and below some paths; all else is in the commit as the base has it, changed on disk or not. For whoever knows what
     * changed: nothing else is looked at, so what it costs follows those files, whatever the repository holds. Otherwise as
     * {@link #commit(String, String, CommitProgress)}.
     *
     * @param only files, links and directories, each with all below it; what is neither on disk nor in the base is passed over
     * @param message why, 0 to 65,536 bytes of UTF-8
     * @param author who, 0 to 255 bytes of UTF-8; null for the configuration's
     * @param progress told how far it is
     * @return the commit; nothing if all that is as in the base
     * @throws IOException as the other
     */
    @SuppressWarnings("try")
    public Optional<CommitResult> commit(
            java.util.Collection<TreePath> only, String message, @Nullable String author, CommitProgress progress)
            throws IOException {
        try (FileLocks.Held lock = work.lock()) {
            return new Committing(work).commit(only, message, author, progress);
        }
    }

    /**
     * Commits what changed at and below some paths, as far as a guard lets it: for whoever commits while others write. Otherwise as
     * {@link #commit(java.util.Collection, String, String, CommitProgress)}.
     *
     * @param only files, links and directories, each with all below it; what is neither on disk nor in the base is passed over
     * @param guard says of each file whether it is taken now, and why the commit is made
     * @param author who, 0 to 255 bytes of UTF-8; null for the configuration's
     * @param progress told how far it is
     * @return the commit; nothing if all that is taken is as in the base
     * @throws IOException as the other, and what the guard throws; a file that changes or can not be read is told to the guard
     */
    @SuppressWarnings("try")
    public Optional<CommitResult> commit(
            java.util.Collection<TreePath> only, CommitGuard guard, @Nullable String author, CommitProgress progress)
            throws IOException {
        try (FileLocks.Held lock = work.lock()) {
            return new Committing(work).commit(only, guard, "", author, progress);
        }
    }

    /**
     * Looks what may differ from the base at and below some paths, by names and stat alone: no content is read, no lock is taken, and what it costs follows what is there. What the rules
     * leave out is left out.
     *
     * @param at files, links and directories, each with all below it; the top for everything
     * @param look is told what is there; while somebody writes, it may be gone already
     * @throws IOException if the file system fails, or the look ends it
     */
    public void look(java.util.Collection<TreePath> at, TreeLook look) throws IOException {
        work.look(at, look);
    }

    /**
     * Brings a commit, and all that led to it, into a branch. Where both sides have commits that the other lacks, their trees are merged file by file into a new commit that has both as its parents. The
     * resulting tree depends on the two commits and their histories alone, not on who merges nor on which of them is ours.
     *
     * <p>What one side changed is as that side has it. What one changed and the other deleted stays. Of a file that both changed, the version with the later time keeps the name (of two with the same time, the
     * one with the greater id); the other is put beside it as {@code name (conflict from PEER DATE).ext}, with the author and the time, in UTC, of the commit that brought it in. Where one side
     * has put a directory in the place of a file that the other changed, the directory keeps the name. The commit's message names what there is two of. Names that differ only in case are
     * both kept: a working tree that can not hold both says so.
     *
     * <p>No content is read, only nodes of trees, and only those in which the two differ. The working tree is left alone; see {@link #follow}. When it returns, the merge survives a power cut; when it throws, the branch was not moved
     * by it. Takes no lock of the working tree.
     *
     * @param branch the branch, which is moved by compare-and-set, and merged again if it has moved meanwhile; it need not exist
     * @param theirs the commit to bring in; it and all it refers to must be durable already, or promised by a remote
     * @param options who merges, and why
     * @return what was done
     * @throws IllegalArgumentException if it is no branch
     * @throws dev.dits.error.MissingObjectException if a commit, or a node in which they differ, is neither here nor in a source
     * @throws BranchMovedException if the branch keeps moving
     * @throws dev.dits.error.DiskFullException if the disk is full
     * @throws IOException if the file system fails
     */
    public MergeReport mergeInto(RefName branch, ObjectId theirs, MergeOptions options) throws IOException {
        return new Merging(work).into(branch, theirs, options);
    }

    /**
     * Brings a commit, and all that led to it, into the branch that the working tree is on, as {@link #mergeInto} does; then the working tree follows, if nothing that is in no commit is in the way. Where
     * something is, the merge stands all the same, and the working tree lags behind it until the next {@link #commit} and {@link #follow}.
     *
     * @param revision what to bring in, see {@link #resolve}
     * @param options who merges, why, and how the working tree follows
     * @return what was done
     * @throws DitsException if HEAD names a commit and no branch, or there is no such revision
     * @throws dev.dits.error.RepositoryBusyException if another process commits or checks out for too long
     * @throws dev.dits.error.MissingObjectException if content is neither here nor in a source
     * @throws IOException as {@link #mergeInto}; the branch may have moved already where the working tree could not be written
     */
    public MergeReport merge(String revision, MergeOptions options) throws IOException {
        ObjectId theirs = resolve(revision);
        RefName branch = refs.head().branch();
        if (branch == null) {
            throw new DitsException(
                    "HEAD names a commit and no branch, so there is nothing to merge into; 'dits branch NAME' and"
                            + " 'dits checkout NAME' make one of it");
        }
        MergeReport merged = mergeInto(branch, theirs, options);
        try {
            return new MergeReport(
                    merged.kind(), merged.commit(), merged.copies(), follow(options.checkout()), List.of());
        } catch (LocalChangesException e) {
            return new MergeReport(merged.kind(), merged.commit(), merged.copies(), Optional.empty(), e.paths());
        }
    }

    /**
     * Brings the working tree to a branch or commit. Local changes stay where the two commits do not differ; where they do, nothing is
     * touched at all. An interrupted checkout is finished by repeating it.
     *
     * @param revision a branch, on which the working tree is then, or anything else that {@link #resolve} knows: then HEAD names that commit
     * @param checkout how
     * @return what was done
     * @throws dev.dits.error.LocalChangesException if changes that are in no commit are in the way
     * @throws dev.dits.error.RepositoryBusyException if another process commits or checks out for too long
     * @throws dev.dits.error.MissingObjectException if content is neither here nor in a source
     * @throws IOException if the revision is not found, or the file system fails
     */
    @SuppressWarnings("try")
    public CheckoutReport checkout(String revision, CheckoutOptions checkout) throws IOException {
        try (FileLocks.Held lock = work.lock()) {
            Optional<RefName> branch = branchNamed(revision);
            ObjectId commit =
                    branch.isPresent() ? revisions.peel(refs.read(branch.get()).orElseThrow()) : resolve(revision);
            return new Checkout(work)
                    .to(commit, new Refs.Head(branch.orElse(null), branch.isPresent() ? null : commit), checkout);
        }
    }

    /**
     * Moves the branch that the working tree is on to a commit, forward or back, and the working tree with it. Commits that nothing else names then go with the next {@link #gc}.
     *
     * <p>Changes that are in no commit stay where the tree's commit and the new one do not differ; where they do, nothing at all is done. With {@link ResetOptions#discarding}, changes to files that either commit has
     * are <em>lost</em>; files that no commit has stay all the same.
     *
     * <p>Killed in between, the branch has moved and the tree lags behind it, or neither; repeating it finishes it.
     *
     * @param revision where to, see {@link #resolve}
     * @param reset how
     * @return what was done
     * @throws dev.dits.error.LocalChangesException if changes that are in no commit are in the way, and are not to be lost; nothing was changed then
     * @throws BranchMovedException if somebody else moved the branch meanwhile; nothing was changed then
     * @throws DitsException if there is no such revision, or a checkout was interrupted
     * @throws dev.dits.error.RepositoryBusyException if another process commits or checks out for too long
     * @throws dev.dits.error.MissingObjectException if content is neither here nor in a source
     * @throws IOException if the file system fails
     */
    @SuppressWarnings("try")
    public ResetReport reset(String revision, ResetOptions reset) throws IOException {
        try (FileLocks.Held lock = work.lock()) {
            return new Reset(work).to(resolve(revision), reset);
        }
    }

    /**
     * Brings the working tree to a commit, and leaves HEAD as it is: for a pull, after it moved the branch.
     *
     * @param commit which
     * @param checkout how
     * @return what was done
     * @throws dev.dits.error.LocalChangesException if changes that are in no commit are in the way
     * @throws IOException as {@link #checkout}
     */
    @SuppressWarnings("try")
    public CheckoutReport updateWorkingTree(ObjectId commit, CheckoutOptions checkout) throws IOException {
        try (FileLocks.Held lock = work.lock()) {
            return new Checkout(work).to(commit, null, checkout);
        }
    }

    /**
     * Brings the working tree to where its branch is by now: for whoever moved the branch, and can not know what others did since.
     *
     * @param checkout how
     * @return what was done; nothing if the tree stands there already, or HEAD names no branch that has a commit
     * @throws dev.dits.error.LocalChangesException if changes that are in no commit are in the way
     * @throws IOException as {@link #checkout}
     */
    @SuppressWarnings("try")
    public Optional<CheckoutReport> follow(CheckoutOptions checkout) throws IOException {
        try (FileLocks.Held lock = work.lock()) {
            return new Checkout(work).follow(checkout);
        }
    }

    private Optional<RefName> branchNamed(String revision) throws IOException {
        try {
            RefName name = revision.startsWith("refs/") ? new RefName(revision) : RefName.branch(revision);
            return name.isBranch() && refs.read(name).isPresent() ? Optional.of(name) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /**
     * Brings files, links and directories of a commit back into the working tree, whatever is there now; the branch and the commit that the tree
     * stands on stay. In a restored directory, what that commit had and the source lacks goes; what no commit has stays. Bytes that are in no commit
     * are replaced as {@link RestoreOptions#uncommitted} says, never unless it was said. Interrupted, it leaves each file as it was or restored, and is
     * finished by repeating it.
     *
     * @param paths what to restore, each with all below it; the top for everything
     * @param restore from where, and how
     * @return what was done
     * @throws DitsException if the source has no such path, there is no commit, or a checkout was interrupted
     * @throws dev.dits.error.LocalChangesException if something is in the way that may not be replaced; nothing was changed then
     * @throws dev.dits.error.RepositoryBusyException if another process commits or checks out for too long
     * @throws dev.dits.error.MissingObjectException if content is neither here nor in a source
     * @throws IOException if the file system fails
     */
    @SuppressWarnings("try")
    public RestoreReport restore(java.util.Collection<TreePath> paths, RestoreOptions restore) throws IOException {
        try (FileLocks.Held lock = work.lock()) {
            BaseState state = work.state(refs.head());
            WorkTree.refuseUnfinished(state, "restore");
            ObjectId base = state.commit();
            ObjectId source =
                    restore.source().or(() -> Optional.ofNullable(base)).orElse(null);
            if (source == null) {
                throw new DitsException("there is no commit yet to restore anything from");
            }
            return work.restore(paths, restore, source, state);
        }
    }

    // ---- selection ----

    /**
     * Returns which part of its commit the working tree holds.
     *
     * @return the selection; of everything unless {@link #select} narrowed it
     * @throws IOException if the file system fails
     */
    public Selection selection() throws IOException {
        return work.state(refs.head()).selection().selection();
    }

    /**
     * Tells whether a change of the selection was interrupted. Whatever writes to the working tree next finishes it; until then only what both select is looked at.
     *
     * @return what was being selected; nothing where the last change came to its end
     * @throws IOException if the file system fails
     */
    public Optional<Selection> unfinishedSelection() throws IOException {
        return Optional.ofNullable(work.state(refs.head()).selection().next()).map(SelectionState::selection);
    }

    /**
     * Changes which part of its commit the working tree holds. What comes to be selected is written, what no longer is, is deleted where it is as the commit has it; with changes that are in no commit it stays, and stays
     * selected, until it is committed and selected anew. A new file at a path that is not selected stays as it is: no commit gets it, nothing overwrites it, and {@link #status} names it.
     *
     * <p>From then on everything that compares or writes the working tree looks at what is selected alone, and commits keep the rest as their base has it: they name its objects without
     * having them. The history is whole in any case. Killed in between, repeating it finishes it.
     *
     * @param change makes the new selection of the one that there is; called with the working tree locked
     * @param writing how files are written
     * @return what was done
     * @throws dev.dits.error.LocalChangesException if something that is in no commit lies where a file is to be written; nothing was changed then
     * @throws DitsException if a checkout was interrupted
     * @throws dev.dits.error.RepositoryBusyException if another process commits or checks out for too long
     * @throws dev.dits.error.MissingObjectException if content is neither here nor in a source
     * @throws IOException if the file system fails
     */
    @SuppressWarnings("try")
    public SelectReport select(java.util.function.UnaryOperator<Selection> change, CheckoutOptions writing)
            throws IOException {
        try (FileLocks.Held lock = work.lock()) {
            BaseState state = work.state(refs.head());
            return new Selecting(work).to(change.apply(state.selection().selection()), state, writing);
        }
    }

    /**
     * Sums up what is selected of a commit.
     *
     * @param commit which
     * @return files and links, and their bytes
     * @throws dev.dits.error.MissingObjectException if a node is neither here nor in a source
     * @throws IOException if the file system fails
     */
    public SelectedSize selectedSize(ObjectId commit) throws IOException {
        DirectoryRef tree = new SelectedTrees(objects)
                .of(
                        work.readCommit(commit).tree(),
                        work.state(refs.head()).selection().scope());
        return tree == null ? new SelectedSize(0, 0) : new SelectedSize(tree.files(), tree.bytes());
    }

    /**
     * Sums up what of a commit a selection selects. {@code .ditsignore} files that come along with what is in their directories do not count.
     *
     * @param commit which
     * @param selection what to select
     * @return files and links, and their bytes
     * @throws dev.dits.error.MissingObjectException if a node is neither here nor in a source
     * @throws IOException if the file system fails
     */
    public SelectedSize selectedSize(ObjectId commit, Selection selection) throws IOException {
        SelectedTrees trees = new SelectedTrees(objects);
        DirectoryRef tree = trees.of(work.readCommit(commit).tree(), selection.scope(PathSet.NONE));
        return tree == null
                ? new SelectedSize(0, 0)
                : new SelectedSize(tree.files() - trees.ignoreFiles(), tree.bytes());
    }

    // ---- upkeep ----

    /**
     * Keeps objects, and all they reach, from {@link #gc} until they are released: those of an unfinished transfer or of a live session.
     * Survives this process.
     *
     * @param name 1 to 64 letters, digits, underscores and dashes; replaces what was kept under it
     * @param roots ids of objects or chunks, which need not be here yet
     * @throws IOException if the file system fails
     */
    public void keep(String name, java.util.Collection<ObjectId> roots) throws IOException {
        upkeep.keep(name, roots);
    }

    /**
     * Releases what {@link #keep} kept. Does nothing if there is none of that name.
     *
     * @param name the name it was kept under
     * @throws IOException if the file system fails
     */
    public void release(String name) throws IOException {
        upkeep.release(name);
    }

    /**
     * Checks everything: every pack is read, every object that a reference reaches is looked for. What is not here is <em>promised</em>
     * if a remote's reference reaches it, and lost if not.
     *
     * @param progress told how many bytes of packs have been read
     * @return what was found
     * @throws IOException if the file system fails
     */
    public FsckReport fsck(java.util.function.LongConsumer progress) throws IOException {
        return upkeep.fsck(progress);
    }

    /**
     * Drops what nothing names: neither a branch, tag, remote's branch, HEAD, the working tree's base, nor something that is {@linkplain #keep kept}. No
     * commit, checkout or other writer may be under way in any process.
     *
     * @return what was done
     * @throws dev.dits.error.RepositoryBusyException if something is under way for too long
     * @throws dev.dits.error.CorruptObjectException if a reference or an object is damaged; nothing is dropped then
     * @throws IOException if the file system fails
     */
    public dev.dits.store.CompactReport gc() throws IOException {
        return upkeep.gc();
    }

    /** Ends the worker threads and closes the store. Idempotent. */
    @Override
    public void close() throws IOException {
        workers.shutdown();
        boolean interrupted = false;
        while (true) {
            try {
                if (workers.awaitTermination(1, TimeUnit.MINUTES)) {
                    // What the workers have filled goes on to be synced; nothing comes after that.
                    syncers.shutdown();
                    if (syncers.awaitTermination(1, TimeUnit.MINUTES)) {
                        break;
                    }
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        store.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
