package dev.dits.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The top of the command: what all of them have in common. */
@Command(
        name = "dits",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = DitsCommand.Version.class,
        description = {
            "Share a versioned directory under a short join code, mount it elsewhere.",
            "Encrypted end to end, no account, no server; only missing chunks travel."
        },
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:failed, or done but for entries that are named",
            "2:wrong usage",
            "3:the peer cannot be reached, or did not answer in time",
            "4:the join was rejected: code wrong, used, expired or locked, access revoked, or versions too far apart",
            "5:not a dits repository",
            "6:local changes, or a branch that moved, are in the way",
            "7:the port that was asked for is in use",
            "8:not permitted: by the share, or by the owner and mode of a file here",
            "9:the disk is full",
            "130:interrupted"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits p2p share --init my-project    share a directory; prints a join code",
            "  dits p2p connect CODE copy          mount it on another machine",
            "  dits clone CODE copy                copy it for keeping, with all of its history",
            "  dits commit -m \"Second take\"        record what changed",
            "  dits diff --stat                    how much that will be",
            "  dits restore notes.txt              undo a change, keeping a copy",
            "  dits pull                           fetch what the share committed since",
            "  dits demo                           see it work on this machine alone",
            "",
            "DITS_HOME is where the node keeps its cache (~/.dits).",
            "DITS_LAN has the interfaces to discover on: a list such as eth0,lo; or off.",
            "DITS_TRACKER is where peers meet beyond the local network: https://HOST or HOST:PORT."
        })
final class DitsCommand implements Runnable {
    private final Context context;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private DitsCommand(Context context) {
        this.context = context;
    }

    @Option(
            names = "-C",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description = "Run as if started in this directory.")
    void directory(Path directory) {
        context.directory(directory);
    }

    @Option(
            names = "--plain",
            scope = ScopeType.INHERIT,
            description = "No colour, no signs, no progress bar; as where output is no terminal.")
    void plain(boolean value) {
        context.plain(value);
    }

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Log to standard error; twice for more. Never logs codes or keys.")
    void verbose(boolean[] values) {
        Logging.level(values.length);
    }

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show where an error came from.")
    void debug(boolean value) {
        context.debug(value);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    /**
     * Runs a command line.
     *
     * @param context the process
     * @param args the command line
     * @return an {@link ExitCode}
     */
    static int run(Context context, String... args) {
        String named = Commands.named(args);
        CommandLine dits = commandLine(context, named);
        // Only among all commands can one be guessed that was misspelt.
        return (named != null && dits.getSubcommands().isEmpty() ? commandLine(context) : dits).execute(args);
    }

    static CommandLine commandLine(Context context) {
        return commandLine(context, null);
    }

    private static CommandLine commandLine(Context context, @Nullable String only) {
        Logging.level(0);
        CommandLine p2p = new Commands(new P2pCommand(), only == null || only.equals("p2p") ? null : "")
                .addSubcommand(new ShareCommand(context))
                .addSubcommand(new ConnectCommand(context))
                .addSubcommand(new PingCommand(context))
                .addSubcommand(new P2pStatusCommand(context))
                .addSubcommand(new P2pListCommand(context))
                .addSubcommand(new UnmountCommand(context))
                .addSubcommand(new StopCommand(context))
                .addSubcommand(new LimitCommand(context))
                .addSubcommand(new InviteCommand(context))
                .addSubcommand(new PeersCommand(context))
                .addSubcommand(new RevokeCommand(context))
                .addSubcommand(new RearmCommand(context))
                .addSubcommand(new Commands(new CacheCommand(), null)
                        .addSubcommand(new CacheCommand.Stats(context))
                        .addSubcommand(new CacheCommand.Clear(context))
                        .addSubcommand(new CacheCommand.Gc(context))
                        .commandLine())
                .addSubcommand(new SelectCommand(context))
                .addSubcommand(new HoldCommand(context))
                .commandLine();
        CommandLine dits = new Commands(new DitsCommand(context), only)
                .addSubcommand(new InitCommand(context))
                .addSubcommand(new StatusCommand(context))
                .addSubcommand(new LogCommand(context))
                .addSubcommand(new DiffCommand(context))
                .addSubcommand(new ShowCommand(context))
                .addSubcommand(new CommitCommand(context))
                .addSubcommand(new BranchCommand(context))
                .addSubcommand(new TagCommand(context))
                .addSubcommand(new SignersCommand(context))
                .addSubcommand(new CheckoutCommand(context))
                .addSubcommand(new MergeCommand(context))
                .addSubcommand(new ResetCommand(context))
                .addSubcommand(new RestoreCommand(context))
                .addSubcommand(new AddCommand(context))
                .addSubcommand(new FsckCommand(context))
                .addSubcommand(new GcCommand(context))
                .addSubcommand(new CloneCommand(context))
                .addSubcommand(new PullCommand(context))
                .addSubcommand(new PushCommand(context))
                .addSubcommand(p2p)
                .addSubcommand(new DemoCommand(context))
                .addSubcommand(new CompletionCommand(context))
                .addSubcommand(new TrainingCommand(context))
                .commandLine();
        dits.setOut(new PrintWriter(context.out(), true, StandardCharsets.UTF_8));
        dits.setErr(new PrintWriter(context.err(), true, StandardCharsets.UTF_8));
        dits.setColorScheme(CommandLine.Help.defaultColorScheme(
                context.fancy() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
        dits.setUsageHelpWidth(Math.max(80, Math.min(110, context.terminal().columns())));
        dits.setCaseInsensitiveEnumValuesAllowed(true);
        dits.setParameterExceptionHandler((e, arguments) -> {
            context.err().println("dits: " + Format.safe(String.valueOf(e.getMessage())));
            if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
                List<String> alike = unmatched.getSuggestions();
                if (!alike.isEmpty()) {
                    context.err().println("Did you mean " + Format.safe(String.join(" or ", alike)) + "?");
                }
            }
            CommandSpec failed = e.getCommandLine().getCommandSpec();
            context.err().println("Try '" + failed.qualifiedName() + " --help'.");
            return ExitCode.USAGE;
        });
        dits.setExecutionExceptionHandler((e, commandLine, result) -> Failures.report(context, e));
        return dits;
    }

    /** Reads the version that the build wrote. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() throws IOException {
            Properties properties = new Properties();
            try (InputStream in = DitsCommand.class.getResourceAsStream("version.properties")) {
                if (in != null) {
                    properties.load(in);
                }
            }
            return List.of("dits " + properties.getProperty("version", "unknown"))
                    .toArray(String[]::new);
        }
    }
}
