package dev.dits.repo;

import dev.dits.object.Commit;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.EntryName;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells which commit on one side of a merge brought a version in: so that a copy of it has the same name in whatever merge it is made, and two merges of the same two
 * versions make one copy and not two.
 *
 * <p>Not safe for use by several threads.
 */
final class Origins {
    /** Commits that are looked at for one version; beyond, the earliest of those that were. */
    private static final int LOOKED_AT_MAX = 10_000;

    private record Found(ObjectId id, Commit commit) {}

    private static final Comparator<Found> EARLIEST_FIRST = Comparator.<Found>comparingLong(
                    found -> found.commit().time().seconds())
            .thenComparingInt(found -> found.commit().time().nanos())
            .thenComparing(Found::id);

    private final CommitGraph.Commits commits;
    private final DirectoryTree trees;
    private final Collection<ObjectId> tips;
    /** Of the directory that was asked for last: what each commit has there. */
    private final Map<ObjectId, Directory> directories = new HashMap<>();

    private TreePath directory = TreePath.ROOT;

    private record Directory(@Nullable DirectoryRef ref) {}

    Origins(CommitGraph.Commits commits, ObjectSource objects, Collection<ObjectId> tips) {
        this.commits = commits;
        this.trees = new DirectoryTree(objects);
        this.tips = tips;
    }

    /** Whose version it is and of when, for the name of a copy. */
    String peerAndDate(TreePath parent, TreeEntry version) throws IOException {
        Commit commit = of(parent, version);
        return CopyNames.peerAndDate(commit.author(), commit.time());
    }

    /** The earliest of the commits that have a version their parents lack, on the way back from the side's tips. */
    private Commit of(TreePath parent, TreeEntry version) throws IOException {
        if (!parent.equals(directory)) {
            directories.clear();
            directory = parent;
        }
        Found origin = null;
        Set<ObjectId> seen = new HashSet<>();
        ArrayDeque<ObjectId> queue = new ArrayDeque<>();
        for (ObjectId tip : tips) {
            if (has(tip, version) && seen.add(tip)) {
                queue.add(tip);
            }
        }
        while (!queue.isEmpty() && seen.size() < LOOKED_AT_MAX) {
            ObjectId id = queue.remove();
            Commit commit = commits.read(id);
            boolean inherited = false;
            for (ObjectId above : commit.parents()) {
                if (seen.contains(above)) {
                    inherited = true;
                } else if (has(above, version)) {
                    inherited = true;
                    seen.add(above);
                    queue.add(above);
                }
            }
            if (!inherited) {
                origin = earlier(origin, new Found(id, commit));
            }
        }
        for (ObjectId left : queue) {
            origin = earlier(origin, new Found(left, commits.read(left)));
        }
        if (origin == null) {
            // A version that only a merge of several bases has: its permissions are of both sides.
            for (ObjectId tip : tips) {
                origin = earlier(origin, new Found(tip, commits.read(tip)));
            }
        }
        if (origin == null) {
            throw new IllegalStateException("a side of a merge has no commits");
        }
        return origin.commit();
    }

    private static Found earlier(@Nullable Found a, Found b) {
        return a != null && EARLIEST_FIRST.compare(a, b) <= 0 ? a : b;
    }

    private boolean has(ObjectId commit, TreeEntry version) throws IOException {
        Directory at = directories.get(commit);
        if (at == null) {
            at = new Directory(trees.resolveDirectory(commits.read(commit).tree(), directory));
            directories.put(commit, at);
        }
        EntryName name = version.name();
        TreeEntry entry = at.ref == null ? null : trees.lookup(at.ref, name);
        return entry != null && TreeMerge.sameContent(entry, version);
    }
}
