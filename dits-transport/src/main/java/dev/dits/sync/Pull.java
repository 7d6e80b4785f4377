package dev.dits.sync;

import dev.dits.cache.ChunkCache;
import dev.dits.error.BranchMovedException;
import dev.dits.error.DitsException;
import dev.dits.error.ProtocolException;
import dev.dits.error.SessionClosedException;
import dev.dits.object.Commit;
import dev.dits.object.DirectoryRef;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CheckoutReport;
import dev.dits.repo.LinkPolicy;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RestoreOptions;
import dev.dits.repo.RestoreReport;
import dev.dits.session.RequestStream;
import dev.dits.session.Session;
import dev.dits.store.StoreWriter;
import dev.dits.wire.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a mount up to its share: nodes first, then the working tree, then the references.
 *
 * <p>The tip's own tree comes before the history, so that the content of files flows after a constant number of round trips. References move when
 * all they reach is here or promised, so a pull that is cut off anywhere leaves a repository that {@code fsck} finds whole, and the next one goes on.
 */
public final class Pull {
    private static final Logger LOG = LoggerFactory.getLogger(Pull.class);

    /** References that a share may have. */
    static final int SHARE_REFS_MAX = 100_000;

    /** How often nodes are asked for again after the connection was lost. */
    private static final int NODE_TRIES = 4;

    private static final long RECONNECT_MILLIS = 60_000;

    /** Name of the share among a mount's remotes. */
    public static final String REMOTE = "origin";

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

    /** What the share has. */
    record Refs(String head, Map<String, ObjectId> refs) {}

    /**
     * Asks for the tip of a branch.
     *
     * @param session the share
     * @param branch its name
     * @return the commit; null if the share has no such branch
     * @throws IOException if it can not be asked
     */
    public static @Nullable ObjectId tip(Session session, String branch) throws IOException {
        return refs(session).refs.get("heads/" + branch);
    }

    static Refs refs(Session session) throws IOException {
        Map<String, ObjectId> refs = new TreeMap<>();
        String head = "";
        try (RequestStream stream = session.open(new Message.GetRefs())) {
            stream.setSilenceMax(TransferControl.SILENCE_MAX);
            for (Message message = stream.receive(); !(message instanceof Message.End); message = stream.receive()) {
                if (!(message instanceof Message.Refs page)) {
                    throw stream.unexpected(message);
                }
                head = page.head();
                for (Message.Refs.Ref ref : page.refs()) {
                    if (target(ref.name()) != null) {
                        refs.put(ref.name(), ref.id());
                    } else {
                        LOG.debug("the share has a reference that can not be here: {}", Escaper.escape(ref.name()));
                    }
                }
                if (refs.size() > SHARE_REFS_MAX) {
                    throw new ProtocolException("the share has more than " + SHARE_REFS_MAX + " references");
                }
            }
        }
        return new Refs(head, refs);
    }

