package dev.dits;

import dev.dits.repo.LinkPolicy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A node in a process of its own, to be killed: {@code share HOME DIR} or {@code pull HOME TARGET DIR LIMIT}. */
final class NodeMain {
    private NodeMain() {}

    static DitsOptions options(Path home) {
        return DitsOptions.defaults()
                .withHome(home)
                .withCacheBytes(64 << 20)
                .withDeviceName("child")
                .withLanInterfaces("lo")
                .withBindAddress(InetAddress.getLoopbackAddress());
    }

    /** Starts it. */
    static Process start(String... arguments) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                NodeMain.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Its next line; fails where it ended instead. */
    static String line(Process process) throws IOException {
        // Not closed: the process goes on writing there.
        String line =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
        if (line == null) {
            throw new IOException("the child process ended early");
        }
        return line;
    }

    public static void main(String[] arguments) throws Exception {
        try (Dits dits = Dits.open(options(Path.of(arguments[1])))) {
            if (arguments[0].equals("share")) {
                Share share = dits.share(
                        Path.of(arguments[2]),
                        ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
                System.out.println(
                        share.joinCode() + "@127.0.0.1:" + share.address().getPort());
                share.awaitClose();
            } else {
                Mount mount = dits.mount(
                        arguments[2],
                        Path.of(arguments[3]),
                        MountOptions.defaults().withSync(Sync.MANUAL).withLinks(LinkPolicy.AS_IS));
                Transfer transfer = mount.pull();
                transfer.limit(Long.parseLong(arguments[4]));
                while (transfer.progress().treeBytesDone() < 3_000_000) {
                    Thread.onSpinWait();
                }
                System.out.println("far");
                transfer.await();
                System.out.println("done");
            }
        }
    }
}
