package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.crypto.SessionSecret;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.JoinRejectedException.Reason;
import dev.dits.object.ByteWriter;
import dev.dits.object.TreePath;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrantStoreTest {
    @TempDir
    Path directory;

    private GrantStore open() throws IOException {
        return GrantStore.open(directory.resolve("grants"));
    }

    private static byte[] id(int number) {
        return ByteBuffer.allocate(16).putInt(12, number).array();
    }

    private static Grant grant(int number, Access access) {
        return new Grant(id(number), SessionSecret.fromBytes(new byte[32]), new byte[32], "", access, number);
    }

    private static KeptTicket once() {
        return new KeptTicket(new byte[16], false, true, false, 1, null, null, Access.toAll(true));
    }

    /** Adds grants by a store of its own; returns how often it was first with the one-time ticket. */
    private static int compete(Path file, int from, int count) throws IOException {
        GrantStore store = GrantStore.open(file);
        int first = 0;
        for (int i = from; i < from + count; i++) {
            store.add(grant(i, Access.toAll(false)), null);
            try {
                store.add(grant(1_000_000 + i, Access.toAll(true)), once().tag());
                first++;
            } catch (JoinRejectedException e) {
                assertThat(e.reason()).isEqualTo(Reason.USED_UP);
            }
        }
        return first;
    }

    @Test
    void instancesOfOneProcessLoseNothingOfEachOther() throws Exception {
        open().keep(once());
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int from = 100 * i;
                all.add(threads.submit(() -> compete(directory.resolve("grants"), from, 15)));
            }
            int first = 0;
            for (Future<Integer> one : all) {
                first += one.get();
            }
            assertThat(first).isEqualTo(1);
        } finally {
            threads.shutdownNow();
        }
        assertThat(open().list()).hasSize(4 * 15 + 1);
        assertThat(open().tickets()).extracting(KeptTicket::used).containsExactly(true);
    }

    /** The other process of the test below. */
    public static void main(String[] arguments) throws IOException {
        System.out.println(compete(Path.of(arguments[0]), Integer.parseInt(arguments[1]), 20));
    }

    @Test
    void processesLoseNothingOfEachOther() throws Exception {
        open().keep(once());
        List<Process> all = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            all.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx64m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            GrantStoreTest.class.getName(),
                            directory.resolve("grants").toString(),
                            String.valueOf(100 * i))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }
        int first = 0;
        for (Process one : all) {
            try (BufferedReader reader =
                    new BufferedReader(new InputStreamReader(one.getInputStream(), StandardCharsets.UTF_8))) {
                first += Integer.parseInt(reader.readLine());
            }
            assertThat(one.waitFor()).isZero();
        }
        assertThat(first).isEqualTo(1);
        assertThat(open().list()).hasSize(2 * 20 + 1);
    }

    @Test
    void everyStateThatAKillCanLeaveHasTheUseAndTheGrantOrNeither() throws IOException {
        // The file is replaced in one step, so these are all there are.
        Path file = directory.resolve("grants");
        GrantStore store = open();
        store.keep(once());
        List<byte[]> states = new ArrayList<>();
        states.add(Files.readAllBytes(file));
        store.add(grant(1, Access.toAll(true)), once().tag());
        states.add(Files.readAllBytes(file));
        store.name(id(1), "laptop");
        states.add(Files.readAllBytes(file));
        for (byte[] state : states) {
            Files.write(file, state);
            GrantStore after = open();
            boolean used = after.tickets().get(0).used();
            assertThat(after.find(id(1)).isPresent()).isEqualTo(used);
            if (used) {
                assertThatThrownBy(() -> after.add(grant(2, Access.toAll(true)), once().tag()))
                        .isInstanceOf(JoinRejectedException.class);
                assertThat(after.find(id(2))).isEmpty();
            }
        }
    }

    @Test
    void aGrantThatWasTakenAwayDoesNotComeBackByItsName() throws IOException {
        GrantStore here = open();
        here.add(grant(1, Access.toAll(false)), null);
        assertThat(open().remove(id(1))).isTrue();
        assertThat(here.name(id(1), "laptop")).isFalse();
        assertThat(here.find(id(1))).isEmpty();
        assertThat(open().list()).isEmpty();
    }

    @Test
    void whatCanNotBeWrittenIsNotBelieved() throws IOException {
        GrantStore store = open();
        store.add(grant(1, Access.toAll(false)), null);
        Path file = directory.resolve("grants");
        byte[] before = Files.readAllBytes(file);
        // A directory in its place can not be replaced by a file.
        Files.delete(file);
        Files.createDirectories(file.resolve("in the way"));
        assertThatThrownBy(() -> store.add(grant(2, Access.toAll(false)), null)).isInstanceOf(IOException.class);
        Files.delete(file.resolve("in the way"));
        Files.delete(file);
        Files.write(file, before);
        assertThat(store.find(id(2))).isEmpty();
        assertThat(store.find(id(1))).isPresent();
    }

    @Test
    void theFileNeverGrowsBeyondWhatCanBeRead() throws IOException {
        // Each with nearly as many bytes of paths as a grant may have.
        String longName = "n".repeat(250);
        List<TreePath> paths = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            paths.add(TreePath.ofUtf8(longName + i));
        }
        Access wide = new Access(true, List.of(), paths, null);
        ByteWriter nearlyFull = new ByteWriter().u8(2).u64(1).varint(0).varint(130);
        for (int i = 0; i < 130; i++) {
            grant(i, wide).write(nearlyFull);
        }
        Files.write(directory.resolve("grants"), nearlyFull.toBytes());
        GrantStore store = open();
        for (int i = 130; i < 140; i += 3) {
            store.add(grant(i, wide), null);
        }
        assertThat(Files.size(directory.resolve("grants"))).isLessThanOrEqualTo(SecretFile.BYTES_MAX);
        List<Grant> kept = open().list();
        assertThat(kept.size()).isBetween(100, 139);
        assertThat(kept.get(kept.size() - 1).sessionId()).isEqualTo(id(139));
        assertThatThrownBy(() -> new Access(true, List.of(), Collections.nCopies(257, TreePath.ofUtf8("a")), null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Access(
                        true, List.of(), Collections.nCopies(256, TreePath.ofUtf8(longName + "/123456")), null))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
