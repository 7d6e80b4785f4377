package dev.dits.discovery;

/** Somebody else is found by this tag already, where tags are kept apart. */
public final class TagTakenException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * @param message which, and where
     */
    public TagTakenException(String message) {
        super(message);
    }
}
