package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.InvalidSignatureException;
import dev.dits.object.Commit;
import dev.dits.object.CommitTime;
import dev.dits.object.DirectoryRef;
import dev.dits.object.Extensions;
import dev.dits.object.ObjectId;
import dev.dits.object.Signatures;
import dev.dits.object.Tag;
import dev.dits.object.TestSigner;
import dev.dits.store.RecordType;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignedHistoryTest {
    private static final String SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

    @TempDir
    Path temp;

    private Path work;
    private Repository repository;

    @BeforeEach
    void make() throws IOException {
        work = temp.resolve("work");
        repository = Repository.init(work, RepositoryOptions.defaults().withAuthor("Zo\u00eb"));
    }

    @AfterEach
    void close() throws IOException {
        repository.close();
    }

    private Path dits(String name) {
        return work.resolve(Repository.DIRECTORY).resolve(name);
    }

    private ObjectId commit(String content) throws IOException {
        Files.writeString(work.resolve("note"), content);
        return repository
                .commit(content, null, CommitProgress.NONE)
                .orElseThrow()
                .id();
    }

    /** A commit as a peer might send it: in the store, named by nothing. */
    private ObjectId put(Commit commit) throws IOException {
        return put(commit.encode());
    }

    private ObjectId put(byte[] bytes) throws IOException {
        ObjectId id = ObjectId.hash(bytes);
        try (StoreWriter writer = repository.store().newWriter()) {
            writer.put(RecordType.OBJECT, id, bytes, 0, bytes.length);
            writer.flush();
        }
        return id;
    }

    private Commit child(ObjectId parent, String author, String message) throws IOException {
        DirectoryRef tree = repository.readCommit(parent).tree();
        return new Commit(tree, List.of(parent), author, new CommitTime(1_800_000_000, 0, 0), message, Extensions.NONE);
    }

    private Verification verify(ObjectId id) throws IOException {
        return repository.signers().verify(repository.readCommit(id));
    }

    @Test
    void whatIsCommittedIsSignedByTheKeyOfThisCopy() throws IOException {
        ObjectId first = commit("one");
        ObjectId second = commit("two");
        assertThat(verify(first).state()).isEqualTo(Verification.State.VERIFIED);
        assertThat(verify(second).own()).isTrue();
        assertThat(verify(first).key())
                .isEqualTo(verify(second).key())
                .isEqualTo(repository.signers().own());
        assertThat(repository.signers().list()).singleElement().satisfies(signer -> {
            assertThat(signer.name()).isEqualTo("Zo\u00eb");
            assertThat(signer.trusted()).isTrue();
            assertThat(signer.commit()).isEqualTo(first);
        });
        repository.createTag("v1", "HEAD", "One");
        Tag tag = repository
                .readTag(repository.ref(RefName.tag("v1")).orElseThrow())
                .orElseThrow();
        assertThat(repository.signers().verify(tag).state()).isEqualTo(Verification.State.VERIFIED);
        assertThat(repository.fsck(bytes -> {}).problems()).isEmpty();
    }

    @Test
    void aMergeIsSignedByWhoMergedIt() throws IOException {
        ObjectId first = commit("one");
        ObjectId mine = commit("two");
        ObjectId theirs = put(Signatures.sign(child(first, "Ada", "theirs"), TestSigner.ONE));
        ObjectId merged = repository
                .mergeInto(RefName.branch("main"), theirs, MergeOptions.defaults())
                .commit();
        assertThat(merged).isNotEqualTo(mine).isNotEqualTo(theirs);
        assertThat(verify(merged).own()).isTrue();
        assertThat(repository.fsck(bytes -> {}).problems()).isEmpty();
    }

    @Test
    void theKeyIsItsOwnersAloneAndStays() throws IOException {
        ObjectId first = commit("one");
        if (Files.getFileStore(work).supportsFileAttributeView("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dits("identity"))))
                    .isEqualTo("rw-------");
        }
        byte[] file = Files.readAllBytes(dits("identity"));
        repository.close();
        repository = Repository.open(work, RepositoryOptions.defaults());
        ObjectId second = commit("two");
        assertThat(verify(second).key()).isEqualTo(verify(first).key());
        assertThat(Files.readAllBytes(dits("identity"))).isEqualTo(file);
        assertThat(Files.list(dits("tmp"))).isEmpty();
    }

    @Test
    void twoWhoNeedTheFirstKeyAtOnceGetOne() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Repository> open = new ArrayList<>();
        try {
            List<Callable<RefName>> tasks = new ArrayList<>();
            Files.writeString(work.resolve("note"), "x");
            // An old repository, as it were: with a commit and without a key.
            commit("one");
            Files.delete(dits("identity"));
            for (int i = 0; i < 4; i++) {
                Repository other = Repository.open(work, RepositoryOptions.defaults());
                open.add(other);
                String name = "t" + i;
                tasks.add(() -> other.createTag(name, "HEAD", "at once"));
            }
            for (Future<RefName> made : pool.invokeAll(tasks)) {
                made.get();
            }
            assertThat(repository.tags().values().stream()
                            .map(id -> {
                                try {
                                    Tag tag = repository.readTag(id).orElseThrow();
                                    return Signatures.check(tag).key().orElseThrow();
                                } catch (IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            })
                            .distinct())
                    .hasSize(1);
        } finally {
            pool.shutdownNow();
            for (Repository other : open) {
                other.close();
            }
        }
    }

    @Test
    void theIdentityFileHasItsBytesAndNoBitOfItMayChange() throws Exception {
        byte[] bytes = SigningIdentity.encode(HexFormat.of().parseHex(SEED), TestSigner.ONE.key());
        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(golden("identity"));
        SigningIdentity identity = SigningIdentity.parse(bytes);
        assertThat(identity.sign(new byte[] {1})).isEqualTo(TestSigner.ONE.sign(new byte[] {1}));
        assertThat(identity.toString()).doesNotContain(SEED.substring(0, 8)).contains("d75a980182b10ab7");
        for (int bit = 0; bit < bytes.length * 8; bit += 7) {
            byte[] flipped = bytes.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> SigningIdentity.parse(flipped))
                    .as("bit %d", bit)
                    .isInstanceOf(dev.dits.error.DitsException.class);
        }
    }

    private static String golden(String name) throws IOException {
        return Files.readString(Path.of("src/test/resources/golden", name + ".hex"))
                .replaceAll("\\s", "");
    }

    @Test
    void theSignersFileHasItsBytes() throws IOException {
        List<Signer> signers = List.of(
                new Signer(
                        "Zo\u00eb",
                        TestSigner.ONE.key(),
                        true,
                        java.time.Instant.ofEpochSecond(1_800_000_000),
                        ObjectId.hash(new byte[0])),
                new Signer(
                        "Zo\u00eb",
                        TestSigner.TWO.key(),
                        false,
                        java.time.Instant.ofEpochSecond(-1),
                        ObjectId.ofWords(0, 0, 0, 0)));
        byte[] bytes = SignerBook.encode(signers);
        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(golden("signers"));
        assertThat(SignerBook.parse(bytes)).isEqualTo(signers);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> SignerBook.parse(cut)).isInstanceOf(CorruptObjectException.class);
        }
        byte[] twice = SignerBook.encode(List.of(signers.get(0), signers.get(0)));
        assertThatThrownBy(() -> SignerBook.parse(twice)).isInstanceOf(CorruptObjectException.class);
    }

    @Test
    void aForgedCommitIsRefusedEveryTimeItComes() throws IOException {
        ObjectId mine = commit("one");
        Commit honest = Signatures.sign(child(mine, "Ada", "Cut"), TestSigner.ONE);
        ObjectId forged = put(new Commit(
                honest.tree(), honest.parents(), "Eve", honest.time(), honest.message(), honest.extensions()));
        // What an attempt left in the store is no way around.
        ObjectId above = put(Signatures.sign(child(forged, "Eve", "On top"), TestSigner.TWO));
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(() -> repository.admit(List.of(above)))
                    .isInstanceOf(InvalidSignatureException.class)
                    .hasMessageContaining(forged.abbreviated())
                    .hasMessageContaining("Eve");
        }
        assertThat(repository.signers().list()).extracting(Signer::name).containsExactly("Zo\u00eb");
    }

    @Test
    void aSignatureCanNotBeStripped() throws IOException {
        ObjectId mine = commit("one");
        ObjectId unsigned = put(child(mine, "Ada", "Cut"));
        assertThatThrownBy(() -> repository.admit(List.of(unsigned)))
                .isInstanceOf(InvalidSignatureException.class)
                .hasMessageContaining("signed ones only");
        // Nor where unsigned commits are taken: what follows a signed one is signed.
        repository.configure(Map.of("core.signatures", Optional.empty()));
        assertThatThrownBy(() -> repository.admit(List.of(unsigned)))
                .isInstanceOf(InvalidSignatureException.class)
                .hasMessageContaining("its parent " + mine.abbreviated());
    }

    @Test
    void aHistoryFromBeforeSignaturesIsTakenAndGoesOnSigned() throws IOException {
        repository.close();
        work = temp.resolve("old");
        repository = Repository.init(
                work, RepositoryOptions.defaults().withAuthor("Ada").withRequireSignatures(false));
        DirectoryRef empty =
                new dev.dits.object.DirectoryBuilder(repository.store().newWriter()).finish();
        Commit root = new Commit(empty, List.of(), "Ada", new CommitTime(1, 0, 0), "Old", Extensions.NONE);
        ObjectId first = put(root);
        ObjectId second =
                put(new Commit(empty, List.of(first), "Ada", new CommitTime(2, 0, 0), "Older", Extensions.NONE));
        ObjectId third = put(Signatures.sign(
                new Commit(empty, List.of(second), "Ada", new CommitTime(3, 0, 0), "New", Extensions.NONE),
                TestSigner.ONE));
        assertThat(repository.admit(List.of(third)).commits()).isEqualTo(3);
        assertThat(repository.config().signaturesRequired()).isFalse();
        repository.updateRef(RefName.branch("main"), null, third);
        assertThat(verify(first).state()).isEqualTo(Verification.State.UNSIGNED);
        assertThat(verify(third).state()).isEqualTo(Verification.State.VERIFIED);
        ObjectId stripped =
                put(new Commit(empty, List.of(third), "Ada", new CommitTime(4, 0, 0), "Stripped", Extensions.NONE));
        assertThatThrownBy(() -> repository.admit(List.of(stripped))).isInstanceOf(InvalidSignatureException.class);
    }

    @Test
    void aFirstHistoryThatIsSignedThroughoutBindsTheRepositoryToThat() throws IOException {
        repository.close();
        work = temp.resolve("copy");
        repository = Repository.init(work, RepositoryOptions.defaults().withRequireSignatures(false));
        ObjectId first = put(Signatures.sign(
                new Commit(
                        new DirectoryRef(ObjectId.hash(new byte[1]), 0, 0),
                        List.of(),
                        "Ada",
                        new CommitTime(1, 0, 0),
                        "",
                        Extensions.NONE),
                TestSigner.ONE));
        assertThat(repository.admit(List.of(first)).newKeys()).isEmpty();
        assertThat(repository.config().signaturesRequired()).isTrue();
    }

    @Test
    void anUnsignedTagIsRefusedToo() throws IOException {
        ObjectId mine = commit("one");
        Tag tag = new Tag(mine, "v1", "Ada", new CommitTime(1, 0, 0), "One", Extensions.NONE);
        ObjectId unsigned = put(tag.encode());
        assertThatThrownBy(() -> repository.admit(List.of(unsigned)))
                .isInstanceOf(InvalidSignatureException.class)
                .hasMessageContaining("v1");
        Tag signed = Signatures.sign(tag, TestSigner.ONE);
        ObjectId forged = put(new Tag(mine, "v2", "Ada", tag.time(), "One", signed.extensions()).encode());
        assertThatThrownBy(() -> repository.admit(List.of(forged))).isInstanceOf(InvalidSignatureException.class);
        repository.admit(List.of(put(signed.encode())));
        assertThat(repository.signers().verify(signed).state()).isEqualTo(Verification.State.VERIFIED);
    }

    @Test
    void theFirstKeyOfANameIsBoundAndAnotherIsToldApart() throws IOException {
        ObjectId mine = commit("one");
        ObjectId first = put(Signatures.sign(child(mine, "Ada", "first"), TestSigner.ONE));
        assertThat(repository.admit(List.of(first)).newKeys()).isEmpty();
        repository.updateRef(RefName.branch("other"), null, first);
        ObjectId second = put(Signatures.sign(child(first, "Ada", "second"), TestSigner.TWO));
        assertThat(repository.admit(List.of(second)).newKeys())
                .singleElement()
                .satisfies(signer -> assertThat(signer.key()).isEqualTo(TestSigner.TWO.key()));
        // It is news once.
        assertThat(repository.admit(List.of(second)).newKeys()).isEmpty();
        assertThat(verify(first).state()).isEqualTo(Verification.State.VERIFIED);
        assertThat(verify(second).state()).isEqualTo(Verification.State.NEW_KEY);

        assertThat(repository.signers().trust(TestSigner.TWO.key())).isEqualTo(1);
        assertThat(verify(second).state()).isEqualTo(Verification.State.VERIFIED);
        assertThat(verify(first).state()).isEqualTo(Verification.State.VERIFIED);

        assertThat(repository.signers().forget(TestSigner.ONE.key())).isEqualTo(1);
        assertThat(verify(first).state()).isEqualTo(Verification.State.NEW_KEY);
        assertThat(repository.signers().forget(TestSigner.TWO.key())).isEqualTo(1);
        assertThat(verify(first).state()).isEqualTo(Verification.State.UNKNOWN_KEY);
        assertThatThrownBy(() -> repository.signers().trust(TestSigner.TWO.key()))
                .hasMessageContaining("3d4017c3");
    }

    @Test
    void aNameOfThisCopyIsBoundToThisCopysKey() throws IOException {
        ObjectId mine = commit("one");
        ObjectId posing = put(Signatures.sign(child(mine, "Zo\u00eb", "not me"), TestSigner.ONE));
        assertThat(repository.admit(List.of(posing)).newKeys()).hasSize(1);
        assertThat(verify(posing).state()).isEqualTo(Verification.State.NEW_KEY);
        ObjectId nobody = put(Signatures.sign(child(mine, "", "no name"), TestSigner.ONE));
        repository.admit(List.of(nobody));
        assertThat(verify(nobody).state()).isEqualTo(Verification.State.UNKNOWN_KEY);
    }

    @Test
    void theBookIsBoundedAndWhatIsBoundToNothingGoesFirst() throws IOException {
        commit("one");
        SignerBook book = new SignerBook(
                dits(""), new Scratch(dev.dits.disk.Disk.system(), dits("tmp")), RepositoryOptions.defaults());
        List<SignerBook.Sighting> sightings = new ArrayList<>();
        ObjectId id = ObjectId.hash(new byte[0]);
        sightings.add(new SignerBook.Sighting("n0", TestSigner.TWO.key(), id));
        sightings.add(new SignerBook.Sighting("n0", TestSigner.ONE.key(), id));
        for (int i = 1; i < SignerBook.SIGNERS_MAX + 10; i++) {
            sightings.add(new SignerBook.Sighting("n" + i, TestSigner.ONE.key(), id));
        }
        assertThat(book.meet(sightings)).hasSize(1);
        List<Signer> signers = repository.signers().list();
        assertThat(signers).hasSize(SignerBook.SIGNERS_MAX).allMatch(Signer::trusted);
        assertThat(signers.get(0).name()).isEqualTo("Zo\u00eb");
        assertThatThrownBy(() -> repository.signers().trust("one too many", TestSigner.TWO.key()))
                .hasMessageContaining("dits signers remove");
    }

    @Test
    void fsckFindsWhatIsNotToBeTrusted() throws IOException {
        ObjectId mine = commit("one");
        ObjectId unsigned = put(child(mine, "Ada", "Cut"));
        repository.updateRef(RefName.branch("unsigned"), null, unsigned);
        Commit honest = Signatures.sign(child(mine, "Ada", "Cut"), TestSigner.ONE);
        ObjectId forged = put(new Commit(
                honest.tree(), honest.parents(), "Eve", honest.time(), honest.message(), honest.extensions()));
        repository.updateRef(RefName.branch("forged"), null, forged);
        FsckReport report = repository.fsck(bytes -> {});
        assertThat(report.clean()).isFalse();
        assertThat(report.problems())
                .hasSize(2)
                .anyMatch(problem -> problem.contains(unsigned.abbreviated()) && problem.contains("not signed"))
                .anyMatch(problem -> problem.contains(forged.abbreviated()) && problem.contains("does not hold"));
        // They can be read all the same.
        assertThat(verify(unsigned).state()).isEqualTo(Verification.State.UNSIGNED);
        assertThat(verify(forged).state()).isEqualTo(Verification.State.INVALID);
    }

    @Test
    void nothingOfTheSecretIsInWhatIsShown() throws IOException {
        commit("one");
        byte[] file = Files.readAllBytes(dits("identity"));
        String seed = HexFormat.of().formatHex(file, 10, 42);
        String shown = repository.signers().own().orElseThrow()
                + repository.signers().list().toString()
                + repository.signers()
                + repository;
        assertThat(shown).doesNotContain(seed);
        Files.write(dits("identity"), "DITSSIGN".getBytes(StandardCharsets.US_ASCII));
        repository.close();
        repository = Repository.open(work, RepositoryOptions.defaults());
        Files.writeString(work.resolve("note"), "two");
        assertThatThrownBy(() -> repository.commit("two", null, CommitProgress.NONE))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageNotContaining(seed.substring(0, 8));
    }

    @Test
    void whatWasFoundOfACommitIsNotTakenForAnother() throws IOException {
        ObjectId signed = commit("one");
        Commit commit = repository.readCommit(signed);
        for (int i = 0; i < 2; i++) {
            assertThat(verify(signed).state()).isEqualTo(Verification.State.VERIFIED);
            Commit forged = new Commit(
                    commit.tree(), commit.parents(), commit.author(), commit.time(), "forged", commit.extensions());
            assertThat(repository.signers().verify(forged).state()).isEqualTo(Verification.State.INVALID);
            Commit stripped =
                    new Commit(commit.tree(), commit.parents(), commit.author(), commit.time(), "one", Extensions.NONE);
            assertThat(repository.signers().verify(stripped).state()).isEqualTo(Verification.State.UNSIGNED);
        }
        // Whose key it is is not remembered with it.
        Commit renamed =
                new Commit(commit.tree(), commit.parents(), "Ada", commit.time(), commit.message(), Extensions.NONE);
        SigningIdentity other = SigningIdentity.create(
                new Scratch(dev.dits.disk.Disk.system(), dits("tmp")),
                temp.resolve("other"),
                new java.security.SecureRandom());
        Commit byOther = dev.dits.object.Signatures.sign(renamed, other);
        assertThat(repository.signers().verify(byOther).state()).isEqualTo(Verification.State.UNKNOWN_KEY);
        repository.signers().trust("Ada", other.key());
        assertThat(repository.signers().verify(byOther).state()).isEqualTo(Verification.State.VERIFIED);
    }

    @Test
    void manyAreVerifiedAsEachByItself() throws IOException {
        ObjectId first = commit("one");
        Commit commit = repository.readCommit(first);
        List<Commit> commits = new java.util.ArrayList<>();
        for (int i = 0; i < 100; i++) {
            commits.add(
                    i % 3 == 0
                            ? new Commit(
                                    commit.tree(),
                                    commit.parents(),
                                    "Ada",
                                    commit.time(),
                                    "" + i,
                                    i % 2 == 0 ? commit.extensions() : Extensions.NONE)
                            : commit);
        }
        List<Verification> found = repository.signers().verifyAll(commits);
        Signers signers = repository.signers();
        assertThat(found).isEqualTo(commits.stream().map(signers::verify).toList());
        assertThat(found.get(0).state()).isEqualTo(Verification.State.INVALID);
        assertThat(found.get(3).state()).isEqualTo(Verification.State.UNSIGNED);
        assertThat(found.get(98).state()).isEqualTo(Verification.State.VERIFIED);
        assertThat(signers.verifyAll(List.of())).isEmpty();
    }
}
