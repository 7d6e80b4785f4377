package dev.dits.sync;

import dev.dits.error.BranchMovedException;
import dev.dits.error.DitsException;
import dev.dits.error.ProtocolException;
import dev.dits.error.SessionClosedException;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectCodec;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectKind;
import dev.dits.object.ObjectWalk;
import dev.dits.object.Tag;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a share has, as it told at one moment: its branches and tags. Brings their history to a mount, and notes there where they stand. */
final class ShareRefs {
    private static final Logger LOG = LoggerFactory.getLogger(ShareRefs.class);

    /** References that a share may have. */
    static final int REFS_MAX = 100_000;

    /** How often nodes are asked for again after the connection was lost. */
    private static final int NODE_TRIES = 4;

    private static final long RECONNECT_MILLIS = 60_000;
    private static final long RECONNECT_LOOK_MILLIS = 250;

    /** Promises what a branch reaches that is just being made. */
    private static final String INCOMING = "incoming";

    private static final String HEADS = "heads/";
    private static final String TAGS = "tags/";

    private final String head;
    private final Map<String, ObjectId> refs;

    /** Tags that come along where the history that they name does: this mount follows some branches only. */
    private final Map<String, ObjectId> tagsApart = new TreeMap<>();

    /** Whether it has branches that this mount does not follow. */
    private boolean hasOthers;

    /** Branches that do not continue what they were when they were last seen, with what that was. */
    private final Map<String, ObjectId> rewritten = new TreeMap<>();

    /** Branches that somebody else of this mount has moved on since this was read. */
    private final Set<String> stale = new TreeSet<>();

    private ShareRefs(String head, Map<String, ObjectId> refs) {
        this.head = head;
        this.refs = refs;
    }

