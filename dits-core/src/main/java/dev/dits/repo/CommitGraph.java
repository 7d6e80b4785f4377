package dev.dits.repo;

import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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

    private static final int LEFT = 1;
    private static final int RIGHT = 2;
    private static final int BOTH = LEFT | RIGHT;
    /** Below something that both sides have. */
    private static final int BELOW = 4;

    private static final class Reached {
        final Node node;
        int sides;
        boolean queued;

        Reached(Node node) {
            this.node = node;
        }
    }

    /**
     * Finds the best common ancestors of two sides: those that are in the history of both, and in no other's history that is too. Where two lines
     * were merged both ways there are several. No clock is believed: wrong ones only cost time.
     *
     * @return in the order of their ids, whichever side is left; empty where the sides have nothing in common
     */
    List<ObjectId> bestCommonAncestors(Collection<ObjectId> left, Collection<ObjectId> right) throws IOException {
        List<ObjectId> common = commonAncestors(left, right);
        if (common.size() < 2) {
            return common;
        }
        // A clock that was wrong lets one come up before its descendant was found to be common.
        List<ObjectId> best = new ArrayList<>();
        for (ObjectId candidate : common) {
            boolean covered = false;
            for (ObjectId other : common) {
                covered |= !other.equals(candidate)
                        && commonAncestors(List.of(candidate), List.of(other)).contains(candidate);
            }
            if (!covered) {
                best.add(candidate);
            }
        }
        return best;
    }

    /**
     * All best ones, and perhaps others. A best one is reached from either side by commits alone that only this side has, and those are all gone over.
     */
    private List<ObjectId> commonAncestors(Collection<ObjectId> left, Collection<ObjectId> right) throws IOException {
        Map<ObjectId, Reached> reached = new HashMap<>();
        PriorityQueue<Reached> queue = new PriorityQueue<>(Comparator.comparing(r -> r.node, NEWEST_FIRST));
        // Of those in the queue, what is not yet known to be below a common one.
        int[] open = new int[1];
        for (ObjectId id : left) {
            reach(id, LEFT, reached, queue, open);
        }
        for (ObjectId id : right) {
            reach(id, RIGHT, reached, queue, open);
        }
        while (open[0] > 0) {
            Reached next = queue.remove();
            next.queued = false;
            if ((next.sides & BELOW) == 0) {
                open[0]--;
            }
            int sides = (next.sides & BOTH) == BOTH ? next.sides | BELOW : next.sides;
            for (ObjectId parent : next.node.commit().parents()) {
                reach(parent, sides, reached, queue, open);
            }
        }
        List<ObjectId> common = new ArrayList<>();
        for (Reached each : reached.values()) {
            if (each.sides == BOTH) {
                common.add(each.node.id());
            }
        }
        common.sort(Comparator.naturalOrder());
        return common;
    }

    private void reach(ObjectId id, int sides, Map<ObjectId, Reached> reached, PriorityQueue<Reached> queue, int[] open)
            throws IOException {
        Reached at = reached.get(id);
        if (at == null) {
            at = new Reached(new Node(id, commits.read(id)));
            reached.put(id, at);
        }
        int before = at.sides;
        at.sides |= sides;
        if (at.sides == before) {
            return;
        }
        if (at.queued) {
            if ((before & BELOW) == 0 && (at.sides & BELOW) != 0) {
                open[0]--;
            }
            return;
        }
        at.queued = true;
        queue.add(at);
        if ((at.sides & BELOW) == 0) {
            open[0]++;
        }
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
