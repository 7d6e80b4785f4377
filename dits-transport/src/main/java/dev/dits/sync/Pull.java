package dev.dits.sync;

import dev.dits.cache.ChunkCache;
import dev.dits.error.BranchMovedException;
import dev.dits.error.DitsException;
import dev.dits.error.InvalidSignatureException;
import dev.dits.object.DirectoryRef;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectId;
import dev.dits.object.Signatures;
import dev.dits.object.TreePath;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CheckoutReport;
import dev.dits.repo.LinkPolicy;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RestoreOptions;
import dev.dits.repo.RestoreReport;
import dev.dits.repo.SelectReport;
import dev.dits.repo.SelectedSize;
import dev.dits.repo.Selection;
import dev.dits.session.Session;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Brings a mount up to its share: nodes first, then the working tree, then the references.
 *
 * <p>The tip's own tree comes before the history, so that the content of files flows after a constant number of round trips. References move when
 * all they reach is here or promised, so a pull that is cut off anywhere leaves a repository that {@code fsck} finds whole, and the next one goes on.
 */
public final class Pull {
    /** Name of the share among a mount's remotes. */
    public static final String REMOTE = "origin";

    /** Set to {@code true} where the content of all commits is kept here, and not only promised by the share. */
    private static final String KEY_KEEP = "remote." + REMOTE + ".keep";

    private final Session session;
    private final Repository repository;
    private final ChunkCache cache;
    private final LinkPolicy links;
    private final Executor workers;
    private final TransferControl control;

    /**
     * @param session the share
     * @param repository the mount
     * @param cache the node's
     * @param links what to do with symbolic links
     * @param workers runs requests
     * @param control counters, gate and limit
     */
    public Pull(
            Session session,
            Repository repository,
            ChunkCache cache,
            LinkPolicy links,
            Executor workers,
            TransferControl control) {
        this.session = session;
        this.repository = repository;
        this.cache = cache;
        this.links = links;
        this.workers = workers;
        this.control = control;
    }

    /**
     * What a pull did.
     *
     * @param commit where the working tree stands
     * @param refused paths that were not written, each with the reason
     */
    public record Result(ObjectId commit, List<String> refused) {}

    /**
     * Asks for the tip of a branch.
     *
     * @param session the share
     * @param branch its name
     * @return the commit; null if the share has no such branch
     * @throws IOException if it can not be asked
     */
    public static @Nullable ObjectId tip(Session session, String branch) throws IOException {
        return ShareRefs.read(session).branch(branch);
    }

