package dev.dits.repo;

import org.jspecify.annotations.Nullable;

/** How a working tree is written; immutable. Start from {@link #defaults()} and derive. */
public final class CheckoutOptions {
    private static final CheckoutOptions DEFAULTS =
            new CheckoutOptions(LinkPolicy.AS_IS, null, 256, CommitProgress.NONE);

    private final LinkPolicy links;
    private final @Nullable FileSource source;
    private final int filesInFlight;
    private final CommitProgress progress;

    private CheckoutOptions(LinkPolicy links, @Nullable FileSource source, int filesInFlight, CommitProgress progress) {
        this.links = links;
        this.source = source;
        this.filesInFlight = filesInFlight;
        this.progress = progress;
    }

    /**
     * Returns the defaults.
     *
     * @return links as they are, content from the repository's own objects, 256 files at once, no progress
     */
    public static CheckoutOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Returns what happens to links.
     *
     * @return the policy
     */
    public LinkPolicy links() {
        return links;
    }

    /**
     * Sets what happens to links.
     *
     * @param value the policy
     * @return the changed options
     */
    public CheckoutOptions withLinks(LinkPolicy value) {
        return new CheckoutOptions(value, source, filesInFlight, progress);
    }

    @Nullable
    FileSource source() {
        return source;
    }

    /**
     * Sets where files' bytes come from. Trees and manifests come from the repository's objects in any case.
     *
     * @param value the source
     * @return the changed options
     */
    public CheckoutOptions withSource(FileSource value) {
        return new CheckoutOptions(links, value, filesInFlight, progress);
    }

    /**
     * Returns how many files may be under way at once.
     *
     * @return 1 to 1,024
     */
    public int filesInFlight() {
        return filesInFlight;
    }

    /**
     * Sets how many files may be under way at once.
     *
     * @param value 1 to 1,024
     * @return the changed options
     */
    public CheckoutOptions withFilesInFlight(int value) {
        if (value < 1 || value > 1_024) {
            throw new IllegalArgumentException("files in flight are 1 to 1,024, not " + value);
        }
        return new CheckoutOptions(links, source, value, progress);
    }

    CommitProgress progress() {
        return progress;
    }

    /**
     * Sets who is told how far it is.
     *
     * @param value is told
     * @return the changed options
     */
    public CheckoutOptions withProgress(CommitProgress value) {
        return new CheckoutOptions(links, source, filesInFlight, value);
    }
}
