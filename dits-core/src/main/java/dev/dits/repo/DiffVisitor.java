package dev.dits.repo;

import java.io.IOException;

/** Takes what a comparison finds. */
@FunctionalInterface
public interface DiffVisitor {
    /**
     * Takes one difference; called on the thread that compares, in the order of a walk.
     *
     * @param difference what differs; it may be asked for more as long as the repository is open
     * @throws IOException ends the comparison, and comes out of it
     */
    void difference(FileDiff difference) throws IOException;
}
