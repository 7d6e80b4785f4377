package dev.dits.bench;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.Share;
import dev.dits.ShareOptions;
import dev.dits.object.TreePath;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * What a live commit of one small file costs in repositories of different sizes, over the loopback interface: {@code [--svg FILE] [FILES...]}, 1,000 to 300,000 files by default. A file somewhere in the middle is
 * written anew, committed on the share as the watcher does it ({@code commit} of that path alone), and awaited in a mount that is kept in step; the clock runs from before the commit until the file is there. Prints the median
 * and the slowest of fifteen, and the median of the bytes that the share sent. With {@code --svg}, draws both over the number of files.
 */
public final class LiveCommitBenchmark {
    private static final int ROUNDS = 15;
    private static final int FILES_A_DIRECTORY = 100;
    private static final long LOOK_NANOS = 500_000;
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private record Row(int files, double medianMillis, double slowestMillis, long bytes) {}

    private LiveCommitBenchmark() {}

    private static String name(int file) {
        return "d" + file / FILES_A_DIRECTORY / FILES_A_DIRECTORY + "/e" + file / FILES_A_DIRECTORY + "/f" + file;
    }

    private static Row measure(int files) throws Exception {
        Path top = Files.createTempDirectory("dits-live-commit");
        Path project = Files.createDirectories(top.resolve("project"));
        for (int i = 0; i < files; i++) {
            Path file = project.resolve(name(i));
            if (i % FILES_A_DIRECTORY == 0) {
                Files.createDirectories(file.getParent());
            }
            Files.writeString(file, "file " + i);
        }
        double[] millis = new double[ROUNDS];
        long[] bytes = new long[ROUNDS];
        try (Dits sharer = BenchNodes.open(top, "share");
                Dits other = BenchNodes.open(top, "mount");
                Share share = sharer.share(
                        project,
                        ShareOptions.defaults().withInit(true).withBindAddress(InetAddress.getLoopbackAddress()));
                Mount mount = other.mount(share.ticket(), top.resolve("mount"));
                Repository owner = Repository.open(project, RepositoryOptions.defaults())) {
            mount.pull().await();
            // The first one warms up.
            for (int i = -1; i < ROUNDS; i++) {
                while (!mount.syncState().inStep()) {
                    LockSupport.parkNanos(LOOK_NANOS);
                }
                String changed = name(files / 2 + 7 * Math.max(0, i));
                String text = "changed " + i;
                Files.writeString(project.resolve(changed), text);
                long sent = share.bytesSent();
                long began = System.nanoTime();
                if (owner.commit(List.of(TreePath.ofUtf8(changed)), text, "owner", CommitProgress.NONE)
                        .isEmpty()) {
                    throw new IOException(changed + " is not seen as changed");
                }
                Path arriving = mount.root().resolve(changed);
                while (!Files.readString(arriving).equals(text)) {
                    if (System.nanoTime() - began > PATIENCE_NANOS) {
                        throw new IOException(arriving + " does not follow");
                    }
                    LockSupport.parkNanos(LOOK_NANOS);
                }
                if (i >= 0) {
                    millis[i] = (System.nanoTime() - began) * 1e-6;
                    while (!mount.syncState().inStep()) {
                        LockSupport.parkNanos(LOOK_NANOS);
                    }
                    bytes[i] = share.bytesSent() - sent;
                }
            }
        } finally {
            BenchNodes.delete(top);
        }
        Arrays.sort(millis);
        Arrays.sort(bytes);
        return new Row(files, millis[ROUNDS / 2], millis[ROUNDS - 1], bytes[ROUNDS / 2]);
    }

    /**
     * Runs it.
     *
     * @param arguments see the class
     * @throws Exception if something fails
     */
    public static void main(String[] arguments) throws Exception {
        List<String> left = new ArrayList<>(List.of(arguments));
        Path svg = null;
        if (left.size() > 1 && left.get(0).equals("--svg")) {
            left.remove(0);
            svg = Path.of(left.remove(0));
        }
        int[] sizes = left.isEmpty()
                ? new int[] {1_000, 10_000, 100_000, 300_000}
                : left.stream().mapToInt(Integer::parseInt).toArray();
        List<Row> rows = new ArrayList<>();
        for (int files : sizes) {
            Row row = measure(files);
            rows.add(row);
            System.out.printf(
                    Locale.ROOT,
                    "%,9d files: median %.0f ms, slowest %.0f ms, %,d bytes sent%n",
                    row.files,
                    row.medianMillis,
                    row.slowestMillis,
                    row.bytes);
        }
        if (svg != null) {
            Files.writeString(svg, draw(rows));
        }
    }

    private static final int WIDTH = 560;
    private static final int HEIGHT = 260;
    private static final int LEFT = 60;
    private static final int RIGHT = 60;
    private static final int TOP = 30;
    private static final int BOTTOM = 50;

    private static String draw(List<Row> rows) {
        double first = Math.log10(rows.get(0).files);
        double last = Math.log10(rows.get(rows.size() - 1).files);
        double millisMax = 1_000;
        double bytesMax = 20_000;
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">%n",
                WIDTH,
                HEIGHT));
        svg.append(String.format(Locale.ROOT, "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>%n", WIDTH, HEIGHT));
        int base = HEIGHT - BOTTOM;
        for (int i = 0; i <= 4; i++) {
            double y = base - (base - TOP) * i / 4.0;
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>%n",
                    LEFT,
                    y,
                    WIDTH - RIGHT,
                    y));
            svg.append(text(LEFT - 6, y + 4, "end", "#1f77b4", String.format(Locale.ROOT, "%.2f s", i / 4.0)));
            svg.append(text(WIDTH - RIGHT + 6, y + 4, "start", "#d62728", i * 5 + " kB"));
        }
        StringBuilder time = new StringBuilder();
        StringBuilder traffic = new StringBuilder();
        for (Row row : rows) {
            double share = last == first ? 0.5 : (Math.log10(row.files) - first) / (last - first);
            double x = LEFT + 20 + (WIDTH - LEFT - RIGHT - 40) * share;
            double y = base - (base - TOP) * Math.min(1, row.medianMillis / millisMax);
            double z = base - (base - TOP) * Math.min(1, row.bytes / bytesMax);
            time.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
            traffic.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, z));
            svg.append(String.format(
                    Locale.ROOT,
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#1f77b4\"/><circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#d62728\"/>%n",
                    x,
                    y,
                    x,
                    z));
            svg.append(text(x, base + 18, "middle", "black", String.format(Locale.ROOT, "%,d", row.files)));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<polyline points=\"%s\" fill=\"none\" stroke=\"#1f77b4\"/>%n<polyline points=\"%s\" fill=\"none\" stroke=\"#d62728\"/>%n",
                time.toString().strip(),
                traffic.toString().strip()));
        svg.append(text(LEFT, TOP - 12, "start", "#1f77b4", "time until the file is in the mount"));
        svg.append(text(WIDTH - RIGHT, TOP - 12, "end", "#d62728", "bytes sent"));
        svg.append(text(WIDTH / 2.0, HEIGHT - 12, "middle", "black", "files in the repository"));
        return svg.append("</svg>\n").toString();
    }

    private static String text(double x, double y, String anchor, String colour, String text) {
        return String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>%n",
                x,
                y,
                anchor,
                colour,
                text);
    }
}
