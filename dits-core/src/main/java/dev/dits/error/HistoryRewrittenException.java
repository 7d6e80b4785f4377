package dev.dits.error;

/**
 * A remote's branch does not continue what it was before: somebody took commits away there, or put others in their place. Nothing was taken; what is here stays.
 * Whether to follow is for the user to choose.
 */
public final class HistoryRewrittenException extends DitsException {
    private static final long serialVersionUID = 1L;

    /** Which branch, by its short name. */
    private final String branch;

    /**
     * @param branch the remote's branch, such as {@code main}
     * @param message what happened, to what, and what to do next
     */
    public HistoryRewrittenException(String branch, String message) {
        super(message);
        this.branch = branch;
    }

    /**
     * Returns the branch.
     *
     * @return its name on the remote, such as {@code main}
     */
    public String branch() {
        return branch;
    }
}
