package dev.dits.cli;

import dev.dits.repo.ChunkDiff;
import dev.dits.repo.FileDiff;
import dev.dits.repo.FileVersion;
import dev.dits.repo.TextDiff;
import java.io.IOException;
import java.util.Optional;

/** How much differs, a line for each file, and the sum of it. */
final class StatReport implements DiffFormat.Report {
    private static final int SIGNS_MAX = 40;

    private final Context context;
    private long count;
    private long linesAdded;
    private long linesRemoved;
    private long bytesNew;

    StatReport(Context context) {
        this.context = context;
    }

    static String word(FileDiff.Kind kind) {
        return switch (kind) {
            case ADDED -> "new:       ";
            case DELETED -> "deleted:   ";
            case MODIFIED -> "modified:  ";
            case MODE_CHANGED -> "mode:      ";
            case TYPE_CHANGED -> "type:      ";
            case RENAMED -> "renamed:   ";
        };
    }

    @Override
    public void difference(FileDiff difference) throws IOException {
        count++;
        String from = difference.from().map(path -> Quoted.path(path) + " -> ").orElse("");
        String detail = detail(difference);
        context.say("  " + word(difference.kind()) + from + Quoted.path(difference.path())
                + (detail.isEmpty() ? "" : " | " + detail));
        DiffFormat.ReaderGone.check(context);
    }

    private String detail(FileDiff difference) throws IOException {
        String modes = PatchReport.modes(difference).map(text -> "mode " + text).orElse("");
        boolean moved = difference.kind() == FileDiff.Kind.RENAMED || difference.kind() == FileDiff.Kind.MODE_CHANGED;
        String content = moved ? "" : content(difference);
        return content.isEmpty() || modes.isEmpty() ? content + modes : content + ", " + modes;
    }

    private String content(FileDiff difference) throws IOException {
        Optional<TextDiff> text = difference.text(0);
        if (text.isPresent()) {
            int added = text.get().addedCount();
            int removed = text.get().removedCount();
            linesAdded += added;
            linesRemoved += removed;
            return "+" + Format.count(added) + " -" + Format.count(removed) + signs(added, removed);
        }
        if (difference.kind() == FileDiff.Kind.DELETED) {
            return difference.before().map(StatReport::size).orElse("");
        }
        Optional<ChunkDiff> chunks = difference.chunks();
        chunks.ifPresent(diff -> bytesNew += diff.bytesNew());
        return sizes(difference, chunks);
    }

    private static String size(FileVersion version) {
        return switch (version.type()) {
            case FILE -> Format.bytes(version.size());
            case LINK ->
                "link"
                        + version.target()
                                .map(target -> " to " + target.display())
                                .orElse("");
            case DIRECTORY -> "directory";
        };
    }

    /** {@code 270 MB -> 271 MB, 12 of 4,134 chunks new, 780 kB (0.3%)}. */
    static String sizes(FileDiff difference, Optional<ChunkDiff> chunks) {
        String before =
                difference.before().map(version -> size(version) + " -> ").orElse("");
        String after = difference.after().map(StatReport::size).orElse("nothing");
        String shared = chunks.filter(diff -> difference.before().isPresent())
                .map(diff -> ", " + Format.count(diff.chunksNew()) + " of "
                        + Format.count(diff.chunksAfter(), "chunk") + " new, "
                        + Format.bytes(diff.bytesNew()) + " (" + Format.percent(diff.bytesNew(), diff.bytesAfter())
                        + ")")
                .orElse("");
        return before + after + shared;
    }

    /** A bar for the eye, where there is one. */
    private String signs(int added, int removed) {
        if (!context.fancy() || added + removed == 0) {
            return "";
        }
        double scale = Math.min(1, (double) SIGNS_MAX / ((double) added + removed));
        int plus = (int) Math.ceil(added * scale);
        int minus = (int) Math.ceil(removed * scale);
        return " " + context.green("+".repeat(plus)) + context.red("-".repeat(minus));
    }

    @Override
    public void close() {
        if (count > 0) {
            context.say(Format.count(count, "difference") + "; lines: +" + Format.count(linesAdded) + " -"
                    + Format.count(linesRemoved)
                    + (bytesNew > 0 ? "; other files: " + Format.bytes(bytesNew) + " new" : ""));
        }
    }
}
