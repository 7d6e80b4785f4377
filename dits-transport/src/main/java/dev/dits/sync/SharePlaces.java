package dev.dits.sync;

import dev.dits.object.Commit;
import dev.dits.object.Content;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.EntryName;
import dev.dits.object.FileEntry;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectWalk;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where to ask the share for what a file contains. A share answers for commits that it has; a commit that was made here, a merge above all, may hold content
 * that only the share has, which it knows by another commit and, where a conflict copy was made, by another name in the same directory.
 */
interface SharePlaces {
    /**
     * What a request names.
     *
     * @param commit a commit that the share has
     * @param path a file of it
     */
    record Place(ObjectId commit, TreePath path) {}

    /**
     * Finds a file's content.
     *
     * @param path where it is in what is written here
     * @param content what it contains
     * @return where the share has the same; where that is not known, what is most likely, and the share says so
     * @throws IOException if a tree can not be read
     */
    Place of(TreePath path, Content content) throws IOException;

    /** All that is written is in one commit, and the share has that. */
    static SharePlaces in(ObjectId commit) {
        return (path, content) -> new Place(commit, path);
    }

    /**
     * For a commit that the share may not have.
     *
     * @param repository the mount; the histories of all references are here
     * @param commit which
     * @return how its content is found
     * @throws IOException if a commit can not be read
     */
    static SharePlaces of(Repository repository, ObjectId commit) throws IOException {
        List<ObjectId> there = new ArrayList<>();
        for (Map.Entry<RefName, ObjectId> ref : repository.refs().entrySet()) {
            if (Pull.isOfShare(ref.getKey())) {
                if (ref.getValue().equals(commit)) {
                    return in(commit);
                }
                there.add(ref.getValue());
            }
        }
        List<ObjectId> made =
                new ObjectWalk(repository.objects(), ObjectWalk.Options.NONE).listCommits(List.of(commit), there);
        if (made.isEmpty()) {
            return in(commit);
        }
        Set<ObjectId> mine = Set.copyOf(made);
        Set<ObjectId> shared = new LinkedHashSet<>();
        for (ObjectId id : made) {
            for (ObjectId parent : repository.readCommit(id).parents()) {
                if (!mine.contains(parent) && shared.size() < Searched.COMMITS_MAX) {
                    shared.add(parent);
                }
            }
        }
        return new Searched(repository, commit, List.copyOf(shared));
    }

    /** Looks into the commits of the share that commits of this side continue. */
    final class Searched implements SharePlaces {
        /** Commits looked into: one for each time that both sides met since they were last the same. */
        static final int COMMITS_MAX = 64;

        private final DirectoryTree directories;
        private final ObjectId commit;
        private final List<ObjectId> shared;
        private final List<DirectoryRef> trees = new ArrayList<>();

        Searched(Repository repository, ObjectId commit, List<ObjectId> shared) throws IOException {
            this.directories = new DirectoryTree(repository.objects());
            this.commit = commit;
            this.shared = shared;
            for (ObjectId id : shared) {
                Commit read = repository.readCommit(id);
                trees.add(read.tree());
            }
        }

        @Override
        public Place of(TreePath path, Content content) throws IOException {
            for (int i = 0; i < trees.size(); i++) {
                if (isFile(directories.resolve(trees.get(i), path), content)) {
                    return new Place(shared.get(i), path);
                }
            }
            TreePath parent = path.parent();
            for (int i = 0; parent != null && i < trees.size(); i++) {
                EntryName name = beside(trees.get(i), parent, content);
                if (name != null) {
                    return new Place(shared.get(i), parent.resolve(name));
                }
            }
            return new Place(shared.isEmpty() ? commit : shared.get(0), path);
        }

        private @Nullable EntryName beside(DirectoryRef tree, TreePath parent, Content content) throws IOException {
            DirectoryRef directory = directories.resolveDirectory(tree, parent);
            if (directory == null) {
                return null;
            }
            DirectoryTree.Cursor entries = directories.iterate(directory);
            for (TreeEntry entry = entries.next(); entry != null; entry = entries.next()) {
                if (isFile(entry, content)) {
                    return entry.name();
                }
            }
            return null;
        }

        private static boolean isFile(@Nullable TreeEntry entry, Content content) {
            return entry instanceof FileEntry file && file.content().equals(content);
        }
    }
}
