package dev.dits.repo;

import dev.dits.error.FileAccessException;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.util.Optional;

/**
 * Decides file by file what a commit takes: for whoever commits by itself while others still write. What is not taken is in the commit as the base has it, and does not hold the rest back.
 *
 * <p>Called on the thread that commits. What it throws ends the commit, and the branch stays.
 */
public interface CommitGuard {
    /**
     * Asks whether a file, a link or that something is gone may be recorded now. Not asked about what the stat cache knows to be as the base has it.
     *
     * @param path where
     * @param stamp what it looks like; nothing where what the base has is gone, for a directory with all below it
     * @return whether to take it, if it still looks like that when it has been read
     * @throws IOException to end the commit
     */
    boolean takes(TreePath path, Optional<FileStamp> stamp) throws IOException;

    /**
     * Tells of a file that was to be taken and was not, because it changed while it was read.
     *
     * @param path where
     */
    void changed(TreePath path);

    /**
     * Tells of a file that was to be taken and was not, because it can not be read.
     *
     * @param path where
     * @param failure why, and what to do
     */
    void unreadable(TreePath path, FileAccessException failure);

    /**
     * Asks for the message of the commit, once it is known what is in it.
     *
     * @param changes what it changes
     * @return why, 0 to 65,536 bytes of UTF-8
     */
    String message(CommitChanges changes);
}
