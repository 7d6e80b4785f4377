package dev.dits.cli;

import dev.dits.MountOptions;
import dev.dits.repo.Selection;
import java.util.List;

/** What {@code --path} and {@code --branch} of a command that mounts say. */
final class SelectionOptions {
    private SelectionOptions() {}

    /** Before anything is connected to. */
    static void check(List<String> globs, List<String> branches) {
        branches.forEach(Usage::requireBranchName);
        try {
            Selection unused = Selection.of(globs);
        } catch (IllegalArgumentException e) {
            throw new Usage(Format.safe(String.valueOf(e.getMessage())));
        }
    }

    /** Where nothing is said, a mount that is there already stays as it is. */
    static MountOptions with(MountOptions options, List<String> globs, List<String> branches) {
        MountOptions some = globs.isEmpty() ? options : options.withPaths(globs);
        return branches.isEmpty() ? some : some.withBranches(branches);
    }
}
