package dev.dits.cli;

import dev.dits.DitsEvent;
import dev.dits.Mount;
import dev.dits.Sync;
import dev.dits.error.SessionClosedException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;

/** Says what happens between a mount and its share, as long as the mount is open. */
final class Follower {
    /** Paths named of those that are in the way; the rest is counted. */
    private static final int PATHS_SHOWN_MAX = 5;

    private final Context context;
    private final Mount mount;
    private final boolean auto;

    /** What happened; nothing stands for the end. */
    private final BlockingQueue<Optional<DitsEvent>> events = new LinkedBlockingQueue<>();

    /** Hears from now on. */
    Follower(Context context, Mount mount) throws IOException {
        this.context = context;
        this.mount = mount;
        this.auto = mount.syncState().mode() == Sync.AUTO;
        mount.onEvent(event -> events.add(Optional.of(event)));
        Thread end = new Thread(this::awaitEnd, "dits-follow-end");
        end.setDaemon(true);
        end.start();
    }

    private void awaitEnd() {
        try {
            mount.awaitClose();
        } catch (InterruptedException e) {
            // Nobody interrupts it; the end would be the same.
            Thread.currentThread().interrupt();
        }
        events.add(Optional.empty());
    }

    /**
     * Goes on until the mount is closed, as by {@code dits p2p unmount}.
     *
     * @throws SessionClosedException if the share has ended this mount's access
     */
    void run() throws IOException, InterruptedException {
        if (auto && mount.repository().base().isEmpty()) {
            begin();
        }
        for (Optional<DitsEvent> next = events.take(); next.isPresent(); next = events.take()) {
            DitsEvent event = next.get();
            if (event instanceof DitsEvent.Disconnected && mount.ended().isPresent()) {
                throw new SessionClosedException(Context.show(mount.root()) + " is not connected any more: "
                        + mount.ended().get() + "; 'dits p2p connect' with a new code or ticket goes on");
            }
            say(event);
        }
    }

    /** A first pull that was broken off; from then on it goes by itself. */
    private void begin() throws InterruptedException {
        try {
            Watch.await(context, mount.pull(), "Pulling");
        } catch (CancellationException e) {
            // The mount is being closed.
            context.say("The pull was broken off.");
        } catch (IOException e) {
            context.warn(Format.safe(String.valueOf(e.getMessage())));
        }
    }

    private void say(DitsEvent event) {
        if (event instanceof DitsEvent.BranchMoved moved) {
            boolean live = auto;
            context.say(
                    Icon.NEWS,
                    "Branch " + Format.safe(moved.branch()) + " is at "
                            + moved.commit().abbreviated() + ", from " + Format.safe(moved.peer())
                            + (live ? "" : "; 'dits pull' brings it"));
        } else if (event instanceof DitsEvent.Pushed pushed) {
            context.say(
                    Icon.NEWS,
                    "Pushed " + Format.safe(pushed.branch()) + ", now at "
                            + pushed.commit().abbreviated());
        } else if (event instanceof DitsEvent.Merged merged) {
            context.say(
                    Icon.NEWS,
                    "Merged " + Format.safe(merged.branch()) + ", now at "
                            + merged.commit().abbreviated());
            merged.copies()
                    .forEach(copy -> context.warn("both sides changed "
                            + Format.safe(copy.kept().display()) + "; the other version is "
                            + Format.safe(copy.copy().display())));
        } else if (event instanceof DitsEvent.TreeMoved moved) {
            context.say(Icon.NEWS, "The files are at " + moved.commit().abbreviated());
            moved.refused().forEach(refused -> context.warn("not written: " + Format.safe(refused)));
        } else if (event instanceof DitsEvent.AutoCommitted made) {
            context.say(Icon.NEWS, "Committed " + made.commit().abbreviated() + ": " + Format.safe(made.message()));
        } else if (event instanceof DitsEvent.WatchProblem problem) {
            context.warn(WatchReport.problem(problem.trouble(), problem.reason()));
        } else if (event instanceof DitsEvent.WatchResolved resolved) {
            context.say(Icon.DONE, WatchReport.resolved(resolved.trouble()));
        } else if (event instanceof DitsEvent.Lagging lagging) {
            context.warn(
                    "the files stay behind branch " + Format.safe(lagging.branch()) + ": " + paths(lagging.paths()));
        } else if (event instanceof DitsEvent.SyncProblem problem) {
            context.warn(Format.safe(problem.reason()));
        } else if (event instanceof DitsEvent.InStep) {
            context.say(Icon.DONE, "In step with " + Format.safe(mount.shareName()));
        } else if (event instanceof DitsEvent.Disconnected) {
            context.say(Icon.WARNING, "Connection lost; looking for the share...");
        } else if (event instanceof DitsEvent.Connected connected) {
            context.say(Icon.DONE, "Connected again, to " + Format.safe(connected.address()));
        }
    }

    /** What is in the way, and what to do about it. */
    static String paths(List<String> paths) {
        StringBuilder text = new StringBuilder();
        for (String path : paths.subList(0, Math.min(paths.size(), PATHS_SHOWN_MAX))) {
            text.append(text.isEmpty() ? "" : ", ").append(Format.safe(path));
        }
        if (paths.size() > PATHS_SHOWN_MAX) {
            text.append(" and ").append(paths.size() - PATHS_SHOWN_MAX).append(" more");
        }
        return text + " changed here and is in no commit; commit it, or 'dits restore' it";
    }
}
