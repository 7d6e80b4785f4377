package dev.dits.error;

/** The two sides speak no common version of the protocol; the older one has to be updated. */
public final class IncompatibleVersionException extends JoinRejectedException {
    private static final long serialVersionUID = 1L;

    private final String ours;
    private final String theirs;

    /**
     * @param ours the versions of the protocol that this side speaks, such as {@code 1,2}
     * @param theirs those of the other side, or {@code unknown}
     */
    public IncompatibleVersionException(String ours, String theirs) {
        super(
                Reason.INCOMPATIBLE_VERSION,
                null,
                "the two sides have no version of the dits protocol in common: this side speaks " + ours
                        + ", the share " + theirs + "; update dits on the older one");
        this.ours = ours;
        this.theirs = theirs;
    }

    /**
     * Returns what this side speaks.
     *
     * @return versions, such as {@code 1,2}
     */
    public String ours() {
        return ours;
    }

    /**
     * Returns what the other side speaks.
     *
     * @return versions, or {@code unknown}
     */
    public String theirs() {
        return theirs;
    }
}
