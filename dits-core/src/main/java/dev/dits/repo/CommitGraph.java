package dev.dits.repo;

import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashSet;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Questions about who descends from whom. Reads each commit at most once a question. Not safe for use by several threads. */
final class CommitGraph {
    /** Reads a commit. */
    @FunctionalInterface
    interface Commits {
        Commit read(ObjectId id) throws IOException;
    }

    private record Node(ObjectId id, Commit commit) {}

    private static final Comparator<Node> NEWEST_FIRST = Comparator.<Node>comparingLong(
                    node -> node.commit().time().seconds())
            .thenComparingInt(node -> node.commit().time().nanos())
            .reversed();

    private final Commits commits;

    CommitGraph(Commits commits) {
        this.commits = commits;
    }

    /**
     * Tells whether one commit is another or in its history. Goes by the clock, so that a near ancestor is found after few commits; but no clock is
     * believed, so a wrong one only costs time.
     */
    boolean isAncestor(ObjectId ancestor, ObjectId commit) throws IOException {
        if (ancestor.equals(commit)) {
            return true;
        }
        Set<ObjectId> seen = new HashSet<>();
        PriorityQueue<Node> queue = new PriorityQueue<>(NEWEST_FIRST);
        seen.add(commit);
        queue.add(new Node(commit, commits.read(commit)));
        while (!queue.isEmpty()) {
            for (ObjectId parent : queue.remove().commit().parents()) {
                if (parent.equals(ancestor)) {
                    return true;
                }
                if (seen.add(parent)) {
                    queue.add(new Node(parent, commits.read(parent)));
                }
            }
        }
        return false;
    }

    /**
     * Counts the commits in the tip's history up to a base.
     *
     * @return their number, at most {@code max}; -1 if the base is not among them
     */
    int distance(@Nullable ObjectId base, ObjectId tip, int max) throws IOException {
        Set<ObjectId> seen = new HashSet<>();
        ArrayDeque<ObjectId> queue = new ArrayDeque<>();
        queue.add(tip);
        seen.add(tip);
        int count = 0;
        boolean found = base == null;
        while (!queue.isEmpty() && count < max) {
            ObjectId id = queue.remove();
            if (id.equals(base)) {
                found = true;
                continue;
            }
            count++;
            for (ObjectId parent : commits.read(id).parents()) {
                if (seen.add(parent)) {
                    queue.add(parent);
                }
            }
        }
        return found ? count : -1;
    }
}
