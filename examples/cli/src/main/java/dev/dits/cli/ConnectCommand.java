package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.DitsEvent;
import dev.dits.Mount;
import dev.dits.TransferResult;
import dev.dits.crypto.JoinCode;
import dev.dits.error.BranchMovedException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.PeerUnreachableException;
import dev.dits.error.SessionClosedException;
import dev.dits.repo.RefName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "connect",
        description = {
            "Mount a shared repository at a directory and pull all of it.",
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
            "  DITS_JOIN_CODE=... dits p2p connect ./assets"
        })
final class ConnectCommand implements Callable<Integer> {
    private final Context context;

    @Parameters(
            arity = "1..2",
            paramLabel = "[TARGET] DIR",
            hideParamSyntax = true,
            description = "What to connect to, and the directory to mount it at.")
    private List<String> arguments = List.of();

    @Option(names = "--code", paramLabel = "CODE", description = "The join code, where TARGET is an address.")
    private @Nullable String code;

    @Option(names = "--foreground", description = "Stay, and pull whatever the share commits, until Ctrl-C.")
    private boolean foreground;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

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
        Target target = Target.resolve(context, written, code);
        Path shown = Path.of(last);
        Path directory = context.path(shown);

        context.say(Icon.CONNECT, "Connecting to P2P repository...");
        context.say(Icon.TARGET, "Target: " + target.shown());
        context.say(Icon.FOLDER, "Local path: " + Context.show(shown));
        context.say(Icon.TIMEOUT, "Timeout: " + connection.timeoutSeconds() + "s");
        context.resumeHint("The same command goes on from here; what was verified stays.");
        try (Dits dits = Dits.open(connection.ditsOptions(context));
                Mount mount = dits.mount(target.value(), directory, connection.mountOptions(target.code()))) {
            BlockingQueue<DitsEvent> events = new LinkedBlockingQueue<>();
            mount.onEvent(events::add);
            context.say(Icon.DONE, "Connected to P2P repository!");
            context.say("   " + Format.safe(mount.shareName()) + (mount.readOnly() ? ", read-only" : "") + ", over "
                    + Format.safe(mount.path()));
            int result = pull(mount);
            context.say(Icon.FOLDER, "Repository mounted at: " + Context.show(shown));
            if (foreground) {
                follow(mount, events);
            } else {
                sayHowToGoOn(mount, shown);
            }
            return result;
        }
    }

    /** With a code in the environment one argument is the directory; who writes a code there has forgotten it. */
    private boolean isForgottenDirectory(String argument) {
        return argument.indexOf('-') > 0
                && JoinCode.looksLikeCode(argument)
                && !Files.exists(context.path(Path.of(argument)));
    }

    private int pull(Mount mount) throws IOException, InterruptedException {
        TransferResult result = Watch.await(context, mount.pull(), "Pulling");
        context.say("   " + TransferReport.summary(result.progress()));
        return TransferReport.refused(context, result);
    }

    private void sayHowToGoOn(Mount mount, Path shown) {
        context.say("");
        context.say("It is a full repository: cd " + Context.show(shown) + ", then 'dits status', 'dits log'.");
        context.say("'dits pull' fetches what the share commits from now on (--foreground does so by itself).");
        if (!mount.readOnly()) {
            context.say("'dits commit -m MESSAGE' and 'dits push' send what you change.");
        }
    }

    private void follow(Mount mount, BlockingQueue<DitsEvent> events) throws IOException, InterruptedException {
        context.say("Following the share; Ctrl-C ends.");
        context.resumeHint("The mount stays as it is; the same command follows the share again.");
        boolean behind = false;
        while (true) {
            DitsEvent event = events.take();
            if (event instanceof DitsEvent.BranchMoved moved) {
                behind = isNews(mount, moved);
            } else if (event instanceof DitsEvent.Disconnected) {
                context.say(Icon.WARNING, "Connection lost; looking for the share...");
            } else if (event instanceof DitsEvent.Connected connected) {
                context.say(Icon.DONE, "Connected again, to " + Format.safe(connected.address()));
                // What moved while nobody could tell is not announced again.
                behind = true;
            }
            if (behind) {
                behind = !tryPull(mount);
            }
        }
    }

    private boolean isNews(Mount mount, DitsEvent.BranchMoved moved) throws IOException {
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
    private boolean tryPull(Mount mount) throws IOException, InterruptedException {
        Optional<dev.dits.object.ObjectId> before = mount.repository().base();
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
        } catch (LocalChangesException | BranchMovedException e) {
            context.warn(Format.safe(String.valueOf(e.getMessage())));
            return true;
        }
    }
}
