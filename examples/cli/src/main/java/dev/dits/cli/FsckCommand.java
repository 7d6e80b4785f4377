package dev.dits.cli;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ObjectId;
import dev.dits.repo.FsckReport;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "fsck",
        description = {
            "Read and verify everything in the repository.",
            "What a share has promised, and can be fetched again, is told from what is lost."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits fsck && echo sound              exit code 1 tells of damage",
            "  dits fsck --json | jq .lostCount     for scripts: one JSON document"
        })
final class FsckCommand extends RepositoryCommand {
    private static final int SHOWN_MAX = 20;

    @Mixin
    private JsonOption json = new JsonOption();

    FsckCommand(Context context) {
        super(context);
    }

    @Override
    int run(Repository repository) throws IOException {
        FsckReport report;
        try {
            report = check(context, repository);
        } catch (CorruptObjectException e) {
            // Damage to what leads to the rest; nothing more can be listed.
            if (json.requested()) {
                try (JsonOutput out = JsonOutput.open(context)) {
                    out.object()
                            .field("clean", false)
                            .array("problems")
                            .value(e.getMessage())
                            .end()
                            .end();
                }
                return damaged();
            }
            context.say("  " + Format.safe(String.valueOf(e.getMessage())));
            return damaged();
        }
        if (json.requested()) {
            write(report);
            return report.clean() ? ExitCode.OK : damaged();
        }
        context.say("Read " + Format.count(report.packs().records(), "record") + ", "
                + Format.bytes(report.packs().bytes()) + " of packs; " + Format.count(report.objects(), "object")
                + " and " + Format.count(report.chunks(), "chunk") + " are named by branches and tags.");
        if (report.promisedCount() > 0) {
            context.say(Format.count(report.promisedCount()) + " of them are not here but promised by the share.");
        }
        if (report.clean()) {
            context.say("Nothing is wrong.");
            return ExitCode.OK;
        }
        for (String line : damage(report)) {
            context.say("  " + line);
        }
        return damaged();
    }

    private void write(FsckReport report) throws IOException {
        try (JsonOutput out = JsonOutput.open(context)) {
            out.object().field("clean", report.clean()).array("problems");
            for (String problem : report.problems()) {
                out.value(problem);
            }
            out.end()
                    .field("records", report.packs().records())
                    .field("packBytes", report.packs().bytes())
                    .field("objects", report.objects())
                    .field("chunks", report.chunks())
                    .field("promisedCount", report.promisedCount())
                    .array("damagedFiles");
            for (String file : report.packs().damagedFiles()) {
                out.value(file);
            }
            ids(out.end(), "corrupt", report.packs().corruptObjects());
            ids(out.field("corruptCount", report.packs().corruptObjectCount()), "lost", report.lost());
            out.field("lostCount", report.lostCount()).end();
        }
    }

    private static void ids(JsonOutput out, String name, List<ObjectId> ids) throws IOException {
        out.array(name);
        for (ObjectId id : ids) {
            out.value(id);
        }
        out.end();
    }

    private int damaged() {
        context.warn("the repository is damaged; in a mount, 'dits pull' fetches again what the share has,"
                + " otherwise restore it from a copy");
        return ExitCode.FAILURE;
    }

    static FsckReport check(Context context, Repository repository) throws IOException {
        ReentrantLock lock = new ReentrantLock();
        RateMeter rate = new RateMeter(context.nanoClock());
        try (ProgressView view = ProgressView.open(context, "Checking")) {
            return repository.fsck(bytes -> {
                lock.lock();
                try {
                    view.show(new Step(0, 0, bytes, 0, rate.at(bytes), Optional.empty(), "of packs read"));
                } finally {
                    lock.unlock();
                }
            });
        }
    }

    /** What is wrong, in words, at most a screenful of each kind. */
    static List<String> damage(FsckReport report) {
        List<String> lines = new ArrayList<>();
        report.problems().forEach(problem -> lines.add(Format.safe(problem)));
        report.packs().damagedFiles().stream()
                .limit(SHOWN_MAX)
                .forEach(file -> lines.add("damaged: " + Format.safe(file)));
        add(
                lines,
                "cannot be read: ",
                report.packs().corruptObjects(),
                report.packs().corruptObjectCount());
        add(lines, "lost: ", report.lost(), report.lostCount());
        return lines;
    }

    private static void add(List<String> lines, String what, List<ObjectId> ids, long count) {
        ids.stream().limit(SHOWN_MAX).forEach(id -> lines.add(what + id));
        if (count > SHOWN_MAX) {
            lines.add(what + "and " + Format.count(count - Math.min(SHOWN_MAX, ids.size())) + " more");
        }
    }
}
