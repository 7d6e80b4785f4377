package dev.dits.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.ObjectId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store shared with real other processes, which are also killed. */
@SuppressWarnings("try") // closes early, on purpose
class SeveralProcessesTest {
    @TempDir
    Path directory;

    private static final StoreOptions SMALL = StoreOptions.defaults().withPackBytesMax(StoreOptions.PACK_BYTES_MIN);

    /** The other process: puts numbered chunks, says after each flush how many are promised, waits for a line at the end. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws IOException {
            Path directory = Path.of(args[0]);
            int from = Integer.parseInt(args[1]);
            int count = Integer.parseInt(args[2]);
            try (PackStore store = PackStore.open(directory, SMALL);
                    StoreWriter writer = store.newWriter()) {
                for (int i = 0; i < count; i++) {
                    byte[] bytes = chunk(from + i);
                    writer.put(RecordType.CHUNK, ObjectId.hash(bytes), bytes, 0, bytes.length);
                    if (i % 10 == 9) {
                        writer.flush();
                        System.out.println(i + 1);
                    }
                }
                System.out.println("done");
                int unused = System.in.read();
            }
        }
    }

    private static byte[] chunk(int number) {
        byte[] bytes = new byte[1000 + number % 1000];
        new Random(number).nextBytes(bytes);
        return bytes;
    }

    private Process start(int from, int count) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        directory.toString(),
                        Integer.toString(from),
                        Integer.toString(count))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static BufferedReader output(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    @Test
    void twoProcessesAppendAtOnceAndSeeEachOther() throws Exception {
        Process child = start(0, 500);
        try (PackStore store = PackStore.open(directory, SMALL);
                StoreWriter writer = store.newWriter();
                BufferedReader lines = output(child)) {
            int mine = 0;
            for (String line = lines.readLine(); !"done".equals(line); line = lines.readLine()) {
                assertThat(line).as("the other process ended early").isNotNull();
                // What it says is promised can be read here at once.
                int promised = Integer.parseInt(line);
                for (int i = promised - 10; i < promised; i++) {
                    assertThat(store.read(ObjectId.hash(chunk(i)))).isEqualTo(chunk(i));
                }
                for (int i = 0; i < 10; i++) {
                    byte[] bytes = chunk(100_000 + mine++);
                    writer.put(RecordType.CHUNK, ObjectId.hash(bytes), bytes, 0, bytes.length);
                }
                writer.flush();
            }
            // It holds the shared lock, so nothing is compacted under it.
            writer.close();
            assertThat(FileLocks.tryLock(store.storeLockPath(), false)).isNull();
            child.getOutputStream().write('\n');
            child.getOutputStream().flush();
            assertThat(child.waitFor()).isZero();
            for (int i = 0; i < 500; i++) {
                assertThat(store.read(ObjectId.hash(chunk(i)))).isEqualTo(chunk(i));
                assertThat(store.read(ObjectId.hash(chunk(100_000 + i)))).isEqualTo(chunk(100_000 + i));
            }
            assertThat(store.verify(bytes -> {}).clean()).isTrue();
        } finally {
            child.destroyForcibly();
        }
    }

    @Test
    void aKilledProcessLosesNothingItPromised() throws Exception {
        int promised = 0;
        for (int kill = 0; kill < 3; kill++) {
            int from = kill * 1000;
            Process child = start(from, 1000);
            try (BufferedReader lines = output(child)) {
                for (int i = 0; i < 5 + 7 * kill; i++) {
                    promised = Integer.parseInt(lines.readLine());
                }
            } finally {
                child.destroyForcibly();
                child.waitFor();
            }
            try (PackStore store = PackStore.open(directory, SMALL)) {
                store.recover();
                for (int i = 0; i < promised; i++) {
                    assertThat(store.read(ObjectId.hash(chunk(from + i)))).isEqualTo(chunk(from + i));
                }
                assertThat(store.verify(bytes -> {}).clean()).isTrue();
            }
        }
    }
}
