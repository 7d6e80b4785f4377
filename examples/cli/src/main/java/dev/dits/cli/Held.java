package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.RunningMount;
import dev.dits.RunningNode;
import dev.dits.RunningShare;
import dev.dits.crypto.InvitationFormatException;
import dev.dits.crypto.JoinCode;
import dev.dits.error.DitsException;
import dev.dits.error.RepositoryNotFoundException;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What this user's processes hold, and which of it a command means. */
final class Held {
    /** With the start of the command, less than a second. */
    private static final Duration AT_ONCE = Duration.ofMillis(600);

    private Held() {}

    static List<RunningNode> nodes(Context context) throws IOException, InterruptedException {
        return Dits.running(context.ditsOptions().home());
    }

    /** For whoever looks, and is not to wait for a process that hangs: it is named as that, and the others are shown. */
    static List<RunningNode> nodesAtOnce(Context context) throws IOException, InterruptedException {
        return Dits.running(context.ditsOptions().home(), AT_ONCE);
    }

    static List<RunningMount> mounts(List<RunningNode> nodes) {
        return nodes.stream().flatMap(node -> node.mounts().stream()).toList();
    }

    static List<RunningShare> shares(List<RunningNode> nodes) {
        return nodes.stream().flatMap(node -> node.shares().stream()).toList();
    }

    /** The mount at a directory, if a process holds it. */
    static Optional<RunningMount> at(Context context, Path directory) throws IOException, InterruptedException {
        if (!Files.isDirectory(directory)) {
            return Optional.empty();
        }
        Path real = directory.toRealPath();
        return mounts(nodes(context)).stream()
                .filter(mount -> mount.root().equals(real))
                .findFirst();
    }

    /** Says which processes could not be asked: what they hold is not in the answer. */
    static void warnOfSilent(Context context, List<RunningNode> nodes) {
        for (RunningNode node : nodes) {
            if (!node.answers()) {
                context.warn(silent(node));
            }
        }
    }

    static String silent(RunningNode node) {
        return "process " + node.pid() + " is not counted: " + Format.safe(node.problem()) + " (end it with 'kill "
                + node.pid() + "')";
    }

    /** The real path of what was written, if it is a directory. */
    private static @Nullable Path directory(Context context, String written) {
        try {
            Path path = context.path(Path.of(written));
            return Files.isDirectory(path) ? path.toRealPath() : null;
        } catch (IOException | InvalidPathException e) {
            return null;
        }
    }

    private static @Nullable JoinCode code(String written) {
        try {
            return JoinCode.looksLikeCode(written) ? JoinCode.parse(written) : null;
        } catch (InvitationFormatException e) {
            return null;
        }
    }

    /** The repository around where the command runs; null if there is none. */
    private static @Nullable Path around(Context context) throws IOException {
        try {
            return Repository.find(context.here()).toRealPath();
        } catch (RepositoryNotFoundException e) {
            return null;
        }
    }

    /**
     * Finds the mounts that are meant.
     *
     * @param target a directory, a join code, a share's name or an id; null for the one around where the command runs
     * @throws DitsException if there is none
     */
    static List<RunningMount> chooseMounts(Context context, List<RunningNode> nodes, @Nullable String target)
            throws IOException {
        Path directory = target == null ? around(context) : directory(context, target);
        JoinCode code = target == null ? null : code(target);
        List<RunningMount> chosen = new ArrayList<>();
        for (RunningMount mount : mounts(nodes)) {
            boolean byCode = code != null && mount.nameplate().equals(code.nameplate());
            boolean byName = target != null
                    && (mount.shareName().equals(target) || mount.id().equals(target));
            if (mount.root().equals(directory) || byCode || byName) {
                chosen.add(mount);
            }
        }
        if (chosen.isEmpty()) {
            boolean share = target != null
                    && !matchingShares(nodes, directory, code, target).isEmpty();
            throw new DitsException(
                    (target == null ? "no mount around " + Context.show(context.here()) : shown(target, code))
                            + (share
                                    ? " is shared, not mounted; 'dits p2p stop' ends a share"
                                    : " is held by no process; 'dits p2p status' lists what is connected"));
        }
        return chosen;
    }

    private static String shown(String target, @Nullable JoinCode code) {
        return code == null ? Format.safe(target) : code.nameplate() + "-***-***";
    }

    private static List<RunningShare> matchingShares(
            List<RunningNode> nodes, @Nullable Path directory, @Nullable JoinCode code, @Nullable String target) {
        List<RunningShare> chosen = new ArrayList<>();
        for (RunningShare share : shares(nodes)) {
            boolean byCode = code != null && share.joinCode().equals(code.display());
            boolean byName =
                    target != null && (share.name().equals(target) || share.id().equals(target));
            if (share.root().equals(directory) || byCode || byName) {
                chosen.add(share);
            }
        }
        return chosen;
    }

    /**
     * Finds the shares that are meant.
     *
     * @param target a directory, a join code, a name or an id; null for the one around where the command runs, or the only one there is
     * @throws DitsException if there is none
     */
    static List<RunningShare> chooseShares(Context context, List<RunningNode> nodes, @Nullable String target)
            throws IOException {
        Path directory = target == null ? around(context) : directory(context, target);
        JoinCode code = target == null ? null : code(target);
        List<RunningShare> chosen = matchingShares(nodes, directory, code, target);
        if (chosen.isEmpty() && target == null && shares(nodes).size() == 1) {
            return shares(nodes);
        }
        if (chosen.isEmpty()) {
            throw new DitsException((target == null ? Context.show(context.here()) : shown(target, code))
                    + " is not shared by any process; 'dits p2p status' lists what is");
        }
        return chosen;
    }
}
