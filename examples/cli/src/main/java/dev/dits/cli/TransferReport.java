package dev.dits.cli;

import dev.dits.Progress;
import dev.dits.TransferResult;
import java.io.IOException;
import java.util.List;

/** What is said after a transfer. */
final class TransferReport {
    private static final int REFUSED_SHOWN_MAX = 10;

    private TransferReport() {}

    /** Bytes on the wire beside bytes of the tree. */
    static String summary(Progress progress) {
        StringBuilder text = new StringBuilder();
        text.append(Format.count(progress.filesTotal(), "file"))
                .append(", ")
                .append(Format.bytes(progress.treeBytesTotal()))
                .append("; ")
                .append(Format.bytes(progress.wireBytes()))
                .append(" on the wire");
        if (progress.treeBytesTotal() > 0) {
            text.append(" (")
                    .append(Format.percent(progress.wireBytes(), progress.treeBytesTotal()))
                    .append(")");
        }
        if (progress.reusedBytes() > 0) {
            text.append(", ").append(Format.bytes(progress.reusedBytes())).append(" were here already");
        }
        text.append("; ").append(Format.duration(progress.elapsed()));
        double seconds = progress.elapsed().toNanos() * 1e-9;
        // After a small change most of the tree was not looked at: a rate of the rest would say nothing.
        if (seconds > 0 && progress.treeBytesTotal() > 0 && progress.treeBytesDone() >= progress.treeBytesTotal()) {
            text.append(", ").append(Format.rate(progress.treeBytesDone() / seconds));
        }
        return text.toString();
    }

    /** What a transfer did, as JSON. */
    static void write(Context context, String shareName, TransferResult result) throws IOException {
        Progress progress = result.progress();
        try (JsonOutput out = JsonOutput.open(context)) {
            out.object()
                    .field("share", shareName)
                    .field("commit", result.commit())
                    .field("files", progress.filesTotal())
                    .field("bytes", progress.treeBytesTotal())
                    .field("wireBytes", progress.wireBytes())
                    .field("reusedBytes", progress.reusedBytes())
                    .field("seconds", progress.elapsed().toNanos() * 1e-9)
                    .array("refused");
            for (String refused : result.refused()) {
                out.value(refused);
            }
            out.end().end();
        }
    }

    /**
     * Warns of what was not written.
     *
     * @return an {@link ExitCode}: a tree with holes is no success
     */
    static int refused(Context context, TransferResult result) {
        List<String> refused = result.refused();
        if (refused.isEmpty()) {
            return ExitCode.OK;
        }
        for (String path : refused.subList(0, Math.min(REFUSED_SHOWN_MAX, refused.size()))) {
            context.warn("not written: " + Format.safe(path));
        }
        if (refused.size() > REFUSED_SHOWN_MAX) {
            context.warn("and " + Format.count(refused.size() - REFUSED_SHOWN_MAX) + " more");
        }
        context.warn("everything else is in place; what was not written does not count as deleted");
        return ExitCode.FAILURE;
    }
}
