package dev.dits.cli;

import dev.dits.repo.ChunkDiff;
import dev.dits.repo.FileDiff;
import dev.dits.repo.FileVersion;
import dev.dits.repo.TextDiff;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;

/** A difference as JSON: {@code docs/guide/json.md}, "diff". */
final class JsonDiff {
    private JsonDiff() {}

    /**
     * Writes a difference as an object.
     *
     * @param figures whether the versions are read, to say how much differs
     */
    static void write(JsonOutput out, FileDiff difference, boolean figures) throws IOException {
        out.object()
                .field("kind", difference.kind().name().toLowerCase(Locale.ROOT))
                .field("path", difference.path())
                .field("from", difference.from().orElse(null));
        version(out, "before", difference.before());
        version(out, "after", difference.after());
        boolean counts = figures
                && difference.kind() != FileDiff.Kind.RENAMED
                && difference.kind() != FileDiff.Kind.MODE_CHANGED;
        lines(out, counts ? difference.text(0) : Optional.empty());
        chunks(out, counts ? difference.chunks() : Optional.empty());
        out.end();
    }

    private static void version(JsonOutput out, String name, Optional<FileVersion> version) throws IOException {
        if (version.isEmpty()) {
            out.field(name, (String) null);
            return;
        }
        FileVersion is = version.get();
        out.object(name)
                .field("type", is.type().name().toLowerCase(Locale.ROOT))
                .field("mode", mode(is.mode()))
                .field("size", is.size());
        if (is.target().isPresent()) {
            out.field("target", is.target().get().bytes());
        } else {
            out.field("target", (String) null);
        }
        out.end();
    }

    static String mode(int mode) {
        return String.format(Locale.ROOT, "%04o", mode);
    }

    private static void lines(JsonOutput out, Optional<TextDiff> text) throws IOException {
        if (text.isEmpty()) {
            out.field("lines", (String) null);
        } else {
            out.object("lines")
                    .field("added", text.get().addedCount())
                    .field("removed", text.get().removedCount())
                    .end();
        }
    }

    private static void chunks(JsonOutput out, Optional<ChunkDiff> chunks) throws IOException {
        if (chunks.isEmpty()) {
            out.field("chunks", (String) null);
        } else {
            out.object("chunks")
                    .field("before", chunks.get().chunksBefore())
                    .field("after", chunks.get().chunksAfter())
                    .field("new", chunks.get().chunksNew())
                    .field("newBytes", chunks.get().bytesNew())
                    .field("newShare", chunks.get().newShare())
                    .end();
        }
    }
}
