package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.repo.CommitProgress;
import dev.dits.repo.LogEntry;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.watch.WatchEvent;
import dev.dits.watch.WatchOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders that are kept in step with no commit by hand: what is saved in one is in the others. */
class FolderSyncTest {
    /** Looks at everything often, too: a file that was fetched must not look like a change then either. */
    private static final WatchOptions WATCH = WatchOptions.defaults()
            .withQuiet(Duration.ofMillis(200))
            .withLongestWait(Duration.ofSeconds(5))
            .withRescan(Duration.ofSeconds(1));

    /** So long nothing may happen where all has come to rest: more than a look at everything. */
    private static final long REST_MILLIS = 1_500;

    @TempDir
    Path temporary;

    private Path project;
    private final TestNodes nodes = new TestNodes(() -> temporary);
    private final Until until = new Until();
    private final Queue<DitsEvent> events = new ConcurrentLinkedQueue<>();

    @BeforeEach
    void project() throws IOException {
        project = temporary.resolve("project");
        try (Repository repository =
                Repository.init(project, RepositoryOptions.defaults().withAuthor("the share"))) {
            Files.writeString(project.resolve("file"), "0");
            repository.commit("First", null, CommitProgress.NONE);
        }
    }

    @AfterEach
    void close() throws Exception {
        nodes.close();
    }

    private Share share(Path root, ShareOptions options) throws IOException {
        Share share = nodes.keep(nodes.open("share")
                .share(
                        root,
                        options.withBindAddress(InetAddress.getLoopbackAddress())
                                .withWatch(WATCH)));
        share.onEvent(events::add);
        return until.watch(share);
    }

    private Mount mount(Share share, String name) throws Exception {
        Mount mount = nodes.keep(nodes.open(name)
                .mount(
                        share.ticket(),
                        temporary.resolve(name),
                        MountOptions.defaults().withWatch(WATCH)));
        mount.onEvent(events::add);
        return until.watch(mount);
    }

    private Mount pulled(Share share, String name) throws Exception {
        Mount mount = mount(share, name);
        mount.pull().await();
        return mount;
    }

    /** In one piece, as a good editor does it. */
    private void save(Path root, String file, String content) throws IOException {
        Path made = Files.writeString(temporary.resolve("saving"), content);
        Files.createDirectories(root.resolve(file).getParent());
        Files.move(made, root.resolve(file), StandardCopyOption.ATOMIC_MOVE);
    }

    private static boolean has(Path root, String file, String content) throws IOException {
        try {
            return Files.readString(root.resolve(file)).equals(content);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static Map<String, String> files(Path root) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(root)) {
            for (Path path : walk.filter(Files::isRegularFile).toList()) {
                Path relative = root.relativize(path);
                if (!relative.startsWith(Repository.DIRECTORY)) {
                    files.put(relative.toString(), Files.readString(path));
                }
            }
        }
        return files;
    }

    private static int commits(Repository repository) throws IOException {
        return repository.log("HEAD", 10_000).size();
    }

    /** All stand on one commit with nothing to commit, and stay there. */
    private void comeToRest(Share share, Mount... mounts) throws Exception {
        until.holds("all are in step", () -> {
            if (!share.repository().status().clean()
                    || !share.repository().base().equals(share.repository().head())) {
                return false;
            }
            for (Mount mount : mounts) {
                if (!mount.repository().base().equals(share.repository().head())
                        || !mount.syncState().inStep()
                        || !mount.repository().status().clean()) {
                    return false;
                }
            }
            return true;
        });
        var head = share.repository().head();
        TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
        assertThat(share.repository().head()).isEqualTo(head);
        for (Mount mount : mounts) {
            assertThat(mount.repository().head()).isEqualTo(head);
            assertThat(files(mount.root())).isEqualTo(files(share.root()));
        }
    }

