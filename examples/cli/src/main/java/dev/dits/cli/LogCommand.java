package dev.dits.cli;

import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import dev.dits.repo.LogEntry;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "log", description = "List commits, the latest first.")
final class LogCommand extends RepositoryCommand {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss xx", Locale.ROOT);

    @Parameters(arity = "0..1", paramLabel = "REVISION", defaultValue = "HEAD", description = "Where to start.")
    private String revision = "HEAD";

    @Option(
            names = {"-n", "--max-count"},
            paramLabel = "N",
            defaultValue = "50",
            description = "How many at most. Default: ${DEFAULT-VALUE}.")
    private int max = 50;

    @Option(names = "--oneline", description = "One line each.")
    private boolean oneLine;

    LogCommand(Context context) {
        super(context);
    }

    @Override
    void checkUsage() {
        Usage.require(max > 0, "-n takes a positive number");
    }

    @Override
    int run(Repository repository) throws IOException {
        if (repository.head().isEmpty() && revision.equals("HEAD")) {
            context.say("No commit yet; 'dits commit -m MESSAGE' makes the first.");
            return ExitCode.OK;
        }
        Map<ObjectId, String> names = repository.refs().entrySet().stream()
                .collect(Collectors.groupingBy(
                        Map.Entry::getValue,
                        Collectors.mapping(
                                entry -> entry.getKey(),
                                Collectors.collectingAndThen(Collectors.toList(), LogCommand::join))));
        List<LogEntry> log = repository.log(revision, max);
        for (LogEntry entry : log) {
            Commit commit = entry.commit();
            String refs = names.containsKey(entry.id()) ? " (" + names.get(entry.id()) + ")" : "";
            List<String> message = Format.safe(commit.message()).lines().toList();
            if (oneLine) {
                context.say(context.bold(entry.id().abbreviated()) + refs + " "
                        + (message.isEmpty() ? "" : message.get(0)));
                continue;
            }
            context.say(context.bold("commit " + entry.id()) + refs);
            context.say("Author: " + Format.safe(commit.author()));
            context.say("Date:   "
                    + TIME.format(commit.time()
                            .toInstant()
                            .atOffset(ZoneOffset.ofTotalSeconds(commit.time().offsetMinutes() * 60))));
            context.say("Size:   " + Format.bytes(commit.tree().bytes()) + " in "
                    + Format.count(commit.tree().files(), "file"));
            context.say("");
            message.forEach(line -> context.say("    " + line));
            context.say("");
        }
        return ExitCode.OK;
    }

    private static String join(List<RefName> refs) {
        return refs.stream().map(ref -> Format.safe(ref.shortName())).collect(Collectors.joining(", "));
    }
}
