package dev.dits.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.RepositoryBusyException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLocksTest {
    @TempDir
    Path directory;

    @AfterEach
    void registryIsEmpty() {
        assertThat(FileLocks.heldFiles()).isZero();
    }

    @Test
    void sharedOnesGoTogetherExclusiveOnesDoNot() throws IOException {
        Path file = directory.resolve("lock");
        FileLocks.Held one = FileLocks.tryLock(file, true);
        FileLocks.Held two = FileLocks.tryLock(file, true);
        assertThat(one).isNotNull();
        assertThat(two).isNotNull();
        assertThat(FileLocks.tryLock(file, false)).isNull();
        one.close();
        one.close(); // must not count twice
        assertThat(FileLocks.tryLock(file, false)).isNull();
        two.close();
        FileLocks.Held three = FileLocks.tryLock(file, false);
        assertThat(three).isNotNull();
        assertThat(FileLocks.tryLock(file, true)).isNull();
        assertThat(FileLocks.tryLock(file, false)).isNull();
        three.close();
    }

    @Test
    void oneFileHasOneLockWhateverItsPath() throws IOException {
        Path link =
                Files.createSymbolicLink(directory.resolve("link"), Files.createDirectory(directory.resolve("real")));
        try (FileLocks.Held held = FileLocks.tryLock(directory.resolve("real/lock"), false)) {
            assertThat(held).isNotNull();
            assertThat(FileLocks.tryLock(link.resolve("lock"), false)).isNull();
            assertThat(FileLocks.tryLock(directory.resolve("real/../real/lock"), true))
                    .isNull();
        }
    }

    @Test
    void waitingEndsWhenItIsToldTo() throws IOException {
        Path file = directory.resolve("lock");
        List<Integer> attempts = new ArrayList<>();
        try (FileLocks.Held held = FileLocks.tryLock(file, false)) {
            assertThat(held).isNotNull();
            assertThatThrownBy(() -> FileLocks.lock(file, true, attempt -> {
                        attempts.add(attempt);
                        return attempt < 3;
                    }))
                    .isInstanceOf(RepositoryBusyException.class)
                    .hasMessageContaining("this process");
            assertThat(attempts).containsExactly(1, 2, 3);
            // Asking who holds it must not have dropped it.
            assertThat(FileLocks.tryLock(file, true)).isNull();
        }
        FileLocks.Held first = FileLocks.tryLock(file, false);
        assertThat(first).isNotNull();
        try (FileLocks.Held second = FileLocks.lock(file, false, attempt -> {
            first.close();
            return true;
        })) {
            assertThat(second).isNotNull();
        }
    }

    @Test
    void waitingCanBeInterrupted() throws IOException {
        Path file = directory.resolve("lock");
        try (FileLocks.Held held = FileLocks.tryLock(file, false)) {
            assertThat(held).isNotNull();
            assertThatThrownBy(() -> FileLocks.lock(file, false, attempt -> {
                        throw new InterruptedException();
                    }))
                    .isInstanceOf(InterruptedIOException.class);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void anInterruptDropsNoLock() throws IOException {
        Path file = directory.resolve("lock");
        Thread.currentThread().interrupt();
        try (FileLocks.Held held = FileLocks.tryLock(file, false)) {
            assertThat(Thread.interrupted()).isTrue();
            assertThat(held).isNotNull();
            assertThat(FileLocks.tryLock(file, false)).isNull();
        }
    }
}
