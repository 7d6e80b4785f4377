package dev.dits.error;

/**
 * A commit or tag that a peer sent, or a name for it, was refused because its signature does not hold, or is missing where there has to be one. No reference has
 * moved. Trying again helps only if the peer sends another.
 */
public final class InvalidSignatureException extends DitsException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to what, and what to do next
     */
    public InvalidSignatureException(String message) {
        super(message);
    }
}
