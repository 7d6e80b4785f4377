package dev.dits.cli;

import dev.dits.Peer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "peers",
        description = {
            "List who has joined a share and may come back, connected or not; also while it is not shared.",
            "'dits p2p revoke' ends what one of them has."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  dits p2p peers", "  dits p2p peers --share ./my-project --json"})
final class PeersCommand implements Callable<Integer> {
    private final Context context;

    @Mixin
    private ShareChoice share = new ShareChoice();

    @Mixin
    private JsonOption json = new JsonOption();

    PeersCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        Admission admission = Admission.choose(context, share);
        List<Peer> peers = admission.peers();
        if (json.requested()) {
            write(peers);
            return ExitCode.OK;
        }
        for (Peer peer : peers) {
            context.say("- " + Format.safe(peer.name()) + "  (id " + peer.id() + ")");
            context.say("  " + (peer.connected() ? "Connected from " + Format.safe(peer.address()) : "Away")
                    + "; joined " + RunningReport.time(peer.joined()));
            context.say("  Access: " + access(peer));
        }
        if (peers.isEmpty()) {
            context.say("Nobody has joined " + Context.show(admission.root()) + ".");
        }
        return ExitCode.OK;
    }

    private static String access(Peer peer) {
        return (peer.readOnly() ? "read-only" : "read-write")
                + (peer.branches().isEmpty() ? "" : ", branches " + names(peer.branches()))
                + (peer.paths().isEmpty() ? "" : ", paths " + names(peer.paths()))
                + (peer.expires() == null ? "" : ", until " + RunningReport.time(peer.expires()));
    }

    private static String names(List<String> names) {
        return names.stream().map(Format::safe).collect(Collectors.joining(", "));
    }

    private void write(List<Peer> peers) throws IOException {
        try (JsonOutput out = JsonOutput.open(context)) {
            out.object().array("peers");
            for (Peer peer : peers) {
                out.object()
                        .field("id", peer.id())
                        .field("name", peer.name())
                        .field("connected", peer.connected())
                        .field("address", peer.connected() ? peer.address() : null)
                        .field("readOnly", peer.readOnly())
                        .array("branches");
                for (String branch : peer.branches()) {
                    out.value(branch);
                }
                out.end().array("paths");
                for (String path : peer.paths()) {
                    out.value(path);
                }
                out.end()
                        .field("joined", peer.joined())
                        .field("expires", peer.expires())
                        .end();
            }
            out.end().end();
        }
    }
}
