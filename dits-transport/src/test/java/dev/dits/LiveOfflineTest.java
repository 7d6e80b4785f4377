package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.ObjectId;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is committed while there is no connection goes out by itself once there is one again. */
class LiveOfflineTest {
    @TempDir
    Path temporary;

    private final Until until = new Until();

    private Dits node(String name) throws Exception {
        return Dits.open(TestNodes.options(temporary, name));
    }

    private static int freePort() throws Exception {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Share share(Dits dits, Path project, int port) throws Exception {
        return until.watch(dits.share(
                project,
                ShareOptions.defaults()
                        .withInit(true)
                        .withBindAddress(InetAddress.getLoopbackAddress())
                        .withPort(port)));
    }

    private static ObjectId commit(Mount mount, String file, String content) throws Exception {
        Files.writeString(mount.root().resolve(file), content);
        return mount.commit("Edit " + file).orElseThrow();
    }

    /** The share ends, its mounts go on, its owner too; then it is there again, in another process and at another address. */
    @Test
    void commitsQueueUntilTheShareIsThereAgainAndBeElsewhere() throws Exception {
        Path project = Files.createDirectories(temporary.resolve("project"));
        Files.writeString(project.resolve("file"), "first");
        int firstPort = freePort();
        int secondPort = freePort();
        try (Dits one = node("one");
                Dits two = node("two")) {
            Mount first;
            Mount second;
            try (Dits sharer = node("share");
                    Share share = share(sharer, project, firstPort)) {
                first = until.watch(one.mount(share.ticket(), temporary.resolve("one")));
                second = until.watch(two.mount(share.ticket(), temporary.resolve("two")));
                first.pull().await();
                second.pull().await();
                until.holds(
                        "in step",
                        () -> first.syncState().inStep() && second.syncState().inStep());
            }
            until.holds("it is gone", () -> !first.isConnected() && !second.isConnected());
            commit(first, "file", "offline");
            ObjectId tip = commit(first, "more", "offline too");
            first.repository().createBranch("side", "main");
            assertThat(first.syncState().unpushed()).isEqualTo(2);
            ObjectId other;
            try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
                repository.createBranch("owners", "main");
                repository.checkout("owners", dev.dits.repo.CheckoutOptions.defaults());
                Files.writeString(project.resolve("owners"), "by the owner");
                other = repository
                        .commit("Meanwhile", "owner", CommitProgress.NONE)
                        .orElseThrow()
                        .id();
            }
            try (Dits sharer = node("share-again");
                    Share share = share(sharer, project, secondPort)) {
                until.holds(
                        "all are where all are",
                        () -> second.repository().ref(RefName.branch("main")).equals(Optional.of(tip))
                                && first.repository()
                                        .ref(RefName.branch("owners"))
                                        .equals(Optional.of(other))
                                && share.repository()
                                        .ref(RefName.branch("side"))
                                        .equals(Optional.of(tip)));
                until.holds(
                        "in step",
                        () -> first.syncState().inStep() && second.syncState().inStep());
                assertThat(second.root().resolve("more")).hasContent("offline too");
                assertThat(share.repository().fsck(bytes -> {}).clean()).isTrue();
                first.close();
                second.close();
            }
        }
    }

    /** A mount that was closed with commits that nobody has, as by the end of its process, sends them when it is opened again. */
    @Test
    void whatAProcessLeftUnsentTheNextOneSends() throws Exception {
        Path project = Files.createDirectories(temporary.resolve("project"));
        Files.writeString(project.resolve("file"), "first");
        try (Dits sharer = node("share");
                Share share = share(sharer, project, freePort());
                Dits one = node("one")) {
            Path directory = temporary.resolve("one");
            try (Mount mount = one.mount(share.ticket(), directory, MountOptions.defaults())) {
                mount.pull().await();
            }
            ObjectId made;
            try (Repository repository = Repository.open(directory, RepositoryOptions.defaults())) {
                Files.writeString(directory.resolve("file"), "by nobody's process");
                made = repository
                        .commit("Alone", "a", CommitProgress.NONE)
                        .orElseThrow()
                        .id();
            }
            try (Mount mount = until.watch(one.open(directory, MountOptions.defaults()))) {
                until.holds("it is sent", () -> share.repository().head().equals(Optional.of(made)));
                until.holds("in step", () -> mount.syncState().inStep());
                assertThat(project.resolve("file")).hasContent("by nobody's process");
            }
        }
    }

    /** All went on apart, in the same file and in others: when they meet nothing is lost, and all come to be the same. */
    @Test
    void allThatWentOnApartConverge() throws Exception {
        Path project = Files.createDirectories(temporary.resolve("project"));
        Files.writeString(project.resolve("file"), "first");
        List<String> names = List.of("one", "two", "three");
        List<Dits> nodes = new ArrayList<>();
        List<Mount> mounts = new ArrayList<>();
        try {
            try (Dits sharer = node("share");
                    Share share = share(sharer, project, freePort())) {
                for (String name : names) {
                    nodes.add(node(name));
                    mounts.add(until.watch(nodes.get(nodes.size() - 1).mount(share.ticket(), temporary.resolve(name))));
                    mounts.get(mounts.size() - 1).pull().await();
                }
            }
            until.holds("it is gone", () -> mounts.stream().noneMatch(Mount::isConnected));
            List<ObjectId> made = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                made.add(commit(mounts.get(i), "file", "of " + names.get(i)));
                made.add(commit(mounts.get(i), "only-" + names.get(i), "of " + names.get(i)));
            }
            try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
                Files.writeString(project.resolve("file"), "of the owner");
                made.add(repository
                        .commit("By the owner", "owner", CommitProgress.NONE)
                        .orElseThrow()
                        .id());
            }
            try (Dits sharer = node("share-again");
                    Share share = share(sharer, project, freePort())) {
                until.holds("all are in step", () -> {
                    boolean all =
                            share.repository().base().equals(share.repository().head());
                    for (Mount mount : mounts) {
                        all &= mount.syncState().inStep()
                                && mount.repository()
                                        .head()
                                        .equals(share.repository().head());
                    }
                    return all;
                });
                ObjectId tip = share.repository().head().orElseThrow();
                for (ObjectId commit : made) {
                    assertThat(share.repository().isAncestor(commit, tip)).isTrue();
                }
                Map<String, String> expected = files(project);
                assertThat(expected.values())
                        .contains("of one", "of two", "of three", "of the owner")
                        .doesNotContain("first");
                assertThat(expected)
                        .containsKeys("file", "only-one", "only-two", "only-three")
                        .hasSize(7);
                for (Mount mount : mounts) {
                    assertThat(files(mount.root())).isEqualTo(expected);
                    assertThat(mount.repository().status().clean()).isTrue();
                    assertThat(mount.repository().fsck(bytes -> {}).clean()).isTrue();
                }
                assertThat(share.repository().fsck(bytes -> {}).clean()).isTrue();
            }
        } finally {
            for (Dits node : nodes) {
                node.close();
            }
        }
    }

    private static Map<String, String> files(Path root) throws Exception {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(root)) {
            for (Path path :
                    all.filter(path -> !path.endsWith(Repository.DIRECTORY)).toList()) {
                files.put(path.getFileName().toString(), Files.readString(path));
            }
        }
        return files;
    }
}
