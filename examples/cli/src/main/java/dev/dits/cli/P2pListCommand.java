package dev.dits.cli;

import dev.dits.RunningMount;
import dev.dits.RunningNode;
import dev.dits.RunningShare;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "list",
        description = "List your shares and connections, a line each; 'dits p2p status' has more of each.",
        footerHeading = "%nExamples:%n",
        footer = {"  dits p2p list", "  dits p2p list --json"})
final class P2pListCommand implements Callable<Integer> {
    private static final String HEAD = "ID\tKIND\tCODE\tSTATE\tNAME\tDIRECTORY";

    private final Context context;

    @Mixin
    private JsonOption json = new JsonOption();

    P2pListCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        List<RunningNode> nodes = Held.nodesAtOnce(context);
        if (json.requested()) {
            RunningReport.write(context, nodes);
            return ExitCode.OK;
        }
        List<String[]> rows = new ArrayList<>();
        rows.add(HEAD.split("\t", -1));
        for (RunningShare share : Held.shares(nodes)) {
            rows.add(new String[] {
                share.id(),
                "share",
                share.joinCode(),
                Format.count(share.peerNames().size(), "peer"),
                Format.safe(share.name()),
                Context.show(share.root())
            });
        }
        for (RunningMount mount : Held.mounts(nodes)) {
            rows.add(new String[] {
                mount.id(),
                "mount",
                mount.nameplate().isEmpty() ? "-" : mount.nameplate() + "-***-***",
                mount.connected() ? "connected" : "searching",
                Format.safe(mount.shareName()),
                Context.show(mount.root())
            });
        }
        if (rows.size() == 1) {
            context.say("No active shares or connections.");
        } else {
            print(rows);
        }
        Held.warnOfSilent(context, nodes);
        return ExitCode.OK;
    }

    private void print(List<String[]> rows) {
        int columns = rows.get(0).length;
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns - 1; i++) {
                int column = i;
                int width = rows.stream()
                        .mapToInt(one -> one[column].length())
                        .max()
                        .orElse(0);
                line.append(row[i]).append(" ".repeat(width - row[i].length() + 2));
            }
            context.say(line.append(row[columns - 1]).toString());
        }
    }
}
