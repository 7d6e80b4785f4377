package dev.dits;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;

/** The nodes of a test, and what else it opens: closed in the order that is the reverse of their opening. */
final class TestNodes {
    private final Supplier<Path> temporary;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    /**
     * @param temporary the test's directory, which JUnit makes after the test
     */
    TestNodes(Supplier<Path> temporary) {
        this.temporary = temporary;
    }

    /** Settings of a node that speaks and is found on the loopback interface alone, whatever the environment says. */
    static DitsOptions options(Path temporary, String name) {
        return DitsOptions.defaults()
                .withHome(temporary.resolve("home-" + name))
                .withCacheBytes(0)
                .withDeviceName(name)
                .withLanInterfaces("lo")
                .withBindAddress(InetAddress.getLoopbackAddress())
                .withTracker(null)
                .withBandwidthLimit(0);
    }

    <T extends AutoCloseable> T keep(T resource) {
        open.push(resource);
        return resource;
    }

    Dits open(String name) throws IOException {
        return keep(Dits.open(options(temporary.get(), name)));
    }

    void close() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }
}
