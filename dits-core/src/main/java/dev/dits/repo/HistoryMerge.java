package dev.dits.repo;

import dev.dits.object.Commit;
import dev.dits.object.DirectoryRef;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSink;
import dev.dits.object.ObjectSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What comes out where two commits are brought together: which has the other, or a tree of both. Used once, by one thread. */
final class HistoryMerge {
    /*
     * Where two lines were merged both ways, there are several best common ancestors. Their trees are merged in memory, and what comes out is the base: it has what both
     * merges have made of these ancestors, conflict copies under the same names included, so that nothing that they agree on is decided again. That may need bases
     * of its own, and so on; it ends at limits that no honest history comes near. Whatever the base is made of, each version in it is from a commit that both sides
     * have: a side that differs from it has changed it knowingly, so nothing gets lost by a base that is not the best.
     */

    private static final int BASES_MAX = 16;
    private static final int BASE_DEPTH_MAX = 16;
    private static final int BASE_MERGES_MAX = 64;

    /** Commits, and the tree that stands for them together. */
    private record Line(List<ObjectId> tips, DirectoryRef tree) {}

    private final CommitGraph.Commits commits;
    private final CommitGraph graph;
    private final ObjectSource objects;
    private final ObjectId ours;
    private final ObjectId theirs;
    private final List<ObjectId> ancestors;
    /** Nodes of trees that are no commit's. */
    private final Map<ObjectId, byte[]> made = new HashMap<>();

    private List<ConflictCopy> copies = List.of();
    private int merges;

    HistoryMerge(CommitGraph.Commits commits, ObjectSource source, ObjectId ours, ObjectId theirs) throws IOException {
        Map<ObjectId, Commit> read = new HashMap<>();
        this.commits = id -> {
            Commit commit = read.get(id);
            if (commit == null) {
                commit = commits.read(id);
                read.put(id, commit);
            }
            return commit;
        };
        this.graph = new CommitGraph(this.commits);
        this.objects = new ObjectOverlay(made, source);
        this.ours = ours;
        this.theirs = theirs;
        this.ancestors = graph.bestCommonAncestors(List.of(ours), List.of(theirs));
    }

    /** Whether ours has theirs (nothing), theirs has ours (a fast forward), or neither (merged). */
    MergeReport.Kind kind() {
        return ancestors.contains(theirs)
                ? MergeReport.Kind.NOTHING
                : ancestors.contains(ours) ? MergeReport.Kind.FAST_FORWARD : MergeReport.Kind.MERGED;
    }

    /** Merges; new nodes go to the sink, and can be read through the source at once. */
    DirectoryRef tree(ObjectSink sink) throws IOException {
        TreeMerge merge = new TreeMerge(
                objects,
                sink,
                new Origins(commits, objects, List.of(ours)),
                new Origins(commits, objects, List.of(theirs)));
        DirectoryRef tree = merge.merge(
                base(ancestors, 0),
                commits.read(ours).tree(),
                commits.read(theirs).tree());
        copies = merge.copies();
        return tree;
    }

    /** The files of which there are two now. */
    List<ConflictCopy> copies() {
        return copies;
    }

    /** The tree that both sides have in common. The ancestors are sorted, so that it comes out the same for everybody. */
    private @Nullable DirectoryRef base(List<ObjectId> ancestors, int depth) throws IOException {
        if (ancestors.isEmpty()) {
            return null;
        }
        List<ObjectId> tips = new ArrayList<>();
        tips.add(ancestors.get(0));
        Line line = new Line(tips, commits.read(ancestors.get(0)).tree());
        for (ObjectId id : ancestors.subList(1, Math.min(ancestors.size(), BASES_MAX))) {
            DirectoryRef tree = commits.read(id).tree();
            if (!tree.equals(line.tree)) {
                if (depth == BASE_DEPTH_MAX || ++merges > BASE_MERGES_MAX) {
                    break;
                }
                DirectoryRef base = base(graph.bestCommonAncestors(tips, List.of(id)), depth + 1);
                TreeMerge merge = new TreeMerge(
                        objects,
                        (node, bytes) -> made.put(node, bytes),
                        new Origins(commits, objects, tips),
                        new Origins(commits, objects, List.of(id)));
                tree = merge.merge(base, line.tree, tree);
            }
            tips = new ArrayList<>(tips);
            tips.add(id);
            line = new Line(tips, tree);
        }
        return line.tree;
    }
}
