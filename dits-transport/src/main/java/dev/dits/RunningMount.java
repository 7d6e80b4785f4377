package dev.dits;

import dev.dits.control.Fields;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A mount of a {@link RunningNode}, as it was a moment ago, and the means to steer it. What is asked of it later fails with {@link
 * dev.dits.error.SessionClosedException} if its process has ended.
 *
 * <p>Immutable; safe for use by several threads.
 */
public final class RunningMount {
    private final RunningNode.Handle handle;
    private final Fields status;
    private final Path root;

    private RunningMount(RunningNode.Handle handle, Fields status, Path root) {
        this.handle = handle;
        this.status = status;
        this.root = root;
    }

    static RunningMount of(RunningNode.Handle handle, Fields status) throws IOException {
        return new RunningMount(handle, status, ControlFields.path(status, "root"));
    }

    /**
     * Names it among those of this user, as {@code dits p2p status} shows it.
     *
     * @return process id and number, {@code 4711-1}
     */
    public String id() {
        return handle.pid() + "-" + handle.id();
    }

    /**
     * Tells the limit of what it sends, as it was when it was found.
     *
     * @return bytes a second, 0 for none of its own
     */
    public long limitUp() {
        return status.number("limitUp", 0);
    }

    /**
     * Tells the limit of what it receives, as it was when it was found.
     *
     * @return bytes a second, 0 for none of its own
     */
    public long limitDown() {
        return status.number("limitDown", 0);
    }

    /**
     * Changes the limits, from now on.
     *
     * @param up bytes a second that it sends at most, 0 for no limit; null to leave it
     * @param down bytes a second that it receives at most, 0 for no limit; null to leave it
     * @throws IOException if its process can not be asked
     * @throws InterruptedException if the thread was interrupted
     */
    public void limit(@Nullable Long up, @Nullable Long down) throws IOException, InterruptedException {
        handle.ask("bandwidth", RunningNode.limits(up, down));
    }

    /**
     * Tells in which process it is held.
     *
     * @return the process id
     */
    public long pid() {
        return handle.pid();
    }

    /**
     * Tells when it was opened.
     *
     * @return the time by the clock of its process
     */
    public Instant since() {
        return ControlFields.instant(status, "since");
    }

    /**
     * Returns the top directory of the mount.
     *
     * @return its real path
     */
    public Path root() {
        return root;
    }

    /**
     * Returns what the share calls itself.
     *
     * @return its name, fit to be shown
     */
    public String shareName() {
        return status.text("shareName");
    }

    /**
     * Returns the part of the join code that is no secret, where it was joined by a code.
     *
     * @return the nameplate, what stands before the last six characters of the code; empty where it was joined by another way
     */
    public String nameplate() {
        return status.text("nameplate");
    }

    /**
     * Tells whether the share is reached.
     *
     * @return whether there is a connection; without one its process looks for the share again and again
     */
    public boolean connected() {
        return status.flag("connected");
    }

    /**
     * Tells why it will not be connected again.
     *
     * @return as {@link Mount#ended}
     */
    public Optional<String> ended() {
        return Optional.of(status.text("ended")).filter(reason -> !reason.isEmpty());
    }

    /**
     * Tells which way the share is reached, and why not by a better one.
     *
     * @return as {@link Mount#path}
     */
    public PeerPath path() {
        return ControlFields.peerPath(status.fields("way"));
    }

    /**
     * Tells whether the share lets it read only.
     *
     * @return whether pushes are refused
     */
    public boolean readOnly() {
        return status.flag("readOnly");
    }

    /**
     * Returns the branch that is checked out.
     *
     * @return its name; empty where there is none
     */
    public String branch() {
        return status.text("branch");
    }

    /**
     * Tells whether the share has commits on this branch that were not pulled.
     *
     * @return whether it announced any
     */
    public boolean behind() {
        return status.flag("behind");
    }

    /**
     * Counts the commits of its branches that the share does not have.
     *
     * @return how many, as far as is known here
     */
    public long unpushed() {
        return status.number("unpushed", 0);
    }

    /**
     * Tells whether it is kept in step with its share by itself.
     *
     * @return as {@link MountOptions#sync}
     */
    public Sync sync() {
        return status.text("sync").equals(Sync.AUTO.name()) ? Sync.AUTO : Sync.MANUAL;
    }

    /**
     * Tells whether neither side lacks anything.
     *
     * @return as {@link SyncState#inStep}
     */
    public boolean inStep() {
        return status.flag("inStep");
    }

    /**
     * Lists where local changes keep the working tree from following its branch.
     *
     * @return as {@link SyncState#lagging}
     */
    public List<String> lagging() {
        return status.texts("lagging");
    }

    /**
     * Tells whether what changes in its working tree is committed by itself.
     *
     * @return as {@link Mount#watched}
     */
    public boolean watched() {
        return status.flag("watched");
    }

    /**
     * Lists what keeps changes of its working tree from being committed by themselves.
     *
     * @return reasons, for people
     */
    public List<String> watchProblems() {
        return status.texts("watchProblems");
    }

    /**
     * Lists what could not be brought in step when it was last tried.
     *
     * @return reasons, for people
     */
    public List<String> problems() {
        return status.texts("problems");
    }

    /**
     * Tells how far the transfer is that is under way.
     *
     * @return its numbers; nothing if there is none
     */
    public Optional<Progress> transfer() {
        return status.has("transfer")
                ? Optional.of(ControlFields.progress(status.fields("transfer")))
                : Optional.empty();
    }

    /**
     * Pulls, as {@link Mount#pull} does there. Starts at once, and is cancelled if this process ends.
     *
     * @return the transfer
     * @throws IOException if its process can not be asked
     * @throws InterruptedException if the thread was interrupted
     */
    public Transfer pull() throws IOException, InterruptedException {
        return RemoteTransfer.start(handle.socket(), "pull", handle.id());
    }

    /**
     * Pushes, as {@link Mount#push} does there. Starts at once, and is cancelled if this process ends.
     *
     * @return the transfer
     * @throws IOException if its process can not be asked
     * @throws InterruptedException if the thread was interrupted
     */
    public Transfer push() throws IOException, InterruptedException {
        return RemoteTransfer.start(handle.socket(), "push", handle.id());
    }

    /**
     * Brings it and its share in step once, as {@link Mount#sync} does there. Starts at once, and is cancelled if this process ends.
     *
     * @return the transfer
     * @throws IOException if its process can not be asked
     * @throws InterruptedException if the thread was interrupted
     */
    public Transfer syncNow() throws IOException, InterruptedException {
        return RemoteTransfer.start(handle.socket(), "sync", handle.id());
    }

    /**
     * Closes the mount. The directory stays what it is, a repository.
     *
     * @param force whether to cancel a transfer that is under way, rather than to wait for its end
     * @param timeout how long to wait until it is closed
     * @throws TimeoutException if it is not closed by then; it will be once the transfer has ended
     * @throws IOException if its process can not be asked
     * @throws InterruptedException if the thread was interrupted; the mount is closed nevertheless
     */
    public void close(boolean force, Duration timeout) throws IOException, InterruptedException, TimeoutException {
        handle.close("mounts", force, timeout);
    }

    @Override
    public String toString() {
        return "RunningMount[" + root + ", process " + pid() + "]";
    }
}
