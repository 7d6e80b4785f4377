package dev.dits.cli;

import dev.dits.crypto.InvitationFormatException;
import dev.dits.disk.DiskFailures;
import dev.dits.error.BranchMovedException;
import dev.dits.error.DiskFullException;
import dev.dits.error.FileAccessException;
import dev.dits.error.HistoryRewrittenException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.PeerUnreachableException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.PortInUseException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.error.RepositoryNotFoundException;
import dev.dits.error.SessionClosedException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What is said about a failure, and with what exit code. */
final class Failures {
    private Failures() {}

    /**
     * Reports a failure on standard error: {@code dits: what happened, to what, what to do}.
     *
     * @param context where to
     * @param thrown what was thrown
     * @return an {@link ExitCode}
     */
    static int report(Context context, Throwable thrown) {
        if (thrown instanceof Daemon.Failed failed) {
            failed.lines().forEach(line -> context.err().println(Format.safe(line)));
            return failed.code();
        }
        // What comes from the file system itself is raw: commands work on repositories without the facade.
        Throwable failure = thrown instanceof IOException io ? DiskFailures.translate(io) : thrown;
        int code = code(context, failure);
        if (code == ExitCode.INTERRUPTED) {
            String hint = context.resumeHint();
            context.err().println("Interrupted." + (hint == null ? "" : " " + hint));
        } else {
            context.err().println("dits: " + message(failure));
            if (failure instanceof Usage) {
                context.err().println("Try the same command with --help.");
            }
        }
        if (context.debug()) {
            failure.printStackTrace(context.err());
        }
        return code;
    }

    private static int code(Context context, Throwable failure) {
        if (failure instanceof InterruptedException
                || (context.interruption().fired()
                        && (failure instanceof CancellationException
                                || failure instanceof InterruptedIOException
                                || failure instanceof ClosedByInterruptException))) {
            return ExitCode.INTERRUPTED;
        }
        if (failure instanceof Usage || failure instanceof InvitationFormatException) {
            return ExitCode.USAGE;
        }
        if (failure instanceof JoinRejectedException) {
            return ExitCode.JOIN_REJECTED;
        }
        if (failure instanceof PeerUnreachableException
                || failure instanceof SessionClosedException
                || failure instanceof TimeoutException) {
            return ExitCode.UNREACHABLE;
        }
        if (failure instanceof RepositoryNotFoundException) {
            return ExitCode.NOT_A_REPOSITORY;
        }
        if (failure instanceof BranchMovedException
                || failure instanceof HistoryRewrittenException
                || failure instanceof LocalChangesException
                || failure instanceof RepositoryBusyException) {
            return ExitCode.CONFLICT;
        }
        if (failure instanceof PortInUseException) {
            return ExitCode.PORT_IN_USE;
        }
        if (failure instanceof PermissionDeniedException || failure instanceof FileAccessException) {
            return ExitCode.NOT_PERMITTED;
        }
        return failure instanceof DiskFullException ? ExitCode.DISK_FULL : ExitCode.FAILURE;
    }

    private static String message(Throwable failure) {
        if (failure instanceof FileSystemException file) {
            return fileMessage(file);
        }
        if (failure instanceof InvalidPathException path) {
            return "this is no path here: " + Format.safe(path.getInput())
                    + " (a locale with UTF-8, such as LC_ALL=C.UTF-8, is needed for other than ASCII)";
        }
        if (failure instanceof OutOfMemoryError) {
            return "out of memory (" + Format.safe(String.valueOf(failure.getMessage()))
                    + "); DITS_JAVA_OPTS=-Xmx1g gives it more";
        }
        String message = failure.getMessage();
        boolean unexpected = failure instanceof RuntimeException && !(failure instanceof Usage);
        if (message == null || unexpected) {
            return Format.safe(failure.toString()) + "; --debug shows where it came from";
        }
        return Format.safe(message);
    }

    private static String fileMessage(FileSystemException failure) {
        String file = Format.safe(String.valueOf(failure.getFile()));
        if (failure instanceof NoSuchFileException) {
            return "there is no " + file;
        }
        if (failure instanceof NotDirectoryException) {
            return file + " is no directory";
        }
        if (failure instanceof FileAlreadyExistsException) {
            return file + " is there already";
        }
        if (failure instanceof DirectoryNotEmptyException) {
            return file + " is not empty";
        }
        @Nullable String reason = failure.getReason();
        return file + ": " + Format.safe(reason == null ? failure.toString() : reason);
    }
}