    /**
     * Asks the share.
     *
     * @param session the share
     * @return what it has, and shows to this mount
     * @throws IOException if it can not be asked
     */
    static ShareRefs read(Session session) throws IOException {
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
                if (refs.size() > REFS_MAX) {
                    throw new ProtocolException("the share has more than " + REFS_MAX + " references");
                }
            }
        }
        return new ShareRefs(head, refs);
    }

    /**
     * Asks the share, and leaves out the branches that this mount does not follow.
     *
     * @param session the share
     * @param repository the mount
     * @return what it has, and this mount follows
     * @throws IOException if it can not be asked
     */
    static ShareRefs read(Session session, Repository repository) throws IOException {
        ShareRefs all = read(session);
        SelectedBranches selected = SelectedBranches.of(repository);
        if (selected.areAll()) {
            return all;
        }
        Map<String, ObjectId> followed = new TreeMap<>();
        Map<String, ObjectId> tags = new TreeMap<>();
        all.refs.forEach((name, id) -> {
            if (name.startsWith(TAGS)) {
                tags.put(name, id);
            } else if (selected.has(name.substring(HEADS.length()))) {
                followed.put(name, id);
            }
        });
        ShareRefs refs = new ShareRefs(all.head, followed);
        refs.tagsApart.putAll(tags);
        refs.hasOthers = all.refs.size() > followed.size() + tags.size();
        return refs;
    }

    /** Under which name a reference of the share is kept here; null where no reference can have that name. */
    private static @Nullable RefName target(String name) {
        try {
            if (name.startsWith(HEADS)) {
                String branch = name.substring(HEADS.length());
                boolean fits = RefName.branch(branch).isBranch()
                        && RefName.remote(INCOMING, branch).isRemote();
                return fits ? RefName.remote(Pull.REMOTE, branch) : null;
            }
            return name.startsWith(TAGS) ? RefName.tag(name.substring(TAGS.length())) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Where the share has its tree; not checked to be a name that can be. */
    String head() {
        return head;
    }

    /** Whether it shows no branch at all, followed or not. */
    boolean isEmpty() {
        return refs.isEmpty() && !hasOthers;
    }

    /** Where a branch of the share is; null if it has none of that name. */
    @Nullable
    ObjectId branch(String name) {
        return refs.get(HEADS + name);
    }

    Collection<ObjectId> tips() {
        return refs.values();
    }

    /**
     * Lists commits that are here with all they reach. A request has room for so many: those of a branch that is asked about come first, for from them
     * the way to its news is shortest.
     */
    List<ObjectId> haves(Repository repository) throws IOException {
        Map<RefName, ObjectId> here = repository.refs();
        Set<ObjectId> haves = new LinkedHashSet<>();
        for (Map.Entry<String, ObjectId> ref : refs.entrySet()) {
            RefName target = target(ref.getKey());
            ObjectId known = target == null ? null : here.get(target);
            if (known != null && !known.equals(ref.getValue())) {
                haves.add(known);
                ObjectId local = here.get(
                        RefName.branch(ref.getKey().substring(ref.getKey().indexOf('/') + 1)));
                if (local != null) {
                    haves.add(local);
                }
            }
        }
        haves.addAll(here.values());
        return haves.stream().limit(Message.HAVES_MAX).toList();
    }

    /**
     * Brings the nodes of all it has, and of what that reaches.
     *
     * @param session the share
     * @param writer takes them; not flushed
     * @param haves as {@link #haves}; what is here already
     * @param patient whether a connection that is lost on the way is waited for
     * @param control counters and gate
     * @throws IOException if it fails; what arrived stays
     * @throws InterruptedException if the thread was interrupted
     */
    void fetch(Session session, StoreWriter writer, List<ObjectId> haves, boolean patient, TransferControl control)
            throws IOException, InterruptedException {
        Set<ObjectId> known = Set.copyOf(haves);
        List<ObjectId> missing = new LinkedHashSet<>(refs.values())
                .stream().filter(want -> !known.contains(want)).toList();
        for (int from = 0; from < missing.size(); from += Message.WANTS_MAX) {
            List<ObjectId> wants = missing.subList(from, Math.min(missing.size(), from + Message.WANTS_MAX));
            fetch(session, writer, wants, haves, patient, control, () -> {});
        }
    }

    /**
     * Brings the content of all commits too, into this repository's own packs. Nodes come first ({@link #fetch}); before anything is noted, so that what is noted has its content here.
     *
     * @param session the share
     * @param repository the mount
     * @param writer takes it; not flushed
     * @param complete what is here with its content, and all it reaches
     * @param control counters and gate
     * @throws IOException if it fails; what arrived stays
     * @throws InterruptedException if the thread was interrupted
     */
    void fetchContent(
            Session session,
            Repository repository,
            StoreWriter writer,
            Collection<ObjectId> complete,
            TransferControl control)
            throws IOException, InterruptedException {
        // The walk reads what came with this writer.
        writer.flush();
        Set<ObjectId> commits = new LinkedHashSet<>();
        for (ObjectId tip : refs.values()) {
            byte[] bytes = repository.objects().require(tip);
            commits.add(
                    ObjectCodec.kindOf(bytes) == ObjectKind.TAG
                            ? Tag.decode(bytes).target()
                            : tip);
        }
        try (ContentFetch content =
                new ContentFetch(repository, session, control, writer, repository.selection()::selects)) {
            for (ObjectId commit :
                    new ObjectWalk(repository.objects(), ObjectWalk.Options.NONE).listCommits(commits, complete)) {
                content.commit(commit);
            }
            content.finish();
        }
        writer.flush();
    }

    /** As {@link NodeFetch#fetch}, with history, over connections one after another if need be. */
    static void fetch(
            Session session,
            StoreWriter writer,
            List<ObjectId> wants,
            List<ObjectId> haves,
            boolean patient,
            TransferControl control,
            Runnable firstTree)
            throws IOException, InterruptedException {
        for (int tries = 1; ; tries++) {
            try {
                NodeFetch.fetch(session, writer, wants, haves, true, control, firstTree);
                return;
            } catch (SessionClosedException e) {
                if (!patient || tries == NODE_TRIES || !awaitConnection(session, control)) {
                    throw e;
                }
            }
        }
    }

    private static boolean awaitConnection(Session session, TransferControl control) throws InterruptedException {
        for (long waited = 0; waited < RECONNECT_MILLIS && !session.isClosed(); waited += RECONNECT_LOOK_MILLIS) {
            control.checkpoint();
            if (session.awaitConnection(RECONNECT_LOOK_MILLIS)) {
                return true;
            }
        }
        return false;
    }

    /** Those of the history that was fetched. */
    private void takeTags(Repository repository) throws IOException {
        Map<String, ObjectId> here = new TreeMap<>();
        for (Map.Entry<String, ObjectId> tag : tagsApart.entrySet()) {
            if (repository.store().contains(tag.getValue())) {
                here.put(tag.getKey(), tag.getValue());
            }
        }
        Map<RefName, ObjectId> noted = repository.tags();
        here.keySet().removeIf(name -> noted.containsKey(RefName.tag(name.substring(TAGS.length()))));
        if (!here.isEmpty()) {
            // What a pull that was cut off has left need not be whole.
            Set<ObjectId> history = Set.copyOf(
                    new ObjectWalk(repository.objects(), ObjectWalk.Options.NONE).listCommits(refs.values(), Set.of()));
            here.values().retainAll(history);
            refs.putAll(here);
        }
    }

    /**
     * Checks what was fetched before anything names it: signatures, and that every branch continues what it was. Call it before {@link #note}, with all durable.
     *
     * @param session the share, which is asked again where it seems to have gone back
     * @param repository the mount
     * @throws dev.dits.error.InvalidSignatureException if a commit or tag is refused; nothing may be named then
     * @throws IOException if the file system fails, or the share can not be asked
     */
    void admit(Session session, Repository repository) throws IOException {
        takeTags(repository);
        repository.admit(refs.values());
        for (Map.Entry<String, ObjectId> ref : refs.entrySet()) {
            RefName target = target(ref.getKey());
            ObjectId before = target == null || !target.isRemote()
                    ? null
                    : repository.ref(target).orElse(null);
            ObjectId there = ref.getValue();
            if (before != null && !before.equals(there) && !repository.isAncestor(before, there)) {
                rewritten.put(ref.getKey().substring(HEADS.length()), before);
            }
        }
        if (!rewritten.isEmpty()) {
            // Another process of this mount may have pushed after the share was asked here, and noted it already.
            ShareRefs now = read(session);
            rewritten.keySet().removeIf(branch -> {
                boolean moved = !Objects.equals(now.branch(branch), branch(branch));
                if (moved) {
                    stale.add(branch);
                }
                return moved;
            });
        }
    }

    /**
     * Refuses a branch that was rewritten, unless the user chose what it is now.
     *
     * @param repository the mount
     * @param branch its name
     * @return whether it was rewritten, and that is what the user chose; false for one that goes on as it should
     * @throws dev.dits.error.HistoryRewrittenException if it was, and the user did not
     * @throws IOException if the configuration can not be read
     */
    boolean takesRewritten(Repository repository, String branch) throws IOException {
        ObjectId before = rewritten.get(branch);
        if (before == null) {
            return false;
        }
        ObjectId there = refs.get(HEADS + branch);
        if (there == null || !RewrittenHistory.isAccepted(repository, there)) {
            throw RewrittenHistory.refusal(branch, before, there == null ? before : there);
        }
        return true;
    }

    /**
     * Notes here where the share's branches and tags are. All they reach is durable here, or promised. A branch that was not known before comes to be here
     * too, and one that stands where the share's stood goes along with it; the branch that is checked out is left to the caller, for its tree has to follow.
     *
     * @param repository the mount
     * @return what could not be noted and why, for people; the rest was
     * @throws IOException if the file system fails
     */
    List<String> note(Repository repository) throws IOException {
        List<String> problems = new ArrayList<>();
        Optional<RefName> current = repository.currentBranch();
        for (Map.Entry<String, ObjectId> ref : refs.entrySet()) {
            RefName target = target(ref.getKey());
            if (target == null) {
                continue;
            }
            ObjectId there = ref.getValue();
            ObjectId before = repository.ref(target).orElse(null);
            if (there.equals(before) || (before != null && target.isTag())) {
                continue;
            }
            try {
                RefName branch = target.isRemote() ? RefName.branch(ref.getKey().substring(HEADS.length())) : null;
                if (branch != null && stale.contains(branch.shortName())) {
                    continue;
                }
                if (branch != null && rewritten.containsKey(branch.shortName())) {
                    boolean isCurrent = current.equals(Optional.of(branch));
                    // Of the one that is checked out the caller takes care, for its tree comes first.
                    if (!isCurrent && takesRewritten(repository, branch.shortName())) {
                        replace(repository, branch, there);
                    }
                    continue;
                }
                if (branch == null || current.equals(Optional.of(branch))) {
                    move(repository, target, before, there);
                    continue;
                }
                if (before == null) {
                    make(repository, branch, there);
                }
                move(repository, target, before, there);
                takeAlong(repository, branch, there);
            } catch (BranchMovedException e) {
                // Another process of this mount is at it too; whoever comes next sees where it stands.
                LOG.debug("{} was moved by somebody else", target, e);
            } catch (DitsException e) {
                // A name that can not be beside another one here; the others are no worse for it.
                problems.add(Escaper.escape(ref.getKey()) + ": " + e.getMessage());
            }
        }
        return problems;
    }

    /**
     * Follows a rewritten branch, after what the mount had on it was given another name. Where the share's is noted comes last: a crash before that leaves a branch that
     * was rewritten and chosen, to be taken again.
     */
    void replace(Repository repository, RefName branch, ObjectId there) throws IOException {
        ObjectId mine = repository.ref(branch).orElse(null);
        if (mine != null && !mine.equals(there)) {
            RewrittenHistory.save(repository, branch, mine, there);
            move(repository, branch, mine, there);
        }
        RefName target = RefName.remote(Pull.REMOTE, branch.shortName());
        move(repository, target, repository.ref(target).orElse(null), there);
        rewritten.remove(branch.shortName());
        RewrittenHistory.done(repository);
    }

    /**
     * A branch that is seen for the first time comes to be here too; one that was seen and is not here was deleted here, and stays so. What it reaches is promised
     * under another name meanwhile: a crash leaves it either whole or still to be made.
     */
    private static void make(Repository repository, RefName branch, ObjectId there) throws IOException {
        if (repository.ref(branch).isPresent()) {
            return;
        }
        RefName incoming = RefName.remote(INCOMING, branch.shortName());
        move(repository, incoming, repository.ref(incoming).orElse(null), there);
        move(repository, branch, null, there);
    }

    private static void takeAlong(Repository repository, RefName branch, ObjectId there) throws IOException {
        ObjectId mine = repository.ref(branch).orElse(null);
        if (mine != null && !mine.equals(there) && repository.isAncestor(mine, there)) {
            move(repository, branch, mine, there);
        }
        RefName incoming = RefName.remote(INCOMING, branch.shortName());
        ObjectId left = repository.ref(incoming).orElse(null);
        if (left != null) {
            repository.updateRef(incoming, left, null);
        }
    }

    /** Another process may do the same at the same time: whoever comes second finds the reference where it is to be. */
    static void move(Repository repository, RefName name, @Nullable ObjectId from, ObjectId to) throws IOException {
        try {
            repository.updateRef(name, from, to);
        } catch (BranchMovedException e) {
            if (!repository.ref(name).equals(Optional.of(to))) {
                throw e;
            }
        }
    }
}
