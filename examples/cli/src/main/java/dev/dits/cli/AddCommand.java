package dev.dits.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** There is none; who comes from git looks for it. */
@Command(
        name = "add",
        description = {
            "Explains what to do instead: there is no staging area.",
            "'dits commit' records the whole working tree, new files included. Always ends with exit code 2, so that a script made for"
                    + " git does not go on to record more than it meant to."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits status                what the next commit will record",
            "  dits commit -m MESSAGE     record it",
            "  echo '*.tmp' >>.ditsignore    leave something out"
        })
final class AddCommand implements Callable<Integer> {
    private final Context context;

    @Parameters(arity = "0..*", paramLabel = "PATH", description = "Ignored.")
    @SuppressWarnings("unused") // so that whatever is given gets the explanation
    private List<String> paths = List.of();

    AddCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        context.err()
                .println(
                        "dits: there is no staging area to add anything to: 'dits commit -m MESSAGE' records the whole working tree as it is, new files included");
        context.err().println("'dits status' shows what that will be; what is to stay out is named in .ditsignore.");
        return ExitCode.USAGE;
    }
}
