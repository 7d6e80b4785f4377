package host;

import dev.dits.Dits;
import dev.dits.DitsOptions;
import dev.dits.Mount;
import dev.dits.MountOptions;
import dev.dits.Share;
import dev.dits.ShareOptions;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** Shares a directory, mounts it, pulls, and asks for the natives below: {@code Main class|module DIRECTORY}. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        boolean modular = Main.class.getModule().isNamed() && Dits.class.getModule().isNamed();
        check(modular == arguments[0].equals("module"), "runs on the other path");

        Path work = Path.of(arguments[1]);
        Path project = Files.createDirectories(work.resolve("project"));
        Files.writeString(project.resolve("a.txt"), "content\n".repeat(10_000));
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            check(repository.commit("First", "Host", (files, bytes, newBytes) -> {}).isPresent(), "nothing committed");
        }
        InetAddress loopback = InetAddress.getLoopbackAddress();
        DitsOptions options = DitsOptions.defaults()
                .withHome(work.resolve("home"))
                .withLanInterfaces("off")
                .withBindAddress(loopback);
        try (Dits dits = Dits.open(options);
                Share share = dits.share(project, ShareOptions.defaults().withBindAddress(loopback));
                Mount mount = dits.mount(share.ticket(), work.resolve("mounted"), MountOptions.defaults())) {
            mount.pull().await();
            check(
                    Files.mismatch(project.resolve("a.txt"), mount.root().resolve("a.txt")) == -1,
                    "the mounted file differs");
        }

        // Not part of our API, and not read by this module: only asked whether it found its library.
        available("io.netty.handler.codec.quic.Quic");
        if (System.getProperty("os.name").startsWith("Linux")) {
            available("io.netty.channel.epoll.Epoll");
        }
        System.out.println("on the " + arguments[0] + " path, Java " + Runtime.version().feature() + ": works");
    }

    private static void available(String name) throws ReflectiveOperationException {
        Throwable cause = (Throwable) Class.forName(name).getMethod("unavailabilityCause").invoke(null);
        if (cause != null) {
            throw new IllegalStateException(name + " is not available", cause);
        }
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