    /** Under which name a reference of the share is kept here; null where no reference can have that name. */
    private static @Nullable RefName target(String name) {
        try {
            if (name.startsWith("heads/")) {
                return RefName.remote(REMOTE, name.substring("heads/".length()));
            }
            return name.startsWith("tags/") ? RefName.tag(name.substring("tags/".length())) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /**
     * Pulls the current branch.
     *
     * @return what it did
     * @throws BranchMovedException if both sides have commits that the other lacks
     * @throws IOException if it fails; what arrived stays, and the next pull goes on from there
     * @throws InterruptedException if the thread was interrupted
     */
    public Result run() throws IOException, InterruptedException {
        control.checkpoint();
        Refs there = refs(session);
        RefName branch = repository
                .currentBranch()
                .orElseThrow(() ->
                        new DitsException("the working tree is on no branch; 'dits checkout BRANCH' first, then pull"));
        ObjectId tip = there.refs.get("heads/" + branch.shortName());
        if (tip == null) {
            throw new DitsException(
                    there.refs.isEmpty()
                            ? "the share has no commit yet; pull again when something was committed there"
                            : "the share has no branch " + branch.shortName() + "; its branch is "
                                    + Escaper.escape(there.head) + " now, 'dits checkout " + REMOTE
                                    + "/BRANCH' brings one that was pulled before");
        }
        Optional<ObjectId> local = repository.ref(branch);
        Set<ObjectId> wants = new LinkedHashSet<>();
        wants.add(tip);
        wants.addAll(there.refs.values());
        List<ObjectId> haves = haves();

        try (StoreWriter writer = repository.store().newWriter()) {
            if (local.isEmpty()) {
                CheckoutReport report = updateWhileHistoryComes(writer, tip, haves);
                writer.flush();
                List<ObjectId> withTip = new ArrayList<>(haves);
                withTip.add(0, tip);
                fetchHistory(writer, wants, withTip);
                control.finishing();
                writer.flush();
                moveRemotes(there.refs);
                move(branch, null, tip);
                return result(tip, report);
            }
            fetchHistory(writer, wants, haves);
            writer.flush();
            // As long as the writer is open nobody collects what no reference names yet.
            moveRemotes(there.refs);
        }
        ObjectId mine = local.get();
        if (!mine.equals(tip)) {
            if (repository.isAncestor(tip, mine)) {
                return new Result(mine, List.of()); // ahead: there is something to push, and nothing to pull
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
            move(branch, mine, tip);
        }
        return result(tip, report);
    }

    /** Another process may pull into the same mount at the same time: whoever comes second finds the branch where it is to be. */
    private void move(RefName name, @Nullable ObjectId from, ObjectId to) throws IOException {
        try {
            repository.updateRef(name, from, to);
        } catch (BranchMovedException e) {
            if (!repository.ref(name).equals(Optional.of(to))) {
                throw e;
            }
        }
    }

    private boolean unfinished() throws IOException {
        return repository.unfinished().isPresent();
    }

    private static Result result(ObjectId commit, @Nullable CheckoutReport report) {
        List<String> refused = new ArrayList<>();
        if (report != null) {
            report.refused().forEach(entry -> refused.add(entry.path().display() + ": " + entry.reason()));
            report.kept()
                    .forEach(path ->
                            refused.add(path.display() + ": changed here while it was written; yours was kept"));
        }
        return new Result(commit, refused);
    }

    /** Commits that are here with all they reach: what references name. */
    private List<ObjectId> haves() throws IOException {
        Set<ObjectId> haves = new LinkedHashSet<>(repository.refs().values());
        return haves.stream().limit(Message.HAVES_MAX).toList();
    }

    private void fetchHistory(StoreWriter writer, Set<ObjectId> wants, List<ObjectId> haves)
            throws IOException, InterruptedException {
        Set<ObjectId> known = Set.copyOf(haves);
        List<ObjectId> missing =
                wants.stream().filter(want -> !known.contains(want)).toList();
        for (int from = 0; from < missing.size(); from += Message.WANTS_MAX) {
            fetchNodes(
                    writer, missing.subList(from, Math.min(missing.size(), from + Message.WANTS_MAX)), haves, () -> {});
        }
    }

    private void fetchNodes(StoreWriter writer, List<ObjectId> wants, List<ObjectId> haves, Runnable firstTree)
            throws IOException, InterruptedException {
        for (int tries = 1; ; tries++) {
            try {
                NodeFetch.fetch(session, writer, wants, haves, true, control, firstTree);
                return;
            } catch (SessionClosedException e) {
                if (tries == NODE_TRIES || !awaitConnection()) {
                    throw e;
                }
            }
        }
    }

    private boolean awaitConnection() throws InterruptedException {
        for (long waited = 0; waited < RECONNECT_MILLIS && !session.isClosed(); waited += 250) {
            control.checkpoint();
            if (session.awaitConnection(250)) {
                return true;
            }
        }
        return false;
    }

    /** A first pull: the tip's own tree comes first, and its files are on their way while the history still comes. */
    private CheckoutReport updateWhileHistoryComes(StoreWriter writer, ObjectId tip, List<ObjectId> haves)
            throws IOException, InterruptedException {
        CompletableFuture<Void> firstTree = new CompletableFuture<>();
        CompletableFuture<Void> all = new CompletableFuture<>();
        workers.execute(() -> {
            try {
                fetchNodes(writer, List.of(tip), haves, () -> firstTree.complete(null));
                all.complete(null);
            } catch (Throwable e) { // whoever waits has to learn of it, whatever it is
                all.completeExceptionally(e);
                firstTree.completeExceptionally(e);
            }
        });
        CheckoutReport report;
        try {
            await(CompletableFuture.anyOf(firstTree, all));
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
        return write(tip, options -> repository.updateWorkingTree(tip, options));
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
        return result(commit, write(commit, options -> repository.checkout(revision, options)));
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
        return write(source.get(), options -> repository.restore(paths, restore.withWriting(options)));
    }

    private interface Writing<T> {
        T with(CheckoutOptions options) throws IOException;
    }

    private <T> T write(ObjectId tip, Writing<T> writing) throws IOException {
        Commit commit = repository.readCommit(tip);
        DirectoryRef base = repository.base().isPresent()
                ? repository.readCommit(repository.base().get()).tree()
                : null;
        control.addTotals(commit.tree().files(), commit.tree().bytes());
        try (ChunkFetcher fetcher = new ChunkFetcher(
                session,
                tip,
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

    private void moveRemotes(Map<String, ObjectId> refs) throws IOException {
        for (Map.Entry<String, ObjectId> ref : refs.entrySet()) {
            RefName target = target(ref.getKey());
            if (target == null) {
                continue;
            }
            Optional<ObjectId> current = repository.ref(target);
            if (!current.equals(Optional.of(ref.getValue())) && (current.isEmpty() || target.isRemote())) {
                move(target, current.orElse(null), ref.getValue());
            }
        }
    }
}
