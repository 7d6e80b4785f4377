package dev.dits.cli;

import dev.dits.PeerPath;
import dev.dits.Progress;
import dev.dits.RunningMount;
import dev.dits.RunningNode;
import dev.dits.RunningShare;
import dev.dits.Sync;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is said of shares and mounts of whatever process. */
final class RunningReport {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    private RunningReport() {}

    static String time(Instant instant) {
        return TIME.format(instant.atZone(ZoneId.systemDefault()));
    }

    static void say(Context context, RunningShare share) {
        List<String> peers = share.peerNames();
        context.say("- Repository: " + Format.safe(share.name()));
        context.say("  Join code: " + context.bold(share.joinCode()) + code(share));
        context.say("  Port: " + share.address().getPort());
        context.say("  Peers connected: " + peers.size()
                + (peers.isEmpty()
                        ? ""
                        : " (" + peers.stream().map(Format::safe).collect(Collectors.joining(", ")) + ")"));
        for (PeerPath path : share.paths()) {
            context.say("    " + (path.peer().isEmpty() ? "" : Format.safe(path.peer()) + ": ") + way(path));
            sayProblem(context, "    ", path);
        }
        context.say("  Path: " + Context.show(share.root()));
        context.say("  Access: " + access(share.readOnly()));
        if (!share.lagging().isEmpty()) {
            context.say("  Lagging: " + Follower.paths(share.lagging()));
        }
        sayWatching(context, share.watched(), share.watchProblems());
        sayLimits(context, share.limitUp(), share.limitDown());
        context.say("  Tickets: " + share.tickets());
        context.say("  Sent: " + Format.bytes(share.bytesSent()));
        context.say("  Process: " + share.pid() + ", since " + time(share.since()) + ", id " + share.id());
    }

    private static String code(RunningShare share) {
        return switch (share.codeState()) {
            case OPEN -> share.lanOnly() ? " (LAN only)" : "";
            case LOCKED -> " (locked: too many wrong codes; 'dits p2p rearm' makes a new one)";
            case EXPIRED -> " (expired; 'dits p2p rearm' makes a new one)";
            case USED -> " (used; 'dits p2p rearm' makes a new one)";
        };
    }

    static void say(Context context, RunningMount mount) {
        context.say("- Repository: " + Format.safe(mount.shareName()));
        context.say("  Mounted at: " + Context.show(mount.root()));
        context.say("  Connected: "
                + (mount.connected()
                        ? way(mount.path())
                        : mount.ended()
                                .map(reason -> "not any more: " + Format.safe(reason))
                                .orElse("no, looking for the share again and again")));
        if (mount.ended().isEmpty()) {
            sayProblem(context, "  ", mount.path());
        }
        context.say("  Access: " + access(mount.readOnly()));
        sayLimits(context, mount.limitUp(), mount.limitDown());
        context.say("  Branch: " + (mount.branch().isEmpty() ? "none" : Format.safe(mount.branch())));
        context.say("  In step: " + step(mount));
        if (!mount.lagging().isEmpty()) {
            context.say("  Lagging: " + Follower.paths(mount.lagging()));
        }
        sayWatching(context, mount.watched(), mount.watchProblems());
        mount.problems().forEach(problem -> context.say("  Problem: " + Format.safe(problem)));
        mount.transfer().ifPresent(progress -> context.say("  Transfer: " + transfer(progress)));
        context.say("  Process: " + mount.pid() + ", since " + time(mount.since()) + ", id " + mount.id());
    }

    /** Which way packets go. */
    static String way(PeerPath path) {
        return switch (path.kind()) {
            case LAN -> Format.safe(path.toString()) + " (LAN)";
            case DIRECT -> Format.safe(path.toString()) + " (direct)";
            case RELAY -> "by the tracker's relay";
            case NONE -> "not connected";
        };
    }

    private static void sayProblem(Context context, String indent, PeerPath path) {
        path.problem()
                .ifPresent(problem -> context.say(indent
                        + (path.kind() == PeerPath.Kind.NONE ? "Last try: " : "Not direct: ")
                        + Format.safe(problem)));
    }

    private static void sayWatching(Context context, boolean watched, List<String> problems) {
        if (watched) {
            context.say("  Watched: what changes is committed by itself");
            problems.forEach(problem -> context.say("  Problem: " + Format.safe(problem)));
        }
    }

    private static void sayLimits(Context context, long up, long down) {
        if (up > 0 || down > 0) {
            context.say("  Limits: sends " + Rate.show(up) + ", receives " + Rate.show(down));
        }
    }

