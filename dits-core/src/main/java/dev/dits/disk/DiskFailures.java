package dev.dits.disk;

import dev.dits.error.DiskFullException;
import dev.dits.error.DitsException;
import dev.dits.error.FileAccessException;
import dev.dits.object.Escaper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/** Says what a failure of the file system means: the JDK says it in words only. */
public final class DiskFailures {
    private static final int DIGITS_UNIT = 1024;

    private DiskFailures() {}

    /**
     * Finds out whether a failure means that there is no room.
     *
     * @param path what could not be written
     * @param failure what the file system said
     * @return a {@link DiskFullException} that names the path, the file system, what is free there and what to do; or the failure as it is
     */
    public static IOException explain(Path path, IOException failure) {
        return explain(path, 0, failure);
    }

    /**
     * The same where it is known how much was to be written.
     *
     * @param path what could not be written
     * @param neededBytes how much; 0 if it is not known
     * @param failure what the file system said
     * @return as {@link #explain(Path, IOException)}
     */
    public static IOException explain(Path path, long neededBytes, IOException failure) {
        if (failure instanceof DitsException) {
            return failure;
        }
        String message = words(failure);
        String what = ": could not write " + (neededBytes == 0 ? "" : size(neededBytes) + " to ")
                + Escaper.escape(path.toString());
        if (message.contains("no space left") || message.contains("not enough space")) {
            return new DiskFullException(
                    "the disk is full" + what + where(path) + "; free some space and try again", failure);
        }
        if (message.contains("quota exceeded")) {
            return new DiskFullException(
                    "the disk quota is used up" + what + where(path) + "; free some space and try again", failure);
        }
        return failure;
    }

    /**
     * Says at the border of the library what a failure of the file system means to the user: no room, no right to a file, or no descriptor left. Everything else, and
     * what is explained already, stays as it is.
     *
     * @param failure any failure
     * @return a {@link DiskFullException}, a {@link FileAccessException}, another {@link DitsException}, or the failure as it is
     */
    public static IOException translate(IOException failure) {
        if (!(failure instanceof DitsException) && words(failure).contains("too many open files")) {
            return new DitsException(
                    "this process, or the system, has as many files and sockets open as it may ("
                            + Escaper.escape(String.valueOf(failure.getMessage()))
                            + "); close some, or raise the limit (ulimit -n), and try again",
                    failure);
        }
        if (!(failure instanceof FileSystemException file) || file.getFile() == null) {
            return failure;
        }
        Path path;
        try {
            path = Path.of(file.getFile());
        } catch (InvalidPathException e) {
            return failure;
        }
        IOException explained = explain(path, failure);
        if (explained != failure) {
            return explained;
        }
        String message = words(failure);
        String shown = Escaper.escape(file.getFile());
        if (message.contains("read-only file system")) {
            return new FileAccessException(
                    shown,
                    "the file system of " + shown + " is mounted read-only; use another place, or mount it for writing",
                    failure);
        }
        if (failure instanceof AccessDeniedException
                || message.contains("permission denied")
                || message.contains("operation not permitted")) {
            return new FileAccessException(
                    shown,
                    "no permission for " + shown + owner(path)
                            + "; change its owner or mode, or run dits as a user who may use it",
                    failure);
        }
        return failure;
    }

    /**
     * Says what it means that a file could not be opened by {@link java.io.RandomAccessFile}, which tells everything by one exception.
     *
     * @param file which
     * @param failure what it said: the path, and the system's words in brackets
     * @return a {@link NoSuchFileException}, an {@link AccessDeniedException}, a {@link DiskFullException}, or another that names the file
     */
    public static IOException opening(Path file, FileNotFoundException failure) {
        String message = String.valueOf(failure.getMessage());
        int bracket = message.lastIndexOf('(');
        String reason =
                bracket >= 0 && message.endsWith(")") ? message.substring(bracket + 1, message.length() - 1) : message;
        IOException cause = reason.contains("No such file") || reason.contains("cannot find")
                ? new NoSuchFileException(file.toString())
                : reason.contains("Permission denied") || reason.contains("Access is denied")
                        ? new AccessDeniedException(file.toString(), null, reason)
                        : new FileSystemException(file.toString(), null, reason);
        cause.initCause(failure);
        return explain(file, cause);
    }

    private static String words(IOException failure) {
        return String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    }

    /** Which file system it is, and how much is free on it, as far as it can be told. */
    private static String where(Path path) {
        Path there = path.toAbsolutePath();
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        if (there == null) {
            return "";
        }
        try {
            FileStore store = Files.getFileStore(there);
            return " (file system " + Escaper.escape(store.toString()) + ", " + size(store.getUsableSpace()) + " of "
                    + size(store.getTotalSpace()) + " free)";
        } catch (IOException | SecurityException e) {
            return "";
        }
    }

    private static String owner(Path path) {
        Path there = path.toAbsolutePath();
        while (there != null && !Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
            there = there.getParent();
        }
        if (there == null) {
            return "";
        }
        try {
            return " (" + Escaper.escape(there.toString()) + " belongs to "
                    + Escaper.escape(
                            Files.getOwner(there, LinkOption.NOFOLLOW_LINKS).getName()) + ")";
        } catch (IOException | UnsupportedOperationException | SecurityException e) {
            return "";
        }
    }

    private static String size(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        double value = bytes;
        int unit = 0;
        while (value >= DIGITS_UNIT && unit < units.length - 1) {
            value /= DIGITS_UNIT;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    }
}
