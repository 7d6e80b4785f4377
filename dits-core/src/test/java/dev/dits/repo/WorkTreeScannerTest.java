package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.object.Content;
import dev.dits.object.DirectoryBuilder;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.EntryName;
import dev.dits.object.LinkTarget;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A walk of the working tree of which other threads look at a part ahead. */
class WorkTreeScannerTest {
    @TempDir
    Path work;

    private Repository repository;
    private final ExecutorService threads = Executors.newFixedThreadPool(4);

    @BeforeEach
    void init() throws IOException {
        repository = Repository.init(work, RepositoryOptions.defaults());
    }

    @AfterEach
    void close() throws IOException {
        threads.shutdownNow();
        repository.close();
    }

    /** All that is told, in its order. */
    private static class Told implements WorkTreeScanner.Handler {
        final List<String> lines = new ArrayList<>();

        private void say(String what, byte[] path, TreeEntry base) {
            lines.add(what + " " + new String(path, StandardCharsets.ISO_8859_1)
                    + (base == null ? "" : " was " + base.getClass().getSimpleName() + " " + base.bytes()));
        }

        @Override
        public void enter(byte[] path, EntryName name, FileStat stat, TreeEntry base) throws IOException {
            say("enter", path, base);
        }

        @Override
        public void exit() {
            lines.add("exit");
        }

        @Override
        public void file(byte[] path, Path file, EntryName name, FileStat stat, TreeEntry base, StatEntry known) {
            say("file of " + stat.size() + (known == null ? "" : " with " + known.content), path, base);
        }

        @Override
        public void link(byte[] path, EntryName name, FileStat stat, LinkTarget target, TreeEntry base) {
            say("link", path, base);
        }

        @Override
        public void missing(byte[] path, TreeEntry base, boolean held) {
            say("missing", path, base);
        }

        @Override
        public void ignored(byte[] path) {
            say("ignored", path, null);
        }

        @Override
        public void skipped(byte[] path) {
            say("skipped", path, null);
        }

        @Override
        public void unselected(byte[] path, TreeEntry base, boolean onDisk) {
            say("unselected", path, base);
        }

        @Override
        public void enterPart(byte[] path, EntryName name, FileStat stat, TreeEntry base) {
            say("enter part", path, base);
        }

        @Override
        public void look(EntryName name) {
            lines.add("look " + name);
        }

        @Override
        public void exitPart() {
            lines.add("exit part");
        }
    }

    private void scan(Executor executor, WorkTreeScanner.Handler told) throws IOException {
        BaseState state = BaseState.NONE.on(repository.head().orElseThrow(), new TreeSet<>());
        try (StatCache.Reader cache =
                StatCache.open(work.resolve(Repository.DIRECTORY)).reader()) {
            new WorkTreeScanner(work, repository.objects(), false, state, cache, executor, told)
                    .scan(repository.readCommit(repository.head().orElseThrow()).tree());
        }
    }

    private List<String> told(Executor executor) throws IOException {
        Told told = new Told();
        scan(executor, told);
        return told.lines;
    }

