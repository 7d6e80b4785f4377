package dev.dits.watch;

import dev.dits.object.TreePath;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** Hears where something happens in the directories of a tree. Used by one thread, apart from {@link #close}. */
interface ChangeSource extends AutoCloseable {
    /**
     * What was heard.
     *
     * @param paths where something happened; of a directory among them, anything below it may be new
     * @param unheard directories in which more happened than was told, each with all below it
     */
    record Changes(Set<TreePath> paths, Set<TreePath> unheard) {
        static final Changes NONE = new Changes(Set.of(), Set.of());

        boolean isEmpty() {
            return paths.isEmpty() && unheard.isEmpty();
        }
    }

    /**
     * Waits until something is heard, and takes all of it.
     *
     * @param nanos how long at most
     * @return what was heard; nothing when the time is over or this was closed
     */
    Changes take(long nanos) throws InterruptedException;

    /** Listens to a directory from now on, if that can be; not to those in it. */
    void watch(TreePath path, Path directory);

    /** A look is over: what it did not find where it was is listened to no more. */
    void sweep();

    /** Begins anew with nothing; what could not be listened to is tried again. */
    void reset();

    /** Tries again what could not be listened to. */
    void retry();

    /** Why not everything is heard, and what to do about it; nothing if everything is. */
    Optional<String> incomplete();

    /** Ends it and whoever waits. Idempotent. */
    @Override
    void close();
}
