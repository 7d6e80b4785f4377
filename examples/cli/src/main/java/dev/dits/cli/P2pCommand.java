package dev.dits.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Groups what needs a peer. */
@Command(
        name = "p2p",
        description = "Share a repository, mount one, see and end what is shared and mounted.",
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits p2p share my-project             prints a join code",
            "  dits p2p connect 7KQM-4TX-9PZ copy    mounts it elsewhere",
            "  dits p2p status                       what is shared and mounted now"
        })
final class P2pCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
