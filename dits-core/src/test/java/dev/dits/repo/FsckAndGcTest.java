package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.Commit;
import dev.dits.object.CommitTime;
import dev.dits.object.DirectoryRef;
import dev.dits.object.Extensions;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectId;
import dev.dits.object.Signatures;
import dev.dits.object.TestSigner;
import dev.dits.store.CompactReport;
import dev.dits.store.FileLocks;
import dev.dits.store.RecordType;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FsckAndGcTest {
    @TempDir
    Path work;

    private static ObjectId store(Repository repository, byte[] bytes) throws IOException {
        ObjectId id = ObjectId.hash(bytes);
        try (StoreWriter writer = repository.store().newWriter()) {
            writer.put(RecordType.OBJECT, id, bytes, 0, bytes.length);
            writer.flush();
        }
        return id;
    }

    private static ObjectId commit(Repository repository, ObjectId tree, ObjectId... parents) throws IOException {
        return store(
                repository,
                Signatures.sign(
                                new Commit(
                                        new DirectoryRef(tree, 1, 1),
                                        List.of(parents),
                                        "Mallory",
                                        CommitTime.of(Instant.EPOCH, 0),
                                        "",
                                        Extensions.NONE),
                                TestSigner.ONE)
                        .encode());
    }

    @Test
    void listsEverythingThatIsWrongNotTheFirst() throws IOException {
        try (Repository repository = Repository.init(work, RepositoryOptions.defaults())) {
            Files.writeString(work.resolve("a"), "a");
            ObjectId good = repository
                    .commit("good", null, CommitProgress.NONE)
                    .orElseThrow()
                    .id();
            ObjectId tree = repository.readCommit(good).tree().id();
            byte[] garbage = "no tree at all".getBytes(StandardCharsets.US_ASCII);
            ObjectId noTree = store(repository, garbage);
            byte[] whole = repository.objects().require(tree);

            ObjectId bent = store(repository, Arrays.copyOf(whole, whole.length - 1));
            ObjectId absent = ObjectId.hash(new byte[] {42});
            ObjectId noCommit = store(repository, new byte[] {7});
            repository.updateRef(RefName.branch("garbage"), null, commit(repository, noTree, good));
            repository.updateRef(RefName.branch("bent"), null, commit(repository, bent, good));
            repository.updateRef(RefName.branch("absent"), null, commit(repository, absent, good));
            repository.updateRef(RefName.branch("parent"), null, commit(repository, tree, noCommit));

            FsckReport report = repository.fsck(bytes -> {});

            assertThat(report.clean()).isFalse();
            assertThat(report.lost()).containsExactly(absent);
            assertThat(report.problems())
                    .hasSize(3)
                    .anyMatch(problem -> problem.contains(noTree.abbreviated()))
                    .anyMatch(problem -> problem.contains(bent.abbreviated()))
                    .anyMatch(problem -> problem.contains(noCommit.abbreviated()));
            // The good commit, its tree, and the four commits around what is wrong.
            assertThat(report.objects()).isEqualTo(6);
        }
    }

    /** A first pull holds the store and then asks for the tree; gc must not hold the tree while it waits for the store. */
    @Test
    void gcThatWaitsForAWriterLetsOthersHaveTheTree() throws Exception {
        RepositoryOptions patient = RepositoryOptions.defaults().withLockTimeout(Duration.ofMinutes(2));
        try (Repository repository = Repository.init(work, patient)) {
            Files.writeString(work.resolve("a"), "a");
            ObjectId tip = repository
                    .commit("one", null, CommitProgress.NONE)
                    .orElseThrow()
                    .id();
            CompletableFuture<CompactReport> collected;
            Path treeLock = work.resolve(Repository.DIRECTORY).resolve("tree.lock");
            try (StoreWriter writer = repository.store().newWriter()) {
                collected = CompletableFuture.supplyAsync(() -> {
                    try {
                        return repository.gc();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                boolean begun = false;
                while (!begun) {
                    FileLocks.Held free = FileLocks.tryLock(treeLock, false);
                    begun = free == null;
                    if (free != null) {
                        free.close();
                    }
                }
                assertThat(repository
                                .updateWorkingTree(tip, CheckoutOptions.defaults())
                                .refused())
                        .isEmpty();
                assertThat(collected).isNotDone();
                writer.flush();
            }
            assertThat(collected.get(1, TimeUnit.MINUTES).bytesFreed()).isNotNegative();
        }
    }

    /** A first pull writes the tip's files while the history before it still comes, and may be stopped in between. */
    @Test
    void aFirstPullThatWasStoppedHasLostNothing(@TempDir Path there) throws IOException {
        try (Repository share = Repository.init(there, RepositoryOptions.defaults());
                Repository mount = Repository.init(work, RepositoryOptions.defaults())) {
            Files.writeString(there.resolve("a"), "before");
            share.commit("one", null, CommitProgress.NONE);
            Files.writeString(there.resolve("a"), "after");
            ObjectId tip =
                    share.commit("two", null, CommitProgress.NONE).orElseThrow().id();
            store(mount, share.objects().require(tip));
            store(mount, share.objects().require(share.readCommit(tip).tree().id()));
            FileSource fromShare = (path, content, part) -> CompletableFuture.runAsync(() -> {
                try {
                    FileTree.Cursor chunks = new FileTree(share.objects()).chunks(content);
                    for (FileTree.Chunk chunk = chunks.next(); chunk != null; chunk = chunks.next()) {
                        part.write(
                                chunk.offset(), ByteBuffer.wrap(share.objects().require(chunk.id())));
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            mount.updateWorkingTree(tip, CheckoutOptions.defaults().withSource(fromShare));

            assertThat(mount.base()).contains(tip);
            assertThat(mount.fsck(bytes -> {}).clean()).isTrue();
            mount.gc();
            assertThat(mount.status().changes()).isEmpty();

            // Once the branch says that all came, what is not here is lost indeed.
            mount.updateRef(RefName.branch("main"), null, tip);
            assertThat(mount.fsck(bytes -> {}).lost()).isNotEmpty();
        }
    }

    @Test
    void ancestorsAreFoundWhateverClocksSay() throws IOException {
        try (Repository repository = Repository.init(work, RepositoryOptions.defaults())) {
            Files.writeString(work.resolve("a"), "a");
            ObjectId first = repository
                    .commit("one", null, CommitProgress.NONE)
                    .orElseThrow()
                    .id();
            // Every child is of 1970, far older than its parent.
            ObjectId tree = repository.readCommit(first).tree().id();
            ObjectId second = commit(repository, tree, first);
            ObjectId side = commit(repository, ObjectId.hash(new byte[0]), first);
            ObjectId merge = commit(repository, tree, second, side);
            assertThat(repository.isAncestor(first, merge)).isTrue();
            assertThat(repository.isAncestor(side, merge)).isTrue();
            assertThat(repository.isAncestor(merge, merge)).isTrue();
            assertThat(repository.isAncestor(merge, first)).isFalse();
            assertThat(repository.isAncestor(side, second)).isFalse();
        }
    }
}
