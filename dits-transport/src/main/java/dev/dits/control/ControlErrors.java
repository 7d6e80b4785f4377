package dev.dits.control;

import dev.dits.error.BranchMovedException;
import dev.dits.error.ClockSkewException;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.DiskFullException;
import dev.dits.error.DitsException;
import dev.dits.error.FileAccessException;
import dev.dits.error.HistoryRewrittenException;
import dev.dits.error.IncompatibleVersionException;
import dev.dits.error.InvalidSignatureException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.MissingObjectException;
import dev.dits.error.PeerUnreachableException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.PortInUseException;
import dev.dits.error.ProtocolException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.error.RepositoryNotFoundException;
import dev.dits.error.SessionClosedException;
import dev.dits.error.UnsupportedFormatException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How failures cross the socket, so that they are thrown over there as what they were here: of the same class, with the same message and parts. Causes stay behind.
 * Both ends are one user: nothing is held back.
 *
 * <p>A kind that the other end does not know is a {@link DitsException} with that message: that is how an older one takes a newer one's.
 */
final class ControlErrors {
    private static final String KIND = "kind";
    private static final String MESSAGE = "message";
    private static final String JOIN_REJECTED = "join-rejected";
    private static final String FILE = "file";
    private static final String FAILED = "failed";
    private static final int PORT_MAX = 65_535;

    /** What a kind carries besides its message, and how it is put together from that. */
    private record Kind<T extends Exception>(
            Class<T> type, BiFunction<T, Fields, Fields> write, BiFunction<String, Fields, Exception> read) {
        Fields write(Throwable failure, Fields fields) {
            return write.apply(type.cast(failure), fields);
        }
    }

    private static final Map<String, Kind<?>> KINDS = new LinkedHashMap<>();

    private static <T extends Exception> void plain(String kind, Class<T> type, Function<String, T> make) {
        KINDS.put(kind, new Kind<>(type, (failure, fields) -> fields, (message, fields) -> make.apply(message)));
    }

    private static <T extends Exception> void kind(
            String kind,
            Class<T> type,
            BiFunction<T, Fields, Fields> write,
            BiFunction<String, Fields, Exception> read) {
        KINDS.put(kind, new Kind<>(type, write, read));
    }

    static {
        plain("branch-moved", BranchMovedException.class, BranchMovedException::new);
        plain("corrupt-object", CorruptObjectException.class, CorruptObjectException::new);
        plain("missing-object", MissingObjectException.class, MissingObjectException::new);
        plain("permission-denied", PermissionDeniedException.class, PermissionDeniedException::new);
        plain("protocol", ProtocolException.class, ProtocolException::new);
        plain("busy", RepositoryBusyException.class, RepositoryBusyException::new);
        plain("no-repository", RepositoryNotFoundException.class, RepositoryNotFoundException::new);
        plain("session-closed", SessionClosedException.class, SessionClosedException::new);
        plain("unsupported-format", UnsupportedFormatException.class, UnsupportedFormatException::new);
        plain("disk-full", DiskFullException.class, message -> new DiskFullException(message, null));
        plain("invalid-signature", InvalidSignatureException.class, InvalidSignatureException::new);
        plain("cancelled", CancellationException.class, CancellationException::new);
        plain("argument", IllegalArgumentException.class, IllegalArgumentException::new);
        kind(
                "unreachable",
                PeerUnreachableException.class,
                (failure, fields) -> fields.withTexts("attempts", failure.attempts()),
                (message, fields) -> new PeerUnreachableException(message, fields.texts("attempts")));
        kind(
                "local-changes",
                LocalChangesException.class,
                (failure, fields) -> fields.withTexts("paths", failure.paths()),
                (message, fields) -> new LocalChangesException(message, fields.texts("paths")));
        kind(
                "file-access",
                FileAccessException.class,
                (failure, fields) -> fields.with("path", failure.path()),
                (message, fields) -> new FileAccessException(fields.text("path"), message, null));
        kind(
                "history-rewritten",
                HistoryRewrittenException.class,
                (failure, fields) -> fields.with("branch", failure.branch()),
                (message, fields) -> new HistoryRewrittenException(fields.text("branch"), message));
        kind(
                "port-in-use",
                PortInUseException.class,
                (failure, fields) -> fields.with("port", failure.port()),
                (message, fields) -> new PortInUseException(
                        (int) Math.max(0, Math.min(PORT_MAX, fields.number("port", 0))), message));
        kind(JOIN_REJECTED, JoinRejectedException.class, ControlErrors::ofRejected, ControlErrors::rejected);
        kind(FILE, FileSystemException.class, ControlErrors::ofFile, ControlErrors::file);
        plain(FAILED, DitsException.class, DitsException::new);
        // Last, for all others are among them.
        plain("io", IOException.class, IOException::new);
    }

