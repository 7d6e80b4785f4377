package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.DitsEvent;
import dev.dits.RunningShare;
import dev.dits.Share;
import dev.dits.ShareOptions;
import dev.dits.object.ObjectId;
import dev.dits.repo.CommitResult;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "share",
        description = {
            "Share a repository until Ctrl-C, or in the background. Prints the join code that lets others mount it.",
            "Peers may push unless --read-only is given. The code dies with the share.",
            "With --watch, what changes in the folder is committed by itself, and so is on all mounts a moment later."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits p2p share                              the repository around this directory",
            "  dits p2p share --init ./photos              make it a repository and commit first",
            "  dits p2p share --name \"VFX Project v2\" --port 8080",
            "  dits p2p share --bind 192.168.1.100 --read-only",
            "  dits p2p share --daemon --for 8h            in the background, until this evening",
            "  dits p2p share --init --watch --daemon ./photos    share a folder and whatever changes in it",
            "  dits p2p share --daemon --once --ticket-file ticket    for one peer, in CI"
        })
final class ShareCommand implements Callable<Integer> {
    private final Context context;

    @Parameters(
            arity = "0..1",
            paramLabel = "DIR",
            description = "The repository. Default: the one around this directory.")
    private @Nullable Path directory;

    @Option(names = "--name", paramLabel = "NAME", description = "What peers see it as. Default: the directory's name.")
    private @Nullable String name;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "UDP port. Default: " + ShareOptions.DEFAULT_PORT + ", or the next free one.")
    private @Nullable Integer port;

    @Option(names = "--bind", paramLabel = "ADDRESS", description = "Listen on one address of this machine only.")
    private @Nullable String bind;

    @Mixin
    private TrackerOption tracker = new TrackerOption();

    @Mixin
    private LimitOptions limits = new LimitOptions();

    @Option(names = "--init", description = "If it is no repository yet, make it one and commit what is there.")
    private boolean init;

    @Option(names = "--read-only", description = "Peers may read, not push.")
    private boolean readOnly;

    @Option(
            names = "--ticket",
            description =
                    "Print a ticket too: a long code for 'connect' that has the addresses inside. As secret as the code.")
    private boolean ticket;

    @Option(
            names = "--ticket-file",
            paramLabel = "FILE",
            description = "Write the ticket to a file that only you can read, as for CI.")
    private @Nullable Path ticketFile;

    @Option(
            names = "--daemon",
            description = {
                "Share in the background: returns once it is shared, and outlives the terminal.",
                "'dits p2p status' shows it, 'dits p2p stop' ends it."
            })
    private boolean daemon;

    @Option(
            names = "--for",
            paramLabel = "TIME",
            description = "End sharing after this long: 90s, 30m, 1h30m, 7d. Peers are told, the code is dead.")
    private @Nullable String time;

    @Option(names = "--once", description = "Code and ticket let one peer in; 'dits p2p invite' makes further ones.")
    private boolean once;

    @Mixin
    private WatchSwitches watch = new WatchSwitches();

    /** The last commit that was made by itself: its line says all that the branch's would. */
    private volatile @Nullable ObjectId autoCommitted;

    /** Set in the background process itself: whoever started it tells the user. */
    @Option(names = "--detached", hidden = true)
    private boolean detached;

    ShareCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        ShareOptions options = options();
        Path root = root();
        limits.check();
        if (daemon) {
            return daemon(root);
        }
        context.resumeHint(
                "Sharing has ended and its join code is dead; the same command shares again under a new one.");
        try (Dits dits = Dits.open(tracker.applied(context.ditsOptions())
                        .withBindAddress(options.bindAddress())
                        .withControl(true));
                Share share = dits.share(root, options)) {
            limits.apply(share.bandwidth());
            share.onEvent(event -> show(share, event));
            if (!detached) {
                dits.cacheProblem().ifPresent(context::warn);
                writeTicket(share.ticket());
                new ShareReport(context, ticket).say(share);
                context.say("Ctrl-C ends sharing.");
                context.out().flush();
            }
            Duration validFor = options.validFor();
            if (validFor != null) {
                endAfter(share, validFor);
            }
            share.awaitClose();
        }
        say(Icon.DONE, "Sharing has ended; its join code is dead.");
        return ExitCode.OK;
    }

    private void endAfter(Share share, Duration validFor) {
        Thread end = new Thread(
                () -> {
                    try {
                        TimeUnit.MILLISECONDS.sleep(validFor.toMillis());
                        say(Icon.TIMEOUT, "The time to share is over.");
                        share.close();
                    } catch (InterruptedException | IOException e) {
                        context.warn("the share was not ended in time: " + Format.safe(String.valueOf(e.getMessage())));
                    }
                },
                "dits-share-end");
        end.setDaemon(true);
        end.start();
    }

    private void writeTicket(String text) throws IOException {
        if (ticketFile != null) {
            OwnerFile.write(context.path(ticketFile), text + "\n");
        }
    }

    /** Starts the same command in the background, without what this one does itself. */
    private int daemon(Path root) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("--plain", "-v", "p2p", "share", "--detached"));
        if (name != null) {
            arguments.addAll(List.of("--name", name));
        }
        if (port != null) {
            arguments.addAll(List.of("--port", port.toString()));
        }
        if (bind != null) {
            arguments.addAll(List.of("--bind", bind));
        }
        arguments.addAll(tracker.arguments());
        arguments.addAll(limits.arguments());
        if (readOnly) {
            arguments.add("--read-only");
        }
        if (once) {
            arguments.add("--once");
        }
        if (time != null) {
            arguments.addAll(List.of("--for", time));
        }
        arguments.addAll(watch.arguments());
        arguments.add(root.toRealPath().toString());
        Daemon started = Daemon.start(context, "share", arguments);
        RunningShare share = started.await(node -> node.shares().stream().findFirst());
        writeTicket(ticketFile == null ? "" : share.ticket());
        new ShareReport(context, ticket).say(share);
        context.say("In the background, as process " + share.pid() + "; 'dits p2p stop " + Context.show(share.root())
                + "' ends sharing.");
        context.say("Log: " + Context.show(started.log()));
        return ExitCode.OK;
    }

    private ShareOptions options() {
        ShareOptions options = ShareOptions.defaults()
                .withName(name)
                .withReadOnly(readOnly)
                .withOnce(once)
                .withWatch(watch.options());
        if (time != null) {
            options = options.withValidFor(Usage.duration("--for", time));
        }
        if (port != null) {
            Usage.require(port > 0 && port <= 65_535, "--port takes 1 to 65535");
            options = options.withPort(port);
        }
        if (bind != null) {
            options = options.withBindAddress(Usage.address(bind));
        }
        return options;
    }

    /** With {@code --init} the first commit is made here rather than by the facade, so that its progress shows. */
    private Path root() throws IOException {
        Path given = context.path(directory);
        if (!init) {
            return directory == null ? Repository.find(context.here()) : given;
        }
        if (!Files.exists(given.resolve(Repository.DIRECTORY))) {
            try (Repository made = Repository.init(given, RepositoryCommand.options())) {
                Optional<CommitResult> commit = CommitCommand.commit(context, made, "Share it as it is", null);
                context.say("Initialised a repository"
                        + commit.map(result -> " and committed " + Format.count(result.files(), "file") + ", "
                                        + Format.bytes(result.bytes()))
                                .orElse("; there is nothing to commit yet")
                        + ".");
            }
        }
        return given;
    }

    private void show(Share share, DitsEvent event) {
        if (event instanceof DitsEvent.PeerJoined joined) {
            say(Icon.PEER, "Joined: " + Format.safe(joined.peer()) + " from " + Format.safe(joined.address()));
        } else if (event instanceof DitsEvent.PeerLeft left) {
            say(
                    Icon.PEER,
                    "Left: " + Format.safe(left.peer()) + "; " + Format.bytes(share.bytesSent())
                            + " sent to all so far");
        } else if (event instanceof DitsEvent.JoinRefused refused) {
            say(
                    Icon.WARNING,
                    "Refused a join from " + Format.safe(refused.address()) + ": " + Format.safe(refused.reason()));
        } else if (event instanceof DitsEvent.CodeLocked locked) {
            context.say(
                    Icon.WARNING,
                    "Too many wrong codes were tried: code " + Format.safe(locked.invite())
                            + "-... lets nobody in any more. 'dits p2p rearm' makes a new one; those who have joined stay");
        } else if (event instanceof DitsEvent.ClockSkew skew) {
            context.warn("the clock of " + Format.safe(skew.peer()) + " is "
                    + Format.duration(skew.ahead().abs()) + (skew.ahead().isNegative() ? " behind" : " ahead of")
                    + " this machine's; one of them is wrong, and what expires does so by this one");
        } else if (event instanceof DitsEvent.Lagging lagging) {
            context.warn("the files here stay behind branch " + Format.safe(lagging.branch()) + ": "
                    + Follower.paths(lagging.paths()));
        } else if (event instanceof DitsEvent.SyncProblem problem) {
            context.warn(Format.safe(problem.reason()));
        } else if (event instanceof DitsEvent.CodeChanged) {
            context.say(Icon.CODE, "New join code: " + context.bold(share.joinCode()));
        } else if (event instanceof DitsEvent.AutoCommitted made) {
            autoCommitted = made.commit();
            say(Icon.NEWS, "Committed " + made.commit().abbreviated() + ": " + Format.safe(made.message()));
        } else if (event instanceof DitsEvent.WatchProblem problem) {
            context.warn(WatchReport.problem(problem.trouble(), problem.reason()));
        } else if (event instanceof DitsEvent.WatchResolved resolved) {
            say(Icon.DONE, WatchReport.resolved(resolved.trouble()));
        } else if (event instanceof DitsEvent.BranchMoved moved
                && !moved.commit().equals(autoCommitted)) {
            say(
                    Icon.NEWS,
                    "Branch " + Format.safe(moved.branch()) + " is at "
                            + moved.commit().abbreviated()
                            + (moved.peer().isEmpty() ? "" : ", pushed by " + Format.safe(moved.peer())));
        }
    }

    /** In the background the terminal is a log, whose lines need their time. */
    private void say(Icon icon, String line) {
        context.say(icon, detached ? RunningReport.time(Instant.now()) + " " + line : line);
    }
}
