package dev.dits.repo;

import dev.dits.object.DirectoryRef;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeDiff;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Moves a branch, and the working tree with it; whoever runs it holds the tree's lock. */
final class Reset {
    /*
     * Order: (1) whether anything is in the way is found out; (2) the branch moves by compare-and-set; (3) the tree follows. Killed between (2) and (3), the tree lags behind its
     * branch, and follows as it does after somebody's push.
     */

    /** Changes that are looked at one by one. */
    private static final int CHANGED_MAX = 10_000;

    private final WorkTree work;

    Reset(WorkTree work) {
        this.work = work;
    }

    /** See {@link Repository#reset}. */
    ResetReport to(ObjectId commit, ResetOptions reset) throws IOException {
        Refs.Head head = work.refs.head();
        RefName branch = head.branch();
        ObjectId before = work.tip(head);
        BaseState unused = new Selecting(work).finish(work.state(head), reset.checkout());
        Checkout checkout = new Checkout(work);
        if (!reset.discarding()) {
            checkout.refuseIfInTheWay(commit, reset.checkout());
        }
        if (branch != null && !commit.equals(before)) {
            work.refs.compareAndSet(branch, before, commit);
        }
        RestoreReport discarded = reset.discarding() ? discard(commit, head, reset.checkout()) : null;
        CheckoutReport report =
                checkout.to(commit, branch == null ? new Refs.Head(null, commit) : null, reset.checkout());
        return new ResetReport(
                Optional.ofNullable(before),
                commit,
                report.filesWritten() + (discarded == null ? 0 : discarded.filesWritten()),
                report.filesDeleted() + (discarded == null ? 0 : discarded.filesDeleted()),
                report);
    }

    private @Nullable RestoreReport discard(ObjectId commit, Refs.Head head, CheckoutOptions writing)
            throws IOException {
        BaseState state = work.state(head);
        List<TreePath> changed = changed(commit, state);
        if (changed != null && changed.isEmpty()) {
            return null;
        }
        return work.overwrite(
                changed != null ? changed : List.of(TreePath.ROOT),
                RestoreOptions.defaults()
                        .withUncommitted(RestoreOptions.Uncommitted.DISCARD)
                        .withWriting(writing),
                commit,
                state);
    }

    /**
     * Where the files may not be as the commit has them: what is not as it was written, and what the two commits differ in. Anything else need not be looked at again. Null where these
     * are so many, or so little known, that all has to be gone over.
     */
    private @Nullable List<TreePath> changed(ObjectId commit, BaseState state) throws IOException {
        if (state.target() != null) {
            return null;
        }
        DirectoryRef base = work.tree(state.commit());
        Set<TreePath> changed = new TreeSet<>();
        StatusWalk unused = work.scan(state, base, true, (change, old, found) -> {
            if (changed.size() <= CHANGED_MAX) {
                changed.add(change.path());
            }
        });
        // Directories' own permissions and times are the checkout's, behind this.
        TreeDiff diff =
                new TreeDiff(work.objects, base, work.readCommit(commit).tree(), new TreeDiff.Options(false, false));
        for (TreeDiff.Change change = diff.next();
                change != null && changed.size() <= CHANGED_MAX;
                change = diff.next()) {
            changed.add(change.path());
        }
        return changed.size() > CHANGED_MAX ? null : List.copyOf(changed);
    }
}
