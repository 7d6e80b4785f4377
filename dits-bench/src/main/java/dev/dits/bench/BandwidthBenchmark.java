package dev.dits.bench;

import dev.dits.Bandwidth;
import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.MountOptions;
import dev.dits.Share;
import dev.dits.ShareOptions;
import dev.dits.Sync;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * How exactly limits hold over ten seconds, over the loopback interface: {@code [BYTES_PER_SECOND]}, 2,000,000 by default. Pulls ten seconds' worth of one large file and
 * of files of 4 KiB, with the limit at each place where there may be one, and prints what crossed in bytes a second and in parts of the limit.
 */
public final class BandwidthBenchmark {
    private static final int SECONDS = 10;
    private static final int SMALL_BYTES = 4_096;

    private BandwidthBenchmark() {}

    private static void fill(Path directory, int files, int bytes, Random random) throws IOException {
        for (int i = 0; i < files; i++) {
            byte[] content = new byte[bytes];
            random.nextBytes(content);
            Path file = directory.resolve("d" + i / 100).resolve("f" + i);
            Files.createDirectories(file.getParent());
            Files.write(file, content);
        }
    }

    private interface Place {
        Bandwidth of(Dits sharer, Share share, Dits mounter, Mount mount);
    }

    private record Case(String name, boolean up, Place place) {}

    private static final List<Case> CASES = List.of(
            new Case("share, up", true, (sharer, share, mounter, mount) -> share.bandwidth()),
            new Case("its node, up", true, (sharer, share, mounter, mount) -> sharer.bandwidth()),
            new Case("mount, down", false, (sharer, share, mounter, mount) -> mount.bandwidth()),
            new Case("its node, down", false, (sharer, share, mounter, mount) -> mounter.bandwidth()));

    /**
     * Runs it.
     *
     * @param arguments the limit
     * @throws Exception if something fails
     */
    public static void main(String[] arguments) throws Exception {
        int rate = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2_000_000;
        Path top = Files.createTempDirectory("dits-bandwidth");
        Path large = top.resolve("large");
        Path small = top.resolve("small");
        fill(large, 1, SECONDS * rate, new Random(1));
        fill(small, SECONDS * rate / SMALL_BYTES, SMALL_BYTES, new Random(2));
        System.out.printf(Locale.ROOT, "%-16s %-8s %12s %8s%n", "limit at", "files", "bytes/s", "of limit");
        for (Path project : List.of(large, small)) {
            for (Case one : CASES) {
                run(top, project, one, rate);
            }
        }
        BenchNodes.delete(top);
    }

    private static void run(Path top, Path project, Case one, int rate) throws Exception {
        Path work = Files.createTempDirectory(top, "run");
        try (Dits sharer = BenchNodes.open(work, "share");
                Dits mounter = BenchNodes.open(work, "mount");
                Share share = sharer.share(
                        project,
                        ShareOptions.defaults().withInit(true).withBindAddress(InetAddress.getLoopbackAddress()));
                Mount mount = mounter.mount(
                        share.ticket(),
                        work.resolve("mount"),
                        MountOptions.defaults().withSync(Sync.MANUAL))) {
            Bandwidth bandwidth = one.place.of(sharer, share, mounter, mount);
            if (one.up) {
                bandwidth.limitUp(rate);
            } else {
                bandwidth.limitDown(rate);
            }
            long began = System.nanoTime();
            long bytes = mount.pull().await().progress().wireBytes();
            double achieved = bytes / ((System.nanoTime() - began) * 1e-9);
            System.out.printf(
                    Locale.ROOT,
                    "%-16s %-8s %12.0f %8.3f%n",
                    one.name,
                    project.getFileName(),
                    achieved,
                    achieved / rate);
        }
    }
}
