package dev.dits.cli;

import dev.dits.Progress;
import java.time.Duration;
import java.util.Optional;

/**
 * How far something long is, ready to be shown.
 *
 * @param filesTotal 0 where it is not known
 * @param bytesTotal 0 where it is not known
 * @param bytesPerSecond recent speed; 0 where it is not known yet
 * @param note what else is worth knowing; may be empty
 */
record Step(
        long files,
        long filesTotal,
        long bytes,
        long bytesTotal,
        double bytesPerSecond,
        Optional<Duration> remaining,
        String note) {

    static Step of(Progress progress) {
        String note = switch (progress.phase()) {
            case STARTING -> "asking what there is";
            case PAUSED -> "paused";
            case FINISHING -> "making it durable";
            case MOVING, ENDED -> Format.bytes(progress.wireBytes()) + " on the wire";
        };
        return new Step(
                progress.filesDone(),
                progress.filesTotal(),
                progress.treeBytesDone(),
                progress.treeBytesTotal(),
                progress.bytesPerSecond(),
                progress.remaining(),
                note);
    }

    /** The end of it: what needed nothing was not counted on the way, and is in place all the same. */
    Step complete() {
        return new Step(
                Math.max(files, filesTotal),
                filesTotal,
                Math.max(bytes, bytesTotal),
                bytesTotal,
                bytesPerSecond,
                Optional.empty(),
                note);
    }

    /** {@code 1,204 of 5,881 files}. */
    String filesText() {
        return filesTotal == 0
                ? Format.count(files, "file")
                : Format.count(files) + " of " + Format.count(filesTotal, "file");
    }

    /** Everything in one line, for logs: {@code 45%, 120 MB of 270 MB, 1,204 of 5,881 files, 38.2 MB/s, 4 s left}. */
    String line() {
        StringBuilder line = new StringBuilder();
        if (bytesTotal > 0) {
            line.append(Math.min(100, 100 * Math.min(bytes, bytesTotal) / bytesTotal))
                    .append("%, ");
            line.append(Format.bytes(bytes)).append(" of ").append(Format.bytes(bytesTotal));
        } else {
            line.append(Format.bytes(bytes));
        }
        if (files > 0 || filesTotal > 0) {
            line.append(", ").append(filesText());
        }
        if (bytesPerSecond >= 1) {
            line.append(", ").append(Format.rate(bytesPerSecond));
        }
        remaining.ifPresent(
                left -> line.append(", ").append(Format.duration(left)).append(" left"));
        if (!note.isEmpty()) {
            line.append(", ").append(note);
        }
        return line.toString();
    }
}
