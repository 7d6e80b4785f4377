package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.UnsupportedFormatException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Tells the commits that some reach and others do not: newest first, until all that is left is had. A clock that was wrong
 * can make that end early, and the answer larger than it need be, never smaller.
 */
final class CommitHistory {
    /** The commits to go over, newest first, and trees that the other side has. */
    static final class Result {
        private final List<ObjectId> wanted;
        private final Collection<DirectoryRef> boundary;

        private Result(List<ObjectId> wanted, Collection<DirectoryRef> boundary) {
            this.wanted = wanted;
            this.boundary = boundary;
        }

        List<ObjectId> wanted() {
            return wanted;
        }

        List<DirectoryRef> bases(int max) {
            return boundary.stream().limit(max).toList();
        }
    }

    /** A commit as far as it is known; one that is not here has no parents and the least time. */
    private static final class State {
        final ObjectId id;
        boolean had;
        boolean queued;
        boolean listed;
        boolean damaged;
        long seconds = Long.MIN_VALUE;
        int nanos;
        List<ObjectId> parents = List.of();

        @Nullable
        DirectoryRef tree;

        State(ObjectId id) {
            this.id = id;
        }
    }

    private static final Comparator<State> NEWEST_FIRST = Comparator.comparingLong((State s) -> s.seconds)
            .thenComparingInt(s -> s.nanos)
            .reversed()
            .thenComparing(s -> s.id);

    private final ObjectSource source;
    private final ObjectWalk.Known known;
    private final Map<ObjectId, State> states = new HashMap<>();
    private final PriorityQueue<State> queue = new PriorityQueue<>(NEWEST_FIRST);
    private final List<State> haves = new ArrayList<>();
    private final ObjectWalk.Visitor visitor;
    private int wantedInQueue;

    /** The visitor hears of damaged commits; where it takes that, such a commit is left out and ends its line. */
    CommitHistory(ObjectSource source, ObjectWalk.Known known, ObjectWalk.Visitor visitor) {
        this.source = source;
        this.known = known;
        this.visitor = visitor;
    }

    void want(ObjectId id) throws IOException {
        reach(id, false);
    }

    /** Marks a commit, or a tag's, as had; one that is not here is ignored. */
    void have(ObjectId id) throws IOException {
        byte[] bytes = source.read(id);
        if (bytes == null) {
            return;
        }
        ObjectKind kind = ObjectCodec.kindOf(bytes);
        if (kind == ObjectKind.TAG) {
            ObjectId target = Tag.decode(bytes).target();
            bytes = source.read(target);
            if (bytes == null || ObjectCodec.kindOf(bytes) != ObjectKind.COMMIT) {
                return;
            }
            haves.add(reach(target, true));
        } else if (kind == ObjectKind.COMMIT) {
            haves.add(reach(id, true));
        }
    }

    private State reach(ObjectId id, boolean had) throws IOException {
        State state = states.get(id);
        if (state == null) {
            state = new State(id);
            states.put(id, state);
            state.had = had || known.known(id);
            load(state);
            enqueue(state);
        } else if (had && !state.had) {
            // Its parents may have been taken for wanted already: go over it again.
            if (state.queued) {
                wantedInQueue--;
            }
            state.had = true;
            enqueue(state);
        }
        return state;
    }

    private void enqueue(State state) {
        if (!state.queued) {
            state.queued = true;
            if (!state.had) {
                wantedInQueue++;
            }
            queue.add(state);
        }
    }

    private void load(State state) throws IOException {
        try {
            byte[] bytes = source.read(state.id);
            if (bytes != null) {
                Commit commit = Commit.decode(bytes);
                state.seconds = commit.time().seconds();
                state.nanos = commit.time().nanos();
                state.parents = commit.parents();
                state.tree = commit.tree();
            }
        } catch (CorruptObjectException | UnsupportedFormatException e) {
            visitor.damaged(state.id, e);
            state.damaged = true;
        }
    }

    /**
     * What a commit reaches that turned out to be had is had as well, also where nothing wanted was left to go on for. Otherwise a parent would come without
     * the commit that names it.
     */
    private void passOnWhatIsHad(List<State> listed) {
        Deque<State> had = new ArrayDeque<>();
        listed.stream().filter(state -> state.had).forEach(had::add);
        while (!had.isEmpty()) {
            for (ObjectId id : had.remove().parents) {
                State parent = states.get(id);
                if (parent != null && !parent.had) {
                    parent.had = true;
                    had.add(parent);
                }
            }
        }
    }

    Result run() throws IOException {
        List<State> listed = new ArrayList<>();
        while (wantedInQueue > 0) {
            State state = queue.remove();
            state.queued = false;
            if (!state.had) {
                wantedInQueue--;
                if (!state.listed) {
                    state.listed = true;
                    listed.add(state);
                }
            }
            for (ObjectId parent : state.parents) {
                reach(parent, state.had);
            }
        }
        passOnWhatIsHad(listed);
        List<ObjectId> wanted = new ArrayList<>();
        // By id, which is comparable: a hash table of what a peer chose has to survive that all of it collides.
        Map<ObjectId, DirectoryRef> boundary = new LinkedHashMap<>();
        for (State state : listed) {
            if (!state.had && !state.damaged) {
                wanted.add(state.id);
                for (ObjectId parent : state.parents) {
                    State other = states.get(parent);
                    if (other != null && other.had && other.tree != null) {
                        boundary.putIfAbsent(other.tree.id(), other.tree);
                    }
                }
            }
        }
        for (State have : haves) {
            if (have.tree != null) {
                boundary.putIfAbsent(have.tree.id(), have.tree);
            }
        }
        return new Result(wanted, boundary.values());
    }
}
