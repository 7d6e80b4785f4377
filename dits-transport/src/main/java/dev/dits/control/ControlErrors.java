package dev.dits.control;

import dev.dits.error.BranchMovedException;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.MissingObjectException;
import dev.dits.error.PeerUnreachableException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.ProtocolException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.error.RepositoryNotFoundException;
import dev.dits.error.SessionClosedException;
import dev.dits.error.UnsupportedFormatException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Function;

/** How failures cross the socket, so that they are thrown over there as what they were here. Both ends are one user: nothing is held back. */
final class ControlErrors {
    private static final String KIND = "kind";
    private static final String MESSAGE = "message";
    private static final String CANCELLED = "cancelled";
    private static final String JOIN_REJECTED = "join-rejected";
    private static final String LOCAL_CHANGES = "local-changes";
    private static final String FILE = "file";
    private static final String FAILED = "failed";

    private record Plain(Class<? extends IOException> type, Function<String, IOException> make) {}

    /** Those that are no more than their message. */
    private static final Map<String, Plain> PLAIN = new LinkedHashMap<>();

    static {
        PLAIN.put("branch-moved", new Plain(BranchMovedException.class, BranchMovedException::new));
        PLAIN.put("corrupt-object", new Plain(CorruptObjectException.class, CorruptObjectException::new));
        PLAIN.put("missing-object", new Plain(MissingObjectException.class, MissingObjectException::new));
        PLAIN.put("permission-denied", new Plain(PermissionDeniedException.class, PermissionDeniedException::new));
        PLAIN.put("protocol", new Plain(ProtocolException.class, ProtocolException::new));
        PLAIN.put("busy", new Plain(RepositoryBusyException.class, RepositoryBusyException::new));
        PLAIN.put("no-repository", new Plain(RepositoryNotFoundException.class, RepositoryNotFoundException::new));
        PLAIN.put("session-closed", new Plain(SessionClosedException.class, SessionClosedException::new));
        // Its parts are in its message already; to the caller it is the same: nobody is there.
        PLAIN.put("unreachable", new Plain(PeerUnreachableException.class, SessionClosedException::new));
        PLAIN.put("unsupported-format", new Plain(UnsupportedFormatException.class, UnsupportedFormatException::new));
    }

    private ControlErrors() {}

    static Fields toFields(Throwable failure) {
        String message = Optional.ofNullable(failure.getMessage()).orElseGet(failure::toString);
        Fields fields = Fields.NONE.with(MESSAGE, message);
        if (failure instanceof CancellationException) {
            return fields.with(KIND, CANCELLED);
        }
        if (failure instanceof JoinRejectedException rejected) {
            return fields.with(KIND, JOIN_REJECTED)
                    .with("reason", rejected.reason().code())
                    .with(
                            "retryAfterMillis",
                            rejected.retryAfter().map(Duration::toMillis).orElse(-1L));
        }
        if (failure instanceof LocalChangesException changes) {
            return fields.with(KIND, LOCAL_CHANGES).withTexts("paths", changes.paths());
        }
        if (failure instanceof FileSystemException file) {
            return Fields.NONE
                    .with(KIND, FILE)
                    .with("type", file.getClass().getSimpleName())
                    .with(FILE, String.valueOf(file.getFile()))
                    .with(
                            "reason",
                            Optional.ofNullable(file.getReason())
                                    .orElseGet(() -> file.getClass().getSimpleName()));
        }
        for (Map.Entry<String, Plain> plain : PLAIN.entrySet()) {
            if (plain.getValue().type().isInstance(failure)) {
                return fields.with(KIND, plain.getKey());
            }
        }
        if (failure instanceof DitsException) {
            return fields.with(KIND, FAILED);
        }
        return Fields.NONE.with(KIND, FAILED).with(MESSAGE, failure.toString());
    }

    /**
     * Makes the exception of a failure over there.
     *
     * @throws CancellationException if that is what it was
     */
    static IOException toException(Fields fields) {
        String message = fields.text(MESSAGE);
        String kind = fields.text(KIND);
        switch (kind) {
            case CANCELLED -> throw new CancellationException(message);
            case JOIN_REJECTED -> {
                long retryAfterMillis = fields.number("retryAfterMillis", -1);
                return new JoinRejectedException(
                        JoinRejectedException.Reason.of((int) fields.number("reason", 0)),
                        retryAfterMillis < 0 ? null : Duration.ofMillis(retryAfterMillis));
            }
            case LOCAL_CHANGES -> {
                List<String> paths = fields.texts("paths");
                return new LocalChangesException(message, paths);
            }
            case FILE -> {
                String file = fields.text(FILE);
                return switch (fields.text("type")) {
                    case "NoSuchFileException" -> new NoSuchFileException(file);
                    case "AccessDeniedException" -> new AccessDeniedException(file);
                    default -> new FileSystemException(file, null, fields.text("reason"));
                };
            }
            default -> {
                Plain plain = PLAIN.get(kind);
                return plain == null ? new DitsException(message) : plain.make().apply(message);
            }
        }
    }
}
