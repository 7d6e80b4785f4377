package dev.dits.cli;

import dev.dits.DitsEvent;
import dev.dits.Mount;
import dev.dits.TransferResult;
import dev.dits.error.BranchMovedException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.PeerUnreachableException;
import dev.dits.error.SessionClosedException;
import dev.dits.object.ObjectId;
import dev.dits.repo.RefName;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;

/** Pulls whatever a share commits, as long as its mount is open. */
final class Follower {
    private final Context context;
    private final Mount mount;

    /** What happened; nothing stands for the end. */
    private final BlockingQueue<Optional<DitsEvent>> events = new LinkedBlockingQueue<>();

    /** Hears from now on. */
    Follower(Context context, Mount mount) {
        this.context = context;
        this.mount = mount;
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
     * Follows until the mount is closed, as by {@code dits p2p unmount}.
     *
     * @param behind whether something may have been committed since the last pull
     * @throws SessionClosedException if the share has ended this mount's access
     */
    void run(boolean behind) throws IOException, InterruptedException {
        boolean pull = behind;
        while (true) {
            if (pull) {
                pull = !tryPull();
            }
            Optional<DitsEvent> next = events.take();
            if (next.isEmpty()) {
                return;
            }
            DitsEvent event = next.get();
            if (event instanceof DitsEvent.BranchMoved moved) {
                pull = isNews(moved);
            } else if (event instanceof DitsEvent.Disconnected && mount.ended().isPresent()) {
                throw new SessionClosedException(Context.show(mount.root()) + " is not connected any more: "
                        + mount.ended().get() + "; 'dits p2p connect' with a new code or ticket goes on");
            } else if (event instanceof DitsEvent.Disconnected) {
                context.say(Icon.WARNING, "Connection lost; looking for the share...");
            } else if (event instanceof DitsEvent.Connected connected) {
                context.say(Icon.DONE, "Connected again, to " + Format.safe(connected.address()));
                // What moved while nobody could tell is not announced again.
                pull = true;
            }
        }
    }

    private boolean isNews(DitsEvent.BranchMoved moved) throws IOException {
        Optional<RefName> current = mount.repository().currentBranch();
        if (current.isEmpty() || !current.get().shortName().equals(moved.branch())) {
            context.say(
                    Icon.NEWS,
                    "Branch " + Format.safe(moved.branch()) + " is at "
                            + moved.commit().abbreviated());
            return false;
        }
        return !mount.repository().base().equals(Optional.of(moved.commit()));
    }

    /** Whether it is done with, be it by success; a lost connection is tried again when it is back. */
    private boolean tryPull() throws IOException, InterruptedException {
        Optional<ObjectId> before = mount.repository().base();
        try {
            TransferResult result = Watch.await(context, mount.pull(), "Pulling");
            if (!before.equals(Optional.of(result.commit()))) {
                context.say(
                        Icon.NEWS,
                        "Now at " + result.commit().abbreviated() + ": " + TransferReport.summary(result.progress()));
                TransferReport.refused(context, result);
            }
            return true;
        } catch (SessionClosedException | PeerUnreachableException e) {
            return false;
        } catch (CancellationException e) {
            // The mount is being closed.
            return true;
        } catch (LocalChangesException | BranchMovedException e) {
            context.warn(Format.safe(String.valueOf(e.getMessage())));
            return true;
        }
    }
}
