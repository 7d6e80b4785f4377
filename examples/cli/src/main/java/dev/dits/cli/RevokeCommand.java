package dev.dits.cli;

import dev.dits.Peer;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "revoke",
        description = {
            "End a peer's access to a share: its connections are closed at once, and it is refused from then on.",
            "What it has already stays with it. It may join again by a code or ticket that is still good."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  dits p2p revoke 3fa9c0b1d2e4", "  dits p2p revoke ann@laptop --share ./my-project"})
final class RevokeCommand implements Callable<Integer> {
    private final Context context;

    @Parameters(
            paramLabel = "PEER",
            description = "Its id, the beginning of it, or its name, as 'dits p2p peers' lists them.")
    private String peer = "";

    @Mixin
    private ShareChoice share = new ShareChoice();

    RevokeCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        Usage.require(!peer.isBlank(), "the peer is empty; 'dits p2p peers' lists them");
        Admission admission = Admission.choose(context, share);
        List<Peer> meant = admission.peers().stream()
                .filter(one -> one.id().startsWith(peer) || one.name().equals(peer))
                .toList();
        if (meant.size() != 1) {
            context.warn(
                    meant.isEmpty()
                            ? "no peer " + Format.safe(peer) + " has joined " + Context.show(admission.root())
                                    + "; 'dits p2p peers' lists who has"
                            : Format.count(meant.size()) + " peers are meant by " + Format.safe(peer)
                                    + "; give the whole id, as 'dits p2p peers' lists it");
            return ExitCode.FAILURE;
        }
        Peer one = meant.get(0);
        boolean revoked = admission.revoke(one.id());
        context.say(
                Icon.DONE,
                Format.safe(one.name()) + " (" + one.id() + ") "
                        + (revoked ? "has no access any more." : "had left already."));
        return ExitCode.OK;
    }
}
