package dev.dits.repo;

import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import java.io.IOException;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Goes over a commit and its ancestors, children before parents as far as their times tell, the latest first. Memory holds the commits at
 * the front of the walk, and 32 bytes or so for each that was seen: a history of any length can be listed.
 *
 * <p>Not safe for use by several threads.
 */
public final class CommitLog {
    /** Of equal times the one found first: a parent is found after its child. */
    private record Waiting(LogEntry entry, long found) {}

    private static final Comparator<Waiting> LATEST_FIRST = Comparator.<Waiting>comparingLong(
                    waiting -> -waiting.entry.commit().time().seconds())
            .thenComparingInt(waiting -> -waiting.entry.commit().time().nanos())
            .thenComparingLong(Waiting::found);

    private final ObjectSource objects;
    private final PriorityQueue<Waiting> front = new PriorityQueue<>(LATEST_FIRST);
    private final IdSet seen = new IdSet();

    CommitLog(ObjectSource objects, ObjectId start) throws IOException {
        this.objects = objects;
        add(start);
    }

    private void add(ObjectId id) throws IOException {
        if (seen.add(id)) {
            front.add(new Waiting(new LogEntry(id, Commit.decode(objects.require(id))), seen.size()));
        }
    }

    /**
     * Returns the next commit.
     *
     * @return the commit; null when there are no more
     * @throws dev.dits.error.MissingObjectException if a parent is not here
     * @throws IOException if a parent is no commit, or the file system fails
     */
    public @Nullable LogEntry next() throws IOException {
        Waiting next = front.poll();
        if (next == null) {
            return null;
        }
        for (ObjectId parent : next.entry.commit().parents()) {
            add(parent);
        }
        return next.entry;
    }
}
