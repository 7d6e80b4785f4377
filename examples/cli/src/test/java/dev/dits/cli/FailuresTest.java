package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.error.ClockSkewException;
import dev.dits.error.DiskFullException;
import dev.dits.error.FileAccessException;
import dev.dits.error.IncompatibleVersionException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.PeerUnreachableException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.PortInUseException;
import dev.dits.error.RepositoryNotFoundException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FailuresTest {
    @TempDir
    Path directory;

    @Test
    void everyTroubleHasItsExitCodeAndSaysWhatToDo() {
        Map<Throwable, Integer> all = new LinkedHashMap<>();
        all.put(new PortInUseException("0.0.0.0", 4433, null), 7);
        all.put(new FileAccessException("/a", "no permission for /a; change its owner", null), 8);
        all.put(new AccessDeniedException("/a/b"), 8);
        all.put(new FileSystemException("/a/b", null, "Read-only file system"), 8);
        all.put(new PermissionDeniedException("this share does not let you push to main"), 8);
        all.put(new DiskFullException("the disk is full; free some space", null), 9);
        all.put(new FileSystemException("/a/b", null, "No space left on device"), 9);
        all.put(new IncompatibleVersionException("1", "2,3"), 4);
        all.put(new ClockSkewException(Instant.EPOCH, Instant.EPOCH.plusSeconds(9_999)), 4);
        all.put(new PeerUnreachableException("it", List.of("UDP 192.0.2.1:4433: no answer"), "Check"), 3);
        all.put(new RepositoryNotFoundException("/a is not a dits repository; 'dits init' makes one"), 5);
        for (JoinRejectedException.Reason reason : JoinRejectedException.Reason.values()) {
            all.put(new JoinRejectedException(reason, null), 4);
        }
        all.forEach((failure, code) -> {
            TestContext context = new TestContext(directory);
            assertThat(Failures.report(context.context(), failure))
                    .as(failure.toString())
                    .isEqualTo(code);
            assertThat(context.err())
                    .as(failure.toString())
                    .startsWith("dits: ")
                    .doesNotContain("Exception");
        });
    }
}
