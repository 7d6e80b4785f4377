package dev.dits;

import dev.dits.control.ControlServer;
import dev.dits.control.Fields;
import dev.dits.error.DitsException;
import dev.dits.repo.RefName;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node tells other processes of its user, and does for them. One for each connection, which may have one transfer under way. */
final class NodeControl implements ControlServer.Conversation {
    /** The longest that one question waits for a transfer; the asker asks again. */
    private static final long AWAIT_MILLIS_MAX = 1_000;

    /** What is fit to be quoted: what is no such word may be anything, a ticket in the wrong place too. */
    private static final Pattern OPERATION = Pattern.compile("[a-z-]{1,16}");

    private static final Logger LOG = LoggerFactory.getLogger(NodeControl.class);

    private final Dits dits;
    private @Nullable Transfer transfer;

    NodeControl(Dits dits) {
        this.dits = dits;
    }

    @Override
    public ControlServer.Answer answer(String operation, Fields with) throws IOException, InterruptedException {
        return switch (operation) {
            case "status" -> new ControlServer.Answer(status());
            case "cache" -> new ControlServer.Answer(ControlFields.of(dits.cacheStats()));
            case "ticket" ->
                new ControlServer.Answer(Fields.NONE.with("ticket", share(with).ticket()));
            case "peers" ->
                new ControlServer.Answer(Fields.NONE.withList(
                        "peers",
                        share(with).peers().stream().map(ControlFields::of).toList()));
            case "revoke" ->
                new ControlServer.Answer(Fields.NONE.with("done", share(with).revoke(with.text("peer"))));
            case "invites" ->
                new ControlServer.Answer(Fields.NONE.withList(
                        "invites",
                        share(with).invites().stream().map(ControlFields::of).toList()));
            case "invite" ->
                new ControlServer.Answer(
                        ControlFields.of(share(with).invite(ControlFields.inviteOptions(with.fields("options")))));
            case "withdraw" ->
                new ControlServer.Answer(Fields.NONE.with("done", share(with).withdraw(with.text("invite"))));
            case "rearm" ->
                new ControlServer.Answer(
                        Fields.NONE.with("joinCode", share(with).rearm()));
            case "bandwidth" -> bandwidth(with);
            case "close" -> close(with);
            case "pull" -> begin(mount(with).pull());
            case "push" -> begin(mount(with).push());
            case "sync" -> begin(mount(with).sync());
            case "await" -> new ControlServer.Answer(await(with));
            case "pause" -> told(transfer()::pause);
            case "resume" -> told(transfer()::resume);
            case "limit" -> told(() -> transfer().limit(with.number("bytesPerSecond", 0)));
            default ->
                throw new DitsException("process " + ProcessHandle.current().pid()
                        + " runs a version of dits that can not do this"
                        + (OPERATION.matcher(operation).matches() ? " ('" + operation + "')" : "")
                        + "; end it, and start it again with the version that you use");
        };
    }

    private Fields status() {
        List<Fields> shares = new ArrayList<>();
        List<Fields> mounts = new ArrayList<>();
        dits.opened().forEach((resource, opened) -> {
            try {
                if (resource instanceof Share share) {
                    shares.add(status(share, opened));
                } else if (resource instanceof Mount mount) {
                    mounts.add(status(mount, opened));
                }
            } catch (IOException | RuntimeException e) {
                // It is being closed, most likely.
                LOG.debug("the state of {} can not be told", resource, e);
            }
        });
        return Fields.NONE
                .with("pid", ProcessHandle.current().pid())
                .with("limitUp", dits.bandwidth().up())
                .with("limitDown", dits.bandwidth().down())
                .withList("shares", shares)
                .withList("mounts", mounts);
    }

    private static Fields status(Share share, Dits.Opened opened) throws IOException {
        // Names of the connected; 'peers' tells of all.
        List<String> peers =
                share.peers().stream().filter(Peer::connected).map(Peer::name).toList();
        long tickets = share.invites().stream()
                .filter(invite -> invite.kind() == Invite.Kind.TICKET)
                .count();
        return Fields.NONE
                .with("id", opened.id())
                .with("since", opened.since().toString())
                .with("limitUp", share.bandwidth().up())
                .with("limitDown", share.bandwidth().down())
                .with("root", share.root().toString())
                .with("name", share.name())
                .with("joinCode", share.joinCode())
                .with("codeState", share.codeState().name())
                .with("tickets", tickets)
                .with("lanOnly", share.lanOnly())
                .with("readOnly", share.readOnly())
                .with("address", ControlFields.of(share.address()))
                .withList(
                        "addresses",
                        share.addresses().stream().map(ControlFields::of).toList())
                .withTexts("peers", peers)
                .withList("ways", share.paths().stream().map(ControlFields::of).toList())
                .with("uncommittedChanges", share.uncommittedChanges())
                .withTexts("lagging", share.lagging())
                .with("watched", share.watched())
                .withTexts("watchProblems", share.watchProblems())
                .with("bytesSent", share.bytesSent());
    }

