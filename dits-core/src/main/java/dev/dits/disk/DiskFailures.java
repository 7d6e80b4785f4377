package dev.dits.disk;

import dev.dits.error.DiskFullException;
import dev.dits.error.DitsException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Says what a failure of the file system means. */
public final class DiskFailures {
    private DiskFailures() {}

    /**
     * Finds out whether a failure means that there is no room. The JDK says so in a message only.
     *
     * @param path what could not be written
     * @param failure what the file system said
     * @return a {@link DiskFullException} that names the path and what to do, or the failure as it is
     */
    public static IOException explain(Path path, IOException failure) {
        if (failure instanceof DitsException) {
            return failure;
        }
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        if (message.contains("no space left") || message.contains("not enough space")) {
            return new DiskFullException(
                    "the disk is full: could not write " + path + "; free some space and try again", failure);
        }
        if (message.contains("quota exceeded")) {
            return new DiskFullException(
                    "the disk quota is used up: could not write " + path + "; free some space and try again", failure);
        }
        return failure;
    }
}
