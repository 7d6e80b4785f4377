package dev.dits.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        description = {
            "Print a script that completes commands, options, branches and tags in a shell.",
            "Branches and tags are read from the repository's files; no Java is started for them."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  . <(dits completion bash)           in ~/.bashrc",
            "  . <(dits completion zsh)            in ~/.zshrc",
            "  dits completion fish | source       in ~/.config/fish/config.fish"
        })
final class CompletionCommand implements Callable<Integer> {
    private static final List<String> SHELLS = List.of("bash", "zsh", "fish");

    /** For the help and for completion itself. */
    static final class Shells extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Shells() {
            super(SHELLS);
        }
    }

    private final Context context;

    @Parameters(
            paramLabel = "SHELL",
            completionCandidates = Shells.class,
            description = "One of ${COMPLETION-CANDIDATES}.")
    private String shell = "";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    CompletionCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        Usage.require(
                SHELLS.contains(shell), "there is a script for " + String.join(", ", SHELLS) + ", not for " + shell);
        CommandLine root = spec.root().commandLine();
        if (shell.equals("fish")) {
            context.out().print(resource("completion.fish"));
            fish(root, List.of());
        } else {
            // What picocli writes serves both; zsh takes it by its bashcompinit.
            context.out().print(AutoComplete.bash("dits", root).replace("\r\n", "\n"));
            context.out().print(resource("completion.bash"));
        }
        return ExitCode.OK;
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = CompletionCommand.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException(name + " is not in this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void fish(CommandLine command, List<String> path) {
        String here = "-n '__dits_at \"" + String.join(" ", path) + "\"'";
        for (CommandLine sub : visible(command)) {
            context.say("complete -c dits -f " + here + " -a " + sub.getCommandName() + " -d " + quoted(summary(sub)));
        }
        for (OptionSpec option : command.getCommandSpec().options()) {
            if (option.hidden() || (option.inherited() && !path.isEmpty())) {
                continue;
            }
            // Those of the top hold everywhere.
            StringBuilder line = new StringBuilder("complete -c dits ").append(path.isEmpty() ? "" : here);
            for (String name : option.names()) {
                line.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
            }
            if (option.arity().max() > 0) {
                line.append(" -r");
            }
            String[] description = option.description();
            context.say(line + (description.length == 0 ? "" : " -d " + quoted(firstSentence(description[0]))));
        }
        for (CommandLine sub : visible(command)) {
            List<String> below = new ArrayList<>(path);
            below.add(sub.getCommandName());
            fish(sub, below);
        }
    }

    private static List<CommandLine> visible(CommandLine command) {
        return command.getSubcommands().values().stream()
                .distinct()
                .filter(sub -> !sub.getCommandSpec().usageMessage().hidden())
                .toList();
    }

    private static String summary(CommandLine command) {
        String[] description = command.getCommandSpec().usageMessage().description();
        return description.length == 0 ? "" : firstSentence(description[0]);
    }

    private static String firstSentence(String text) {
        int end = text.indexOf(". ");
        String sentence = end < 0 ? text : text.substring(0, end + 1);
        return sentence.replaceAll("\\$\\{[^}]*}", "").replaceAll(" Default: *\\.?$", "");
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
