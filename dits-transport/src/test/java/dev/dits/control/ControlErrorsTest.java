package dev.dits.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What fails in one process is thrown in the other as what it was: its class, its message, its parts. */
class ControlErrorsTest {
    private static final List<Throwable> ALL = List.of(
            new BranchMovedException("moved"),
            new ClockSkewException(Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2025-01-01T00:00:00.5Z")),
            new CorruptObjectException("corrupt"),
            new DiskFullException("full", new IOException("x")),
            new DitsException("some failure"),
            new FileAccessException("/some/where", "may not be written", null),
            new HistoryRewrittenException("main", "rewritten"),
            new IncompatibleVersionException("1", "7,8"),
            new InvalidSignatureException("forged"),
            new JoinRejectedException(JoinRejectedException.Reason.WRONG_CODE, null),
            new JoinRejectedException(JoinRejectedException.Reason.LOCKED, Duration.ofMinutes(7)),
            new JoinRejectedException(JoinRejectedException.Reason.REVOKED, null, "in other words"),
            new LocalChangesException("in the way", List.of("a", "b\u0000\n")),
            new MissingObjectException("missing"),
            new PeerUnreachableException("project", List.of("127.0.0.1:1: no answer"), "look there"),
            new PermissionDeniedException("denied"),
            new PortInUseException("127.0.0.1", 4433, null),
            new ProtocolException("protocol"),
            new RepositoryBusyException("busy"),
            new RepositoryNotFoundException("nothing there"),
            new SessionClosedException("closed"),
            new UnsupportedFormatException("too new"));

    private static Throwable across(Throwable failure) {
        byte[] line = ControlProtocol.failure(failure);
        return catchThrowable(() -> ControlProtocol.readAnswer(line));
    }

    @Test
    void everyFailureOfDitsArrivesAsWhatItIs() {
        // In a directory or in a jar.
        Set<String> known = new ClassFileImporter()
                .importPackages(DitsException.class.getPackageName()).stream()
                        .map(JavaClass::getSimpleName)
                        .filter(name -> name.endsWith("Exception"))
                        .collect(Collectors.toCollection(TreeSet::new));
        Set<String> tried = new TreeSet<>();
        ALL.forEach(failure -> tried.add(failure.getClass().getSimpleName()));
        assertThat(tried).as("a new one crosses the socket too").isEqualTo(known);
        for (Throwable failure : ALL) {
            assertThat(across(failure))
                    .isExactlyInstanceOf(failure.getClass())
                    .hasMessage(failure.getMessage())
                    .usingRecursiveComparison()
                    .ignoringFields("cause", "stackTrace", "suppressedExceptions")
                    .isEqualTo(failure);
        }
    }

    @Test
    void soDoTheJdks() {
        List<Throwable> all = new ArrayList<>(List.of(
                new CancellationException("cancelled"),
                new IllegalArgumentException("no such path"),
                new IOException("some failure"),
                new NoSuchFileException("/a"),
                new NoSuchFileException("/a", "/b", "why"),
                new AccessDeniedException("/a"),
                new FileSystemException("/a", "/b", "why")));
        for (Throwable failure : all) {
            assertThat(across(failure)).isExactlyInstanceOf(failure.getClass()).hasMessage(failure.getMessage());
        }
        // Those that have no kind of their own are told in words.
        assertThat(across(new FileAlreadyExistsException("/a")))
                .isExactlyInstanceOf(FileSystemException.class)
                .hasMessage("/a: FileAlreadyExistsException");
        assertThat(across(new IllegalStateException("this node is closed")))
                .isExactlyInstanceOf(DitsException.class)
                .hasMessageContaining("this node is closed");
        assertThat(across(new IOException())).hasMessage("java.io.IOException");
    }

    @Test
    void whatIsNotKnownIsAFailureWithThatMessage() {
        for (String failed : Arrays.asList(
                "{\"kind\":\"of the future\",\"message\":\"m\",\"more\":[1]}",
                "{\"message\":\"m\"}",
                "{\"kind\":\"join-rejected\",\"message\":\"m\",\"reason\":-5,\"clockHere\":\"never\",\"clockThere\":\"\"}",
                "{\"kind\":\"port-in-use\",\"message\":\"m\",\"port\":99999999999}")) {
            byte[] line = ("{\"dits\":1,\"failed\":" + failed + "}").getBytes(StandardCharsets.UTF_8);
            assertThat(catchThrowable(() -> ControlProtocol.readAnswer(line)))
                    .isInstanceOf(DitsException.class)
                    .hasMessage("m");
        }
    }
}
