package dev.dits.repo;

import dev.dits.error.FileAccessException;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.file.Path;

/** Is told by {@link Repository#look} what there is in a working tree, in the order of a walk. What it throws ends the walk. */
public interface TreeLook {
    /**
     * A directory of which the next commit would hold something; told before it is listed.
     *
     * @param path where
     * @param directory where on disk
     * @param differs whether the base has it not, or with other permissions
     * @throws IOException to end the walk
     */
    void directory(TreePath path, Path directory, boolean differs) throws IOException;

    /**
     * A file or link that is not known to be as the base has it: it may be all the same.
     *
     * @param path where
     * @param stamp what it looks like
     * @throws IOException to end the walk
     */
    void differs(TreePath path, FileStamp stamp) throws IOException;

    /**
     * Something that the base has and that is gone.
     *
     * @param path where; for a directory, all below it is gone
     * @throws IOException to end the walk
     */
    void missing(TreePath path) throws IOException;

    /**
     * A directory that can not be listed; what is in it is passed over.
     *
     * @param path where
     * @param failure why, and what to do
     * @throws IOException to end the walk
     */
    void unreadable(TreePath path, FileAccessException failure) throws IOException;
}
