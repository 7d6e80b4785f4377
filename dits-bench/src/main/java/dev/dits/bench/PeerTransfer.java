package dev.dits.bench;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.MountOptions;
import dev.dits.Sync;
import dev.dits.TransferResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The library in two processes that stay, beside the programs that {@code peers/peers} measures: a share in one, a mount in the other, over
 * 127.0.0.1. A first round is a cold library, later ones are warm. It is told what to do by lines on its standard input and answers each with one:
 *
 * <ul>
 *   <li>{@code commit SOURCE} commits what a directory has, which becomes a repository if it is none: seconds
 *   <li>{@code pull SOURCE TARGET} shares a committed directory, joins it by its code with a new node whose cache is empty and pulls until all is
 *       verified and durable: seconds, from the call that shares
 *   <li>{@code update SOURCE TARGET} pulls into the same mount what has been committed since: seconds
 *   <li>{@code close} closes share, mount and node: 0
 * </ul>
 *
 * <p>{@code java -Xmx256m -cp benchmarks.jar dev.dits.bench.PeerTransfer HOMES}
 */
public final class PeerTransfer implements AutoCloseable {
    private final Path homes;
    private final Sharer.Handle sharer;
    private int homeNumber;
    private @Nullable Dits dits;
    private @Nullable Mount mount;

    private PeerTransfer(Path homes) throws IOException {
        this.homes = homes;
        this.sharer = new Sharer.Handle(homes.resolve("sharer"));
    }

    /**
     * Does what the lines of the standard input say until it ends.
     *
     * @param arguments an empty directory for the settings and caches of the nodes
     * @throws Exception if anything fails
     */
    public static void main(String[] arguments) throws Exception {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (PeerTransfer transfer = new PeerTransfer(Path.of(arguments[0]))) {
            System.out.println("ready");
            for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                System.out.printf(Locale.ROOT, "%.4f%n", transfer.run(line.split("\t")));
            }
        }
    }

    private double run(String[] words) throws Exception {
        return switch (words[0]) {
            case "commit" -> sharer.commit(Path.of(words[1]));
            case "pull" -> pull(Path.of(words[1]), Path.of(words[2]));
            case "update" -> update();
            case "close" -> {
                closeMount();
                yield 0;
            }
            default -> throw new IOException("unknown command: " + words[0]);
        };
    }

    private double pull(Path source, Path target) throws Exception {
        closeMount();
        // A node whose cache is empty; it is opened before the time starts, as an application has it open.
        homeNumber++;
        Dits opened = Dits.open(BenchNodes.options(homes.resolve("mounter" + homeNumber), "mounter"));
        dits = opened;
        long start = System.nanoTime();
        String code = sharer.share(source);
        mount = opened.mount(code, target, MountOptions.defaults().withSync(Sync.MANUAL));
        pulled();
        return (System.nanoTime() - start) / 1e9;
    }

    private double update() throws Exception {
        long start = System.nanoTime();
        pulled();
        return (System.nanoTime() - start) / 1e9;
    }

    private void pulled() throws Exception {
        if (mount == null) {
            throw new IOException("nothing is mounted");
        }
        TransferResult result = mount.pull().await();
        if (!result.refused().isEmpty()) {
            throw new IOException("refused: " + result.refused());
        }
    }

    private void closeMount() throws IOException {
        if (mount != null) {
            mount.close();
            mount = null;
        }
        if (dits != null) {
            dits.close();
            dits = null;
            sharer.unshare();
            BenchNodes.delete(homes.resolve("mounter" + homeNumber));
        }
    }

    @Override
    public void close() throws IOException {
        try {
            closeMount();
        } finally {
            sharer.close();
        }
    }
}
