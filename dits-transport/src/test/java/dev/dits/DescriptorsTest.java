package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dits.error.DitsException;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that has no more, or hardly any more descriptors: the error says so, nothing is lost, and the same again completes when there are some. */
@Timeout(180)
class DescriptorsTest {
    private static final int LIMIT = 200;

    /** So many are left for what is tried, from none to enough. */
    private static final int[] LEFT = {0, 1, 2, 3, 5, 8, 40};

    @TempDir
    Path temporary;

    @Test
    void aProcessWithoutDescriptorsSaysSoAndGoesOnWhenItHasSome() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "needs a shell that limits descriptors");
        Path said = temporary.resolve("said");
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -n " + LIMIT + " && exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-MaxFDLimit",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        temporary.toString())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            assertThat(process.waitFor(150, TimeUnit.SECONDS)).as("it ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        String text = Files.readString(said);
        assertThat(process.exitValue()).as(text).isZero();
        assertThat(text).contains("none left: refused", LEFT[LEFT.length - 1] + " left: done");
    }

    /** The process that runs out. */
    static final class Child {
        private static final Duration PATIENCE = Duration.ofSeconds(60);

        private final Deque<FileInputStream> held = new ArrayDeque<>();
        private final Path temporary;
        private int version;

        private Child(Path temporary) {
            this.temporary = temporary;
        }

        /** What is loaded from a directory of classes takes a descriptor, and what could not be loaded once never can be. */
        private static void loadAll() throws Exception {
            for (Class<?> one : List.of(Dits.class, Repository.class, dev.dits.crypto.JoinCode.class)) {
                Path classes = Path.of(
                        one.getProtectionDomain().getCodeSource().getLocation().toURI());
                if (!Files.isDirectory(classes)) {
                    continue;
                }
                List<Path> files;
                try (Stream<Path> all = Files.walk(classes)) {
                    files = all.filter(file -> file.toString().endsWith(".class"))
                            .toList();
                }
                for (Path file : files) {
                    String name = classes.relativize(file).toString();
                    if (!name.equals("module-info.class")) {
                        Class<?> unused =
                                Class.forName(name.replace(".class", "").replace('/', '.'));
                    }
                }
            }
        }

        private void take(int leave) throws IOException {
            try {
                while (true) {
                    held.add(new FileInputStream("/dev/null"));
                }
            } catch (IOException e) {
                for (int i = 0; i < leave; i++) {
                    held.remove().close();
                }
            }
        }

        private void giveBack() throws IOException {
            while (!held.isEmpty()) {
                held.remove().close();
            }
        }

        private interface Work {
            void run() throws Exception;
        }

        /** Does it with so many descriptors left, and then again with enough. */
        private String attempt(int leave, Work work) throws Exception {
            take(leave);
            Exception failure = null;
            try {
                work.run();
            } catch (IOException e) {
                // A repository says it in the words of the file system, a node in its own.
                if (!(e instanceof DitsException)
                        && !String.valueOf(e.getMessage()).contains("Too many open files")) {
                    throw e;
                }
                failure = e;
            } finally {
                giveBack();
            }
            work.run();
            return failure == null ? "done" : "refused (" + failure.getMessage() + ")";
        }

        private void run() throws Exception {
            Path project = temporary.resolve("project");
            Trees.random(project.resolve("large"), 1, 300_000);
            try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
                repository.commit("First", "a", CommitProgress.NONE);
            }
            try (Dits sharer = Dits.open(NodeMain.options(temporary.resolve("home-sharer")));
                    Dits mounter = Dits.open(NodeMain.options(temporary.resolve("home-mounter")));
                    Share share = sharer.share(
                            project, ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
                    Mount mount = mounter.mount(
                            share.joinCode() + "@127.0.0.1:" + share.address().getPort(),
                            temporary.resolve("mount"),
                            MountOptions.defaults().withSync(Sync.MANUAL))) {
                mount.pull().await(PATIENCE);
                loadAll();
                for (int left : LEFT) {
                    List<String> outcomes = new ArrayList<>();
                    version++;
                    Trees.random(project.resolve("file-" + version), version, 30_000);
                    outcomes.add(attempt(
                            left, () -> share.repository().commit("Version " + version, "a", CommitProgress.NONE)));
                    outcomes.add(attempt(left, () -> mount.pull().await(PATIENCE)));
                    same(project, mount.root());
                    Trees.random(mount.root().resolve("mine-" + version), -version, 3_000);
                    outcomes.add(attempt(left, () -> mount.commit("Mine " + version)));
                    outcomes.add(attempt(left, () -> mount.push().await(PATIENCE)));
                    outcomes.add(attempt(
                            left,
                            () -> Dits.open(NodeMain.options(temporary.resolve("home-third")))
                                    .close()));
                    outcomes.add(attempt(left, () -> {
                        Path another = temporary.resolve("another");
                        try (Repository repository = Files.exists(another.resolve(".dits/config"))
                                ? Repository.open(another, RepositoryOptions.defaults())
                                : Repository.init(another, RepositoryOptions.defaults())) {
                            repository.status();
                        }
                    }));
                    System.out.println(
                            (left == 0 ? "none" : String.valueOf(left)) + " left: " + String.join("; ", outcomes));
                }
                fine(share.repository());
                fine(mount.repository());
            }
        }

        private static void fine(Repository repository) throws IOException {
            if (!repository.fsck(bytes -> {}).clean()) {
                throw new AssertionError("something was lost of " + repository.root());
            }
        }

        private static void same(Path project, Path mount) throws IOException {
            if (!Trees.describe(project).keySet().equals(Trees.describe(mount).keySet())) {
                throw new AssertionError(
                        "the mount differs: " + Trees.describe(mount).keySet());
            }
        }

        public static void main(String[] arguments) throws Exception {
            new Child(Path.of(arguments[0])).run();
        }
    }
}
