package dev.dits;

import dev.dits.cache.CacheStats;
import dev.dits.control.ControlClient;
import dev.dits.control.Fields;
import dev.dits.error.SessionClosedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A node of this user that runs, in whatever process: what it shares and mounts, as it said a moment ago. Found by {@link Dits#running}. A snapshot: what changes
 * afterwards does not show.
 *
 * <p>Immutable.
 */
public final class RunningNode {
    /** How long all nodes together have to answer; one that is busy answers at once, as nothing that it tells waits for a transfer. */
    static final Duration TIMEOUT = Duration.ofSeconds(3);

    /** How long a node has to answer once it has answered before. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final long GONE_POLL_MILLIS = 50;

    private final Path socket;
    private final long pid;
    private final String problem;
    private final List<RunningShare> shares;
    private final List<RunningMount> mounts;

    private RunningNode(Path socket, long pid, String problem, List<RunningShare> shares, List<RunningMount> mounts) {
        this.socket = socket;
        this.pid = pid;
        this.problem = problem;
        this.shares = List.copyOf(shares);
        this.mounts = List.copyOf(mounts);
    }

    static List<RunningNode> find(Path home, Duration timeout) throws IOException, InterruptedException {
        List<RunningNode> nodes = new ArrayList<>();
        for (ControlClient.Found found : ControlClient.survey(home, "status", timeout)) {
            nodes.add(of(found));
        }
        nodes.sort(Comparator.comparingLong(RunningNode::pid));
        return nodes;
    }

    private static RunningNode of(ControlClient.Found found) {
        Fields answer = found.answer();
        if (answer == null) {
            return new RunningNode(found.socket(), found.pid(), found.problem(), List.of(), List.of());
        }
        long pid = answer.number("pid", found.pid());
        List<RunningShare> shares = new ArrayList<>();
        List<RunningMount> mounts = new ArrayList<>();
        try {
            for (Fields share : answer.list("shares")) {
                shares.add(RunningShare.of(new Handle(found.socket(), pid, share.text("id")), share));
            }
            for (Fields mount : answer.list("mounts")) {
                mounts.add(RunningMount.of(new Handle(found.socket(), pid, mount.text("id")), mount));
            }
        } catch (IOException e) {
            return new RunningNode(found.socket(), pid, String.valueOf(e.getMessage()), List.of(), List.of());
        }
        return new RunningNode(found.socket(), pid, "", shares, mounts);
    }

    static Fields limits(@Nullable Long up, @Nullable Long down) {
        Fields fields = Fields.NONE;
        if (up != null) {
            fields = fields.with("up", up);
        }
        return down == null ? fields : fields.with("down", down);
    }

    /**
     * Changes the limits of the whole node, within which those of its shares and mounts hold.
     *
     * @param up bytes a second that it sends at most, 0 for no limit; null to leave it
     * @param down bytes a second that it receives at most, 0 for no limit; null to leave it
     * @throws IOException if its process can not be asked
     * @throws InterruptedException if the thread was interrupted
     */
    public void limit(@Nullable Long up, @Nullable Long down) throws IOException, InterruptedException {
        new Handle(socket, pid, "").ask("bandwidth", limits(up, down));
    }

    /** How to reach a share or mount of another process. */
    record Handle(Path socket, long pid, String id) {
        Fields ask(String operation, Fields with) throws IOException, InterruptedException {
            try (ControlClient client = ControlClient.open(socket)) {
                return client.ask(operation, with.with("id", id), PATIENCE);
            }
        }

        /** Whether it is gone, be it with its process. */
        private boolean isGone(String list) throws IOException, InterruptedException {
            try (ControlClient client = ControlClient.open(socket)) {
                return client.ask("status", Fields.NONE, PATIENCE).list(list).stream()
                        .noneMatch(one -> one.text("id").equals(id));
            } catch (SessionClosedException e) {
                return true;
            }
        }

        void close(String list, boolean force, Duration timeout)
                throws IOException, InterruptedException, TimeoutException {
            long deadline = System.nanoTime() + timeout.toNanos();
            try {
                ask("close", Fields.NONE.with("force", force));
            } catch (SessionClosedException e) {
                return;
            }
            while (!isGone(list)) {
                if (System.nanoTime() - deadline >= 0) {
                    throw new TimeoutException("process " + pid + " has not closed it yet");
                }
                TimeUnit.MILLISECONDS.sleep(GONE_POLL_MILLIS);
            }
        }
    }

    /**
     * Tells in which process it runs.
     *
     * @return the process id
     */
    public long pid() {
        return pid;
    }

    /**
     * Tells whether it answers. One that does not may hang or be stopped; what it shares and mounts is not known then.
     *
     * @return whether it does
     */
    public boolean answers() {
        return problem.isEmpty();
    }

    /**
     * Tells why it does not answer.
     *
     * @return for people; empty if it does
     */
    public String problem() {
        return problem;
    }

    /**
     * Lists what it shares.
     *
     * @return its shares, the oldest first
     */
    public List<RunningShare> shares() {
        return shares;
    }

    /**
     * Lists what it has mounted.
     *
     * @return its mounts, the oldest first
     */
    public List<RunningMount> mounts() {
        return mounts;
    }

    /**
     * Asks what its chunk cache holds and did.
     *
     * @return the figures; those about the disk are of all nodes of the home
     * @throws IOException if it can not be asked
     * @throws InterruptedException if the thread was interrupted
     */
    public CacheStats cacheStats() throws IOException, InterruptedException {
        try (ControlClient client = ControlClient.open(socket)) {
            return ControlFields.cacheStats(client.ask("cache", Fields.NONE, PATIENCE));
        }
    }

    @Override
    public String toString() {
        return "RunningNode[process " + pid + (answers() ? ", " + shares + ", " + mounts : ", " + problem) + "]";
    }
}
