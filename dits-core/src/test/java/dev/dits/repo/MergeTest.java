package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.DitsException;
import dev.dits.object.Commit;
import dev.dits.object.CommitTime;
import dev.dits.object.EntryName;
import dev.dits.object.ObjectId;
import dev.dits.repo.MergeWorld.Version;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MergeTest {
    private static final RefName MAIN = RefName.branch("main");
    private static final Instant TIME = Instant.parse("2026-11-24T12:30:00Z");

    @TempDir
    Path root;

    private Repository repository;

    @BeforeEach
    void open() throws IOException {
        repository = Repository.init(
                root,
                RepositoryOptions.defaults()
                        .withAuthor("Ada <ada@example.org>")
                        .withClock(Clock.fixed(TIME, ZoneOffset.ofHours(2))));
    }

    @AfterEach
    void close() throws IOException {
        repository.close();
    }

    private void write(String path, String text, int later) throws IOException {
        Trees.write(root.resolve(path), text.getBytes(StandardCharsets.UTF_8), 0644, TIME.plusSeconds(later));
    }

    private ObjectId commit(String author) throws IOException {
        return repository.commit("m", author, CommitProgress.NONE).orElseThrow().id();
    }

    /** Two branches, main and other, from one base; the working tree is on main. */
    private void diverge() throws IOException {
        write("both.txt", "base", 0);
        write("gone", "base", 0);
        write("d/kept", "base", 0);
        commit(null);
        repository.createBranch("other", "HEAD");
        repository.checkout("other", CheckoutOptions.defaults());
        write("both.txt", "theirs", 2);
        write("gone", "modified", 2);
        write("d/theirs", "new", 2);
        commit("Bob/Ross: 'B' <bob@example.org>");
        repository.checkout("main", CheckoutOptions.defaults());
        write("both.txt", "ours", 1);
        Files.delete(root.resolve("gone"));
        write("d/ours", "new", 1);
        commit(null);
    }

    @Test
    void bothVersionsStayAndTheCommitSaysSo() throws IOException {
        diverge();
        ObjectId ours = repository.head().orElseThrow();
        MergeReport report = repository.merge("other", MergeOptions.defaults());
        String copy = "both (conflict from Ada 2026-11-24 123000).txt";
        assertThat(report.kind()).isEqualTo(MergeReport.Kind.MERGED);
        assertThat(report.copies()).hasSize(1);
        assertThat(report.copies().get(0).copy().display()).isEqualTo(copy);
        assertThat(report.checkout()).isPresent();
        assertThat(report.inTheWay()).isEmpty();
        assertThat(Files.readString(root.resolve("both.txt"))).isEqualTo("theirs");
        assertThat(Files.readString(root.resolve(copy))).isEqualTo("ours");
        assertThat(Files.readString(root.resolve("gone"))).isEqualTo("modified");
        assertThat(root.resolve("d/ours")).exists();
        assertThat(root.resolve("d/theirs")).exists();
        Commit merged = repository.readCommit(report.commit());
        assertThat(merged.parents()).containsExactly(ours, repository.resolve("other"));
        assertThat(merged.message()).contains("into main").contains("both.txt -> " + copy);
        assertThat(repository.status().clean()).isTrue();
        assertThat(repository.merge("other", MergeOptions.defaults()).kind()).isEqualTo(MergeReport.Kind.NOTHING);
        MergeReport forward = repository.mergeInto(RefName.branch("other"), report.commit(), MergeOptions.defaults());
        assertThat(forward.kind()).isEqualTo(MergeReport.Kind.FAST_FORWARD);
        assertThat(repository.resolve("other")).isEqualTo(report.commit());
        assertThat(repository
                        .mergeInto(RefName.branch("new"), ours, MergeOptions.defaults())
                        .kind())
                .isEqualTo(MergeReport.Kind.FAST_FORWARD);
        assertThat(repository.resolve("new")).isEqualTo(ours);
        assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
    }

    @Test
    void theOtherWayRoundGivesTheSameTree() throws IOException {
        diverge();
        repository.createBranch("again", "main");
        repository.mergeInto(MAIN, repository.resolve("other"), MergeOptions.defaults());
        repository.mergeInto(
                RefName.branch("other"),
                repository.resolve("again"),
                MergeOptions.defaults().withAuthor("Cy"));
        assertThat(repository.readCommit(repository.resolve("other")).tree())
                .isEqualTo(repository.readCommit(repository.resolve("main")).tree());
        // The tree lags: nobody brought it to the merge.
        assertThat(repository.status().behind()).isPositive();
        assertThat(repository.follow(CheckoutOptions.defaults())).isPresent();
        assertThat(repository.status().clean()).isTrue();
    }

    @Test
    void whatIsInNoCommitStaysAndTheTreeLags() throws IOException {
        diverge();
        write("d/theirs", "mine, in no commit", 3);
        MergeReport report = repository.merge("other", MergeOptions.defaults());
        assertThat(report.kind()).isEqualTo(MergeReport.Kind.MERGED);
        assertThat(report.checkout()).isEmpty();
        assertThat(report.inTheWay()).containsExactly("d/theirs");
        assertThat(Files.readString(root.resolve("d/theirs"))).isEqualTo("mine, in no commit");
        assertThat(Files.readString(root.resolve("both.txt"))).isEqualTo("ours");
        assertThat(repository.resolve("main")).isEqualTo(report.commit());
    }

    @Test
    void onlyABranchIsMergedInto() throws IOException {
        diverge();
        repository.checkout("HEAD", CheckoutOptions.defaults());
        repository.checkout("HEAD~1", CheckoutOptions.defaults());
        assertThatThrownBy(() -> repository.merge("other", MergeOptions.defaults()))
                .isInstanceOf(DitsException.class)
                .hasMessageContaining("no branch");
        assertThatThrownBy(() ->
                        repository.mergeInto(RefName.tag("t"), repository.resolve("other"), MergeOptions.defaults()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Several instances bring different commits into one branch at the same time; each is in it in the end. */
    @Test
    void aBranchThatMovesMeanwhileIsMergedAgain() throws Exception {
        write("base", "base", 0);
        ObjectId base = commit(null);
        int sides = 6;
        List<ObjectId> tips = new java.util.ArrayList<>();
        for (int i = 0; i < sides; i++) {
            repository.checkout(
                    repository.createBranch("side" + i, base.toString()).shortName(), CheckoutOptions.defaults());
            write("of " + i, "text", i);
            tips.add(commit(null));
        }
        ExecutorService pool = Executors.newFixedThreadPool(sides);
        try {
            List<Future<MergeReport>> done = new java.util.ArrayList<>();
            for (ObjectId tip : tips) {
                done.add(pool.submit(() -> {
                    try (Repository other = Repository.open(root, RepositoryOptions.defaults())) {
                        return other.mergeInto(MAIN, tip, MergeOptions.defaults());
                    }
                }));
            }
            for (Future<MergeReport> each : done) {
                each.get();
            }
        } finally {
            pool.shutdown();
        }
        ObjectId merged = repository.resolve("main");
        for (ObjectId tip : tips) {
            assertThat(repository.isAncestor(tip, merged)).isTrue();
        }
        repository.checkout("main", CheckoutOptions.defaults());
        for (int i = 0; i < sides; i++) {
            assertThat(root.resolve("of " + i)).exists();
        }
    }

    /** Two files of 100,000 are changed; nodes near them are read, and no others. */
    @Test
    void theCostFollowsWhatDiffers() throws IOException {
        MergeWorld world = new MergeWorld();
        TreeMap<String, Version> files = new TreeMap<>();
        for (int i = 0; i < 100_000; i++) {
            String directory = i % 2 == 0 ? "flat/" : "d" + i % 199 + "/";
            files.put(directory + "file" + i, new Version("text " + i % 1_000, 0644, i));
        }
        ObjectId base = world.commit(files, "Root", 1);
        TreeMap<String, Version> left = new TreeMap<>(files);
        left.put("flat/file5000", new Version("left", 0644, 7));
        left.remove("d101/file101");
        TreeMap<String, Version> right = new TreeMap<>(files);
        right.put("flat/file5000", new Version("right", 0644, 8));
        right.put("d7/new", new Version("right", 0644, 8));
        ObjectId a = world.commit(left, "Ada", 2, base);
        ObjectId b = world.commit(right, "Bob", 3, base);
        world.reads = 0;
        HistoryMerge merge = world.merge(a, b);
        TreeMap<String, Version> merged = world.files(merge.tree(new Counting(world)));
        assertThat(merge.copies()).hasSize(1);
        assertThat(merged.get("flat/file5000").text()).isEqualTo("right");
        assertThat(merged).hasSize(100_001).doesNotContainKey("d101/file101").containsKey("d7/new");
    }

    /** Fails where more is read or written than a few paths of nodes. */
    private record Counting(MergeWorld world) implements dev.dits.object.ObjectSink {
        private static final int NODES_MAX = 150;

        @Override
        public void write(ObjectId id, byte[] bytes) {
            assertThat(world.reads).isLessThan(NODES_MAX);
            world.write(id, bytes);
        }
    }

    @Test
    void bestCommonAncestorsWhateverClocksSay() throws IOException {
        MergeWorld world = new MergeWorld();
        TreeMap<String, Version> none = new TreeMap<>();
        ObjectId root = world.commit(none, "r", 500);
        ObjectId x = world.commit(none, "x", 3, root);
        ObjectId y = world.commit(none, "y", 900, root);
        ObjectId a = world.commit(none, "a", 1, x, y);
        ObjectId b = world.commit(none, "b", 1_000, y, x);
        CommitGraph graph = new CommitGraph(world::readCommit);
        List<ObjectId> both = new java.util.ArrayList<>(List.of(x, y));
        both.sort(null);
        assertThat(graph.bestCommonAncestors(List.of(a), List.of(b))).isEqualTo(both);
        assertThat(graph.bestCommonAncestors(List.of(b), List.of(a))).isEqualTo(both);
        assertThat(graph.bestCommonAncestors(List.of(a), List.of(x))).containsExactly(x);
        assertThat(graph.bestCommonAncestors(List.of(x), List.of(y))).containsExactly(root);
        assertThat(graph.bestCommonAncestors(List.of(a), List.of(a))).containsExactly(a);
        ObjectId stranger = world.commit(none, "s", 7);
        assertThat(graph.bestCommonAncestors(List.of(a), List.of(stranger))).isEmpty();
        // An ancestor of another common one, that its clock brings up first.
        ObjectId old = world.commit(none, "old", 5_000, root);
        ObjectId young = world.commit(none, "young", 2, old);
        ObjectId l = world.commit(none, "l", 6_000, young, old);
        ObjectId r = world.commit(none, "r", 6_001, old, young);
        assertThat(graph.bestCommonAncestors(List.of(l), List.of(r))).containsExactly(young);
    }

    @Test
    void namesOfCopiesFitEverywhere() {
        String date = "2026-11-24 103000";
        CommitTime time = CommitTime.of(Instant.parse("2026-11-24T10:30:00Z"), 120);
        assertThat(CopyNames.peerAndDate("Ada L. <ada@x>", time)).isEqualTo("Ada L. " + date);
        assertThat(CopyNames.peerAndDate("a/b\\c:d\u0000e\u202Ef*?", time)).isEqualTo("a b c d e f " + date);
        assertThat(CopyNames.peerAndDate("", time)).isEqualTo("somebody " + date);
        assertThat(CopyNames.peerAndDate("<only@address>", time)).isEqualTo("only@address " + date);
        assertThat(CopyNames.peerAndDate("\u00e9".repeat(100), time)).isEqualTo("\u00e9".repeat(24) + " " + date);
        assertThat(CopyNames.peerAndDate("x", new CommitTime(1L << 60, 0, 0))).isEqualTo("x 9999-12-31 235959");
        assertThat(CopyNames.peerAndDate("x", new CommitTime(-(1L << 60), 0, 0)))
                .startsWith("x 0");
        for (int length = 200; length <= 255; length++) {
            for (String letter : List.of("n", "\u00e9", "\u20ac", "\uD83D\uDE00")) {
                int bytes = letter.getBytes(StandardCharsets.UTF_8).length;
                EntryName name =
                        EntryName.ofUtf8("x".repeat(length % bytes) + letter.repeat((length - 4) / bytes) + ".mov");
                EntryName copy = CopyNames.conflict(name, CopyNames.peerAndDate("Ada", time), 2);
                String text = new String(copy.bytes(), StandardCharsets.UTF_8);
                assertThat(copy.length()).isLessThanOrEqualTo(255);
                assertThat(text.getBytes(StandardCharsets.UTF_8)).isEqualTo(copy.bytes());
                assertThat(text)
                        .endsWith(" (conflict from Ada " + date + " 2).mov")
                        .doesNotContain("\uFFFD");
            }
        }
        assertThat(CopyNames.conflict(EntryName.ofUtf8(".profile"), "Ada", 1).display())
                .isEqualTo(".profile (conflict from Ada)");
    }

    @Test
    void aTakenNameGetsANumberAndTheSameVersionNoSecondCopy() throws IOException {
        MergeWorld world = new MergeWorld();
        TreeMap<String, Version> files = new TreeMap<>();
        files.put("f", new Version("base", 0644, 1));
        ObjectId base = world.commit(files, "Root", 0);
        String copy = "f (conflict from Ada 1970-01-01 000010)";
        TreeMap<String, Version> left = new TreeMap<>(files);
        left.put("f", new Version("left", 0644, 1));
        TreeMap<String, Version> right = new TreeMap<>(files);
        right.put("f", new Version("right", 0755, 2));
        right.put(copy, new Version("something else", 0644, 1));
        ObjectId a = world.commit(left, "Ada", 10, base);
        ObjectId b = world.commit(right, "Bob", 20, base);
        TreeMap<String, Version> merged = world.files(world.merge(a, b).tree(world));
        assertThat(merged.get(copy).text()).isEqualTo("something else");
        assertThat(merged.get(copy.replace(")", " 2)"))).isEqualTo(new Version("left", 0644, 1));
        right.put(copy, new Version("left", 0600, 5));
        ObjectId c = world.commit(right, "Bob", 20, base);
        assertThat(world.files(world.merge(a, c).tree(world))).containsOnlyKeys("f", copy);
    }

    /** Where two merged crosswise, the base is what both made of it: a copy that one has cleared away stays away. */
    @Test
    void whatBothMergesAgreedOnIsNotDecidedAgain() throws IOException {
        MergeWorld world = new MergeWorld();
        TreeMap<String, Version> files = new TreeMap<>();
        files.put("f", new Version("base", 0644, 1));
        ObjectId base = world.commit(files, "Root", 0);
        files.put("f", new Version("left", 0644, 2));
        ObjectId x = world.commit(files, "Ada", 10, base);
        files.put("f", new Version("right", 0644, 3));
        ObjectId y = world.commit(files, "Bob", 20, base);
        ObjectId a = world.bringIn(x, y, "Ada", 30);
        ObjectId b = world.bringIn(y, x, "Bob", 31);
        files.put("f", new Version("resolved", 0644, 4));
        ObjectId resolved = world.commit(files, "Ada", 40, a);
        TreeMap<String, Version> elsewhere = new TreeMap<>(world.trees.get(b));
        elsewhere.put("g", new Version("new", 0644, 5));
        ObjectId other = world.commit(elsewhere, "Bob", 41, b);
        HistoryMerge merge = world.merge(resolved, other);
        TreeMap<String, Version> merged = world.files(merge.tree(world));
        assertThat(merge.copies()).isEmpty();
        assertThat(merged).containsOnlyKeys("f", "g");
        assertThat(merged.get("f").text()).isEqualTo("resolved");
    }

    @Test
    void allTypesInEachOthersPlace() throws IOException {
        MergeWorld world = new MergeWorld();
        Version old = new Version("old", 0644, 1);
        Version changed = new Version("changed", 0644, 2);
        TreeMap<String, Version> files = new TreeMap<>();
        files.put("file", old);
        files.put("dir/a", old);
        files.put("dir/b", old);
        files.put("link", new Version("->old", Links.MODE, 1));
        ObjectId base = world.commit(files, "Root", 0);
        TreeMap<String, Version> left = new TreeMap<>();
        left.put("file/in", changed);
        left.put("dir", new Version("a file now", 0644, 2));
        left.put("link", changed);
        TreeMap<String, Version> right = new TreeMap<>(files);
        right.put("file", changed);
        right.put("dir/a", changed);
        right.put("link", new Version("->new", Links.MODE, 3));
        ObjectId a = world.commit(left, "Ada", 10, base);
        ObjectId b = world.commit(right, "Bob", 20, base);
        TreeMap<String, Version> merged = world.files(world.merge(a, b).tree(world));
        assertThat(merged)
                .containsOnlyKeys(
                        "file/in",
                        "file (conflict from Bob 1970-01-01 000020)",
                        "dir/a",
                        "dir (conflict from Ada 1970-01-01 000010)",
                        "link",
                        "link (conflict from Ada 1970-01-01 000010)");
        assertThat(merged.get("link").text()).isEqualTo("->new");
        assertThat(merged.get("dir/a").text()).isEqualTo("changed");
    }
}
