package dev.dits.cli;

import dev.dits.repo.FileDiff;
import java.io.IOException;

/** The paths of what differs, one a line. */
record NameReport(Context context) implements DiffFormat.Report {
    @Override
    public void difference(FileDiff difference) throws IOException {
        context.say(Quoted.path(difference.path()));
        DiffFormat.ReaderGone.check(context);
    }

    @Override
    public void close() {}
}
