package dev.dits.repo;

import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Moves a branch, and the working tree with it; whoever runs it holds the tree's lock. */
final class Reset {
    /*
     * Order: (1) whether anything is in the way is found out; (2) the branch moves by compare-and-set; (3) the tree follows. Killed between (2) and (3), the tree lags behind its
     * branch, and follows as it does after somebody's push.
     */

    private final WorkTree work;

    Reset(WorkTree work) {
        this.work = work;
    }

    /** See {@link Repository#reset}. */
    ResetReport to(ObjectId commit, ResetOptions reset) throws IOException {
        Refs.Head head = work.refs.head();
        RefName branch = head.branch();
        ObjectId before = work.tip(head);
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
        return work.restore(
                List.of(TreePath.ROOT),
                RestoreOptions.defaults()
                        .withUncommitted(RestoreOptions.Uncommitted.DISCARD)
                        .withWriting(writing),
                commit,
                work.state(head));
    }
}
