package dev.dits.repo;

import dev.dits.error.DitsException;

/** A file changed while it was read, each time. */
final class ChangingFileException extends DitsException {
    private static final long serialVersionUID = 1L;

    ChangingFileException(String message) {
        super(message);
    }
}
