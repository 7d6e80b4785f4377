package dev.dits.error;

import java.util.List;

/** No way to the peer worked; the message lists every one that was tried, and why it failed. */
public final class PeerUnreachableException extends DitsException {
    private static final long serialVersionUID = 1L;

    /** The ways that were tried. */
    @SuppressWarnings("serial") // What List.copyOf makes is serializable, though its type does not say so.
    private final List<String> attempts;

    /**
     * @param what what could not be reached, for people
     * @param attempts each way tried, with the reason why it failed
     * @param advice what to do next
     */
    public PeerUnreachableException(String what, List<String> attempts, String advice) {
        super(what + " can not be reached" + (attempts.isEmpty() ? "" : ": " + String.join("; ", attempts)) + ". "
                + advice);
        this.attempts = List.copyOf(attempts);
    }

    /**
     * @param message what happened and what to do next, the attempts among it
     * @param attempts each way tried, with the reason why it failed
     */
    public PeerUnreachableException(String message, List<String> attempts) {
        super(message);
        this.attempts = List.copyOf(attempts);
    }

    /**
     * Returns the ways that were tried.
     *
     * @return each with the reason why it failed
     */
    public List<String> attempts() {
        return attempts;
    }
}
