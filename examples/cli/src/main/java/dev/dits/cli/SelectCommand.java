package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.TransferResult;
import dev.dits.error.DitsException;
import dev.dits.error.MissingObjectException;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.Repository;
import dev.dits.repo.SelectReport;
import dev.dits.repo.SelectedSize;
import dev.dits.repo.Selection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "select",
        description = {
            "Choose which part of the tree a mount holds, or which branches of its share it follows. What comes to be selected is fetched; what no",
            "longer is goes from the disk and stays in the repository: commits keep it as it is. Files with changes that are in no commit stay until they are",
            "committed and this is repeated. A new file at a path that is not selected stays where it is and is in no commit; 'dits status' names it.",
            "Without options, or with --list, it says what is selected."
        },
        footerHeading =
                "%nGLOB is a line as .ditsignore has them in the top directory, here for what is to be there:%n",
        footer = {
            "  takes/**, /takes/     the directory takes, with all below it",
            "  takes/                every directory of that name, wherever it is",
            "  *.mov                 files of that name anywhere",
            "  !takes/raw/**         not these; the last pattern that matches decides",
            "",
            "Examples:",
            "  dits p2p select --path 'takes/**' --path '/notes.txt'   these and nothing else",
            "  dits p2p select --add 'renders/day1/**'                 these too",
            "  dits p2p select --remove 'takes/**'                     take back what was added",
            "  dits p2p select --all ./copy                            everything, in the mount at ./copy",
            "  dits p2p select --branch main --branch grade            only these branches of the share"
        })
final class SelectCommand implements Callable<Integer> {
    private static final int SHOWN_MAX = 10;

    private final Context context;

    @Parameters(
            arity = "0..1",
            paramLabel = "DIR",
            description = "The mount. Default: the one around the current directory.")
    private @Nullable Path directory;

    @Option(names = "--path", paramLabel = "GLOB", description = "Select this and nothing else; may be repeated.")
    private List<String> paths = List.of();

    @Option(names = "--add", paramLabel = "GLOB", description = "Select this too; may be repeated.")
    private List<String> added = List.of();

    @Option(
            names = "--remove",
            paramLabel = "GLOB",
            description =
                    "Take a pattern back; one that is not there is added with a '!' before it, so that what it matches goes. May be repeated.")
    private List<String> removed = List.of();

    @Option(names = "--all", description = "Select everything.")
    private boolean all;

    @Option(
            names = "--branch",
            paramLabel = "NAME",
            description = "Follow this branch of the share and no other; may be repeated.")
    private List<String> branches = List.of();

    @Option(names = "--all-branches", description = "Follow every branch of the share.")
    private boolean allBranches;

    @Option(names = "--list", description = "Say what is selected, and change nothing.")
    private boolean list;

    @Mixin
    private JsonOption json = new JsonOption();

