package dev.dits.sync;

import dev.dits.error.BranchMovedException;
import dev.dits.error.HistoryRewrittenException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.error.SessionClosedException;
import dev.dits.object.ObjectId;
import dev.dits.repo.ConflictCopy;
import dev.dits.repo.MergeOptions;
import dev.dits.repo.MergeReport;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.session.Session;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a mount and its share in step once, in both directions: asks what the share has, fetches the history of all its branches and tags, and then settles branch by
 * branch. Where the share is ahead the mount's branch goes forward; where the mount is ahead it is pushed; where both went on they are merged here, and the merge
 * is pushed. At last the working tree follows its branch. Branches only ever grow by it, on either side.
 *
 * <p>One branch that can not be settled does not hold up the others. For one use, by one thread.
 */
public final class SyncRound {
    /** Learns what a round did, as it is done. */
    public interface Listener {
        /**
         * A branch of the mount went forward to where the share's is.
         *
         * @param branch its name
         * @param commit where it is now
         */
        void forwarded(String branch, ObjectId commit);

        /**
         * A branch of the share went forward to where the mount's is.
         *
         * @param branch its name
         * @param commit where it is now
         */
        void pushed(String branch, ObjectId commit);

        /**
         * Both sides had gone on, and were brought together in a branch of the mount.
         *
         * @param branch its name
         * @param commit the merge
         * @param copies files that both had changed
         */
        void merged(String branch, ObjectId commit, List<ConflictCopy> copies);

        /**
         * The working tree was brought to its branch.
         *
         * @param commit where it stands now
         * @param refused paths that were not written, each with the reason
         */
        void treeMoved(ObjectId commit, List<String> refused);
    }