    private static Fields status(Mount mount, Dits.Opened opened) throws IOException {
        SyncState state = mount.syncState();
        Fields fields = Fields.NONE
                .with("id", opened.id())
                .with("since", opened.since().toString())
                .with("limitUp", mount.bandwidth().up())
                .with("limitDown", mount.bandwidth().down())
                .with("root", mount.root().toString())
                .with("shareName", mount.shareName())
                .with("nameplate", mount.nameplate())
                .with("connected", mount.isConnected())
                .with("ended", mount.ended().orElse(""))
                .with("way", ControlFields.of(mount.path()))
                .with("readOnly", mount.readOnly())
                .with(
                        "branch",
                        mount.repository()
                                .currentBranch()
                                .map(RefName::shortName)
                                .orElse(""))
                .with("behind", mount.isBehind())
                .with("unpushed", state.unpushed())
                .with("sync", state.mode().name())
                .with("inStep", state.inStep())
                .withTexts("lagging", state.lagging())
                .with("watched", mount.watched())
                .withTexts("watchProblems", mount.watchProblems())
                .withTexts("problems", List.copyOf(new TreeMap<>(state.problems()).values()));
        Optional<Progress> underWay = mount.underWay();
        return underWay.isEmpty() ? fields : fields.with("transfer", ControlFields.of(underWay.get()));
    }

    private Map.Entry<AutoCloseable, Dits.Opened> find(Fields with) throws IOException {
        String id = with.text("id");
        for (Map.Entry<AutoCloseable, Dits.Opened> entry : dits.opened().entrySet()) {
            if (entry.getValue().id().equals(id)) {
                return entry;
            }
        }
        throw new DitsException("it has been closed meanwhile; 'dits p2p status' shows what there is");
    }

    private Share share(Fields with) throws IOException {
        if (find(with).getKey() instanceof Share share) {
            return share;
        }
        throw new DitsException("that is a mount; its share is elsewhere");
    }

    private Mount mount(Fields with) throws IOException {
        if (find(with).getKey() instanceof Mount mount) {
            return mount;
        }
        throw new DitsException("that is a share, which neither pulls nor pushes");
    }

    /** Changes limits that are named, and tells all of them: of a share or mount, or of the node where there is no id. */
    private ControlServer.Answer bandwidth(Fields with) throws IOException {
        Bandwidth bandwidth;
        if (with.text("id").isEmpty()) {
            bandwidth = dits.bandwidth();
        } else {
            bandwidth = find(with).getKey() instanceof Share share
                    ? share.bandwidth()
                    : mount(with).bandwidth();
        }
        if (with.has("up")) {
            bandwidth.limitUp(Math.max(0, with.number("up", 0)));
        }
        if (with.has("down")) {
            bandwidth.limitDown(Math.max(0, with.number("down", 0)));
        }
        return new ControlServer.Answer(Fields.NONE.with("up", bandwidth.up()).with("down", bandwidth.down()));
    }

    /** Answered before it is done, for its end may be that of the node, and with it of the one who answers. */
    private ControlServer.Answer close(Fields with) throws IOException {
        AutoCloseable resource = find(with).getKey();
        boolean force = with.flag("force");
        boolean waits = !force && resource instanceof Mount mount && mount.isAwaited();
        return new ControlServer.Answer(Fields.NONE.with("waits", waits), () -> {
            try {
                if (resource instanceof Mount mount && !force) {
                    mount.closeAfterTransfer();
                } else {
                    resource.close();
                }
            } catch (Exception e) {
                LOG.debug("closing {} failed", resource, e);
            }
        });
    }

    private ControlServer.Answer begin(Transfer started) {
        if (transfer != null) {
            transfer.cancel();
        }
        transfer = started;
        return new ControlServer.Answer(Fields.NONE);
    }

    private Transfer transfer() throws DitsException {
        Transfer current = transfer;
        if (current == null) {
            throw new DitsException("no transfer was begun on this connection");
        }
        return current;
    }

    private interface Telling {
        void run() throws IOException;
    }

    private static ControlServer.Answer told(Telling telling) throws IOException {
        telling.run();
        return new ControlServer.Answer(Fields.NONE);
    }

    private Fields await(Fields with) throws IOException, InterruptedException {
        Transfer current = transfer();
        long millis = Math.max(0, Math.min(AWAIT_MILLIS_MAX, with.number("millis", 0)));
        try {
            return Fields.NONE.with("result", ControlFields.of(current.await(Duration.ofMillis(millis))));
        } catch (TimeoutException e) {
            return Fields.NONE.with("progress", ControlFields.of(current.progress()));
        }
    }

    @Override
    public boolean isBusy() {
        Transfer current = transfer;
        return current != null && current.progress().phase() != Progress.Phase.ENDED;
    }

    /** Whoever asked for the transfer is gone; what was verified stays. */
    @Override
    public void close() {
        if (transfer != null) {
            transfer.cancel();
        }
    }
}
