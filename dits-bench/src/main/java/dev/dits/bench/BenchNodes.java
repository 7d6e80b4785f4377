package dev.dits.bench;

import dev.dits.Dits;
import dev.dits.DitsOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Nodes on the loopback interface, and the directories that they leave. */
final class BenchNodes {
    private BenchNodes() {}

    /** Settings that no environment changes where a measurement would show it. */
    static DitsOptions options(Path home, String name) {
        return DitsOptions.defaults()
                .withHome(home)
                .withDeviceName(name)
                .withLanInterfaces("lo")
                .withBindAddress(InetAddress.getLoopbackAddress())
                .withTracker(null)
                .withBandwidthLimit(0);
    }

    /** Opens one with a home of its own below a directory. */
    static Dits open(Path top, String name) throws IOException {
        return Dits.open(options(top.resolve("home-" + name), name));
    }

    /** Deletes a directory and all that is in it, if it is there. */
    static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
