package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.RunningMount;
import dev.dits.Sync;
import dev.dits.Transfer;
import dev.dits.TransferResult;
import dev.dits.crypto.JoinCode;
import dev.dits.watch.WatchOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "connect",
        description = {
            "Mount a shared repository at a directory and pull all of it. A background process then keeps both sides"
                    + " in step: what is",
            "committed on either is on the other, and what both went on with is merged by file, until 'dits p2p"
                    + " unmount'.",
            "With --watch, what changes in the directory is committed by itself, and so is on the other side a moment"
                    + " later.",
            "Repeated on the same directory it goes on where it stopped."
        },
        customSynopsis = "dits p2p connect [OPTIONS] [TARGET] DIR",
        footerHeading = "%nTARGET is one of%n",
        footer = {
            "  7KQM-4TX-9PZ        a join code: the share is found on the local network",
            "  CODE@HOST:PORT      a join code, and where the share listens",
            "  HOST:PORT           the code comes from --code, DITS_JOIN_CODE or a question",
            "  dits1...            a ticket ('dits p2p share --ticket' prints one)",
            "  -                   read from standard input: no process list shows it",
            "and may be left out where DITS_JOIN_CODE or DITS_TICKET is set, as in CI.",
            "",
            "Examples:",
            "  dits p2p connect 7KQM-4TX-9PZ ./shared-project",
            "  dits p2p connect 7KQM-4TX-9PZ@192.168.1.5:4433 ./project --timeout 60",
            "  dits p2p connect --watch 7KQM-4TX-9PZ ./project      a folder that keeps itself in step",
            "  DITS_JOIN_CODE=... dits p2p connect ./assets",
            "  dits p2p connect --path 'takes/**' 7KQM-4TX-9PZ ./takes-only      a part of the tree",
            "  dits p2p connect --pull-only - ./assets < ticket    nothing stays in the background"
        })
final class ConnectCommand implements Callable<Integer> {
    /** The end of a session does not wait for its peer. */
    private static final Duration TAKE_OVER = Duration.ofSeconds(20);

    private final Context context;

    @Parameters(
            arity = "1..2",
            paramLabel = "[TARGET] DIR",
            hideParamSyntax = true,
            description = "What to connect to, and the directory to mount it at.")
    private List<String> arguments = List.of();

    @Option(names = "--code", paramLabel = "CODE", description = "The join code, where TARGET is an address.")
    private @Nullable String code;

    @Option(names = "--foreground", description = "Stay, keep both sides in step, and say what happens, until Ctrl-C.")
    private boolean foreground;

    @Option(names = "--manual", description = "Stay connected, but pull and push only by 'dits pull' and 'dits push'.")
    private boolean manual;

    @Option(names = "--pull-only", description = "End after the pull; nothing goes on in the background.")
    private boolean pullOnly;

    @Option(
            names = "--path",
            paramLabel = "GLOB",
            description =
                    "Mount this part of the tree only, such as 'takes/**'; may be repeated. 'dits p2p select' changes"
                            + " it later.")
    private List<String> paths = List.of();

    @Option(
            names = "--branch",
            paramLabel = "NAME",
            description = "Follow this branch of the share only; may be repeated.")
    private List<String> branches = List.of();

    @Mixin
    private WatchSwitches watch = new WatchSwitches();

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private LimitOptions limits = new LimitOptions();

    ConnectCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        String written = arguments.size() == 2 ? arguments.get(0) : null;
        String last = arguments.get(arguments.size() - 1);
        Usage.require(
                written != null || (Target.inEnvironment(context) && !isForgottenDirectory(last)),
                "give a target and the directory to mount it at: dits p2p connect CODE DIR");
        Usage.require(
                !pullOnly || !(foreground || manual || watch.requested()),
                "--pull-only leaves nothing behind that --foreground, --manual or --watch could be about");
        WatchOptions watching = watch.options();
        limits.check();
        SelectionOptions.check(paths, branches);
        Target target = Target.resolve(context, written, code);
        Path shown = Path.of(last);
        Path directory = context.path(shown);

