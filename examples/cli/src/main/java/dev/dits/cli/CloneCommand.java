package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.TransferResult;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.repo.FsckReport;
import dev.dits.repo.Repository;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "clone",
        description = {
            "Copy a shared repository for keeping: every branch and tag, and what every file of every commit contains. All of it is",
            "checked, and the connection ended; the copy needs its share no more. 'dits pull' and 'dits push' connect again.",
            "Repeated on the same directory it goes on where it stopped."
        },
        customSynopsis = "dits clone [OPTIONS] [TARGET] DIR",
        footerHeading = "%nTARGET is what 'dits p2p connect' takes: a code, CODE@HOST:PORT, a ticket, or '-'.%n",
        footer = {
            "A clone takes the space of the files once more, compressed: 'dits p2p connect' makes a mount, which does not.",
            "",
            "Examples:",
            "  dits clone 7KQM-4TX-9PZ ./project",
            "  DITS_TICKET=... dits clone ./project"
        })
final class CloneCommand implements Callable<Integer> {
    private final Context context;

    @Parameters(
            arity = "1..2",
            paramLabel = "[TARGET] DIR",
            hideParamSyntax = true,
            description = "What to copy, and the directory to copy it to.")
    private List<String> arguments = List.of();

    @Option(names = "--code", paramLabel = "CODE", description = "The join code, where TARGET is an address.")
    private @Nullable String code;

    @Option(
            names = "--path",
            paramLabel = "GLOB",
            description =
                    "Keep the content of this part of the tree only, such as 'takes/**'; may be repeated. The rest stays promised by the share.")
    private List<String> paths = List.of();

    @Option(names = "--branch", paramLabel = "NAME", description = "Copy this branch only; may be repeated.")
    private List<String> branches = List.of();

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    CloneCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        String written = arguments.size() == 2 ? arguments.get(0) : null;
        Usage.require(
                written != null || Target.inEnvironment(context),
                "give a target and the directory to copy it to: dits clone CODE DIR");
        SelectionOptions.check(paths, branches);
        Target target = Target.resolve(context, written, code);
        Path shown = Path.of(arguments.get(arguments.size() - 1));
        Path directory = context.path(shown);
        context.say(Icon.CONNECT, "Cloning " + target.shown() + " to " + Context.show(shown));
        context.resumeHint("The same command goes on from here; what was verified stays.");
        if (Held.at(context, directory).isPresent()) {
            throw new DitsException(Context.show(shown) + " is mounted; 'dits p2p unmount " + Context.show(shown)
                    + "' ends that, then clone to it, or name another directory");
        }
        TransferResult fetched;
        TransferResult pulled;
        boolean readOnly;
        Path root;
        try (Dits dits = Dits.open(connection.ditsOptions(context));
                Mount mount = dits.mount(
                        target.value(),
                        directory,
                        SelectionOptions.with(connection.mountOptions(target.code()), paths, branches))) {
            context.say(Icon.DONE, "Connected to " + Format.safe(mount.shareName()));
            fetched = Watch.await(context, mount.fetchAll(), "Fetching");
            context.say("   " + TransferReport.summary(fetched.progress()));
            pulled = Watch.await(context, mount.pull(), "Writing");
            readOnly = mount.readOnly();
            root = mount.root();
        }
        // Without the share, and without the node's cache: what is not here is not here.
        try (Repository copy = RepositoryCommand.open(root)) {
            context.say("Checking all of it...");
            SelectCommand.warnIfNothing(context, copy, copy.selection());
            verify(copy.fsck(bytes -> {}), copy.selection().isAll());
            context.say(
                    Icon.FOLDER,
                    "Cloned to " + Context.show(shown) + ", verified: "
                            + Format.count(copy.branches().size(), "branch") + "; the files are at "
                            + pulled.commit().abbreviated());
        }
        context.say("'dits pull' there brings what the share commits later"
                + (readOnly ? "." : ", 'dits push' sends what you commit."));
        int notFetched = TransferReport.refused(context, fetched);
        int notWritten = TransferReport.refused(context, pulled);
        return notFetched != ExitCode.OK ? notFetched : notWritten;
    }

    /** A copy for keeping is whole, or it is none. */
    private static void verify(FsckReport report, boolean all) throws DitsException {
        if (!report.clean()) {
            throw new CorruptObjectException("what arrived is not whole; 'dits fsck' there lists what is damaged");
        }
        if (all && report.promisedCount() > 0) {
            throw new DitsException(Format.count(report.promisedCount(), "object")
                    + " are not here; the same command again brings them");
        }
    }
}
