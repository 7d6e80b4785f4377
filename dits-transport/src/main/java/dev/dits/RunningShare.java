package dev.dits;

import dev.dits.control.Fields;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A share of a {@link RunningNode}, as it was a moment ago, and the means to steer it. What is asked of it later fails with {@link
 * dev.dits.error.SessionClosedException} if its process has ended.
 *
 * <p>Immutable; safe for use by several threads.
 */
public final class RunningShare {
    private final RunningNode.Handle handle;
    private final Fields status;
    private final Path root;
    private final InetSocketAddress address;
    private final List<InetSocketAddress> addresses;

    private RunningShare(
            RunningNode.Handle handle,
            Fields status,
            Path root,
            InetSocketAddress address,
            List<InetSocketAddress> addresses) {
        this.handle = handle;
        this.status = status;
        this.root = root;
        this.address = address;
        this.addresses = List.copyOf(addresses);
    }

    static RunningShare of(RunningNode.Handle handle, Fields status) throws IOException {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (Fields one : status.list("addresses")) {
            addresses.add(ControlFields.address(one));
        }
        return new RunningShare(
                handle,
                status,
                ControlFields.path(status, "root"),
                ControlFields.address(status.fields("address")),
                addresses);
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
     * Tells in which process it runs.
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
     * Returns the top directory of what is shared.
     *
     * @return its real path
     */
    public Path root() {
        return root;
    }

    /**
     * Returns what peers see it as.
     *
     * @return its name
     */
    public String name() {
        return status.text("name");
    }

    /**
     * Returns the code by which others join.
     *
     * @return as it is shown and typed; a secret
     */
    public String joinCode() {
        return status.text("joinCode");
    }

    /**
     * Tells whether the join code lets peers in.
     *
     * @return as {@link Share#codeState}; open, where its process does not say it in words that are known here
     */
    public CodeState codeState() {
        for (CodeState state : CodeState.values()) {
            if (state.name().equals(status.text("codeState"))) {
                return state;
            }
        }
        return CodeState.OPEN;
    }

    /**
     * Counts the tickets that let peers in.
     *
     * @return how many, the share's own among them
     */
    public long tickets() {
        return status.number("tickets", 0);
    }

    /**
     * Tells whether the code alone finds it on the local network only.
     *
     * @return whether no tracker keeps its nameplate
     */
    public boolean lanOnly() {
        return status.flag("lanOnly");
    }

    /**
     * Tells whether peers may only read.
     *
     * @return whether pushes are refused
     */
    public boolean readOnly() {
        return status.flag("readOnly");
    }

    /**
     * Returns what it listens on.
     *
     * @return address and UDP port; the address is the wildcard one where it listens on all
     */
    public InetSocketAddress address() {
        return address;
    }

    /**
     * Lists where others may reach it.
     *
     * @return as {@link Share#addresses}
     */
    public List<InetSocketAddress> addresses() {
        return addresses;
    }

    /**
     * Tells which way each peer that is connected is reached, and why not by a better one.
     *
     * @return as {@link Share#paths}
     */
    public List<PeerPath> paths() {
        return status.list("ways").stream().map(ControlFields::peerPath).toList();
    }

    /**
     * Lists the names of the peers that are connected.
     *
     * @return what they call themselves, fit to be shown
     */
    public List<String> peerNames() {
        return status.texts("peers");
    }

    /**
     * Tells how much in the working tree was not committed when it was opened, and so is not shared.
     *
     * @return number of changed paths
     */
    public long uncommittedChanges() {
        return status.number("uncommittedChanges", 0);
    }

    /**
     * Asks for the ticket by which others join.
     *
     * @return as {@link Share#ticket}; a secret
     * @throws IOException if its process can not be asked
     * @throws InterruptedException if the thread was interrupted
     */
    public String ticket() throws IOException, InterruptedException {
        return handle.ask("ticket", Fields.NONE).text("ticket");
    }

    /**
     * Tells how much was sent.
     *
     * @return bytes on the wire to all peers since it was opened
     */
    public long bytesSent() {
        return status.number("bytesSent", 0);
    }

    /**
     * Lists everybody who has joined and may come back.
     *
     * @return as {@link Share#peers}
     * @throws IOException if its process can not be asked
     * @throws InterruptedException if the thread was interrupted
     */
    public List<Peer> peers() throws IOException, InterruptedException {
        return handle.ask("peers", Fields.NONE).list("peers").stream()
                .map(ControlFields::peer)
                .toList();
    }

    /**
     * Ends a peer's access.
     *
     * @param peerId as {@link #peers} lists it
     * @return as {@link Share#revoke}
     * @throws IOException if its process can not be asked, or fails
     * @throws InterruptedException if the thread was interrupted
     */
    public boolean revoke(String peerId) throws IOException, InterruptedException {
        return handle.ask("revoke", Fields.NONE.with("peer", peerId)).flag("done");
    }

    /**
     * Opens another way in.
     *
     * @param options what it grants, to how many, for how long
     * @return as {@link Share#invite}
     * @throws IOException if its process can not be asked, or fails
     * @throws InterruptedException if the thread was interrupted
     */
    public Invite invite(InviteOptions options) throws IOException, InterruptedException {
        return ControlFields.invite(handle.ask("invite", Fields.NONE.with("options", ControlFields.of(options))));
    }

    /**
     * Lists the ways in.
     *
     * @return as {@link Share#invites}
     * @throws IOException if its process can not be asked, or fails
     * @throws InterruptedException if the thread was interrupted
     */
    public List<Invite> invites() throws IOException, InterruptedException {
        List<Invite> invites = new ArrayList<>();
        for (Fields one : handle.ask("invites", Fields.NONE).list("invites")) {
            invites.add(ControlFields.invite(one));
        }
        return invites;
    }

    /**
     * Ends a way in.
     *
     * @param inviteId as {@link #invites} lists it
     * @return as {@link Share#withdraw}
     * @throws IOException if its process can not be asked, or fails
     * @throws InterruptedException if the thread was interrupted
     */
    public boolean withdraw(String inviteId) throws IOException, InterruptedException {
        return handle.ask("withdraw", Fields.NONE.with("invite", inviteId)).flag("done");
    }

    /**
     * Draws a new join code; the old one is dead.
     *
     * @return as {@link Share#rearm}; this snapshot keeps the old one
     * @throws IOException if its process can not be asked, or fails
     * @throws InterruptedException if the thread was interrupted
     */
    public String rearm() throws IOException, InterruptedException {
        return handle.ask("rearm", Fields.NONE).text("joinCode");
    }

    /**
     * Ends the share: its code is dead, peers are told.
     *
     * @param timeout how long to wait until it is closed
     * @throws TimeoutException if it is not closed by then; it may be yet
     * @throws IOException if its process can not be asked
     * @throws InterruptedException if the thread was interrupted; the share is closed nevertheless
     */
    public void close(Duration timeout) throws IOException, InterruptedException, TimeoutException {
        handle.close("shares", true, timeout);
    }

    /**
     * Lists where local changes keep the working tree from following what was pushed.
     *
     * @return as {@link Share#lagging}
     */
    public List<String> lagging() {
        return status.texts("lagging");
    }

    /**
     * Tells whether what changes in its working tree is committed by itself.
     *
     * @return as {@link Share#watched}
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

    /** Says what is shared; the code is not shown. */
    @Override
    public String toString() {
        return "RunningShare[" + name() + " at " + root + ", process " + pid() + "]";
    }
}