    private Path anywhere(Random random) throws IOException {
        Path path = work;
        for (int depth = random.nextInt(5); depth > 0; depth--) {
            path = path.resolve("d" + random.nextInt(4));
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                Files.delete(path);
            }
        }
        Files.createDirectories(path);
        return path;
    }

    private void edit(Random random) throws IOException {
        Path file = anywhere(random).resolve((random.nextInt(5) == 0 ? "d" : "f") + random.nextInt(20));
        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.deleteIfExists(file);
        switch (random.nextInt(8)) {
            case 0 -> Files.createSymbolicLink(file, Path.of("somewhere"));
            case 1 -> Files.writeString(file.resolveSibling(".ditsignore"), "f" + random.nextInt(20) + "\n");
            case 2, 3 -> {
                // It is gone.
            }
            default -> Files.writeString(file, "x".repeat(random.nextInt(50)));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void tellsTheSameInTheSameOrderHoweverManyThreadsLookAhead(long seed) throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            edit(random);
        }
        // Directories of several pieces, one of them of directories.
        for (int i = 0; i < 3 * DirectoryLook.PIECE_ENTRIES; i++) {
            Files.writeString(Files.createDirectories(work.resolve("many")).resolve("f" + i), "many");
            Files.createDirectories(work.resolve("dirs/d" + i));
        }
        repository.commit("all", "Ada", CommitProgress.NONE);
        for (int i = 0; i < 300; i++) {
            edit(random);
        }
        for (int i = 0; i < 3 * DirectoryLook.PIECE_ENTRIES; i += 1 + random.nextInt(100)) {
            Files.delete(work.resolve("many/f" + i));
            Files.delete(work.resolve("dirs/d" + i));
            Files.writeString(work.resolve("many/g" + i), "new");
        }
        Files.writeString(work.resolve("many/zzz"), "at the end");
        List<String> serial = told(Runnable::run);
        assertThat(serial).anyMatch(line -> line.startsWith("missing many/f"));
        assertThat(serial).hasSizeGreaterThan(7 * DirectoryLook.PIECE_ENTRIES);
        assertThat(told(threads)).isEqualTo(serial);
        // Nobody comes to it: the walk does it itself.
        assertThat(told(never -> {})).isEqualTo(serial);
    }

    @Test
    void aWalkThatFailsLeavesNothingUnderWay() throws Exception {
        for (int i = 0; i < 200; i++) {
            Files.writeString(Files.createDirectories(work.resolve("d" + i)).resolve("file"), "x");
        }
        repository.commit("all", "Ada", CommitProgress.NONE);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger begun = new AtomicInteger();
        Executor counting = task -> threads.execute(() -> {
            running.incrementAndGet();
            begun.incrementAndGet();
            task.run();
            running.decrementAndGet();
        });
        Told failing = new Told() {
            @Override
            public void enter(byte[] path, EntryName name, FileStat stat, TreeEntry base) throws IOException {
                super.enter(path, name, stat, base);
                if (lines.size() > 50) {
                    throw new IOException("enough");
                }
            }
        };
        assertThatThrownBy(() -> scan(counting, failing)).hasMessage("enough");
        // What was begun has ended, or ends at once; and whoever walks next is not disturbed.
        assertThat(told(counting)).hasSize(2 + 3 * 200);
        assertThat(begun).hasPositiveValue();
    }

    private DirectoryRef builtAnew(DirectoryRef ref) throws IOException {
        DirectoryBuilder builder = new DirectoryBuilder((id, bytes) -> {});
        DirectoryTree.Cursor cursor = new DirectoryTree(repository.objects()).iterate(ref);
        for (TreeEntry entry = cursor.next(); entry != null; entry = cursor.next()) {
            if (entry instanceof DirectoryEntry directory) {
                assertThat(builtAnew(directory.ref())).isEqualTo(directory.ref());
            }
            builder.add(entry);
        }
        return builder.finish();
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void aCommitThatChangesNodesIsWhatBuildingThemAnewGives(long seed) throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < 600; i++) {
            Files.writeString(Files.createDirectories(work.resolve("many")).resolve("f" + i), "many");
        }
        for (int round = 0; round < 25; round++) {
            for (int i = 0; i < 40; i++) {
                edit(random);
                Path file = work.resolve("many/f" + random.nextInt(700));
                if (!Files.deleteIfExists(file)) {
                    Files.writeString(file, "new");
                }
            }
            repository.commit("round " + round, "Ada", CommitProgress.NONE);
            DirectoryRef tree =
                    repository.readCommit(repository.head().orElseThrow()).tree();
            assertThat(builtAnew(tree)).isEqualTo(tree);
            assertThat(repository.status().changes()).isEmpty();
            // What status says is held against a copy of the history that looks at every file for the first time.
            Told told = new Told();
            scan(threads, told);
            assertThat(told.lines).noneMatch(line -> line.startsWith("missing"));
            Files.deleteIfExists(work.resolve(Repository.DIRECTORY).resolve("index"));
            assertThat(repository.status().changes()).isEmpty();
        }
    }

    @Test
    void whatTheCacheVouchesForIsNotReadAndWhatMayHaveChangedIs() throws IOException {
        Files.writeString(work.resolve("file"), "one");
        repository.commit("one", "Ada", CommitProgress.NONE);
        Content one = new Content.SingleChunk(ObjectId.hash("one".getBytes(StandardCharsets.UTF_8)), 3);
        for (int i = 0; i < 50; i++) {
            // Of the same length, and as soon after a look as can be.
            Files.writeString(work.resolve("file"), i % 2 == 0 ? "two" : "one");
            assertThat(repository.status().changeCount()).isEqualTo(i % 2 == 0 ? 1 : 0);
        }
        Status unused = repository.status();
        List<String> told = told(threads);
        assertThat(told).anyMatch(line -> line.startsWith("file of 3") && line.contains("file was FileEntry 3"));
        assertThat(told.stream().filter(line -> line.contains(" with ")))
                .allMatch(line -> line.contains(one.toString()));
    }
}
