package dev.dits.store;

import java.io.IOException;

/** Walks entries in ascending order of their ids. */
@FunctionalInterface
interface EntryCursor {
    /**
     * Moves to the next entry.
     *
     * @param into receives it
     * @return false at the end
     * @throws IOException if it cannot be read
     */
    boolean next(Entry into) throws IOException;
}