    /** For what has to come from the share. */
    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    SelectCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        boolean changesPaths = all || !paths.isEmpty() || !added.isEmpty() || !removed.isEmpty();
        boolean changesBranches = allBranches || !branches.isEmpty();
        Usage.require(!(list && (changesPaths || changesBranches)), "--list changes nothing; leave the others out");
        Usage.require(
                !(all && (!paths.isEmpty() || !added.isEmpty())),
                "--all selects everything; --path and --add select a part");
        Usage.require(!(allBranches && !branches.isEmpty()), "--all-branches follows every branch; leave out --branch");
        branches.forEach(Usage::requireBranchName);
        requireGlobs(paths);
        requireGlobs(added);
        Path root = Repository.find(directory == null ? context.here() : context.path(directory));
        if (changesBranches) {
            Usage.require(
                    RepositoryCommand.isMount(root),
                    "this repository is no mount; there is no share whose branches it could follow");
            try (Repository repository = RepositoryCommand.open(root)) {
                Mount.selectBranches(repository, branches);
            }
        }
        int result = changesPaths ? select(root) : ExitCode.OK;
        try (Repository repository = RepositoryCommand.open(root)) {
            if (json.requested()) {
                write(repository);
            } else {
                say(repository);
            }
        }
        return result;
    }

    private static void requireGlobs(List<String> globs) {
        try {
            Selection.of(globs.stream().filter(glob -> !glob.startsWith("!")).toList());
            Selection.of(java.util.stream.Stream.concat(java.util.stream.Stream.of("*"), globs.stream())
                    .toList());
        } catch (IllegalArgumentException e) {
            throw new Usage(Format.safe(String.valueOf(e.getMessage())));
        }
    }

    /** What is to be selected, of what is. */
    private Selection change(Selection before) {
        List<String> globs = new ArrayList<>(all ? List.of() : paths.isEmpty() ? before.globs() : paths);
        if (globs.isEmpty() && !added.isEmpty() && !all) {
            throw new Usage("everything is selected, so there is nothing to add; '--path GLOB' selects a part");
        }
        for (String glob : removed) {
            if (!globs.removeIf(glob::equals)) {
                if (globs.isEmpty()) {
                    globs.add("*");
                }
                globs.add("!" + glob);
            }
        }
        for (String glob : added) {
            globs.removeIf(glob::equals); // the last one decides
            globs.removeIf(("!" + glob)::equals);
            globs.add(glob);
        }
        if (globs.isEmpty() && !all) {
            throw new Usage("that leaves nothing selected; '--all' selects everything, '--path GLOB' something else");
        }
        try {
            return Selection.of(globs);
        } catch (IllegalArgumentException e) {
            throw new Usage(Format.safe(String.valueOf(e.getMessage())));
        }
    }

    private int select(Path root) throws Exception {
        context.resumeHint("The tree may hold some files of before and some of after; the same command finishes it.");
        try (NodeCache cache = new NodeCache(context);
                Repository repository =
                        Repository.open(root, RepositoryCommand.options().withSources(List.of(cache)))) {
            SelectReport report;
            try (CommitWatch watch = new CommitWatch(context, "Selecting", root)) {
                report = repository.select(
                        this::change, CheckoutOptions.defaults().withProgress(watch));
            } catch (MissingObjectException e) {
                if (!RepositoryCommand.isMount(root)) {
                    throw e;
                }
                return fetching(root);
            }
            warn("kept, for its changes are in no commit: ", report.kept());
            report.checkout().ifPresent(written -> CheckoutCommand.warn(context, written));
            boolean whole = report.kept().isEmpty()
                    && report.checkout()
                            .map(written -> written.refusedCount() == 0)
                            .orElse(true);
            return whole ? ExitCode.OK : ExitCode.FAILURE;
        }
    }

    private int fetching(Path root) throws IOException, InterruptedException {
        try (Dits dits = Dits.open(connection.ditsOptions(context));
                Mount mount = dits.open(root, connection.mountOptions(null))) {
            TransferResult result = Watch.await(context, mount.select(this::change), "Fetching");
            context.say(TransferReport.summary(result.progress()));
            return TransferReport.refused(context, result);
        }
    }

    private void warn(String what, List<TreePath> paths) {
        paths.stream().limit(SHOWN_MAX).forEach(path -> context.warn(what + path.display()));
        if (paths.size() > SHOWN_MAX) {
            context.warn("and " + Format.count(paths.size() - SHOWN_MAX) + " more");
        }
    }

    private void say(Repository repository) throws IOException {
        Selection selection = repository.selection();
        Optional<ObjectId> base = repository.base();
        if (selection.isAll()) {
            context.say("Everything is selected.");
        } else {
            context.say("Selected:");
            selection.globs().forEach(glob -> context.say("  " + Format.safe(glob)));
        }
        if (base.isPresent() && !selection.isAll()) {
            SelectedSize size = repository.selectedSize(base.get());
            long inAll = repository.readCommit(base.get()).tree().files();
            context.say(Format.count(size.files(), "file") + " of " + Format.count(inAll) + ", "
                    + Format.bytes(size.bytes()));
            warnIfNothing(context, repository, selection);
        }
        repository.unfinishedSelection().ifPresent(next -> context.warn(unfinished(next)));
        List<String> followed = Mount.branches(repository);
        if (!followed.isEmpty()) {
            context.say("Branches of the share that are followed: " + Format.safe(String.join(", ", followed)));
        }
    }

    static String unfinished(Selection next) {
        return "selecting " + Format.safe(next.toString())
                + " was interrupted; the next 'dits checkout', pull or select finishes it";
    }

    /** Most likely a pattern is misspelt. */
    static void warnIfNothing(Context context, Repository repository, Selection selection) throws IOException {
        Optional<ObjectId> base = repository.base();
        if (base.isEmpty()) {
            return;
        }
        for (String glob : selection.globs()) {
            if (!glob.startsWith("!")
                    && repository
                                    .selectedSize(base.get(), Selection.of(List.of(glob)))
                                    .files()
                            == 0) {
                context.warn("nothing in commit " + base.get().abbreviated() + " matches '" + Format.safe(glob)
                        + "'; case matters, and paths start at the top directory");
            }
        }
    }

    private void write(Repository repository) throws IOException, DitsException {
        Optional<ObjectId> base = repository.base();
        SelectedSize size = base.isEmpty() ? new SelectedSize(0, 0) : repository.selectedSize(base.get());
        try (JsonOutput out = JsonOutput.open(context)) {
            out.object().field("all", repository.selection().isAll()).array("globs");
            for (String glob : repository.selection().globs()) {
                out.value(glob);
            }
            out.end()
                    .field("files", size.files())
                    .field("bytes", size.bytes())
                    .field(
                            "filesInAll",
                            base.isEmpty()
                                    ? 0
                                    : repository.readCommit(base.get()).tree().files())
                    .field("unfinished", repository.unfinishedSelection().isPresent())
                    .array("branches");
            for (String branch : Mount.branches(repository)) {
                out.value(branch);
            }
            out.end().end();
        }
    }
}
