package dev.dits.cli;

import dev.dits.repo.DiffVisitor;
import dev.dits.repo.FileDiff;
import dev.dits.repo.TextDiff;
import java.io.IOException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How differences are shown: the options that {@code diff} and {@code show} share. */
final class DiffFormat {
    @Option(names = "--stat", description = "How much differs: lines of texts, chunks of anything else.")
    private boolean stat;

    @Option(names = "--name-only", description = "The paths alone, one a line.")
    private boolean nameOnly;

    @Option(
            names = {"-U", "--unified"},
            paramLabel = "LINES",
            defaultValue = "3",
            description = "Lines shown around each change. Default: ${DEFAULT-VALUE}.")
    private int contextLines = 3;

    @Option(names = "--no-renames", description = "Show a rename as a removal and an addition.")
    private boolean noRenames;

    @Mixin
    private JsonOption json = new JsonOption();

    void checkUsage() {
        Usage.require(!stat || !nameOnly, "--stat and --name-only exclude each other");
        Usage.require(!json.requested() || !nameOnly, "--json and --name-only exclude each other");
        Usage.require(contextLines >= 0 && contextLines <= TextDiff.CONTEXT_MAX, "-U takes 0 or a positive number");
    }

    boolean json() {
        return json.requested();
    }

    boolean renames() {
        return !noRenames;
    }

    /** Lists what differs, and says nothing where nothing does. */
    interface Report extends DiffVisitor, AutoCloseable {
        /** Ends the list. */
        @Override
        void close() throws IOException;
    }

    /** For people, and for programs that read patches. */
    Report text(Context context) {
        return nameOnly
                ? new NameReport(context)
                : stat ? new StatReport(context) : new PatchReport(context, contextLines);
    }

    /** Writes a difference into an object or array that is open. */
    void write(JsonOutput out, FileDiff difference) throws IOException {
        JsonDiff.write(out, difference, stat);
    }

    /** Ends a comparison that nobody reads any more. */
    static final class ReaderGone extends IOException {
        private static final long serialVersionUID = 1L;

        ReaderGone() {
            super("nobody reads the output any more");
        }

        static void check(Context context) throws ReaderGone {
            if (context.out().checkError()) {
                throw new ReaderGone();
            }
        }
    }
}
