package dev.dits.repo;

import dev.dits.object.Commit;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
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

    /** Empty for everything. */
    private final List<TreePath> paths;

    private final DirectoryTree trees;

    CommitLog(ObjectSource objects, ObjectId start) throws IOException {
        this(objects, start, List.of());
    }

    /** Only commits that changed something at or below a path; for the top, or no path, all of them. */
    CommitLog(ObjectSource objects, ObjectId start, Collection<TreePath> paths) throws IOException {
        this.objects = objects;
        this.trees = new DirectoryTree(objects);
        this.paths = paths.stream().anyMatch(TreePath::isRoot) ? List.of() : List.copyOf(paths);
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
        for (Waiting next = front.poll(); next != null; next = front.poll()) {
            Commit commit = next.entry.commit();
            ObjectId same = paths.isEmpty() ? null : unchangedParent(commit);
            if (same != null) {
                add(same);
                continue;
            }
            for (ObjectId parent : commit.parents()) {
                add(parent);
            }
            boolean first = commit.parents().isEmpty();
            if (paths.isEmpty() || !first || hasAny(commit.tree())) {
                return next.entry;
            }
        }
        return null;
    }

    /** A parent that has at all the paths what the commit has: it tells where that came from, and the others do not. */
    private @Nullable ObjectId unchangedParent(Commit commit) throws IOException {
        for (ObjectId parent : commit.parents()) {
            DirectoryRef before = Commit.decode(objects.require(parent)).tree();
            if (before.id().equals(commit.tree().id()) || isSame(before, commit.tree())) {
                return parent;
            }
        }
        return null;
    }

    private boolean isSame(DirectoryRef before, DirectoryRef after) throws IOException {
        for (TreePath path : paths) {
            if (!isSame(trees.resolve(before, path), trees.resolve(after, path))) {
                return false;
            }
        }
        return true;
    }

    private boolean hasAny(DirectoryRef tree) throws IOException {
        for (TreePath path : paths) {
            if (trees.resolve(tree, path) != null) {
                return true;
            }
        }
        return false;
    }

    /** Times alone are no change. */
    private static boolean isSame(@Nullable TreeEntry before, @Nullable TreeEntry after) {
        if (before == null || after == null) {
            return before == after;
        }
        if (before.mode() != after.mode()) {
            return false;
        }
        if (before instanceof DirectoryEntry a && after instanceof DirectoryEntry b) {
            return a.ref().id().equals(b.ref().id());
        }
        return TreeMerge.sameContent(before, after);
    }
}
