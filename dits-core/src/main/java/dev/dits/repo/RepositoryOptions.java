package dev.dits.repo;

import dev.dits.chunk.ChunkProfile;
import dev.dits.disk.Disk;
import dev.dits.object.ObjectSource;
import dev.dits.store.StoreOptions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;

/** How a repository is made and opened; immutable. Start from {@link #defaults()} and derive. */
public final class RepositoryOptions {
    private static final RepositoryOptions DEFAULTS = new RepositoryOptions();

    private ChunkProfile profile = ChunkProfile.DEFAULT;
    private String author = "";
    private String branch = "main";
    private boolean trackGit;
    private boolean requireSignatures = true;
    private int threads = Math.max(2, Math.min(8, Runtime.getRuntime().availableProcessors()));
    private Duration lockTimeout = Duration.ofSeconds(10);
    private Clock clock = Clock.system(ZoneId.systemDefault());
    private StoreOptions store = StoreOptions.defaults();
    private List<ObjectSource> sources = List.of();
    private SecureRandom keyRandom = new SecureRandom();

    private RepositoryOptions() {}

    private RepositoryOptions(RepositoryOptions from) {
        profile = from.profile;
        author = from.author;
        branch = from.branch;
        trackGit = from.trackGit;
        requireSignatures = from.requireSignatures;
        threads = from.threads;
        lockTimeout = from.lockTimeout;
        clock = from.clock;
        store = from.store;
        sources = from.sources;
        keyRandom = from.keyRandom;
    }

    /**
     * Returns what a repository gets unless told otherwise.
     *
     * @return chunks of 64 KiB, branch {@code main}, no author, {@code .git} left out, signatures required, two to eight threads, ten seconds
     *     for locks, the system's clock
     */
    public static RepositoryOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Returns how files are cut; counts when a repository is made.
     *
     * @return the profile
     */
    public ChunkProfile profile() {
        return profile;
    }

    /**
     * Sets how files are cut; counts when a repository is made.
     *
     * @param value the profile
     * @return the changed options
     */
    public RepositoryOptions withProfile(ChunkProfile value) {
        RepositoryOptions copy = new RepositoryOptions(this);
        copy.profile = value;
        return copy;
    }

    /**
     * Returns whom commits name; written to the configuration when a repository is made.
     *
     * @return the author; empty for nobody
     */
    public String author() {
        return author;
    }

    /**
     * Sets whom commits name; written to the configuration when a repository is made.
     *
     * @param value 0 to 255 bytes of UTF-8
     * @return the changed options
     */
    public RepositoryOptions withAuthor(String value) {
        RepositoryOptions copy = new RepositoryOptions(this);
        copy.author = value;
        return copy;
    }

    /**
     * Returns the branch that a new repository stands on.
     *
     * @return its name
     */
    public String branch() {
        return branch;
    }

    /**
     * Sets the branch that a new repository stands on.
     *
     * @param value a valid name
     * @return the changed options
     */
    public RepositoryOptions withBranch(String value) {
        RefName.branch(value);
        RepositoryOptions copy = new RepositoryOptions(this);
        copy.branch = value;
        return copy;
    }

    /**
     * Tells whether {@code .git} is stored like anything else; counts when a repository is made.
     *
     * @return false unless asked for
     */
    public boolean trackGit() {
        return trackGit;
    }

    /**
     * Sets whether {@code .git} is stored like anything else; counts when a repository is made.
     *
     * @param value whether it is
     * @return the changed options
     */
    public RepositoryOptions withTrackGit(boolean value) {
        RepositoryOptions copy = new RepositoryOptions(this);
        copy.trackGit = value;
        return copy;
    }

    /**
     * Tells whether commits of peers that are not signed are refused; counts when a repository is made. What is committed here is signed in any case.
     *
     * @return true unless told otherwise
     */
    public boolean requireSignatures() {
        return requireSignatures;
    }

    /**
     * Sets whether commits of peers that are not signed are refused; counts when a repository is made. A copy of a history that may be older than signatures
     * starts without; {@link Repository#admit} turns it on where the first history that comes is signed throughout.
     *
     * @param value whether they are
     * @return the changed options
     */
    public RepositoryOptions withRequireSignatures(boolean value) {
        RepositoryOptions copy = new RepositoryOptions(this);
        copy.requireSignatures = value;
        return copy;
    }

    /**
     * Returns how many threads read and write files.
     *
     * @return 1 to 64
     */
    public int threads() {
        return threads;
    }

    /**
     * Sets how many threads read and write files; each holds about 2 MiB while it works.
     *
     * @param value 1 to 64
     * @return the changed options
     */
    public RepositoryOptions withThreads(int value) {
        if (value < 1 || value > 64) {
            throw new IllegalArgumentException("threads are 1 to 64, not " + value);
        }
        RepositoryOptions copy = new RepositoryOptions(this);
        copy.threads = value;
        return copy;
    }

    /**
     * Returns how long to wait for what another process holds.
     *
     * @return the time limit
     */
    public Duration lockTimeout() {
        return lockTimeout;
    }

    /**
     * Sets how long to wait for what another process holds.
     *
     * @param value the time limit; zero tries once
     * @return the changed options
     */
    public RepositoryOptions withLockTimeout(Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException("a time limit is not negative");
        }
        RepositoryOptions copy = new RepositoryOptions(this);
        copy.lockTimeout = value;
        return copy;
    }

    /**
     * Returns what tells the time of commits; the file system's own clock decides about changes.
     *
     * @return the clock, its zone gives the offset from UTC
     */
    public Clock clock() {
        return clock;
    }

    /**
     * Sets what tells the time of commits.
     *
     * @param value the clock
     * @return the changed options
     */
    public RepositoryOptions withClock(Clock value) {
        RepositoryOptions copy = new RepositoryOptions(this);
        copy.clock = value;
        return copy;
    }

    /**
     * Returns how packs are kept.
     *
     * @return the store's options
     */
    public StoreOptions store() {
        return store;
    }

    /**
     * Sets how packs are kept.
     *
     * @param value the store's options
     * @return the changed options
     */
    public RepositoryOptions withStore(StoreOptions value) {
        RepositoryOptions copy = new RepositoryOptions(this);
        copy.store = value;
        return copy;
    }

    /**
     * Sets what carries out changes to the file system, those of the store too; for tests, which stop, fail or lose some of them.
     *
     * @param value the disk
     * @return the changed options
     */
    public RepositoryOptions withDisk(Disk value) {
        return withStore(store.withDisk(value));
    }

    /** What the key is drawn from by which this copy signs. */
    SecureRandom keyRandom() {
        return keyRandom;
    }

    /** Sets what the key is drawn from; for tests that compare commits of one run with those of another. */
    RepositoryOptions withKeyRandom(SecureRandom value) {
        RepositoryOptions copy = new RepositoryOptions(this);
        copy.keyRandom = value;
        return copy;
    }

    /**
     * Returns where objects are looked for that the repository's own packs lack.
     *
     * @return in the order of asking
     */
    public List<ObjectSource> sources() {
        return sources;
    }

    /**
     * Sets where objects are looked for that the repository's own packs lack, such as the node's cache. They belong to the
     * caller, and outlive the repository.
     *
     * @param value in the order of asking
     * @return the changed options
     */
    public RepositoryOptions withSources(List<ObjectSource> value) {
        RepositoryOptions copy = new RepositoryOptions(this);
        copy.sources = List.copyOf(value);
        return copy;
    }
}
