package dev.dits.cli;

import dev.dits.RunningShare;
import dev.dits.Share;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/** What is said when a share has started, in this process or in the background. */
final class ShareReport {
    private final Context context;
    private final boolean withTicket;

    ShareReport(Context context, boolean withTicket) {
        this.context = context;
        this.withTicket = withTicket;
    }

    void say(Share share) throws IOException {
        sayHow(share.joinCode(), withTicket ? share.ticket() : "", share.address(), share.root());
        sayWhere(share.joinCode(), share.lanOnly(), share.addresses());
        sayWhat(share.readOnly(), share.repository().head().isEmpty(), share.uncommittedChanges(), share.watched());
    }

    void say(RunningShare share) throws IOException, InterruptedException {
        sayHow(share.joinCode(), withTicket ? share.ticket() : "", share.address(), share.root());
        sayWhere(share.joinCode(), share.lanOnly(), share.addresses());
        try (Repository repository = RepositoryCommand.open(share.root())) {
            sayWhat(share.readOnly(), repository.head().isEmpty(), share.uncommittedChanges(), share.watched());
        }
    }

    private void sayHow(String joinCode, String ticket, InetSocketAddress address, Path root) {
        context.say(Icon.SHARE, "P2P repository share active!");
        context.say(Icon.CODE, "Join code: " + context.bold(joinCode));
        if (!ticket.isEmpty()) {
            context.say(Icon.TICKET, "Ticket: " + ticket);
        }
        context.say(Icon.LISTEN, "Listening on " + Format.address(address));
        context.say(Icon.FOLDER, "Repository: " + Context.show(root));
        context.say("");
    }

    private void sayWhere(String joinCode, boolean lanOnly, List<InetSocketAddress> addresses) {
        if (!lanOnly) {
            context.say(
                    "The code is found from anywhere, by the tracker. Without it, where this address can be reached:");
        } else {
            context.say(
                    "LAN only: the code alone is found on the local network. From elsewhere, where this address can be reached:");
        }
        for (InetSocketAddress address : addresses) {
            context.say("  dits p2p connect " + joinCode + "@" + Format.address(address) + " DIR");
        }
    }

    private void sayWhat(boolean readOnly, boolean empty, long uncommittedChanges, boolean watched) {
        context.say(
                readOnly
                        ? "Peers can read; they cannot push."
                        : "Peers can read and push (--read-only keeps them from pushing).");
        if (watched) {
            context.say("What changes in the folder is committed by itself, and so shared.");
        } else if (empty) {
            context.say("There is no commit yet: peers wait for the first, 'dits commit -m MESSAGE'.");
        } else if (uncommittedChanges > 0) {
            context.warn(Format.count(uncommittedChanges, "change")
                    + " not committed, so not shared; 'dits commit -m MESSAGE' in another shell shares them");
        }
    }
}
