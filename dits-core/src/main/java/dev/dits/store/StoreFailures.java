package dev.dits.store;

import dev.dits.error.DitsException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Says what a failure of the file system means. */
final class StoreFailures {
    private StoreFailures() {}

    /** Names the path and what to do where the disk is full; other failures pass as they are. */
    static IOException explain(Path path, IOException failure) {
        if (failure instanceof DitsException) {
            return failure;
        }
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        if (message.contains("no space left") || message.contains("not enough space")) {
            return new DitsException(
                    "the disk is full: could not write " + path + "; free some space and try again", failure);
        }
        if (message.contains("quota exceeded")) {
            return new DitsException(
                    "the disk quota is used up: could not write " + path + "; free some space and try again", failure);
        }
        return failure;
    }
}
