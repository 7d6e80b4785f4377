package dev.dits.cli;

import dev.dits.Invite;
import dev.dits.InviteOptions;
import dev.dits.RunningShare;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "invite",
        description = {
            "Make another join code or ticket for a share that runs, with what it grants; list them, or end one.",
            "Codes die with the share. Who joined by one stays; 'dits p2p revoke' ends that."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits p2p invite --once                    a code for one more peer",
            "  dits p2p invite --read-only --branch main --for 1h",
            "  dits p2p invite --read-only --path renders --access-for 7d",
            "  dits p2p invite --ticket --ticket-file ci.ticket",
            "  dits p2p invite --list",
            "  dits p2p invite --withdraw 7KQM"
        })
final class InviteCommand implements Callable<Integer> {
    private final Context context;

    @Mixin
    private ShareChoice share = new ShareChoice();

    @Option(names = "--read-only", description = "Whoever joins by it may read, not push.")
    private boolean readOnly;

    @Option(names = "--branch", paramLabel = "NAME", description = "Show this branch only. May be repeated.")
    private List<String> branches = List.of();

    @Option(
            names = "--path",
            paramLabel = "PATH",
            description =
                    "Show this file or folder only. May be repeated. Ranges of it can be read; whole pulls need all.")
    private List<String> paths = List.of();

    @Option(
            names = "--for",
            paramLabel = "TIME",
            description = "How long it lets peers in: 30m, 8h, 7d. Default: no end.")
    private @Nullable String time;

    @Option(
            names = "--access-for",
            paramLabel = "TIME",
            description = "How long who joined has access. Default: no end.")
    private @Nullable String accessTime;

    @Option(names = "--once", description = "It lets one peer in.")
    private boolean once;

    @Option(names = "--ticket", description = "A ticket rather than a code: long, with the addresses inside.")
    private boolean ticket;

    @Option(
            names = "--ticket-file",
            paramLabel = "FILE",
            description = "Write the ticket to a file that only you can read, not to the terminal.")
    private @Nullable Path ticketFile;

    @Option(names = "--list", description = "List what lets peers in.")
    private boolean list;

    @Option(
            names = "--withdraw",
            paramLabel = "ID",
            description = "Let nobody else in by this one, as --list names it.")
    private @Nullable String withdrawn;

    @Mixin
    private JsonOption json = new JsonOption();

    InviteCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        Usage.require(!list || withdrawn == null, "--list and --withdraw are two commands");
        if (list) {
            list(share.choose(context));
            return ExitCode.OK;
        }
        if (withdrawn != null) {
            return withdraw(share.choose(context), withdrawn);
        }
        make();
        return ExitCode.OK;
    }

    private void make() throws IOException, InterruptedException {
        InviteOptions options = InviteOptions.defaults()
                .withReadOnly(readOnly)
                .withBranches(branches)
                .withPaths(paths)
                .withOnce(once)
                .withKind(ticket || ticketFile != null ? Invite.Kind.TICKET : Invite.Kind.CODE);
        branches.forEach(Usage::requireBranchName);
        if (time != null) {
            options = options.withValidFor(Usage.duration("--for", time));
        }
        if (accessTime != null) {
            options = options.withAccessFor(Usage.duration("--access-for", accessTime));
        }
        RunningShare chosen = share.choose(context);
        Invite invite = chosen.invite(options);
        if (ticketFile != null) {
            OwnerFile.write(context.path(ticketFile), invite.secret() + "\n");
        }
        if (json.requested()) {
            try (JsonOutput out = JsonOutput.open(context)) {
                write(out, invite);
            }
            return;
        }
        if (invite.kind() == Invite.Kind.CODE) {
            context.say(Icon.CODE, "Join code: " + context.bold(invite.secret()));
            for (InetSocketAddress address : chosen.addresses()) {
                context.say("  dits p2p connect " + invite.secret() + "@" + Format.address(address) + " DIR");
            }
        } else {
            context.say(
                    Icon.TICKET,
                    ticketFile == null ? "Ticket: " + invite.secret() : "Ticket: in " + Context.show(ticketFile));
        }
        context.say("Grants: " + grants(invite) + " of " + Format.safe(chosen.name()) + " at "
                + Context.show(chosen.root()));
        context.say("'dits p2p invite --withdraw " + invite.id() + "' lets nobody else in by it.");
    }

    private static String grants(Invite invite) {
        return (invite.readOnly() ? "read-only" : "read-write")
                + (invite.once() ? ", for one peer" : "")
                + (invite.expires() == null ? "" : ", to join until " + RunningReport.time(invite.expires()));
    }

    private void list(RunningShare chosen) throws IOException, InterruptedException {
        List<Invite> invites = chosen.invites();
        if (json.requested()) {
            try (JsonOutput out = JsonOutput.open(context)) {
                out.object().array("invites");
                for (Invite invite : invites) {
                    write(out, invite);
                }
                out.end().end();
            }
            return;
        }
        for (Invite invite : invites) {
            context.say("- " + (invite.kind() == Invite.Kind.CODE ? "Join code: " : "Ticket: ") + invite.secret());
            context.say("  Grants: " + grants(invite) + (invite.used() ? ", used" : ""));
            context.say("  Id: " + invite.id());
        }
        if (invites.isEmpty()) {
            context.say(
                    "Nothing lets peers in; 'dits p2p invite' makes a code, 'dits p2p rearm' the share's own anew.");
        }
    }

    private static void write(JsonOutput out, Invite invite) throws IOException {
        out.object()
                .field("id", invite.id())
                .field("kind", invite.kind().name().toLowerCase(Locale.ROOT))
                .field("secret", invite.secret())
                .field("readOnly", invite.readOnly())
                .field("once", invite.once())
                .field("used", invite.used())
                .field("expires", invite.expires())
                .end();
    }

    private int withdraw(RunningShare chosen, String id) throws IOException, InterruptedException {
        if (chosen.withdraw(id)) {
            context.say(Icon.DONE, "Nobody else gets in by " + Format.safe(id) + "; who joined by it stays.");
            return ExitCode.OK;
        }
        context.warn("there is no invitation " + Format.safe(id) + "; 'dits p2p invite --list' lists them");
        return ExitCode.FAILURE;
    }
}
