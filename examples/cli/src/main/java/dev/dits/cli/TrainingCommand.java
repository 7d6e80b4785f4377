package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.DitsOptions;
import dev.dits.Mount;
import dev.dits.MountOptions;
import dev.dits.RunningNode;
import dev.dits.Share;
import dev.dits.ShareOptions;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/**
 * Uses everything once, so that the launcher can archive the classes that were loaded ({@code -XX:ArchiveClassesAtExit}): shares and
 * mounts a directory with one small file, on 127.0.0.1 and without discovery.
 */
@Command(name = "training-run", hidden = true)
final class TrainingCommand implements Callable<Integer> {
    /** The launcher waits for this; whatever hangs must not hang there. */
    private static final long SECONDS_MAX = 30;

    private final Context context;

    TrainingCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        Thread guard = new Thread(TrainingCommand::giveUp, "dits-training-guard");
        guard.setDaemon(true);
        guard.start();
        Path work = Files.createTempDirectory("dits-training-").toRealPath();
        InetAddress loopback = InetAddress.getLoopbackAddress();
        DitsOptions options = DitsOptions.defaults()
                .withHome(work.resolve("home"))
                .withLanInterfaces("off")
                .withBindAddress(loopback)
                .withControl(true);
        try {
            Path source = Files.createDirectories(work.resolve("source"));
            Files.writeString(source.resolve("file"), "dits\n".repeat(10_000));
            try (Repository repository = Repository.init(source, RepositoryCommand.options())) {
                CommitCommand.commit(context, repository, "Training", null);
                repository.status();
            }
            readEverything(source);
            try (Dits dits = Dits.open(options);
                    Share share = dits.share(source, ShareOptions.defaults().withBindAddress(loopback));
                    Mount mount = dits.mount(
                            share.joinCode() + "@127.0.0.1:" + share.address().getPort(),
                            work.resolve("mounted"),
                            MountOptions.defaults())) {
                Watch.await(context, mount.pull(), "Training");
                List<RunningNode> nodes = Dits.running(options.home());
                RunningReport.write(context, nodes);
                Held.shares(nodes).forEach(one -> RunningReport.say(context, one));
                Held.mounts(nodes).forEach(one -> RunningReport.say(context, one));
            }
        } finally {
            TreeCopy.delete(work);
        }
        return ExitCode.OK;
    }

    /** The commands that only read, into nothing: their classes, and those that write JSON. */
    private static void readEverything(Path source) throws IOException {
        Files.writeString(source.resolve("file"), "changed\n");
        Context nothing = new Context(
                InputStream.nullInputStream(),
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
                Map.of(),
                source,
                Terminal.NONE,
                System::nanoTime,
                new Interruption());
        for (String line : List.of(
                "--help",
                "status",
                "status --json",
                "log",
                "log --json",
                "branch",
                "tag v1",
                "diff",
                "diff --stat --json",
                "show",
                "show HEAD:file",
                "restore --force file",
                "completion bash")) {
            DitsCommand.run(nothing, line.split(" "));
        }
    }

    private static void giveUp() {
        try {
            TimeUnit.SECONDS.sleep(SECONDS_MAX);
        } catch (InterruptedException e) {
            return;
        }
        Runtime.getRuntime().halt(ExitCode.FAILURE);
    }
}