    private <T extends DitsEvent> List<T> told(Class<T> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    @Test
    void whatIsSavedInOneFolderIsInTheOthersAndEachSaveIsOneCommit() throws Exception {
        Share share = share(project, ShareOptions.defaults());
        Mount one = pulled(share, "one");
        Mount two = pulled(share, "two");
        List<Path> folders = List.of(share.root(), one.root(), two.root());
        int saves = 9;
        for (int i = 0; i < saves; i++) {
            String content = "save " + i;
            save(folders.get(i % 3), i % 2 == 0 ? "file" : "deep/er/" + i, content);
            String file = i % 2 == 0 ? "file" : "deep/er/" + i;
            until.holds("all have " + content, () -> {
                for (Path folder : folders) {
                    if (!has(folder, file, content)) {
                        return false;
                    }
                }
                return true;
            });
        }
        Files.delete(two.root().resolve("deep/er/1"));
        until.holds("it is gone everywhere", () -> !Files.exists(project.resolve("deep/er/1")));
        comeToRest(share, one, two);
        assertThat(commits(share.repository())).isEqualTo(1 + saves + 1);
        assertThat(told(DitsEvent.AutoCommitted.class)).hasSize(saves + 1);
        assertThat(told(DitsEvent.WatchProblem.class)).isEmpty();
        assertThat(share.repository().log("HEAD", 1).get(0).commit().message())
                .isEqualTo("Auto: 1 deleted (deep/er/1)");
        assertThat(share.watched()).isTrue();
        assertThat(one.watched()).isTrue();
    }

    @Test
    void editsOfDifferentFilesOnBothSidesComeTogether() throws Exception {
        Share share = share(project, ShareOptions.defaults());
        Mount mount = pulled(share, "mount");
        for (int i = 0; i < 5; i++) {
            save(share.root(), "ours" + i, "ours");
            save(mount.root(), "theirs" + i, "theirs");
        }
        until.holds(
                "both have all",
                () -> files(share.root()).size() == 11 && files(mount.root()).size() == 11);
        comeToRest(share, mount);
        // At most a commit and a merge a save; as a rule, one of each and a merge.
        assertThat(commits(share.repository())).isLessThanOrEqualTo(1 + 20);
    }

    @Test
    void ofAFileSavedOnBothSidesBothVersionsStayAndNothingGoesRound() throws Exception {
        Share share = share(project, ShareOptions.defaults());
        Mount mount = pulled(share, "mount");
        int rounds = 2;
        for (int i = 1; i <= rounds; i++) {
            String ours = "ours " + i;
            String theirs = "theirs " + i;
            save(share.root(), "file", ours);
            save(mount.root(), "file", theirs);
            until.holds(
                    "both have both",
                    () -> files(share.root()).values().containsAll(List.of(ours, theirs))
                            && files(mount.root()).values().containsAll(List.of(ours, theirs)));
            comeToRest(share, mount);
            assertThat(files(project)).hasSize(1 + i);
        }
        // A commit each and their merge; where both sides merged, a merge of their merges.
        assertThat(commits(share.repository())).isLessThanOrEqualTo(1 + 5 * rounds);
    }

    @Test
    void aFolderThatIsNoRepositoryIsSharedAsItIs() throws Exception {
        Path folder = Files.createDirectories(temporary.resolve("folder"));
        Files.writeString(folder.resolve("a"), "1");
        Share share = share(folder, ShareOptions.defaults().withInit(true));
        Mount mount = pulled(share, "mount");
        assertThat(has(mount.root(), "a", "1")).isTrue();
        save(folder, "b", "2");
        until.holds("it is in the mount", () -> has(mount.root(), "b", "2"));
        comeToRest(share, mount);
    }

    @Test
    void theFirstCommitOfAnEmptyShareMayComeFromAMount() throws Exception {
        Path folder = Files.createDirectories(temporary.resolve("empty"));
        Share share = share(folder, ShareOptions.defaults().withInit(true));
        Mount mount = mount(share, "mount");
        save(mount.root(), "a", "1");
        // The share has nothing to pull yet; from the attempt on, the mount is kept in step.
        assertThat(mount.sync()).isNotNull();
        until.holds("it is in the share", () -> has(folder, "a", "1"));
        comeToRest(share, mount);
        assertThat(commits(share.repository())).isEqualTo(1);
    }

    @Test
    void nothingIsCommittedBeforeTheFirstPull() throws Exception {
        Share share = share(project, ShareOptions.defaults());
        Mount mount = mount(share, "mount");
        save(mount.root(), "a", "1");
        TimeUnit.MILLISECONDS.sleep(1_000);
        assertThat(mount.repository().head()).isEmpty();
        mount.pull().await();
        until.holds("it is in the share", () -> has(project, "a", "1"));
        comeToRest(share, mount);
        assertThat(share.repository().log("HEAD", 10).stream()
                        .map(LogEntry::commit)
                        .map(commit -> commit.message()))
                .containsExactly("Auto: 1 added (a)", "First");
    }

    @Test
    void aMountOfAPartLeavesTheRestAloneAndIsKeptInStep() throws Exception {
        Files.createDirectories(project.resolve("raw"));
        Files.writeString(project.resolve("raw/big"), "unselected");
        Share share = share(project, ShareOptions.defaults());
        until.holds("it is committed", () -> share.repository().status().clean());
        Mount part = nodes.keep(nodes.open("part")
                .mount(
                        share.ticket(),
                        temporary.resolve("part"),
                        MountOptions.defaults().withWatch(WATCH).withPaths(List.of("takes/**", "file"))));
        part.onEvent(events::add);
        until.watch(part).pull().await();
        save(part.root(), "takes/a", "from the part");
        until.holds("it is in the share", () -> has(project, "takes/a", "from the part"));
        save(project, "takes/b", "for the part");
        save(project, "raw/other", "not for the part");
        until.holds("it is in the part", () -> has(part.root(), "takes/b", "for the part"));
        until.holds(
                "all is committed",
                () -> share.repository().status().clean()
                        && part.repository().status().clean()
                        && part.syncState().inStep());
        TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
        assertThat(files(part.root()).keySet()).containsExactly("file", "takes/a", "takes/b");
        assertThat(files(project).keySet()).containsExactly("file", "raw/big", "raw/other", "takes/a", "takes/b");
        // One for each save, and none that deletes what is not there; the last two may have been one.
        assertThat(commits(share.repository())).isBetween(4, 6);
        assertThat(share.repository().log("HEAD", 10).stream()
                        .map(LogEntry::commit)
                        .map(commit -> commit.message()))
                .noneMatch(message -> message.contains("deleted"));
    }

    @Test
    void aFolderThatGoesAwayIsToldAndTheShareStays() throws Exception {
        Share share = share(project, ShareOptions.defaults());
        Path away = temporary.resolve("away");
        Files.move(project, away);
        until.holds("it is told", () -> !told(DitsEvent.WatchProblem.class).isEmpty());
        assertThat(told(DitsEvent.WatchProblem.class).get(0).trouble()).isEqualTo(WatchEvent.Trouble.TREE_MISSING);
        assertThat(share.watchProblems()).hasSize(1);
        Files.writeString(away.resolve("file"), "changed meanwhile");
        Files.move(away, project);
        until.holds("it goes on", () -> share.repository().status().clean());
        until.holds("that is told", () -> share.watchProblems().isEmpty());
        assertThat(told(DitsEvent.WatchResolved.class)).hasSize(1);
        assertThat(commits(share.repository())).isEqualTo(2);
    }
}
