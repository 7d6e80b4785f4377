package host;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.PeerCertificate;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;

/** Uses each of the three artifacts, and asks for the natives below them; {@code Main class|module DIRECTORY}. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        boolean modular = Main.class.getModule().isNamed() && Repository.class.getModule().isNamed();
        check(modular == arguments[0].equals("module"), "runs on the other path");

        Path work = Path.of(arguments[1]);
        Files.createDirectories(work);
        Files.writeString(work.resolve("a.txt"), "content\n".repeat(10_000));
        try (Repository repository = Repository.init(work, RepositoryOptions.defaults())) {
            check(repository.commit("First", "Host", (files, bytes, newBytes) -> {}).isPresent(), "nothing committed");
        }
        check(PeerCertificate.generate(new SecureRandom()).fingerprint().length > 0, "no certificate");
        check(JoinCode.class.getModule() == Main.class.getModule() || modular, "crypto is elsewhere");

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
