package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.DitsOptions;
import dev.dits.Mount;
import dev.dits.MountOptions;
import dev.dits.Progress;
import dev.dits.TransferResult;
import dev.dits.repo.CommitResult;
import dev.dits.repo.FsckReport;
import dev.dits.repo.LinkPolicy;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "demo",
        description = {
            "Share a tree in one process, mount it in another by join code, and compare every file.",
            "Works on copies in a temporary folder; no packet leaves this machine."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits demo               real files of this machine (Maven repository, JDK) and generated ones",
            "  dits demo ~/my-project  a copy of this tree"
        })
final class DemoCommand implements Callable<Integer> {
    /** An edit of a few bytes may cost a chunk, its path of nodes, and those of the directories above it. */
    static final long EDIT_WIRE_BYTES_MAX = 1_000_000;

    private static final long CODE_SECONDS = 60;

    private final Context context;
    private boolean failed;

    @Parameters(arity = "0..1", paramLabel = "DIR", description = "The tree to take. Default: one is made.")
    private @Nullable Path directory;

    @Option(names = "--keep", description = "Keep the temporary folder.")
    private boolean keep;

    DemoCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        Path given = directory == null ? null : context.path(directory);
        if (given != null && !Files.isDirectory(given)) {
            throw new NotDirectoryException(Context.show(given));
        }
        Path work = Files.createTempDirectory("dits-demo-").toRealPath();
        try {
            run(work, given);
        } finally {
            if (keep) {
                context.say("Kept: " + Context.show(work));
            } else {
                // A pending interrupt would not let the files go.
                boolean interrupted = Thread.interrupted();
                TreeCopy.delete(work);
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        context.say(failed ? "FAIL" : context.bold("PASS") + "  all of it");
        return failed ? ExitCode.FAILURE : ExitCode.OK;
    }

    private void run(Path work, @Nullable Path given) throws Exception {
        Path source = Files.createDirectories(work.resolve("project"));
        Path mounted = work.resolve("shared-project");
        long startNanos = context.nanoClock().getAsLong();
        if (given == null) {
            context.say("Preparing a tree in " + Context.show(work) + " ...");
            List<String> parts = SampleTree.make(source, name -> System.getProperty(name, ""));
            context.say("1. A tree of " + String.join(", ", parts) + " (" + since(startNanos) + ")");
        } else {
            TreeCopy.Copied copied = TreeCopy.copy(given, source, Long.MAX_VALUE, Long.MAX_VALUE);
            context.say("1. A copy of " + Context.show(given) + ": " + Format.count(copied.files(), "file") + " ("
                    + since(startNanos) + ")");
        }

        try (Repository repository = Repository.init(source, RepositoryCommand.options())) {
            startNanos = context.nanoClock().getAsLong();
            CommitResult commit = CommitCommand.commit(context, repository, "First take", null)
                    .orElseThrow(() -> new IOException("the tree is empty: there is nothing to share"));
            context.say("2. Committed " + Format.count(commit.files(), "file") + ", " + Format.bytes(commit.bytes())
                    + "; stored " + Format.bytes(commit.newBytes()) + " of them, the rest is the same chunks again ("
                    + Format.percent(commit.bytes() - commit.newBytes(), commit.bytes()) + " dedup; "
                    + since(startNanos) + ")");
            try (DitsProcess share = share(work, source)) {
                String code = share.joinCode(CODE_SECONDS)
                        .orElseThrow(
                                () -> new IOException("the sharing process gave no join code:\n" + share.output()));
                context.say("3. Process " + share.process().pid() + " shares it under " + context.bold(code));
                DitsOptions options = DitsOptions.defaults()
                        .withHome(work.resolve("home-of-the-mount"))
                        .withLanInterfaces("lo")
                        .withTracker(null)
                        .withBindAddress(InetAddress.getLoopbackAddress());
                try (Dits dits = Dits.open(options);
                        Mount mount = dits.mount(
                                code, mounted, MountOptions.defaults().withLinks(LinkPolicy.AS_IS))) {
                    context.say("4. This process, " + ProcessHandle.current().pid()
                            + ", found it on the network by the code alone: " + RunningReport.way(mount.path()));
                    TransferResult pulled = pull(mount);
                    context.say("   " + TransferReport.summary(pulled.progress()));
                    compare(source, mounted);
                    edit(repository, source, mount, mounted);
                }
            }
        }
        fsck(mounted);
    }

    private DitsProcess share(Path work, Path source) throws IOException {
        return DitsProcess.start(
                work,
                Map.of(
                        "DITS_LAN",
                        "lo",
                        "DITS_TRACKER",
                        "",
                        "DITS_HOME",
                        work.resolve("home-of-the-share").toString()),
                List.of("p2p", "share", source.toString(), "--bind", "127.0.0.1", "--name", "demo", "--plain"));
    }

    private TransferResult pull(Mount mount) throws IOException, InterruptedException {
        return Watch.await(context, mount.pull(), "Pulling");
    }

    private void edit(Repository repository, Path source, Mount mount, Path mounted)
            throws IOException, InterruptedException {
        Path largest = SampleTree.largest(source);
        long size = Files.size(largest);
        insertByte(largest);
        Path added = Files.writeString(source.resolve("note-from-the-demo.txt"), "One byte more.\n");
        CommitResult commit = CommitCommand.commit(context, repository, "Second take", null)
                .orElseThrow(() -> new IOException("the edit was not seen"));
        context.say("5. One byte put in front of " + Context.show(source.relativize(largest)) + " ("
                + Format.bytes(size) + "), one file added; committed from this process while the other shares: "
                + Format.bytes(commit.newBytes()) + " new");
        TransferResult pulled = pull(mount);
        Progress progress = pulled.progress();
        context.say("   " + TransferReport.summary(progress));
        check(
                pulled.commit().equals(commit.id()),
                "the pull has the new commit " + commit.id().abbreviated(),
                "the pull has " + pulled.commit().abbreviated() + ", not "
                        + commit.id().abbreviated());
        check(
                progress.wireBytes() > 0 && progress.wireBytes() < EDIT_WIRE_BYTES_MAX,
                "only what changed moved: " + Format.bytes(progress.wireBytes()) + " for "
                        + Format.bytes(size + Files.size(added)) + " of changed files",
                Format.bytes(progress.wireBytes()) + " on the wire for a small edit");
        compare(source, mounted);
    }

    /** As an editor saves: a new file beside, renamed over the old. */
    private static void insertByte(Path file) throws IOException {
        Path edited = file.resolveSibling("dits-demo-edit");
        try (OutputStream out = Files.newOutputStream(edited);
                InputStream in = Files.newInputStream(file)) {
            out.write('!');
            in.transferTo(out);
        }
        if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(edited, Files.getPosixFilePermissions(file));
        }
        FileTime parent = Files.getLastModifiedTime(file.toAbsolutePath().getParent());
        Files.move(edited, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Files.setLastModifiedTime(file.toAbsolutePath().getParent(), parent);
    }

    private void compare(Path source, Path mounted) throws IOException {
        TreeCompare.Report report = TreeCompare.compare(source, mounted, Set.of(Repository.DIRECTORY));
        check(
                report.same(),
                Format.count(report.files(), "file") + " (" + Format.bytes(report.bytes()) + "), "
                        + Format.count(report.directories(), "directory") + ", "
                        + Format.count(report.links(), "link")
                        + ": content, kinds, modes, mtimes and link targets are the same on both sides",
                Format.count(report.differenceCount(), "difference") + " between the two sides");
        report.differences().forEach(difference -> context.say("      " + difference));
    }

    private void fsck(Path mounted) throws IOException {
        try (Repository repository = RepositoryCommand.open(mounted)) {
            FsckReport report = FsckCommand.check(context, repository);
            check(
                    report.clean(),
                    "fsck of the mount finds nothing wrong",
                    "fsck of the mount: " + String.join("; ", FsckCommand.damage(report)));
        }
    }

    private void check(boolean holds, String good, String bad) {
        failed |= !holds;
        context.say("   " + (holds ? context.bold("PASS") + "  " + good : context.bold("FAIL") + "  " + bad));
    }

    private String since(long startNanos) {
        return Format.duration(Duration.ofNanos(context.nanoClock().getAsLong() - startNanos));
    }
}
