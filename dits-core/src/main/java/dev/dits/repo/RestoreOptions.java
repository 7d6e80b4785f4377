package dev.dits.repo;

import dev.dits.object.ObjectId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How files are restored; immutable. Start from {@link #defaults()} and derive. */
public final class RestoreOptions {
    /** What happens to bytes that a restored file would replace and that are in no commit. */
    public enum Uncommitted {
        /** They stay beside the restored file, under a name that says so. */
        KEEP_COPY,
        /** Nothing at all is restored. */
        REFUSE,
        /** They are gone. A directory that is in a file's place is kept all the same. */
        DISCARD
    }

    private static final RestoreOptions DEFAULTS =
            new RestoreOptions(null, Uncommitted.KEEP_COPY, CheckoutOptions.defaults());

    private final @Nullable ObjectId source;
    private final Uncommitted uncommitted;
    private final CheckoutOptions writing;

    private RestoreOptions(@Nullable ObjectId source, Uncommitted uncommitted, CheckoutOptions writing) {
        this.source = source;
        this.uncommitted = uncommitted;
        this.writing = writing;
    }

    /**
     * Returns the defaults.
     *
     * @return from the commit that the working tree stands on, keeping copies of what is in no commit
     */
    public static RestoreOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Returns where files come from.
     *
     * @return the commit; nothing for the one that the working tree stands on
     */
    public Optional<ObjectId> source() {
        return Optional.ofNullable(source);
    }

    /**
     * Sets where files come from.
     *
     * @param commit a commit's id, see {@link Repository#resolve}
     * @return the changed options
     */
    public RestoreOptions withSource(ObjectId commit) {
        return new RestoreOptions(commit, uncommitted, writing);
    }

    /**
     * Returns what happens to bytes that are in no commit.
     *
     * @return the choice
     */
    public Uncommitted uncommitted() {
        return uncommitted;
    }

    /**
     * Sets what happens to bytes that are in no commit.
     *
     * @param value the choice
     * @return the changed options
     */
    public RestoreOptions withUncommitted(Uncommitted value) {
        return new RestoreOptions(source, value, writing);
    }

    /**
     * Returns how files are written.
     *
     * @return links, where bytes come from, how much at once, who is told
     */
    public CheckoutOptions writing() {
        return writing;
    }

    /**
     * Sets how files are written.
     *
     * @param value links, where bytes come from, how much at once, who is told
     * @return the changed options
     */
    public RestoreOptions withWriting(CheckoutOptions value) {
        return new RestoreOptions(source, uncommitted, value);
    }
}
