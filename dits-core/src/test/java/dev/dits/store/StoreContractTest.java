package dev.dits.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.MissingObjectException;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every store of verified bytes has to do; extended once for each of them. */
public abstract class StoreContractTest {
    /** A store under test, which the test closes. */
    public interface Subject extends AutoCloseable {
        ObjectSource source();

        void put(ObjectId id, byte[] bytes) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** Opens the same store each time it is called within a test. */
    protected abstract Subject open() throws IOException;

    /** Whether what was put is still there after closing and opening again. */
    protected abstract boolean keeps();

    protected StoreContractTest() {}

    private final List<Subject> opened = new ArrayList<>();

    private Subject subject() throws IOException {
        Subject subject = open();
        opened.add(subject);
        return subject;
    }

    @AfterEach
    void closeAll() throws IOException {
        for (Subject subject : opened) {
            subject.close();
        }
    }

    public static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        if (seed % 3 == 0) { // something that compresses, too
            for (int i = 0; i < length; i++) {
                bytes[i] = (byte) ((i / 7) % 11);
            }
            bytes[0] = (byte) seed;
            bytes[length - 1] = (byte) (seed >> 8);
        }
        return bytes;
    }

    @Test
    void givesBackWhatWasPut() throws IOException {
        Subject subject = subject();
        for (int length : new int[] {1, 47, 4096, 65_536, 131_072, 1 << 20}) {
            for (long seed = 0; seed < 6; seed++) {
                byte[] bytes = bytes(seed, length);
                ObjectId id = ObjectId.hash(bytes);
                subject.put(id, bytes);
                assertThat(subject.source().contains(id)).isTrue();
                assertThat(subject.source().read(id)).isEqualTo(bytes);
            }
        }
    }

    @Test
    void saysWhatIsNotThere() throws IOException {
        Subject subject = subject();
        ObjectId absent = ObjectId.hash(new byte[] {1, 2, 3});
        assertThat(subject.source().contains(absent)).isFalse();
        assertThat(subject.source().read(absent)).isNull();
        assertThatThrownBy(() -> subject.source().require(absent)).isInstanceOf(MissingObjectException.class);
    }

    @Test
    void doesNotKeepTheCallersArray() throws IOException {
        Subject subject = subject();
        byte[] bytes = bytes(1, 1000);
        byte[] original = bytes.clone();
        ObjectId id = ObjectId.hash(bytes);
        subject.put(id, bytes);
        bytes[500]++;
        assertThat(subject.source().read(id)).isEqualTo(original);
    }

    @Test
    void takesTheSameThingTwice() throws IOException {
        Subject subject = subject();
        byte[] bytes = bytes(5, 10_000);
        ObjectId id = ObjectId.hash(bytes);
        subject.put(id, bytes);
        subject.put(id, bytes);
        assertThat(subject.source().read(id)).isEqualTo(bytes);
    }

    @Test
    void outlivesItsInstance() throws IOException {
        Map<ObjectId, byte[]> model = new HashMap<>();
        try (Subject subject = open()) {
            for (int i = 0; i < 300; i++) {
                byte[] bytes = bytes(i, 1 + i * 17);
                model.put(ObjectId.hash(bytes), bytes);
                subject.put(ObjectId.hash(bytes), bytes);
            }
        }
        Subject again = subject();
        for (Map.Entry<ObjectId, byte[]> entry : model.entrySet()) {
            byte[] read = again.source().read(entry.getKey());
            if (keeps() || read != null) {
                assertThat(read).isEqualTo(entry.getValue());
            }
        }
    }

    @Test
    void closesTwice() throws IOException {
        Subject subject = open();
        subject.close();
        subject.close();
    }

    @Test
    void servesSeveralThreads() throws Exception {
        Subject subject = subject();
        int threads = 4;
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int thread = t;
                all.add(executor.submit(() -> {
                    for (int i = 0; i < 200; i++) {
                        // Half of them are the same in two threads.
                        byte[] bytes = bytes(i + (thread / 2) * 100L, 500 + i);
                        ObjectId id = ObjectId.hash(bytes);
                        subject.put(id, bytes);
                        assertThat(subject.source().read(id)).isEqualTo(bytes);
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void bearsInterrupts() throws Exception {
        Subject subject = subject();
        byte[] bytes = bytes(4, 30_000);
        ObjectId id = ObjectId.hash(bytes);
        Thread.currentThread().interrupt();
        try {
            subject.put(id, bytes);
            assertThat(subject.source().read(id)).isEqualTo(bytes);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(subject.source().read(id)).isEqualTo(bytes);
    }
}
