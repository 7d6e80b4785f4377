package dev.dits.examples.embedded;

import dev.dits.Dits;
import dev.dits.DitsOptions;
import dev.dits.Mount;
import dev.dits.MountOptions;
import dev.dits.Share;
import dev.dits.ShareOptions;
import dev.dits.TransferResult;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * A stand-in for an editor's asset panel: shares a folder and mounts it, in one process, through the public API alone. The build runs
 * it on the module path without any flag, and fails when it does.
 */
public final class AssetPanel {
    private static final long SEED = 42;
    private static final int LARGE_BYTES = 20_000_000;
    private static final int SMALL_FILES = 200;

    private AssetPanel() {}

    /**
     * Runs the example.
     *
     * @param args not looked at
     * @throws Exception if anything does not work; the process then ends with a stack trace and exit code 1
     */
    public static void main(String[] args) throws Exception {
        if (!AssetPanel.class.getModule().isNamed() || !Dits.class.getModule().isNamed()) {
            throw new IllegalStateException("this was meant to run on the module path");
        }
        Path work = Files.createTempDirectory("dits-embedded-").toRealPath();
        try {
            run(work);
        } finally {
            delete(work);
        }
    }

    private static void run(Path work) throws Exception {
        Path project = makeProject(work.resolve("project"));
        Path mounted = work.resolve("shared-project");
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First take", "The asset panel", (files, bytes, newBytes) -> {});

            // Everything of this example stays on this machine: its own home, the loopback interface, no discovery
            // elsewhere.
            InetAddress loopback = InetAddress.getLoopbackAddress();
            DitsOptions options = DitsOptions.defaults()
                    .withHome(work.resolve("home"))
                    .withLanInterfaces("lo")
                    .withBindAddress(loopback);
            try (Dits dits = Dits.open(options);
                    Share share = dits.share(project, ShareOptions.defaults().withBindAddress(loopback));
                    Mount mount = dits.mount(share.joinCode(), mounted, MountOptions.defaults())) {
                TransferResult first = mount.pull().await();
                expectSame(project, mounted);
                System.out.println("embedded: mounted by join code over " + mount.path() + ": "
                        + first.progress().treeBytesTotal() + " bytes, "
                        + first.progress().wireBytes() + " on the wire");

                Files.writeString(mounted.resolve("note.txt"), "From the mount.\n");
                mount.commit("Add a note");
                mount.push().await();
                if (!repository.head().equals(mount.repository().head())) {
                    throw new IllegalStateException("the push did not move the share's branch");
                }
                System.out.println("embedded: pushed a commit back");
                expectNatives();
            }
        }
    }

    /** On Linux: that nothing fell back to slow portable code, for want of a flag or a module. */
    private static void expectNatives() throws IOException {
        Path maps = Path.of("/proc/self/maps");
        if (!Files.isReadable(maps)) {
            return;
        }
        String loaded = Files.readString(maps);
        for (String library : List.of("netty_quiche", "netty_transport_native_epoll", "zstd-jni")) {
            if (!loaded.contains(library)) {
                throw new IllegalStateException("the native library " + library + " is not in use");
            }
        }
        System.out.println("embedded: epoll, quiche and zstd are native");
    }

    private static Path makeProject(Path project) throws IOException {
        SplittableRandom random = new SplittableRandom(SEED);
        Files.createDirectories(project.resolve("textures"));
        byte[] large = new byte[LARGE_BYTES];
        random.nextBytes(large);
        Files.write(project.resolve("scene.bin"), large);
        for (int i = 0; i < SMALL_FILES; i++) {
            byte[] small = new byte[random.nextInt(4_000)];
            random.nextBytes(small);
            Files.write(project.resolve("textures").resolve("texture-" + i), small);
        }
        return project;
    }

    private static void expectSame(Path left, Path right) throws IOException {
        List<Path> expected = files(left);
        if (!expected.equals(files(right))) {
            throw new IllegalStateException("the mount has other files than the share");
        }
        for (Path file : expected) {
            long mismatch = Files.mismatch(left.resolve(file), right.resolve(file));
            if (mismatch >= 0) {
                throw new IllegalStateException(file + " differs from byte " + mismatch + " on");
            }
        }
    }

    private static List<Path> files(Path root) throws IOException {
        try (Stream<Path> walk = Files.walk(root)) {
            return walk.filter(path -> Files.isRegularFile(path) && !path.startsWith(root.resolve(".dits")))
                    .map(root::relativize)
                    .sorted()
                    .toList();
        }
    }

    private static void delete(Path root) throws IOException {
        try (Stream<Path> walk = Files.walk(root)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
