package dev.dits.cli;

import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import dev.dits.repo.CommitLog;
import dev.dits.repo.LogEntry;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.Signers;
import dev.dits.repo.Verification;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "log",
        customSynopsis = "dits log [OPTIONS] [REVISION] [-- PATH...]",
        description = {
            "List commits, the latest first; with paths, those that changed something there.",
            "Of merged lines, one that left the paths as the other has them is passed over. Renames are not followed."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits log                     the last 50 commits",
            "  dits log --oneline -n 5 v1   five, from the tag v1 backwards",
            "  dits log -- takes/a.mov      the history of one file, or of a folder",
            "  dits log --json              for scripts: a JSON document a line"
        })
final class LogCommand extends RepositoryCommand {
    /** Commits that are read before the first of them is shown. */
    private static final int PAGE = 64;

    @Parameters(
            arity = "0..*",
            paramLabel = "REVISION",
            description = "Where to start. Default: HEAD. Paths stand behind '--'.")
    private List<String> arguments = List.of();

    @Option(
            names = {"-n", "--max-count"},
            paramLabel = "N",
            defaultValue = "50",
            description = "How many at most. Default: ${DEFAULT-VALUE}.")
    private int max = 50;

    @Option(names = "--oneline", description = "One line each.")
    private boolean oneLine;

    @Mixin
    private JsonOption json = new JsonOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    LogCommand(Context context) {
        super(context);
    }

    @Override
    void checkUsage() {
        Usage.require(max > 0, "-n takes a positive number");
        Usage.require(
                arguments.size() - argumentsBehindDashes() <= 1,
                "a history starts at one revision; put '--' before paths, as in 'dits log -- FILE'");
    }

    /** How many arguments stand behind a {@code --}: paths. */
    private int argumentsBehindDashes() {
        List<String> original = spec.commandLine().getParseResult().originalArgs();
        int dashes = original.indexOf("--");
        return dashes < 0 ? 0 : original.size() - dashes - 1;
    }

    @Override
    int run(Repository repository) throws IOException {
        int named = arguments.size() - argumentsBehindDashes();
        String revision = named == 0 ? "HEAD" : arguments.get(0);
        List<TreePath> paths = TreePaths.of(context, repository, arguments.subList(named, arguments.size()));
        if (repository.head().isEmpty() && revision.equals("HEAD")) {
            if (!json.requested()) {
                context.say("No commit yet; 'dits commit -m MESSAGE' makes the first.");
            }
            return ExitCode.OK;
        }
        Map<ObjectId, List<RefName>> names = repository.refs().entrySet().stream()
                .collect(Collectors.groupingBy(
                        Map.Entry::getValue, Collectors.mapping(Map.Entry::getKey, Collectors.toList())));
        CommitLog log = repository.history(revision, paths);
        Signers signers = repository.signers();
        // Where nobody reads any more, as behind 'head', the rest need not be read either.
        if (json.requested()) {
            try (JsonOutput out = JsonOutput.lines(context)) {
                int left = max;
                for (List<LogEntry> page = page(log, signers, left); !page.isEmpty(); page = page(log, signers, left)) {
                    for (LogEntry entry : page) {
                        if (out.readerGone()) {
                            return ExitCode.OK;
                        }
                        write(out, entry, signers, names.getOrDefault(entry.id(), List.of()));
                    }
                    left -= page.size();
                }
            }
            return ExitCode.OK;
        }
        int left = max;
        for (List<LogEntry> page = page(log, signers, left); !page.isEmpty(); page = page(log, signers, left)) {
            for (LogEntry entry : page) {
                if (context.out().checkError()) {
                    return ExitCode.OK;
                }
                say(entry, signers.verify(entry.commit()), names.getOrDefault(entry.id(), List.of()));
            }
            left -= page.size();
        }
        return ExitCode.OK;
    }

    /** The next commits, their signatures checked on all processors: after that it costs nothing to ask for one. */
    private static List<LogEntry> page(CommitLog log, Signers signers, int max) throws IOException {
        List<LogEntry> page = new ArrayList<>();
        while (page.size() < Math.min(max, PAGE)) {
            LogEntry entry = log.next();
            if (entry == null) {
                break;
            }
            page.add(entry);
        }
        List<Verification> unused =
                signers.verifyAll(page.stream().map(LogEntry::commit).toList());
        return page;
    }

    private static void write(JsonOutput out, LogEntry entry, Signers signers, List<RefName> refs) throws IOException {
        write(out.object(), entry, signers);
        out.array("refs");
        for (RefName ref : refs) {
            out.value(ref.value());
        }
        out.end().end();
    }

    /** The fields of a commit, into an object that is open. */
    static void write(JsonOutput out, LogEntry entry, Signers signers) throws IOException {
        Commit commit = entry.commit();
        out.field("id", entry.id()).array("parents");
        for (ObjectId parent : commit.parents()) {
            out.value(parent);
        }
        out.end()
                .field("author", commit.author())
                .field("time", commit.time())
                .field("message", commit.message())
                .field("tree", commit.tree().id())
                .field("files", commit.tree().files())
                .field("bytes", commit.tree().bytes());
        SignatureReport.write(out, signers.verify(commit));
    }

    private void say(LogEntry entry, Verification verification, List<RefName> refs) {
        String names = refs.isEmpty()
                ? ""
                : refs.stream().map(ref -> Format.safe(ref.shortName())).collect(Collectors.joining(", ", " (", ")"));
        if (oneLine) {
            context.say(context.bold(entry.id().abbreviated()) + names + " "
                    + Format.safe(entry.commit().message()).lines().findFirst().orElse("")
                    + SignatureReport.mark(context, verification));
            return;
        }
        context.say(context.bold("commit " + entry.id()) + names);
        say(context, entry.commit(), verification);
        context.say("");
    }

    /** What a commit says, but for its id. */
    static void say(Context context, Commit commit, Verification verification) {
        context.say("Author: " + Format.safe(commit.author()));
        context.say("Date:   " + Format.time(commit.time()));
        SignatureReport.say(context, verification);
        context.say("Size:   " + Format.bytes(commit.tree().bytes()) + " in "
                + Format.count(commit.tree().files(), "file"));
        context.say("");
        Format.safe(commit.message()).lines().forEach(line -> context.say("    " + line));
    }
}
