package dev.dits.cli;

import dev.dits.object.EntryName;
import dev.dits.object.TreePath;
import dev.dits.repo.PathNames;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Paths as the user writes them, seen from where the command runs, and as a repository names them. */
final class TreePaths {
    private TreePaths() {}

    /**
     * Translates a path that was written on the command line.
     *
     * @throws Usage if it leads out of the repository, or no entry can have such a name
     */
    static TreePath of(Context context, Repository repository, String written) throws IOException {
        Usage.require(!written.isEmpty(), "a path is empty; '.' is this directory");
        // The directory's own links are followed, those in what was written are not: a link is an entry like others.
        Path absolute =
                context.here().toRealPath().resolve(written).toAbsolutePath().normalize();
        Usage.require(
                absolute.startsWith(repository.root()),
                "'" + written + "' is not in the repository " + Context.show(repository.root()));
        List<EntryName> names = new ArrayList<>();
        for (Path name : repository.root().relativize(absolute)) {
            if (!name.toString().isEmpty()) {
                try {
                    names.add(EntryName.of(PathNames.lastName(name)));
                } catch (IllegalArgumentException e) {
                    throw new Usage("'" + written + "' is nothing that a commit can hold: " + e.getMessage());
                }
            }
        }
        try {
            return TreePath.of(names);
        } catch (IllegalArgumentException e) {
            throw new Usage("'" + written + "' is nothing that a commit can hold: " + e.getMessage());
        }
    }

    static List<TreePath> of(Context context, Repository repository, List<String> written) throws IOException {
        List<TreePath> paths = new ArrayList<>();
        for (String path : written) {
            paths.add(of(context, repository, path));
        }
        return paths;
    }
}
