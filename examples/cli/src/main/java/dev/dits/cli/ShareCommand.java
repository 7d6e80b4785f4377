package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.DitsEvent;
import dev.dits.Share;
import dev.dits.ShareOptions;
import dev.dits.repo.CommitResult;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "share",
        description = {
            "Share a repository until Ctrl-C. Prints the join code that lets others mount it.",
            "Peers may push unless --read-only is given. The code dies with the share."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits p2p share                              the repository around this directory",
            "  dits p2p share --init ./photos              make it a repository and commit first",
            "  dits p2p share --name \"VFX Project v2\" --port 8080",
            "  dits p2p share --bind 192.168.1.100 --read-only"
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

    @Option(names = "--init", description = "If it is no repository yet, make it one and commit what is there.")
    private boolean init;

    @Option(names = "--read-only", description = "Peers may read, not push.")
    private boolean readOnly;

    @Option(
            names = "--ticket",
            description =
                    "Print a ticket too: a long code for 'connect' that has the addresses inside. As secret as the code.")
    private boolean ticket;

    ShareCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        ShareOptions options = options();
        Path root = root();
        context.resumeHint(
                "Sharing has ended and its join code is dead; the same command shares again under a new one.");
        try (Dits dits = Dits.open(context.ditsOptions().withBindAddress(options.bindAddress()));
                Share share = dits.share(root, options)) {
            share.onEvent(event -> show(share, event));
            announce(share);
            share.awaitClose();
        }
        return ExitCode.OK;
    }

    private ShareOptions options() {
        ShareOptions options = ShareOptions.defaults().withName(name).withReadOnly(readOnly);
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

    private void announce(Share share) throws IOException {
        context.say(Icon.SHARE, "P2P repository share active!");
        context.say(Icon.CODE, "Join code: " + context.bold(share.joinCode()));
        if (ticket) {
            context.say(Icon.TICKET, "Ticket: " + share.ticket());
        }
        context.say(Icon.LISTEN, "Listening on " + show(share.address()));
        context.say(Icon.FOLDER, "Repository: " + Context.show(share.root()));
        context.say("");
        if (share.lanOnly()) {
            context.say(
                    "LAN only: the code alone is found on the local network. From elsewhere, where this address can be reached:");
        }
        for (InetSocketAddress address : share.addresses()) {
            context.say("  dits p2p connect " + share.joinCode() + "@" + show(address) + " DIR");
        }
        context.say(
                share.readOnly()
                        ? "Peers can read; they cannot push."
                        : "Peers can read and push (--read-only keeps them from pushing).");
        if (share.repository().head().isEmpty()) {
            context.say("There is no commit yet: peers wait for the first, 'dits commit -m MESSAGE'.");
        } else if (share.uncommittedChanges() > 0) {
            context.warn(Format.count(share.uncommittedChanges(), "change")
                    + " not committed, so not shared; 'dits commit -m MESSAGE' in another shell shares them");
        }
        context.say("Ctrl-C ends sharing.");
        context.out().flush();
    }

    private void show(Share share, DitsEvent event) {
        if (event instanceof DitsEvent.PeerJoined joined) {
            context.say(Icon.PEER, "Joined: " + Format.safe(joined.peer()) + " from " + Format.safe(joined.address()));
        } else if (event instanceof DitsEvent.PeerLeft left) {
            context.say(
                    Icon.PEER,
                    "Left: " + Format.safe(left.peer()) + "; " + Format.bytes(share.bytesSent())
                            + " sent to all so far");
        } else if (event instanceof DitsEvent.JoinRefused refused) {
            context.say(
                    Icon.WARNING,
                    "Refused a join from " + Format.safe(refused.address()) + ": " + Format.safe(refused.reason()));
        } else if (event instanceof DitsEvent.CodeLocked locked) {
            context.say(
                    Icon.WARNING,
                    "Too many wrong codes were tried: code " + Format.safe(locked.invite())
                            + "-... lets nobody in any more. 'dits p2p rearm' makes a new one; those who have joined stay");
        } else if (event instanceof DitsEvent.CodeChanged) {
            context.say(Icon.CODE, "New join code: " + context.bold(share.joinCode()));
        } else if (event instanceof DitsEvent.BranchMoved moved) {
            context.say(
                    Icon.NEWS,
                    "Branch " + Format.safe(moved.branch()) + " is at "
                            + moved.commit().abbreviated()
                            + (moved.peer().isEmpty() ? "" : ", pushed by " + Format.safe(moved.peer())));
        }
    }

    private static String show(InetSocketAddress address) {
        String host = address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}
