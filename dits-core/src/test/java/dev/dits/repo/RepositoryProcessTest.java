package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only several processes can show. */
class RepositoryProcessTest {
    private static final int KILLS = 8;

    @TempDir
    Path temp;

    private final RepositoryOptions options =
            RepositoryOptions.defaults().withLockTimeout(Duration.ofMinutes(1)).withAuthor("Ada");

    @AfterEach
    void unlock() throws IOException {
        Trees.unlock(temp);
    }

    @Test
    void namesSurviveALocaleThatHasNone() throws Exception {
        Path work = temp.resolve("work");
        Repository.init(work, options).close();
        // The test's own JVM may have such a locale too: names are made of bytes.
        for (byte[] name : List.of(
                "\u00e9 composed".getBytes(StandardCharsets.UTF_8),
                "e\u0301 decomposed".getBytes(StandardCharsets.UTF_8),
                new byte[] {'b', 'a', 'd', (byte) 0xFF, (byte) 0xC0, (byte) 0x80},
                "new\nline\ttab".getBytes(StandardCharsets.UTF_8),
                "%41 percent ?*".getBytes(StandardCharsets.UTF_8),
                "\u00e9".repeat(127).getBytes(StandardCharsets.UTF_8),
                "x".repeat(255).getBytes(StandardCharsets.UTF_8))) {
            Path file = Trees.name(work, name);
            Files.write(file, name);
        }
        Path directory = Trees.name(work, (byte) 0xFE);
        Files.createDirectory(directory);
        Files.write(Trees.name(directory, (byte) 0xC3, (byte) 0xA9), new byte[] {1});
        Files.createSymbolicLink(
                work.resolve("link"),
                PathNames.relative(work.getFileSystem(), new byte[] {(byte) 0xFE, '/', (byte) 0xC3, (byte) 0xA9}));
        Map<String, String> before = Trees.describe(work);
        assertThat(before).hasSize(10);
        for (String locale : List.of("C", "C.UTF-8")) {
            Path target = temp.resolve("copy-" + locale);
            Path source = temp.resolve("source-" + locale);
            try (Repository repository = Repository.init(source, options)) {
                copy(work, source);
                assertThat(repository.head()).isEmpty();
            }
            String output =
                    RepositoryMain.output(RepositoryMain.start(locale, "copy", source.toString(), target.toString()));
            assertThat(output).as(locale).startsWith("jnu ");
            assertThat(keysAndContents(target)).isEqualTo(keysAndContents(work));
        }
    }

    private static List<String> keysAndContents(Path root) throws IOException {
        return Trees.describe(root).entrySet().stream()
                .map(entry -> entry.getKey().split(" ")[0] + " "
                        + entry.getValue().replaceAll(" [0-9T:.Z-]+$", "").replaceAll("link [^ ]+", "link"))
                .toList();
    }

    private static void copy(Path from, Path to) throws Exception {
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "cd \"$1\" && tar cf - --exclude=./.dits . | tar xf - -C \"$2\"",
                        "sh",
                        from.toString(),
                        to.toString())
                .inheritIO()
                .start();
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void aKilledCommitIsRepeated() throws Exception {
        Path work = temp.resolve("work");
        Repository.init(work, options).close();
        Random random = new Random(11);
        List<String> committed = new ArrayList<>();
        for (int round = 0; round < KILLS; round++) {
            Trees.small(work, 400, round);
            Files.write(work.resolve("large"), Trees.random(round, 8_000_000));
            Process process = RepositoryMain.start("C", "commit", work.toString(), "round " + round);
            assertThat(process.inputReader().readLine()).isEqualTo("started");
            process.waitFor(random.nextInt(400), TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor();
            try (Repository repository = Repository.open(work, options)) {
                assertThat(repository.fsck(bytes -> {}).clean())
                        .as("round %d", round)
                        .isTrue();
                repository
                        .commit("round " + round, null, CommitProgress.NONE)
                        .ifPresent(result -> committed.add(result.id().toString()));
                assertThat(repository.status().clean()).isTrue();
                assertThat(repository.log("HEAD", 99)).hasSize(round + 1);
                assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
            }
        }
        try (Repository repository = Repository.open(work, options)) {
            for (String id : committed) {
                assertThat(repository.isAncestor(
                                ObjectId.fromHex(id), repository.head().orElseThrow()))
                        .isTrue();
            }
            repository.gc();
            assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
            assertThat(repository.status().clean()).isTrue();
        }
    }

    @Test
    void aKilledCheckoutIsRepeated() throws Exception {
        Path work = temp.resolve("work");
        Map<String, String> first;
        Map<String, String> second;
        try (Repository repository = Repository.init(work, options)) {
            Trees.awkward(work);
            Trees.small(work, 1_500, 1);
            repository.commit("one", null, CommitProgress.NONE);
            first = Trees.describe(work);
            Trees.small(work, 1_500, 2);
            Files.write(work.resolve("large.bin"), Trees.random(3, 6_000_000));
            Files.delete(work.resolve("link"));
            repository.commit("two", null, CommitProgress.NONE);
            second = Trees.describe(work);
            repository.createBranch("one", "HEAD~1");
        }
        Random random = new Random(12);
        for (int round = 0; round < KILLS; round++) {
            String branch = round % 2 == 0 ? "one" : "main";
            Process process = RepositoryMain.start("C", "checkout", work.toString(), branch);
            assertThat(process.inputReader().readLine()).isEqualTo("started");
            process.waitFor(random.nextInt(500), TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor();
            Map<String, String> between = Trees.describe(work);
            for (Map.Entry<String, String> entry : between.entrySet()) {
                // Nothing half-written is ever visible: each file is the old one or the new one.
                String value = entry.getValue();
                if (value.startsWith("file")) {
                    assertThat(List.of(first.getOrDefault(entry.getKey(), ""), second.getOrDefault(entry.getKey(), "")))
                            .as(entry.getKey())
                            .contains(value);
                }
            }
            try (Repository repository = Repository.open(work, options)) {
                CheckoutReport report = repository.checkout(branch, CheckoutOptions.defaults());
                assertThat(report.kept()).isEmpty();
                assertThat(Trees.describe(work)).isEqualTo(branch.equals("one") ? first : second);
                assertThat(repository.status().clean()).isTrue();
                assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
            }
        }
    }

    @Test
    void twoProcessesThatCommitAtOnceTakeTurns() throws Exception {
        Path work = temp.resolve("work");
        Repository.init(work, options).close();
        Trees.small(work, 300, 1);
        Process a = RepositoryMain.start("C", "commit", work.toString(), "a");
        Process b = RepositoryMain.start("C", "commit", work.toString(), "b");
        String outputs = RepositoryMain.output(a) + RepositoryMain.output(b);
        assertThat(a.exitValue()).as(outputs).isZero();
        assertThat(b.exitValue()).as(outputs).isZero();
        assertThat(outputs).contains("nothing");
        try (Repository repository = Repository.open(work, options)) {
            assertThat(repository.log("HEAD", 9)).hasSize(1);
            assertThat(repository.status().clean()).isTrue();
            assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
        }
    }
}
