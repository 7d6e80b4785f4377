package dev.dits.cli;

import dev.dits.error.LocalChangesException;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CommitResult;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.watch.WatchEvent;
import dev.dits.watch.WatchOptions;
import dev.dits.watch.Watcher;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Stays, and says a line of each commit that is made by itself. */
final class CommitWatching {
    /** Says what was committed; for people, or as JSON. */
    interface Report {
        void say(CommitResult commit) throws IOException;
    }

    private final Context context;
    private final Repository repository;
    private final BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();

    CommitWatching(Context context, Repository repository) {
        this.context = context;
        this.repository = repository;
    }

    /** Goes on until Ctrl-C. */
    @SuppressWarnings("try") // watches, and is not used
    void run(WatchOptions options, Optional<Report> report) throws IOException, InterruptedException {
        context.resumeHint("What was not committed is in the folder as it is; the same command goes on with it.");
        try (Watcher watcher = Watcher.start(repository, options, events::add)) {
            if (report.isEmpty()) {
                context.say("Watching " + Context.show(repository.root()) + ": what changes is committed "
                        + WatchSwitches.settles(options) + " after it was last written. Ctrl-C ends.");
                context.out().flush();
            }
            while (true) {
                WatchEvent event = events.take();
                if (event instanceof WatchEvent.Committed made) {
                    if (report.isPresent()) {
                        report.get().say(made.commit());
                    } else {
                        say(made);
                    }
                    follow(made.commit());
                } else if (event instanceof WatchEvent.Problem problem) {
                    context.warn(WatchReport.problem(problem.trouble(), problem.reason()));
                } else if (event instanceof WatchEvent.Resolved resolved && report.isEmpty()) {
                    context.say(Icon.DONE, WatchReport.resolved(resolved.trouble()));
                }
                context.out().flush();
            }
        }
    }

    private void say(WatchEvent.Committed made) throws IOException {
        String branch = repository.currentBranch().map(RefName::shortName).orElse("no branch");
        context.say("[" + Format.safe(branch) + " " + made.commit().id().abbreviated() + "] "
                + Format.safe(made.message()).lines().findFirst().orElse(""));
        made.commit().merged().ifPresent(merged -> {
            context.say("  The branch had moved meanwhile; both are together in "
                    + merged.commit().abbreviated() + ".");
            MergeCommand.warnOfCopies(context, merged.copies());
        });
    }

    /** Brings in what others did, where a commit was merged with it. */
    private void follow(CommitResult made) {
        if (made.merged().isEmpty()) {
            return;
        }
        try {
            repository.follow(CheckoutOptions.defaults());
        } catch (LocalChangesException e) {
            // They are committed next, and then it follows.
            return;
        } catch (IOException e) {
            // In a mount, what the others did may have to be fetched, which whoever holds the mount does.
            context.warn("the files stay behind: " + Format.safe(String.valueOf(e.getMessage())));
        }
    }
}