    /**
     * Pulls the current branch.
     *
     * @return what it did
     * @throws BranchMovedException if both sides have commits that the other lacks
     * @throws InvalidSignatureException if a commit or tag of the share is forged, or not signed where it has to be; no reference has moved then
     * @throws dev.dits.error.HistoryRewrittenException if the share's branch does not continue what it was, and the user did not choose that
     * @throws IOException if it fails; what arrived stays, and the next pull goes on from there
     * @throws InterruptedException if the thread was interrupted
     */
    public Result run() throws IOException, InterruptedException {
        control.checkpoint();
        ShareRefs there = ShareRefs.read(session, repository);
        RefName branch = repository
                .currentBranch()
                .orElseThrow(() ->
                        new DitsException("the working tree is on no branch; 'dits checkout BRANCH' first, then pull"));
        ObjectId tip = there.branch(branch.shortName());
        if (tip == null && !SelectedBranches.of(repository).has(branch.shortName())) {
            throw new DitsException("this mount does not follow branch " + branch.shortName()
                    + " of its share; 'dits p2p select --branch " + branch.shortName() + "' makes it");
        }
        if (tip == null) {
            throw new DitsException(
                    there.isEmpty()
                            ? "the share has no commit yet; pull again when something was committed there"
                            : "the share has no branch " + branch.shortName() + "; its branch is "
                                    + Escaper.escape(there.head()) + " now, 'dits checkout " + REMOTE
                                    + "/BRANCH' brings one that was pulled before");
        }
        Optional<ObjectId> local = repository.ref(branch);
        List<ObjectId> haves = there.haves(repository);
        List<String> problems;

        try (StoreWriter writer = repository.store().newWriter()) {
            if (local.isEmpty()) {
                CheckoutReport report = updateWhileHistoryComes(writer, tip, haves);
                writer.flush();
                List<ObjectId> withTip = new ArrayList<>(haves);
                withTip.add(0, tip);
                there.fetch(session, writer, withTip, true, control);
                keepContent(there, writer);
                control.finishing();
                writer.flush();
                there.admit(session, repository);
                problems = there.note(repository);
                ShareRefs.move(repository, branch, null, tip);
                return result(tip, report, problems);
            }
            there.fetch(session, writer, haves, true, control);
            keepContent(there, writer);
            writer.flush();
            // As long as the writer is open nobody collects what no reference names yet.
            there.admit(session, repository);
            problems = there.note(repository);
        }
        ObjectId mine = local.get();
        if (there.takesRewritten(repository, branch.shortName())) {
            return takeRewritten(there, branch, tip, problems);
        }
        if (!mine.equals(tip)) {
            if (repository.isAncestor(tip, mine)) {
                return new Result(mine, problems); // ahead: there is something to push, and nothing to pull
            }
            if (!repository.isAncestor(mine, tip)) {
                throw new BranchMovedException("branch " + branch.shortName()
                        + " has commits here and on the share that the other side lacks; keep yours under another name with"
                        + " 'dits branch NAME', then check out the share's with 'dits checkout " + REMOTE + "/"
                        + branch.shortName() + "'");
            }
        }
        CheckoutReport report = repository.base().equals(Optional.of(tip)) && !unfinished() ? null : update(tip);
        control.finishing();
        if (!mine.equals(tip)) {
            ShareRefs.move(repository, branch, mine, tip);
        }
        return result(tip, report, problems);
    }

    /**
     * Fetches all that the share shows: the history of every branch and tag, and the content of every commit, into the mount's own packs. From then on every pull
     * brings the content of what it fetches, so that the repository never depends on its share. The working tree stays.
     *
     * @return branches and tags that can not be here, each with the reason
     * @throws IOException if it fails; what arrived stays, and the same again goes on from there
     * @throws InterruptedException if the thread was interrupted
     */
    public List<String> fetchAll() throws IOException, InterruptedException {
        return fetchAll(keeps(repository) ? ofShare() : List.of());
    }

    private List<String> fetchAll(List<ObjectId> complete) throws IOException, InterruptedException {
        control.checkpoint();
        ShareRefs there = ShareRefs.read(session, repository);
        if (there.isEmpty()) {
            throw new DitsException("the share has no commit yet; try again when something was committed there");
        }
        try (StoreWriter writer = repository.store().newWriter()) {
            there.fetch(session, writer, there.haves(repository), true, control);
            there.fetchContent(session, repository, writer, complete, control);
            control.finishing();
            writer.flush();
            there.admit(session, repository);
            List<String> problems = there.note(repository);
            repository.configure(Map.of(KEY_KEEP, Optional.of("true")));
            return problems;
        }
    }

    /** Whether the content of all commits is kept here. */
    static boolean keeps(Repository repository) {
        return repository.config().get(KEY_KEEP).equals(Optional.of("true"));
    }

    /** Where the share is known to be; where content is kept, these have theirs here. */
    private List<ObjectId> ofShare() throws IOException {
        List<ObjectId> known = new ArrayList<>();
        repository.refs().forEach((name, commit) -> {
            if (isOfShare(name)) {
                known.add(commit);
            }
        });
        return known;
    }

    /** What was fetched and is about to be noted gets its content, where that is kept. */
    void keepContent(ShareRefs there, StoreWriter writer) throws IOException, InterruptedException {
        if (keeps(repository)) {
            there.fetchContent(session, repository, writer, ofShare(), control);
        }
    }

