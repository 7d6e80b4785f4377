package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.DitsException;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Chunks that went bad on a disk: in the cache of who pulls, and where they are served from. Whatever is written to a tree is right. */
@Timeout(180)
class PoisonedNodeTest {
    private static final int BYTES = 1_000_000;

    /** No chunk is as short as that, so each has a byte that is changed. */
    private static final int STEP_BYTES = 2_000;

    @TempDir
    Path temporary;

    private Path project;

    @BeforeEach
    void project() throws Exception {
        project = temporary.resolve("project");
        Trees.random(project.resolve("large"), 1, BYTES);
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", "a", CommitProgress.NONE);
        }
    }

    private Dits node(String name) throws IOException {
        return Dits.open(
                TestNodes.options(temporary, name).withCacheBytes(16 << 20).withLanInterfaces("off"));
    }

    private static Share share(Dits dits, Path root) throws IOException {
        return dits.share(root, ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
    }

    private Mount mount(Dits dits, Share share, String name) throws Exception {
        return dits.mount(
                share.joinCode() + "@127.0.0.1:" + share.address().getPort(),
                temporary.resolve(name),
                MountOptions.defaults().withSync(Sync.MANUAL).withTimeout(Duration.ofSeconds(60)));
    }

    private static void poison(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        // Behind the head of a file, which says what it is.
        for (int at = 100; at < bytes.length; at += STEP_BYTES) {
            bytes[at] ^= 0x20;
        }
        Files.write(file, bytes);
    }

    private static void poisonPacks(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> packs =
                    files.filter(file -> file.toString().endsWith(".pack")).toList();
            assertThat(packs).isNotEmpty();
            for (Path pack : packs) {
                poison(pack);
            }
        }
    }

    @Test
    void whatThePullersCacheHoldsIsFetchedAgain() throws Exception {
        try (Dits sharer = node("sharer");
                Share share = share(sharer, project)) {
            try (Dits dits = node("mounter");
                    Mount mount = mount(dits, share, "first")) {
                mount.pull().await();
            }
            // What is there and whole does not travel again.
            try (Dits dits = node("mounter");
                    Mount mount = mount(dits, share, "second")) {
                assertThat(mount.pull().await().progress().wireBytes()).isLessThan(BYTES / 2);
            }
            // It lies in the files of both mounts, which somebody changes.
            poison(temporary.resolve("first/large"));
            poison(temporary.resolve("second/large"));
            try (Dits dits = node("mounter");
                    Mount mount = mount(dits, share, "third")) {
                assertThat(mount.pull().await().progress().wireBytes()).isGreaterThanOrEqualTo(BYTES);
                assertThat(mount.root().resolve("large")).hasSameBinaryContentAs(project.resolve("large"));
                assertThat(mount.repository().fsck(bytes -> {}).clean()).isTrue();
            }
            // And it was put where the damaged lay; what had to be fetched twice is in the cache's own packs as well,
            // damaged or not.
            poisonPacks(temporary.resolve("home-mounter/cache"));
            try (Dits dits = node("mounter");
                    Mount mount = mount(dits, share, "fourth")) {
                assertThat(mount.pull().await().progress().wireBytes()).isLessThan(BYTES / 2);
                assertThat(mount.root().resolve("large")).hasSameBinaryContentAs(project.resolve("large"));
            }
            poison(temporary.resolve("third/large"));
            poison(temporary.resolve("fourth/large"));
            try (Dits dits = node("mounter");
                    Mount mount = mount(dits, share, "fifth")) {
                assertThat(mount.pull().await().progress().wireBytes()).isGreaterThanOrEqualTo(BYTES);
                assertThat(mount.root().resolve("large")).hasSameBinaryContentAs(project.resolve("large"));
            }
        }
    }

    @Test
    void whatIsFetchedTwiceStaysWithoutAnyFile() throws Exception {
        try (Dits sharer = node("sharer");
                Share share = share(sharer, project)) {
            for (String name : new String[] {"first", "second"}) {
                // A node of its own each time, for what is in memory would be found there.
                try (Dits dits = node("mounter");
                        Mount mount = mount(dits, share, name)) {
                    assertThat(mount.pull().await().progress().wireBytes()).isGreaterThanOrEqualTo(BYTES);
                }
                Files.delete(temporary.resolve(name).resolve("large"));
            }
            try (Dits dits = node("mounter");
                    Mount mount = mount(dits, share, "third")) {
                assertThat(mount.pull().await().progress().wireBytes()).isLessThan(BYTES / 2);
                assertThat(mount.root().resolve("large")).hasSameBinaryContentAs(project.resolve("large"));
            }
        }
    }

    @Test
    void noDamagedChunkIsServed() throws Exception {
        Path packs = project.resolve(".dits/packs");
        Path kept = Files.createDirectory(temporary.resolve("kept"));
        try (Stream<Path> files = Files.list(packs)) {
            for (Path pack :
                    files.filter(file -> file.toString().endsWith(".pack")).toList()) {
                Files.copy(pack, kept.resolve(pack.getFileName()));
            }
        }
        try (Dits sharer = node("sharer");
                Dits mounter = node("mounter");
                Share share = share(sharer, project);
                Mount mount = mount(mounter, share, "mount")) {
            poisonPacks(packs);
            assertThatThrownBy(() -> mount.pull().await()).isInstanceOf(DitsException.class);
            assertThat(mount.root().resolve("large")).doesNotExist();
            // Put back from a backup, it goes on.
            try (Stream<Path> files = Files.list(kept)) {
                for (Path pack : files.toList()) {
                    Files.write(packs.resolve(pack.getFileName()), Files.readAllBytes(pack));
                }
            }
            mount.pull().await();
            assertThat(mount.root().resolve("large")).hasSameBinaryContentAs(project.resolve("large"));
        }
    }

    /** A mount that is shared further gives what it was promised out of its files, as long as they are as they came. */
    @Test
    void noDamagedCacheIsServedByWhoSharesAMountFurther() throws Exception {
        Path between = temporary.resolve("between");
        try (Dits sharer = node("sharer");
                Dits middle = node("middle");
                Share share = share(sharer, project);
                Mount mount = mount(middle, share, "between")) {
            mount.pull().await();
        }
        try (Dits middle = node("middle");
                Dits mounter = node("mounter");
                Share further = share(middle, between);
                Mount mount = mount(mounter, further, "whole")) {
            mount.pull().await();
            assertThat(mount.root().resolve("large")).hasSameBinaryContentAs(project.resolve("large"));
        }
        poison(between.resolve("large"));
        try (Dits middle = node("middle");
                Dits another = node("another");
                Share further = share(middle, between);
                Mount mount = mount(another, further, "damaged")) {
            assertThatThrownBy(() -> mount.pull().await())
                    .isInstanceOf(DitsException.class)
                    .hasMessageContaining("can not give");
            assertThat(mount.root().resolve("large")).doesNotExist();
        }
    }
}
