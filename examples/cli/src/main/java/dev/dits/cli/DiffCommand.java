package dev.dits.cli;

import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import dev.dits.repo.DiffOptions;
import dev.dits.repo.DiffVisitor;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "diff",
        customSynopsis = "dits diff [OPTIONS] [REVISION [REVISION]] [--] [PATH...]",
        description = {
            "Show what differs: the working tree from the commit it stands on, from another commit, or two commits.",
            "Texts as a patch that 'git apply' and 'patch -p1' read; anything else by its sizes and chunks."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits diff                         what 'dits commit' would record",
            "  dits diff --stat HEAD~3 HEAD      how much the last three commits changed",
            "  dits diff v1..v2 -- footage       what came into a folder from v1 to v2",
            "  dits diff --json | jq -r .path    for scripts: a JSON document a line"
        })
final class DiffCommand extends RepositoryCommand {
    @Parameters(
            arity = "0..*",
            paramLabel = "ARGUMENT",
            description = {
                "Up to two revisions, or A..B for two, then paths. What is both needs '--' between or before them."
            })
    private List<String> arguments = List.of();

    @Mixin
    private DiffFormat format = new DiffFormat();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    DiffCommand(Context context) {
        super(context);
    }

    @Override
    void checkUsage() {
        format.checkUsage();
    }

    /** What the arguments say: which sides, and where to look. */
    private record Sides(List<ObjectId> revisions, List<TreePath> paths) {}

    @Override
    boolean readsContent() {
        return true;
    }

    @Override
    int run(Repository repository) throws IOException {
        Sides sides = sides(repository);
        DiffOptions options = DiffOptions.defaults().withPaths(sides.paths).withRenames(format.renames());
        try {
            if (format.json()) {
                try (JsonOutput out = JsonOutput.lines(context)) {
                    compare(repository, sides, options, difference -> {
                        format.write(out, difference);
                        if (out.readerGone()) {
                            throw new DiffFormat.ReaderGone();
                        }
                    });
                }
            } else {
                try (DiffFormat.Report report = format.text(context)) {
                    compare(repository, sides, options, report);
                }
            }
        } catch (DiffFormat.ReaderGone e) {
            return ExitCode.OK;
        }
        return ExitCode.OK;
    }

    private void compare(Repository repository, Sides sides, DiffOptions options, DiffVisitor visitor)
            throws IOException {
        switch (sides.revisions.size()) {
            case 0 -> repository.diffWorkingTree(repository.base().orElse(null), options, visitor);
            case 1 -> repository.diffWorkingTree(sides.revisions.get(0), options, visitor);
            default -> repository.diff(sides.revisions.get(0), sides.revisions.get(1), options, visitor);
        }
    }

    private Sides sides(Repository repository) throws IOException {
        int certain = argumentsBehindDashes();
        List<String> before = arguments.subList(0, arguments.size() - certain);
        List<String> behind = arguments.subList(arguments.size() - certain, arguments.size());
        boolean separated = certain > 0 || dashesGiven();
        List<ObjectId> revisions = new ArrayList<>();
        int next = 0;
        while (next < before.size() && revisions.size() < 2) {
            String argument = before.get(next);
            Optional<List<ObjectId>> found = revisions(repository, argument, revisions.isEmpty());
            if (found.isEmpty()) {
                break;
            }
            if (!separated && exists(repository, argument)) {
                throw new Usage("'" + Format.safe(argument)
                        + "' is a revision and a path; put '--' behind it or before it to tell which is meant");
            }
            revisions.addAll(found.get());
            next++;
        }
        List<String> paths = new ArrayList<>(before.subList(next, before.size()));
        if (separated && !paths.isEmpty()) {
            // Says what is wrong with it.
            throw notFound(repository, paths.get(0));
        }
        for (String path : paths) {
            if (!exists(repository, path) && !known(repository, revisions, path)) {
                throw new DitsException("'" + path
                        + "' is neither a commit, branch or tag, nor a path here; 'dits log' and 'dits branch' list commits and"
                        + " branches");
            }
        }
        paths.addAll(behind);
        return new Sides(revisions, TreePaths.of(context, repository, paths));
    }

    private static DitsException notFound(Repository repository, String revision) throws IOException {
        try {
            repository.resolve(revision);
        } catch (DitsException e) {
            return e;
        }
        return new DitsException("two revisions can be compared, not more; '" + revision + "' is one too many");
    }

    /** Nothing where it is no revision; {@code A..B} is two, of which either may be left out and is HEAD then. */
    private static Optional<List<ObjectId>> revisions(Repository repository, String argument, boolean first)
            throws IOException {
        int dots = argument.indexOf("..");
        if (first && dots >= 0 && !argument.startsWith("../") && !argument.equals("..")) {
            Optional<ObjectId> from = revision(repository, argument.substring(0, dots));
            Optional<ObjectId> to = revision(repository, argument.substring(dots + 2));
            return from.isPresent() && to.isPresent() ? Optional.of(List.of(from.get(), to.get())) : Optional.empty();
        }
        return argument.isEmpty()
                ? Optional.empty()
                : revision(repository, argument).map(List::of);
    }

    private static Optional<ObjectId> revision(Repository repository, String text) throws IOException {
        try {
            return Optional.of(repository.resolve(text.isEmpty() ? "HEAD" : text));
        } catch (dev.dits.error.CorruptObjectException | dev.dits.error.MissingObjectException e) {
            throw e;
        } catch (DitsException e) {
            return Optional.empty();
        }
    }

    private boolean exists(Repository repository, String path) throws IOException {
        return inRepository(repository, path) != null
                && java.nio.file.Files.exists(context.here().resolve(path), java.nio.file.LinkOption.NOFOLLOW_LINKS);
    }

    private @Nullable TreePath inRepository(Repository repository, String path) throws IOException {
        try {
            return TreePaths.of(context, repository, path);
        } catch (Usage | java.nio.file.InvalidPathException e) {
            return null;
        }
    }

    /** Whether one of the commits has it, as of a file that was deleted. */
    private boolean known(Repository repository, List<ObjectId> revisions, String written) throws IOException {
        TreePath path = inRepository(repository, written);
        List<ObjectId> commits = new ArrayList<>(revisions);
        repository.base().ifPresent(commits::add);
        for (ObjectId commit : path == null || path.isRoot() ? List.<ObjectId>of() : commits) {
            if (new dev.dits.object.DirectoryTree(repository.objects())
                            .resolve(repository.readCommit(commit).tree(), path)
                    != null) {
                return true;
            }
        }
        return path != null && path.isRoot();
    }

    private List<String> original() {
        return spec.commandLine().getParseResult().originalArgs();
    }

    private boolean dashesGiven() {
        return original().contains("--");
    }

    /** How many arguments stand behind a {@code --}: paths beyond doubt. */
    private int argumentsBehindDashes() {
        int dashes = original().indexOf("--");
        return dashes < 0 ? 0 : original().size() - dashes - 1;
    }
}
