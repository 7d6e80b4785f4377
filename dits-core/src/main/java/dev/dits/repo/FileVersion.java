package dev.dits.repo;

import dev.dits.object.LinkTarget;
import java.util.Optional;

/**
 * What is at a path on one side of a comparison.
 *
 * @param type what it is
 * @param mode permission bits, 0 to 0777 (octal)
 * @param size bytes of a file; 0 for anything else
 * @param target where a link leads; nothing for anything else
 * @param inWorkingTree whether it lies in the working tree, rather than in a commit
 */
public record FileVersion(Type type, int mode, long size, Optional<LinkTarget> target, boolean inWorkingTree) {
    /** What a path can be. */
    public enum Type {
        /** A regular file. */
        FILE,
        /** A symbolic link. */
        LINK,
        /** A directory; compared for itself only where nothing in it is, or its permissions differ. */
        DIRECTORY
    }
}
