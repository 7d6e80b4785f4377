package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.ObjectId;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.LinkPolicy;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes of kind, name and time that have been trouble elsewhere, from a share to a mount: after each, both trees are equal. */
class AwkwardChangesTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    Path temporary;

    private Path project;
    private Dits sharer;
    private Dits mounter;
    private Share share;
    private Mount mount;
    private Instant clock = NOW;

    /** A step of a tree from one version to the next. */
    @FunctionalInterface
    private interface Edit {
        void in(Path root) throws Exception;
    }

    @BeforeEach
    void open() throws Exception {
        project = Files.createDirectories(temporary.resolve("project"));
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            Trees.random(project.resolve("thing"), 1, 200_000);
            Trees.random(project.resolve("directory/inside"), 2, 100);
            Files.createSymbolicLink(project.resolve("link"), Path.of("thing"));
            repository.commit("First", "a", CommitProgress.NONE);
        }
        sharer = Dits.open(options("sharer"));
        mounter = Dits.open(options("mounter"));
        share = sharer.share(project, ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
        mount = mounter.mount(
                share.joinCode(),
                temporary.resolve("mount"),
                MountOptions.defaults().withLinks(LinkPolicy.AS_IS));
        mount.pull().await();
    }

    @AfterEach
    void close() throws Exception {
        mount.close();
        share.close();
        mounter.close();
        sharer.close();
    }

    private DitsOptions options(String name) {
        return DitsOptions.defaults()
                .withHome(temporary.resolve("home-" + name))
                .withCacheBytes(16 << 20)
                .withLanInterfaces("lo")
                .withBindAddress(InetAddress.getLoopbackAddress());
    }

    private Optional<ObjectId> commit(Path root) throws Exception {
        Clock clockNow = Clock.fixed(clock, java.time.ZoneOffset.UTC);
        try (Repository repository =
                Repository.open(root, RepositoryOptions.defaults().withClock(clockNow))) {
            return repository.commit("Next", "a", CommitProgress.NONE).map(dev.dits.repo.CommitResult::id);
        }
    }

    private void after(String what, Edit edit) throws Exception {
        edit.in(project);
        assertThat(commit(project)).as(what).isPresent();
        TransferResult result = mount.pull().await();
        assertThat(result.refused()).as(what).isEmpty();
        assertThat(Trees.describe(mount.root())).as(what).isEqualTo(Trees.describe(project));
        assertThat(mount.repository().status().clean()).as(what).isTrue();
    }

    @Test
    void kindsChangePlaces() throws Exception {
        after("a file becomes a directory", root -> {
            Files.delete(root.resolve("thing"));
            Trees.random(root.resolve("thing/one"), 3, 70_000);
            Trees.random(root.resolve("thing/two/three"), 4, 10);
        });
        after("and a file again", root -> {
            Files.delete(root.resolve("thing/two/three"));
            Files.delete(root.resolve("thing/two"));
            Files.move(root.resolve("thing/one"), root.resolve("one"));
            Files.delete(root.resolve("thing"));
            Files.move(root.resolve("one"), root.resolve("thing"));
        });
        after("a file becomes a link, and a link a file", root -> {
            Files.delete(root.resolve("link"));
            Files.move(root.resolve("thing"), root.resolve("link"));
            Files.createSymbolicLink(root.resolve("thing"), Path.of("link"));
        });
        after("a directory becomes a link to another that holds what it held", root -> {
            Files.move(root.resolve("directory"), root.resolve("elsewhere"));
            Files.createSymbolicLink(root.resolve("directory"), Path.of("elsewhere"));
        });
        after("two links change places", root -> {
            Files.delete(root.resolve("thing"));
            Files.move(root.resolve("directory"), root.resolve("thing"));
            Files.createSymbolicLink(root.resolve("directory"), Path.of("link"));
        });
        after("the link becomes a directory with the same names", root -> {
            Files.delete(root.resolve("thing"));
            Trees.random(root.resolve("thing/inside"), 5, 1_000);
        });
        assertThat(Files.readAllBytes(mount.root().resolve("elsewhere/inside")))
                .isEqualTo(Files.readAllBytes(project.resolve("elsewhere/inside")));
    }

    @Test
    void namesThatDifferByCaseOrFormAreDifferentNamesHere() throws Exception {
        after("only the case changes", root -> Files.move(root.resolve("thing"), root.resolve("Thing")));
        after("of a directory too", root -> Files.move(root.resolve("directory"), root.resolve("DIRECTORY")));
        after("both are there", root -> Files.copy(root.resolve("Thing"), root.resolve("thing")));
        after("composed", root -> Files.move(root.resolve("thing"), root.resolve("caf\u00e9")));
        after("decomposed", root -> Files.move(root.resolve("caf\u00e9"), root.resolve("cafe\u0301")));
        after("two files change names", root -> {
            Files.move(root.resolve("Thing"), root.resolve("aside"));
            Files.move(root.resolve("DIRECTORY/inside"), root.resolve("Thing"));
            Files.move(root.resolve("aside"), root.resolve("DIRECTORY/inside"));
        });
    }

    @Test
    void timesOfAllKinds() throws Exception {
        long[] seconds = {-1, -86_400, -2_208_988_800L /* 1900 */, 0, 4_102_444_800L /* 2100 */};
        for (long second : seconds) {
            after("mtime " + second, root -> {
                Trees.random(root.resolve("thing"), second, 1_000);
                Trees.random(
                        root.resolve("directory/inside"), second, 10); // its directory's time is part of this change
                Files.setLastModifiedTime(root.resolve("thing"), FileTime.from(Instant.ofEpochSecond(second)));
                Files.setLastModifiedTime(root.resolve("directory"), FileTime.from(Instant.ofEpochSecond(second + 7)));
            });
        }
        after("nanoseconds", root -> {
            Trees.random(root.resolve("thing"), 7, 1_000);
            Files.setLastModifiedTime(
                    root.resolve("thing"), FileTime.from(Instant.ofEpochSecond(1_700_000_000, 123_456_789)));
        });
    }

    /** A time that is set back does not hide an edit of the same size. */
    @Test
    void aTimeThatIsSetBackHidesNothing() throws Exception {
        FileTime time = Files.getLastModifiedTime(project.resolve("thing"));
        after("another content under the old time", root -> {
            Trees.random(root.resolve("thing"), 99, 200_000);
            Files.setLastModifiedTime(root.resolve("thing"), time);
        });
        after("another file under the old name and time", root -> {
            Trees.random(root.resolve("new"), 98, 200_000);
            Files.setLastModifiedTime(root.resolve("new"), time);
            Files.move(root.resolve("new"), root.resolve("thing"), StandardCopyOption.REPLACE_EXISTING);
        });
    }

    /** Commits are ordered by their parents; what a clock says is shown, and decides nothing. */
    @Test
    void aClockThatIsADayOffDecidesNothing() throws Exception {
        after("now", root -> Files.writeString(root.resolve("note"), "1"));
        clock = NOW.minus(Duration.ofDays(1));
        after("a day ago, on top of it", root -> Files.writeString(root.resolve("note"), "2"));
        clock = NOW.plus(Duration.ofDays(1));
        after("tomorrow", root -> Files.writeString(root.resolve("note"), "3"));

        // The mount's clock is the day before yesterday; its commit is the latest all the same.
        clock = NOW.minus(Duration.ofDays(2));
        Files.writeString(mount.root().resolve("note"), "4");
        ObjectId mine = commit(mount.root()).orElseThrow();
        mount.push().await();
        assertThat(share.head()).contains(mine);
        assertThat(share.repository().log("HEAD", 1).get(0).id()).isEqualTo(mine);
        assertThat(share.repository().log("HEAD", 5))
                .extracting(entry -> entry.commit().message())
                .hasSize(5);
    }
}
