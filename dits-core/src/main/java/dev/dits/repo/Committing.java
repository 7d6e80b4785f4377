package dev.dits.repo;

import dev.dits.error.BranchMovedException;
import dev.dits.error.DiskFullException;
import dev.dits.object.Commit;
import dev.dits.object.DirectoryRef;
import dev.dits.object.Extensions;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a commit of the working tree; whoever runs it holds the tree's lock. */
final class Committing {
    /*
     * Order of writes in a commit: (1) chunks, nodes and the commit into packs, synced, then their index; (2) .dits/base says that this
     * commit is coming; (3) the branch moves by compare-and-set, to this commit, or where somebody has moved it meanwhile to a merge of both; (4) .dits/base says the tree stands on it; (5) the stat cache. A crash
     * before (3) leaves objects that nothing names, which gc drops; between (3) and (4) the next reader of .dits/base sees the branch on the commit
     * that was announced, and finishes (4).
     */

    private static final Logger LOGGER = LoggerFactory.getLogger(Committing.class);

    private final WorkTree work;

    Committing(WorkTree work) {
        this.work = work;
    }

    /** See {@link Repository#commit}. */
    Optional<CommitResult> commit(
            @Nullable Collection<TreePath> only, String message, @Nullable String author, CommitProgress progress)
            throws IOException {
        return commit(only, null, message, author, progress);
    }

    /** See {@link Repository#commit}; a guard decides what is taken, and why. */
    Optional<CommitResult> commit(
            @Nullable Collection<TreePath> only,
            @Nullable CommitGuard guard,
            String message,
            @Nullable String author,
            CommitProgress progress)
            throws IOException {
        Refs.Head head = work.refs.head();
        BaseState state = work.state(head);
        WorkTree.refuseUnfinished(state, "commit");
        return commit(only, guard, message, author, progress, head, state);
    }

    private Optional<CommitResult> commit(
            @Nullable Collection<TreePath> only,
            @Nullable CommitGuard guard,
            String message,
            @Nullable String author,
            CommitProgress progress,
            Refs.Head head,
            BaseState state)
            throws IOException {
        ObjectId base = state.commit();
        DirectoryRef baseTree = work.tree(base);
        Mtime scanStart = work.fileClock();
        StatCache known = work.statCache();
        try (StoreWriter writer = work.store.newWriter();
                StatCache.Reader cache = known.reader();
                StatCacheUpdate cacheWriter = only == null
                        ? StatCacheUpdate.ofAll(known, cache, work.scratch)
                        : StatCacheUpdate.ofSome(known, work.scratch);
                OrderedPipeline pipeline = new OrderedPipeline(work.workers)) {
            CommitWalk walk = new CommitWalk(
                    work.objects, baseTree, writer, work.reader, pipeline, cacheWriter, scanStart, progress, guard);
            try {
                WorkTreeScanner scanner =
                        new WorkTreeScanner(work.root, work.objects, work.trackGit(), state, cache, work.workers, walk);
                if (only == null) {
                    scanner.scan(baseTree);
                } else {
                    scanner.scan(baseTree, only);
                }
                pipeline.finish();
            } catch (DiskFullException e) {
                writer.abandon();
                throw e;
            }
            DirectoryRef tree = walk.root();
            boolean empty = baseTree == null && tree.files() == 0 && tree.id().equals(emptyTree());
            if (tree.equals(baseTree) || empty) {
                writer.flush();
                cacheWriter.install();
                return Optional.empty();
            }
            Commit commit = work.signers.sign(new Commit(
                    tree,
                    base == null ? List.of() : List.of(base),
                    work.author(author),
                    work.now(),
                    guard == null ? message : guard.message(walk.changes()),
                    Extensions.NONE));
            ObjectId id = WorkTree.writeLast(writer, commit.encode());
            state.withNext(id).write(work.baseFile(), work.scratch);
            MergeReport merged = move(head, base, id, author, writer);
            try {
                state.on(id, state.held()).write(work.baseFile(), work.scratch);
            } catch (IOException e) {
                // The commit stands. Whoever reads what was announced finds the branch on it, and takes it for the
                // base.
                LOGGER.debug("the new base was not written", e);
            }
            cacheWriter.install();
            return Optional.of(new CommitResult(
                    id,
                    tree.bytes(),
                    tree.files(),
                    walk.newBytes(),
                    paths(walk.skippedPaths()),
                    paths(walk.unselectedPaths()),
                    Optional.ofNullable(merged)));
        }
    }

    private static List<TreePath> paths(List<byte[]> found) {
        List<TreePath> paths = new ArrayList<>();
        for (byte[] path : found) {
            try {
                paths.add(TreePath.of(path));
            } catch (IllegalArgumentException e) {
                // A name too long for a path; it was left out all the same.
            }
        }
        return paths;
    }

    /**
     * Brings the branch to a commit, or to one that has it and what others have brought to the branch since the tree was written: nothing that they did is undone.
     *
     * @return the merge; null where none was needed
     */
    private @Nullable MergeReport move(
            Refs.Head head, @Nullable ObjectId base, ObjectId commit, @Nullable String author, StoreWriter writer)
            throws IOException {
        RefName branch = head.branch();
        for (int attempt = 1; ; attempt++) {
            ObjectId tip = work.tip(head);
            MergeReport report = null;
            ObjectId to = commit;
            if (tip != null && !tip.equals(base)) {
                report = new Merging(work)
                        .join(
                                commit,
                                tip,
                                branch == null ? "HEAD" : branch.shortName(),
                                new MergeOptions(author, null, CheckoutOptions.defaults()),
                                writer);
                to = report.commit();
            }
            if (branch == null) {
                work.refs.writeHead(new Refs.Head(null, to));
            } else {
                try {
                    work.refs.compareAndSet(branch, tip, to);
                } catch (BranchMovedException e) {
                    if (attempt == Merging.ATTEMPTS_MAX) {
                        throw e;
                    }
                    continue;
                }
            }
            return report != null && report.kind() == MergeReport.Kind.MERGED ? report : null;
        }
    }

    static ObjectId emptyTree() throws IOException {
        return new dev.dits.object.DirectoryBuilder((id, bytes) -> {}).finish().id();
    }
}