        context.say(Icon.CONNECT, "Connecting to P2P repository...");
        context.say(Icon.TARGET, "Target: " + target.shown());
        context.say(Icon.FOLDER, "Local path: " + Context.show(shown));
        context.say(Icon.TIMEOUT, "Timeout: " + connection.timeoutSeconds() + "s");
        context.resumeHint("The same command goes on from here; what was verified stays.");
        Optional<RunningMount> held = Held.at(context, directory);
        if (held.isPresent()) {
            boolean same = paths.isEmpty() && branches.isEmpty();
            boolean watchedEnough = watching == null || held.get().watched();
            if (same
                    && held.get().connected()
                    && !foreground
                    && !pullOnly
                    && held.get().sync() == sync()
                    && watchedEnough) {
                return use(held.get(), shown);
            }
            // What the user names now may be where the share is to be found; two would only get in each other's way.
            context.say("Taking over from process " + held.get().pid() + ".");
            held.get().close(true, TAKE_OVER);
        }
        try (Dits dits = Dits.open(connection.ditsOptions(context).withControl(true));
                Mount mount = dits.mount(
                        target.value(),
                        directory,
                        SelectionOptions.with(
                                connection
                                        .mountOptions(target.code())
                                        .withSync(foreground ? sync() : Sync.MANUAL)
                                        .withWatch(foreground ? watching : null),
                                paths,
                                branches))) {
            limits.apply(mount.bandwidth());
            dits.cacheProblem().ifPresent(context::warn);
            Follower follower = new Follower(context, mount);
            context.say(Icon.DONE, "Connected to P2P repository!");
            context.say("   " + Format.safe(mount.shareName()) + (mount.readOnly() ? ", read-only" : "") + ", over "
                    + RunningReport.way(mount.path()));
            warnOfClock(mount);
            int result = pull(mount.pull());
            SelectCommand.warnIfNothing(
                    context, mount.repository(), mount.repository().selection());
            context.say(Icon.FOLDER, "Repository mounted at: " + Context.show(shown));
            if (foreground) {
                context.say(
                        manual
                                ? "Staying connected; 'dits pull' and 'dits push' in another terminal. Ctrl-C ends."
                                : "Keeping both sides in step; Ctrl-C ends.");
                context.resumeHint("The mount stays as it is; the same command goes on with it.");
                follower.run();
                context.say("Unmounted.");
            } else {
                // It joins the session before this process leaves it.
                RunningMount background = pullOnly ? null : background(mount.root());
                sayHowToGoOn(mount.readOnly(), shown, background);
            }
            return result;
        }
    }

    /** The directory is mounted and connected already; whoever holds it pulls. */
    private int use(RunningMount held, Path shown) throws IOException, InterruptedException {
        context.say(
                Icon.DONE,
                "Connected already, by process " + held.pid() + ": "
                        + Format.safe(held.shareName()) + (held.readOnly() ? ", read-only" : "") + ", over "
                        + RunningReport.way(held.path()));
        int result = pull(held.pull());
        context.say(Icon.FOLDER, "Repository mounted at: " + Context.show(shown));
        sayHowToGoOn(held.readOnly(), shown, held);
        return result;
    }

    private Sync sync() {
        return manual ? Sync.MANUAL : Sync.AUTO;
    }

    private RunningMount background(Path root) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("--plain", "-v", "p2p", "hold"));
        arguments.addAll(connection.arguments());
        arguments.addAll(limits.arguments());
        if (manual) {
            arguments.add("--manual");
        }
        arguments.addAll(watch.arguments());
        arguments.add(root.toString());
        return Daemon.start(context, "mount", arguments)
                .await(node -> node.mounts().stream().findFirst());
    }

    /** With a code in the environment one argument is the directory; who writes a code there has forgotten it. */
    private boolean isForgottenDirectory(String argument) {
        return argument.indexOf('-') > 0
                && JoinCode.looksLikeCode(argument)
                && !Files.exists(context.path(Path.of(argument)));
    }

    private void warnOfClock(Mount mount) {
        Duration ahead = mount.clockAhead();
        if (ahead.abs().compareTo(Duration.ofMinutes(5)) > 0) {
            context.warn("the share's clock is " + Format.duration(ahead.abs())
                    + (ahead.isNegative() ? " behind" : " ahead of")
                    + " this machine's; one of them is wrong, and what expires does so by the share's");
        }
    }

    private int pull(Transfer transfer) throws IOException, InterruptedException {
        TransferResult result = Watch.await(context, transfer, "Pulling");
        context.say("   " + TransferReport.summary(result.progress()));
        return TransferReport.refused(context, result);
    }

    private void sayHowToGoOn(boolean readOnly, Path shown, @Nullable RunningMount background) {
        context.say("");
        context.say("It is a full repository: cd " + Context.show(shown) + ", then 'dits status', 'dits log'.");
        if (background == null) {
            context.say("'dits pull' fetches what the share commits from now on.");
        } else {
            context.say("Process " + background.pid()
                    + (background.sync() == Sync.AUTO
                            ? " keeps both sides in step in the background, until '"
                            : " stays connected in the background, until '")
                    + "dits p2p unmount " + Context.show(shown) + "'.");
        }
        boolean live = background != null && background.sync() == Sync.AUTO;
        if (background != null && background.watched()) {
            context.say("What changes here is committed by itself"
                    + (live && !readOnly ? ", and on the other side a moment later." : "."));
        } else if (!readOnly) {
            context.say(
                    live
                            ? "What you commit here ('dits commit -m MESSAGE') is on the other side a moment later."
                            : "'dits commit -m MESSAGE' and 'dits push' send what you change.");
        }
    }
}