    /**
     * How a round left things.
     *
     * @param settled the mount's branches, each with the commit on which it was settled, for better or worse: only what is elsewhere by now has news
     * @param ahead the share's commit on the current branch, where that has commits that are not here; else null
     * @param again whether somebody else moved something in between, so that the same again is likely to get further at once
     * @param retry whether the same again may get further later, though nothing changes that this mount would learn of
     * @param lagging where local changes keep the working tree from its branch; empty if it stands there
     * @param problems what could not be done, for people, by the branch that it concerns; for none of them under the empty name
     * @param refused paths that the working tree could not take, each with the reason
     * @param kept branches with commits that the share does not have and did not take
     */
    public record Report(
            Map<RefName, ObjectId> settled,
            @Nullable ObjectId ahead,
            boolean again,
            boolean retry,
            List<String> lagging,
            Map<String, String> problems,
            List<String> refused,
            int kept) {
        /** Copies what it is given. */
        public Report {
            settled = Map.copyOf(settled);
            lagging = List.copyOf(lagging);
            problems = Map.copyOf(problems);
            refused = List.copyOf(refused);
        }

        /**
         * Tells whether neither side lacks anything, and the working tree stands on its branch.
         *
         * @return whether nothing was left to do
         */
        public boolean inStep() {
            return ahead == null && !again && lagging.isEmpty() && problems.isEmpty() && kept == 0;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(SyncRound.class);

    /** How often the tree is brought to a branch that somebody moves meanwhile. */
    private static final int FOLLOWS_MAX = 4;

    private final Session session;
    private final Repository repository;
    private final PushSender sender;
    private final Pull pull;
    private final TransferControl control;
    private final Set<RefName> refused;
    private final Listener listener;

    private final Map<RefName, ObjectId> settled = new LinkedHashMap<>();
    private final Map<String, String> problems = new LinkedHashMap<>();
    private List<String> lagging = List.of();
    private List<String> notWritten = List.of();
    private @Nullable ObjectId ahead;
    private boolean again;
    private boolean retry;
    private int kept;

    /**
     * @param session the share
     * @param repository the mount
     * @param sender pushes
     * @param pull writes the working tree; not used for anything else meanwhile
     * @param control counters and gate
     * @param refused branches that the share did not let this mount push to; added to, and not tried again as long as they are in it
     * @param listener learns what is done
     */
    public SyncRound(
            Session session,
            Repository repository,
            PushSender sender,
            Pull pull,
            TransferControl control,
            Set<RefName> refused,
            Listener listener) {
        this.session = session;
        this.repository = repository;
        this.sender = sender;
        this.pull = pull;
        this.control = control;
        this.refused = refused;
        this.listener = listener;
    }

    /**
     * Runs it.
     *
     * @return how things are now
     * @throws SessionClosedException if the connection was lost on the way; what was settled stays
     * @throws IOException if the share could not be asked, or its history not be fetched
     * @throws InterruptedException if the thread was interrupted
     */
    public Report run() throws IOException, InterruptedException {
        control.checkpoint();
        ShareRefs there = ShareRefs.read(session, repository);
        SelectedBranches selected = SelectedBranches.of(repository);
        try (StoreWriter writer = repository.store().newWriter()) {
            there.fetch(session, writer, there.haves(repository), false, control);
            pull.keepContent(there, writer);
            writer.flush();
            // As long as the writer is open nobody collects what no reference names yet.
            there.admit(session, repository);
            List<String> unnoted = there.note(repository);
            if (!unnoted.isEmpty()) {
                problems.put("", String.join("; ", unnoted));
            }
        }
        Optional<RefName> current = repository.currentBranch();
        List<RefName> branches = new ArrayList<>(repository.branches().keySet());
        // The one that somebody looks at comes first.
        current.ifPresent(branch -> {
            branches.remove(branch);
            branches.add(0, branch);
        });
        for (RefName branch : branches) {
            control.checkpoint();
            if (selected.has(branch.shortName())) {
                settle(branch, there);
            } else {
                leave(branch);
            }
        }
        follow();
        if (current.isPresent()) {
            ObjectId theirs = there.branch(current.get().shortName());
            Optional<ObjectId> mine = repository.ref(current.get());
            boolean here = theirs == null || (mine.isPresent() && repository.isAncestor(theirs, mine.get()));
            ahead = here ? null : theirs;
        }
        return new Report(settled, ahead, again, retry, lagging, problems, notWritten, kept);
    }

    /** A branch that this mount does not follow: what is new on it stays here. */
    private void leave(RefName branch) throws IOException {
        Optional<ObjectId> mine = repository.ref(branch);
        if (mine.isPresent() && !mine.equals(repository.ref(RefName.remote(Pull.REMOTE, branch.shortName())))) {
            kept++;
            problems.put(
                    branch.shortName(),
                    "this mount does not follow branch " + branch.shortName()
                            + " of its share, so its commits stay here; 'dits p2p select --branch "
                            + branch.shortName() + "' sends them");
        }
        mine.ifPresent(commit -> settled.put(branch, commit));
    }

    private void settle(RefName branch, ShareRefs there) throws IOException, InterruptedException {
        ObjectId mine = repository.ref(branch).orElse(null);
        try {
            ObjectId theirs = there.branch(branch.shortName());
            if (there.takesRewritten(repository, branch.shortName()) && theirs != null) {
                pull.takeRewritten(there, branch, theirs);
                listener.forwarded(branch.shortName(), theirs);
                settled.put(branch, theirs);
                return;
            }
            settle(branch, mine, theirs);
            if (mine != null) {
                settled.putIfAbsent(branch, mine);
            }
        } catch (SessionClosedException e) {
            throw e;
        } catch (BranchMovedException e) {
            LOG.debug("{} was moved by somebody else meanwhile", branch, e);
            again = true;
        } catch (HistoryRewrittenException e) {
            // Only the user can settle it, and what he chooses is seen when the share is looked at next.
            settledWith(branch, mine, e);
        } catch (PermissionDeniedException e) {
            refused.add(branch);
            settledWith(branch, mine, e);
        } catch (RepositoryBusyException e) {
            retry = true;
            settledWith(branch, mine, e);
        } catch (IOException e) {
            LOG.debug("{} is not in step", branch, e);
            retry = true;
            settledWith(branch, mine, e);
        }
    }

    private void settledWith(RefName branch, @Nullable ObjectId mine, IOException problem) {
        if (mine != null) {
            settled.put(branch, mine);
        }
        problems.put(branch.shortName(), String.valueOf(problem.getMessage()));
    }

    private void settle(RefName branch, @Nullable ObjectId mine, @Nullable ObjectId theirs)
            throws IOException, InterruptedException {
        if (mine == null) {
            // The branch that is checked out and has no commit yet; others are made as the share's are noted.
            if (theirs != null) {
                forward(branch, null, theirs);
            }
            return;
        }
        if (theirs == null) {
            Optional<ObjectId> before = repository.ref(RefName.remote(Pull.REMOTE, branch.shortName()));
            // One that stands where the share had it was deleted there. It stays here, but is not brought back.
            if (!before.equals(Optional.of(mine))) {
                push(branch, mine, null);
            }
        } else if (!theirs.equals(mine)) {
            switch (relation(mine, theirs)) {
                case MINE_AHEAD -> push(branch, mine, theirs);
                case THEIRS_AHEAD -> forward(branch, mine, theirs);
                case DIVERGED -> merge(branch, theirs);
            }
        }
    }

    private enum Relation {
        MINE_AHEAD,
        THEIRS_AHEAD,
        DIVERGED
    }

    /** To find that one is not in the other's history takes a walk over all of it: the younger one, by its clock, is asked first, and that mostly does. */
    private Relation relation(ObjectId mine, ObjectId theirs) throws IOException {
        boolean mineIsYounger = repository.readCommit(mine).time().seconds()
                >= repository.readCommit(theirs).time().seconds();
        if (mineIsYounger && repository.isAncestor(theirs, mine)) {
            return Relation.MINE_AHEAD;
        }
        if (repository.isAncestor(mine, theirs)) {
            return Relation.THEIRS_AHEAD;
        }
        return !mineIsYounger && repository.isAncestor(theirs, mine) ? Relation.MINE_AHEAD : Relation.DIVERGED;
    }

    /** Both went on. The merge reads trees alone, which are here; what files contain need not be. */
    private void merge(RefName branch, ObjectId theirs) throws IOException, InterruptedException {
        MergeReport report = repository.mergeInto(branch, theirs, MergeOptions.defaults());
        settled.put(branch, report.commit());
        if (report.kind() == MergeReport.Kind.MERGED) {
            listener.merged(branch.shortName(), report.commit(), report.copies());
        }
        if (!report.commit().equals(theirs)) {
            push(branch, report.commit(), theirs);
        }
    }

    private void forward(RefName branch, @Nullable ObjectId from, ObjectId to) throws IOException {
        ShareRefs.move(repository, branch, from, to);
        settled.put(branch, to);
        listener.forwarded(branch.shortName(), to);
    }

    private void push(RefName branch, ObjectId mine, @Nullable ObjectId theirs)
            throws IOException, InterruptedException {
        if (session.info().readOnly()) {
            kept++;
            return;
        }
        if (refused.contains(branch)) {
            kept++;
            problems.put(
                    branch.shortName(),
                    "the share did not let this mount push branch " + branch.shortName() + "; its commits stay here");
            return;
        }
        sender.push(session, branch, mine, theirs, control);
        settled.put(branch, mine);
        listener.pushed(branch.shortName(), mine);
    }

    /** Comes after the pushes: of a merge that was made here, the share has to know before it can give what it holds. */
    private void follow() throws IOException, InterruptedException {
        for (int tries = 1; ; tries++) {
            Optional<ObjectId> before = repository.head();
            try {
                Optional<Pull.Result> moved = pull.follow();
                if (moved.isPresent()) {
                    notWritten = moved.get().refused();
                    listener.treeMoved(moved.get().commit(), notWritten);
                }
                return;
            } catch (LocalChangesException e) {
                lagging = e.paths();
                retry = true;
                return;
            } catch (SessionClosedException e) {
                throw e;
            } catch (IOException e) {
                if (tries == FOLLOWS_MAX || repository.head().equals(before)) {
                    LOG.debug("the working tree does not follow", e);
                    retry = true;
                    problems.merge("", "the working tree: " + e.getMessage(), (a, b) -> a + "; " + b);
                    return;
                }
                LOG.debug("the branch moved while the working tree was on its way to it", e);
            }
        }
    }
}
