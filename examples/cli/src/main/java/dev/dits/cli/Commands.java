package dev.dits.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The top command and those below it, or only the one that a command line names: looking at all of them by reflection would cost every start
 * time.
 */
final class Commands {
    private final CommandLine top;
    private final @Nullable String only;

    Commands(Object top, @Nullable String only) {
        this.top = new CommandLine(top);
        this.only = only;
    }

    /** Adds a command, if it is wanted. */
    Commands addSubcommand(Object command) {
        String name = command instanceof CommandLine group
                ? group.getCommandName()
                : command.getClass().getAnnotation(Command.class).name();
        if (only == null || only.equals(name)) {
            top.addSubcommand(command);
        }
        return this;
    }

    CommandLine commandLine() {
        return top;
    }

    /**
     * Returns the word of a command line that is a command's name, if any is.
     *
     * @return the word; null where all commands are needed, as for their list
     */
    static @Nullable String named(String... args) {
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("-C")) {
                i++;
            } else if (!args[i].startsWith("-")) {
                // A script for a shell has them all.
                return args[i].equals("completion") ? null : args[i];
            } else if (args[i].equals("--help") || args[i].equals("-h")) {
                return null;
            }
        }
        return null;
    }
}
