package dev.dits;

import dev.dits.tracker.TrackerOptions;
import dev.dits.tracker.TrackerServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * One host of the NAT laboratory: {@code tracker}, {@code share HOME DIR TRACKER}, {@code joins HOME CODE TRACKER COUNT}, which joins so often and says how long each
 * took, or {@code mount HOME CODE DIR TRACKER SECONDS [BYTES]}, which waits as long as that for a direct way (of the kind that {@code -Ddits.natlab.way=} says) and pulls; where a number of
 * bytes a second is given it pulls so fast, says when a fifth has come, and goes on at full speed when it is told to. Says what it did in lines of {@code WORD VALUE}.
 */
final class NatLabHost {
    private NatLabHost() {}

    private static DitsOptions options(String home, String tracker) {
        return DitsOptions.defaults()
                .withHome(Path.of(home))
                .withCacheBytes(64 << 20)
                .withDeviceName("host")
                .withLanInterfaces(System.getProperty("dits.natlab.lan", "off"))
                .withTracker(tracker);
    }

    private static void say(String word, Object value) {
        System.out.println(word + " " + value);
        System.out.flush();
    }

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "tracker" -> {
                try (TrackerServer tracker = TrackerServer.start(TrackerOptions.defaults()
                        .withBind(new InetSocketAddress(InetAddress.getByAddress(new byte[4]), 8080)))) {
                    say("TRACKER", tracker.port());
                    new CountDownLatch(1).await();
                }
            }
            case "share" -> {
                try (Dits dits = Dits.open(options(arguments[1], arguments[3]));
                        Share share = dits.share(
                                Path.of(arguments[2]),
                                ShareOptions.defaults().withPort(Integer.getInteger("dits.natlab.port", 0)))) {
                    say("CODE", share.joinCode());
                    share.awaitClose();
                }
            }
            case "joins" -> joins(arguments);
            default -> mount(arguments);
        }
    }

    private static void joins(String[] arguments) throws Exception {
        try (Dits dits = Dits.open(options(arguments[1], arguments[3]))) {
            for (int i = 0; i < Integer.parseInt(arguments[4]); i++) {
                long begun = System.nanoTime();
                try (PeerProbe probe =
                        dits.probe(arguments[2], MountOptions.defaults().withTimeout(Duration.ofSeconds(60)))) {
                    say("JOINED", millisSince(begun) + " " + probe);
                }
            }
        }
    }

    private static void mount(String[] arguments) throws Exception {
        long begun = System.nanoTime();
        try (Dits dits = Dits.open(options(arguments[1], arguments[4]));
                Mount mount = dits.mount(
                        arguments[2],
                        Path.of(arguments[3]),
                        MountOptions.defaults().withTimeout(Duration.ofSeconds(60)))) {
            say("JOINED", millisSince(begun) + " " + mount.path());
            long direct = System.nanoTime()
                    + Duration.ofSeconds(Long.parseLong(arguments[5])).toNanos();
            String wanted = System.getProperty("dits.natlab.way", "");
            while ((mount.path().kind() == PeerPath.Kind.RELAY
                            || !mount.path().address().startsWith(wanted))
                    && System.nanoTime() < direct) {
                Thread.sleep(20);
            }
            say("PATH", millisSince(begun) + " " + mount.path());
            Transfer transfer = mount.pull();
            if (arguments.length > 6) {
                transfer.limit(Long.parseLong(arguments[6]));
                Progress progress = transfer.progress();
                while (progress.treeBytesDone() == 0 || progress.treeBytesDone() * 5 < progress.treeBytesTotal()) {
                    Thread.sleep(20);
                    progress = transfer.progress();
                }
                say("SOME", progress.treeBytesDone());
                if (System.in.read() < 0) {
                    throw new IllegalStateException("nobody says when to go on");
                }
                say("ON", transfer.progress().treeBytesDone());
                transfer.limit(0);
            }
            transfer.await();
            say("PULLED", millisSince(begun) + " " + mount.path());
        }
    }

    private static long millisSince(long begun) {
        return (System.nanoTime() - begun) / 1_000_000;
    }
}