    /** The share's branch was rewritten, and the user wants it so. */
    private Result takeRewritten(ShareRefs there, RefName branch, ObjectId tip, List<String> problems)
            throws IOException {
        CheckoutReport report = update(tip);
        control.finishing();
        there.replace(repository, branch, tip);
        return result(tip, report, problems);
    }

    /** As above, in a round that keeps both sides in step. */
    void takeRewritten(ShareRefs there, RefName branch, ObjectId tip) throws IOException {
        takeRewritten(there, branch, tip, List.of());
    }

    private boolean unfinished() throws IOException {
        return repository.unfinished().isPresent()
                || repository.unfinishedSelection().isPresent();
    }

    private static Result result(ObjectId commit, @Nullable CheckoutReport report, List<String> problems) {
        List<String> refused = new ArrayList<>(problems);
        if (report != null) {
            refused.addAll(refusals(report));
        }
        return new Result(commit, refused);
    }

    /**
     * Says what a checkout did not write.
     *
     * @param report what it did
     * @return paths, each with the reason, for people
     */
    public static List<String> refusals(CheckoutReport report) {
        List<String> refused = new ArrayList<>();
        report.refused().forEach(entry -> refused.add(entry.path().display() + ": " + entry.reason()));
        report.kept()
                .forEach(path -> refused.add(path.display() + ": changed here while it was written; yours was kept"));
        return refused;
    }

    /** A first pull: the tip's own tree comes first, and its files are on their way while the history still comes. */
    private CheckoutReport updateWhileHistoryComes(StoreWriter writer, ObjectId tip, List<ObjectId> haves)
            throws IOException, InterruptedException {
        CompletableFuture<Void> firstTree = new CompletableFuture<>();
        CompletableFuture<Void> all = new CompletableFuture<>();
        workers.execute(() -> {
            try {
                ShareRefs.fetch(session, writer, List.of(tip), haves, true, control, () -> firstTree.complete(null));
                all.complete(null);
            } catch (Throwable e) { // whoever waits has to learn of it, whatever it is
                all.completeExceptionally(e);
                firstTree.completeExceptionally(e);
            }
        });
        CheckoutReport report;
        try {
            await(CompletableFuture.anyOf(firstTree, all));
            if (Signatures.check(repository.readCommit(tip)).state() == Signatures.State.INVALID) {
                throw new InvalidSignatureException("the share's commit " + tip.abbreviated()
                        + " was refused: its signature does not hold, so it was changed after it was signed");
            }
            report = update(tip);
        } catch (IOException | InterruptedException | RuntimeException e) {
            // The writer must not be closed under it; its own failure is not the one to tell.
            await(all.exceptionally(failure -> null));
            throw e;
        }
        await(all);
        return report;
    }

