package dev.dits.bench;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.Share;
import dev.dits.ShareOptions;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a commit of one small file takes until the file is there on the other side, over the loopback interface: {@code [FILES [ROUNDS]]}, 1,000 files and 30 rounds by
 * default. The clock starts when the commit returns. Prints the median and the slowest, in milliseconds, of three ways:
 * a commit on the share by another handle of the repository, until a mount's file has it; a commit through a mount, until the share's file has it, and until another
 * mount's has it.
 */
public final class LiveSyncBenchmark {
    private static final long LOOK_NANOS = 500_000;
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private LiveSyncBenchmark() {}

    /** Returns when a file has a content, by the clock that {@code began} was read from. */
    private static double millisUntil(Path file, String content, long began) throws IOException {
        while (!Files.exists(file) || !Files.readString(file).equals(content)) {
            if (System.nanoTime() - began > PATIENCE_NANOS) {
                throw new IOException(file + " does not follow");
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return (System.nanoTime() - began) * 1e-6;
    }

    private static void say(String what, double[] millis) {
        double[] sorted = millis.clone();
        Arrays.sort(sorted);
        System.out.printf(
                Locale.ROOT,
                "%-32s median %6.0f ms, slowest %6.0f ms%n",
                what,
                sorted[sorted.length / 2],
                sorted[sorted.length - 1]);
    }

    /**
     * Runs it.
     *
     * @param arguments how many files, how many rounds
     * @throws Exception if something fails
     */
    public static void main(String[] arguments) throws Exception {
        int files = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 30;
        Path top = Files.createTempDirectory("dits-live");
        Path project = Files.createDirectories(top.resolve("project"));
        for (int i = 0; i < files; i++) {
            Path file = project.resolve("d" + i / 100).resolve("f" + i);
            Files.createDirectories(file.getParent());
            Files.writeString(file, "file " + i);
        }
        double[] toMount = new double[rounds];
        double[] toShare = new double[rounds];
        double[] toOther = new double[rounds];
        try (Dits sharer = BenchNodes.open(top, "share");
                Dits first = BenchNodes.open(top, "one");
                Dits second = BenchNodes.open(top, "two");
                Share share = sharer.share(
                        project,
                        ShareOptions.defaults().withInit(true).withBindAddress(InetAddress.getLoopbackAddress()));
                Mount one = first.mount(share.ticket(), top.resolve("one"));
                Mount two = second.mount(share.ticket(), top.resolve("two"));
                Repository owner = Repository.open(project, RepositoryOptions.defaults())) {
            one.pull().await();
            two.pull().await();
            for (int i = 0; i < rounds; i++) {
                String text = "share " + i;
                Files.writeString(project.resolve("live"), text);
                owner.commit(text, "owner", CommitProgress.NONE);
                long began = System.nanoTime();
                toMount[i] = millisUntil(one.root().resolve("live"), text, began);
                millisUntil(two.root().resolve("live"), text, began);
                while (!one.syncState().inStep() || !two.syncState().inStep()) {
                    LockSupport.parkNanos(LOOK_NANOS);
                }

                String back = "mount " + i;
                Files.writeString(one.root().resolve("live"), back);
                one.commit(back);
                began = System.nanoTime();
                toShare[i] = millisUntil(project.resolve("live"), back, began);
                toOther[i] = millisUntil(two.root().resolve("live"), back, began);
                while (!one.syncState().inStep() || !two.syncState().inStep()) {
                    LockSupport.parkNanos(LOOK_NANOS);
                }
            }
        }
        BenchNodes.delete(top);
        System.out.println(files + " files, " + rounds + " rounds");
        say("share -> mount", toMount);
        say("mount -> share", toShare);
        say("mount -> share -> other mount", toOther);
    }
}