    private ControlErrors() {}

    static Fields toFields(Throwable failure) {
        String message = Optional.ofNullable(failure.getMessage()).orElseGet(failure::toString);
        for (Map.Entry<String, Kind<?>> kind : KINDS.entrySet()) {
            if (kind.getValue().type().isInstance(failure)) {
                return kind.getValue()
                        .write(failure, Fields.NONE.with(KIND, kind.getKey()).with(MESSAGE, message));
            }
        }
        return Fields.NONE.with(KIND, FAILED).with(MESSAGE, failure.toString());
    }

    /**
     * Makes the exception of a failure over there.
     *
     * @throws CancellationException if that is what it was
     * @throws IllegalArgumentException if that is what it was
     */
    static IOException toException(Fields fields) {
        String message = fields.text(MESSAGE);
        Kind<?> kind = KINDS.get(fields.text(KIND));
        Exception made = kind == null ? new DitsException(message) : kind.read().apply(message, fields);
        if (made instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        return (IOException) made;
    }

    private static Fields ofRejected(JoinRejectedException rejected, Fields fields) {
        Fields more = fields.with("reason", rejected.reason().code())
                .with(
                        "retryAfterMillis",
                        rejected.retryAfter().map(Duration::toMillis).orElse(-1L));
        if (rejected instanceof ClockSkewException clocks) {
            return more.with("clockHere", clocks.here().toString())
                    .with("clockThere", clocks.there().toString());
        }
        return rejected instanceof IncompatibleVersionException versions
                ? more.with("ours", versions.ours()).with("theirs", versions.theirs())
                : more;
    }

    private static Exception rejected(String message, Fields fields) {
        Instant here = instant(fields.text("clockHere"));
        Instant there = instant(fields.text("clockThere"));
        if (here != null && there != null) {
            return new ClockSkewException(here, there);
        }
        if (fields.has("ours")) {
            return new IncompatibleVersionException(fields.text("ours"), fields.text("theirs"));
        }
        long code = fields.number("reason", 0);
        long retryAfterMillis = fields.number("retryAfterMillis", -1);
        return new JoinRejectedException(
                JoinRejectedException.Reason.of((int) Math.max(0, Math.min(Integer.MAX_VALUE, code))),
                retryAfterMillis < 0 ? null : Duration.ofMillis(retryAfterMillis),
                message);
    }

    private static @Nullable Instant instant(String text) {
        try {
            return text.isEmpty() ? null : Instant.parse(text);
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** Its message is made of its parts. */
    private static Fields ofFile(FileSystemException failure, Fields fields) {
        Fields more = fields.with("type", failure.getClass().getSimpleName());
        more = failure.getFile() == null ? more : more.with(FILE, failure.getFile());
        more = failure.getOtherFile() == null ? more : more.with("otherFile", failure.getOtherFile());
        return failure.getReason() == null ? more : more.with("reason", failure.getReason());
    }

    private static Exception file(String message, Fields fields) {
        String file = fields.has(FILE) ? fields.text(FILE) : null;
        String other = fields.has("otherFile") ? fields.text("otherFile") : null;
        // Never without a word: an older one, or a failure of no file, tells the message alone.
        String reason = fields.has("reason") ? fields.text("reason") : file == null ? message : null;
        return switch (fields.text("type")) {
            case "NoSuchFileException" -> new NoSuchFileException(file, other, reason);
            case "AccessDeniedException" -> new AccessDeniedException(file, other, reason);
            // What else it was is in words at least.
            default -> new FileSystemException(file, other, reason != null ? reason : fields.text("type"));
        };
    }
}