    private static String step(RunningMount mount) {
        List<String> lacks = new ArrayList<>();
        if (mount.unpushed() > 0) {
            lacks.add(Format.count(mount.unpushed(), "commit") + (mount.readOnly() ? " kept here" : " to push"));
        }
        if (mount.behind()) {
            lacks.add("behind the share");
        }
        if (!mount.lagging().isEmpty()) {
            lacks.add("the files lag behind their branch");
        }
        boolean auto = mount.sync() == Sync.AUTO;
        String state = !lacks.isEmpty()
                ? String.join(", ", lacks)
                : mount.inStep() || (!auto && mount.problems().isEmpty())
                        ? "yes"
                        : mount.connected() ? "not yet" : "when it was last connected";
        return state + (auto ? "" : " (manual: by 'dits pull' and 'dits push')");
    }

    private static String access(boolean readOnly) {
        return readOnly ? "read-only" : "read-write";
    }

    private static String transfer(Progress progress) {
        return Format.bytes(progress.treeBytesDone()) + " of " + Format.bytes(progress.treeBytesTotal())
                + (progress.phase() == Progress.Phase.PAUSED ? ", paused" : "");
    }

    static void write(Context context, List<RunningNode> nodes) throws IOException {
        try (JsonOutput out = JsonOutput.open(context)) {
            out.object().array("shares");
            for (RunningShare share : Held.shares(nodes)) {
                out.object()
                        .field("id", share.id())
                        .field("pid", share.pid())
                        .field("since", share.since())
                        .field("name", share.name())
                        .field("root", share.root().toString())
                        .field("joinCode", share.joinCode())
                        .field("codeState", share.codeState().name().toLowerCase(Locale.ROOT))
                        .field("tickets", share.tickets())
                        .field("lanOnly", share.lanOnly())
                        .field("limitUp", share.limitUp())
                        .field("limitDown", share.limitDown())
                        .field("readOnly", share.readOnly())
                        .field("address", Format.address(share.address()))
                        .field("port", share.address().getPort())
                        .array("peers");
                for (String peer : share.peerNames()) {
                    out.value(peer);
                }
                out.end().array("paths");
                for (PeerPath path : share.paths()) {
                    write(out.object().field("peer", path.peer()), path).end();
                }
                out.end();
                write(out, "lagging", share.lagging());
                out.field("watched", share.watched());
                write(out, "watchProblems", share.watchProblems());
                out.field("bytesSent", share.bytesSent()).end();
            }
            out.end().array("mounts");
            for (RunningMount mount : Held.mounts(nodes)) {
                out.object()
                        .field("id", mount.id())
                        .field("pid", mount.pid())
                        .field("since", mount.since())
                        .field("shareName", mount.shareName())
                        .field("limitUp", mount.limitUp())
                        .field("limitDown", mount.limitDown())
                        .field("root", mount.root().toString())
                        .field("connected", mount.connected())
                        .field("ended", mount.ended().orElse(null))
                        .field("path", mount.connected() ? mount.path().address() : null)
                        .field("pathKind", kind(mount.path()))
                        .field("pathProblem", mount.path().problem().orElse(null))
                        .field("readOnly", mount.readOnly())
                        .field("branch", mount.branch().isEmpty() ? null : mount.branch())
                        .field("behind", mount.behind())
                        .field("unpushed", mount.unpushed())
                        .field("sync", mount.sync().name().toLowerCase(Locale.ROOT))
                        .field("inStep", mount.inStep());
                write(out, "lagging", mount.lagging());
                out.field("watched", mount.watched());
                write(out, "watchProblems", mount.watchProblems());
                write(out, "problems", mount.problems());
                write(out, mount.transfer().orElse(null));
                out.end();
            }
            out.end().array("notAnswering");
            for (RunningNode node : nodes) {
                if (!node.answers()) {
                    out.object()
                            .field("pid", node.pid())
                            .field("problem", node.problem())
                            .end();
                }
            }
            out.end().end();
        }
    }

    private static String kind(PeerPath path) {
        return path.kind().name().toLowerCase(Locale.ROOT);
    }

    private static JsonOutput write(JsonOutput out, PeerPath path) throws IOException {
        return out.field("path", path.address())
                .field("pathKind", kind(path))
                .field("pathProblem", path.problem().orElse(null));
    }

    private static void write(JsonOutput out, String name, List<String> texts) throws IOException {
        out.array(name);
        for (String text : texts) {
            out.value(text);
        }
        out.end();
    }

    private static void write(JsonOutput out, @org.jspecify.annotations.Nullable Progress progress) throws IOException {
        if (progress == null) {
            out.field("transfer", (String) null);
            return;
        }
        out.object("transfer")
                .field("phase", progress.phase().name().toLowerCase(Locale.ROOT))
                .field("treeBytesDone", progress.treeBytesDone())
                .field("treeBytesTotal", progress.treeBytesTotal())
                .field("wireBytes", progress.wireBytes())
                .end();
    }
}
