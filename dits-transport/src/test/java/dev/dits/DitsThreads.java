package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;

/** The threads that dits has in this process, to show that what was closed left none. */
public final class DitsThreads {
    private DitsThreads() {}

    /** Those alive now whose names begin with {@code prefix}, such as {@code dits-}. */
    public static Set<Thread> alive(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(prefix))
                .collect(Collectors.toSet());
    }

    /**
     * Fails if one whose name begins with {@code prefix} stays, unless it is in {@code before}. A pool says that it has
     * terminated a moment before its last thread ends, in this test as in the one before it, so each is waited for.
     */
    public static void assertEnded(String prefix, Set<Thread> before) throws InterruptedException {
        for (Thread thread : alive(prefix)) {
            if (!before.contains(thread)) {
                thread.join(Duration.ofSeconds(30).toMillis());
                assertThat(thread.isAlive()).as(thread.getName()).isFalse();
            }
        }
    }
}
