package dev.dits.sync;

import dev.dits.cache.ChunkCache;
import dev.dits.error.BranchMovedException;
import dev.dits.error.DitsException;
import dev.dits.object.Commit;
import dev.dits.object.DirectoryRef;
import dev.dits.object.ObjectId;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CheckoutReport;
import dev.dits.repo.LinkPolicy;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.session.RequestStream;
import dev.dits.session.Session;
import dev.dits.store.StoreWriter;
import dev.dits.wire.Message;
import java.io.IOException;
import java.util.ArrayList;
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

/**
 * Brings a mount up to its share: nodes first, then the working tree, then the references.
 *
 * <p>The tip's own tree comes before the history, so that the content of files flows after a constant number of round trips. References move when
 * all they reach is here or promised, so a pull that is cut off anywhere leaves a repository that {@code fsck} finds whole, and the next one goes on.
 */
public final class Pull {
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
            for (Message message = stream.receive(); !(message instanceof Message.End); message = stream.receive()) {
                if (!(message instanceof Message.Refs page)) {
                    throw stream.unexpected(message);
                }
                head = page.head();
                page.refs().forEach(ref -> refs.put(ref.name(), ref.id()));
            }
        }
        return new Refs(head, refs);
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
                            : "the share has no branch " + branch.shortName());
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
                repository.updateRef(branch, null, tip);
                return result(tip, report);
            }
            fetchHistory(writer, wants, haves);
            writer.flush();
        }
        moveRemotes(there.refs);
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
            repository.updateRef(branch, mine, tip);
        }
        return result(tip, report);
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
        NodeFetch.fetch(session, repository.store(), writer, wants, haves, true, control, firstTree);
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
            return repository.updateWorkingTree(
                    tip,
                    CheckoutOptions.defaults()
                            .withLinks(links)
                            .withFilesInFlight(1_024)
                            .withSource(fetcher)
                            .withProgress((files, bytes, written) -> control.filesDone(files)));
        }
    }

    private void moveRemotes(Map<String, ObjectId> refs) throws IOException {
        for (Map.Entry<String, ObjectId> ref : refs.entrySet()) {
            String name = ref.getKey();
            RefName target = name.startsWith("heads/")
                    ? RefName.remote(REMOTE, name.substring("heads/".length()))
                    : RefName.tag(name.substring("tags/".length()));
            Optional<ObjectId> current = repository.ref(target);
            if (!current.equals(Optional.of(ref.getValue())) && (current.isEmpty() || target.isRemote())) {
                repository.updateRef(target, current.orElse(null), ref.getValue());
            }
        }
    }
}