    private static void await(CompletableFuture<?> future) throws IOException, InterruptedException {
        try {
            future.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof IOException failure) {
                throw failure;
            }
            if (cause instanceof RuntimeException failure) {
                throw failure;
            }
            if (cause instanceof InterruptedException failure) {
                throw failure;
            }
            throw new IllegalStateException(cause);
        }
    }

    private CheckoutReport update(ObjectId tip) throws IOException {
        return write(tip, SharePlaces.in(tip), options -> repository.updateWorkingTree(tip, options));
    }

    /** Tells whether a reference says where the share's is. */
    static boolean isOfShare(RefName name) {
        return name.isRemote() && name.shortName().startsWith(REMOTE + "/");
    }

    /**
     * Brings the working tree forward to where its branch is by now. Content that the share promised is fetched as it is needed. A tree that is not behind its
     * branch, as after somebody took the branch back, stays where it is.
     *
     * @return what it did; nothing if there was nothing to do
     * @throws dev.dits.error.LocalChangesException if changes that are in no commit are in the way; nothing was changed then
     * @throws IOException if it fails; what arrived stays, and the same again goes on from there
     * @throws InterruptedException if the thread was interrupted
     */
    Optional<Result> follow() throws IOException, InterruptedException {
        control.checkpoint();
        Optional<RefName> branch = repository.currentBranch();
        Optional<ObjectId> tip = branch.isEmpty() ? Optional.empty() : repository.ref(branch.get());
        Optional<ObjectId> base = repository.base();
        boolean there = tip.isEmpty() || (tip.equals(base) && !unfinished());
        if (there || (base.isPresent() && !repository.isAncestor(base.get(), tip.get()))) {
            return Optional.empty();
        }
        ObjectId commit = tip.get();
        return write(commit, SharePlaces.of(repository, commit), repository::follow)
                .map(report -> result(report.commit(), report, List.of()));
    }

    /**
     * Brings the working tree to a branch or commit that is here. Content that the share promised is fetched as it is needed.
     *
     * @param revision which, as for {@link Repository#checkout}
     * @return what it did
     * @throws IOException if it fails; what arrived stays, and the same again goes on from there
     * @throws InterruptedException if the thread was interrupted
     */
    public Result checkout(String revision) throws IOException, InterruptedException {
        control.checkpoint();
        ObjectId commit = repository.resolve(revision);
        CheckoutReport report =
                write(commit, SharePlaces.of(repository, commit), options -> repository.checkout(revision, options));
        return result(commit, report, List.of());
    }

    /**
     * Brings a part of a commit back into the working tree. Content that the share promised is fetched as it is needed.
     *
     * @param paths what, as for {@link Repository#restore}
     * @param restore from where, and what happens to what is in no commit; how files are written is decided here
     * @return what it did
     * @throws IOException if it fails; the same again goes on from there
     * @throws InterruptedException if the thread was interrupted
     */
    public RestoreReport restore(Collection<TreePath> paths, RestoreOptions restore)
            throws IOException, InterruptedException {
        control.checkpoint();
        Optional<ObjectId> source = restore.source().isPresent() ? restore.source() : repository.base();
        if (source.isEmpty()) {
            throw new DitsException("there is no commit yet to restore anything from");
        }
        ObjectId commit = source.get();
        return write(
                commit,
                SharePlaces.of(repository, commit),
                options -> repository.restore(paths, restore.withWriting(options)));
    }

    /**
     * Changes which part of the tree the mount holds. Content that comes to be selected is fetched; where the content of all commits is kept here, that of all of them.
     *
     * @param change makes the new selection of the one that there is
     * @return what it did
     * @throws IOException if it fails; what arrived stays, and the same again goes on from there
     * @throws InterruptedException if the thread was interrupted
     */
    public SelectReport select(UnaryOperator<Selection> change) throws IOException, InterruptedException {
        control.checkpoint();
        Optional<ObjectId> base = repository.base();
        if (base.isEmpty()) {
            return repository.select(change, CheckoutOptions.defaults());
        }
        ObjectId commit = base.get();
        SelectedSize size = repository.selectedSize(commit, change.apply(repository.selection()));
        SelectReport report =
                write(size, SharePlaces.of(repository, commit), options -> repository.select(change, options));
        if (keeps(repository)) {
            List<String> unused = fetchAll(List.of());
        }
        return report;
    }

    private interface Writing<T> {
        T with(CheckoutOptions options) throws IOException;
    }

    private <T> T write(ObjectId tip, SharePlaces places, Writing<T> writing) throws IOException {
        return write(repository.selectedSize(tip), places, writing);
    }

    private <T> T write(SelectedSize size, SharePlaces places, Writing<T> writing) throws IOException {
        DirectoryRef base = repository.base().isPresent()
                ? repository.readCommit(repository.base().get()).tree()
                : null;
        control.addTotals(size.files(), size.bytes());
        try (ChunkFetcher fetcher = new ChunkFetcher(
                session,
                places,
                repository.objects(),
                repository.root(),
                base,
                repository.store(),
                cache,
                repository.config().profile().maxBytes(),
                control,
                workers)) {
            return writing.with(CheckoutOptions.defaults()
                    .withLinks(links)
                    .withFilesInFlight(1_024)
                    .withSource(fetcher)
                    .withProgress((files, bytes, written) -> control.filesDone(files)));
        }
    }
}
