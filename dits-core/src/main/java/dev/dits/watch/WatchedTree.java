package dev.dits.watch;

import dev.dits.object.TreePath;
import dev.dits.repo.CommitGuard;
import dev.dits.repo.CommitResult;
import dev.dits.repo.TreeLook;
import java.io.IOException;
import java.util.Collection;
import java.util.Optional;

/** The working tree that is watched. */
interface WatchedTree {
    /** Whether it is there. */
    enum Presence {
        HERE,
        GONE,
        /** There is something else in its place. */
        REPLACED
    }

    Presence presence();

    void look(Collection<TreePath> at, TreeLook look) throws IOException;

    Optional<CommitResult> commit(Collection<TreePath> only, CommitGuard guard) throws IOException;
}
