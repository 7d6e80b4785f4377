package dev.dits.sync;

import dev.dits.error.MissingObjectException;
import dev.dits.error.ProtocolException;
import dev.dits.object.ObjectCodec;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectKind;
import dev.dits.session.Requests;
import dev.dits.store.StoreWriter;
import dev.dits.wire.Message;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Takes the nodes of commits from a peer: only what it was told to expect, by the wanted ids themselves or by a node that arrived and was verified
 * before.
 */
final class NodeFetch {
    private NodeFetch() {}

    /**
     * Fetches.
     *
     * @param peer whom to ask
     * @param writer takes the objects, and tells what is here already; not flushed
     * @param wants commits or tags, at most {@link Message#WANTS_MAX}
     * @param haves commits here with all they reach, at most {@link Message#HAVES_MAX}
     * @param history whether ancestors are wanted too
     * @param control counters and gate
     * @param firstTree told, once, when the first commit and its tree are here; before that with history, for the files of that commit can
     *     flow while it still comes
     * @throws MissingObjectException if the peer left something out
     * @throws ProtocolException if it sent something that nobody asked for
     */
    static void fetch(
            Requests peer,
            StoreWriter writer,
            List<ObjectId> wants,
            List<ObjectId> haves,
            boolean history,
            TransferControl control,
            Runnable firstTree)
            throws IOException, InterruptedException {
        // Whatever a verified node refers to may come, here or not: the peer can not know what an earlier try left. A
        // commit that is here may lack its
        // ancestors, so the wants are required in any case.
        Set<ObjectId> allowed = new HashSet<>(wants);
        Set<ObjectId> requiredCommits = new HashSet<>(wants);
        Set<ObjectId> required = new HashSet<>();
        boolean told = false;
        // What came, until the first tree is whole. Where the peer leaves nothing out, a node that is here does not
        // count
        // before it came: an earlier try that was cut off may have left it without what it refers to.
        Set<ObjectId> came = new HashSet<>();
        boolean all = haves.isEmpty();
        Set<ObjectId> named = Set.copyOf(wants);
        long flags = history ? 0 : Message.GetNodes.WITHOUT_HISTORY;
        try (TransferControl.Request stream = control.open(peer, new Message.GetNodes(wants, haves, flags))) {
            for (Message message = stream.receive(); !(message instanceof Message.End); message = stream.receive()) {
                control.checkpoint();
                if (!(message instanceof Message.ObjectData data)) {
                    throw stream.unexpected(message);
                }
                byte[] bytes = Payloads.object(data).inflate();
                ObjectId id = ObjectId.hash(bytes);
                if (!allowed.remove(id)) {
                    throw new ProtocolException("the peer sent object " + id.abbreviated()
                            + ", which nothing that was asked for refers to");
                }
                ObjectCodec.verify(bytes);
                ObjectKind kind = ObjectCodec.kindOf(bytes);
                if (named.contains(id) && kind != ObjectKind.COMMIT && kind != ObjectKind.TAG) {
                    throw new ProtocolException(
                            "the peer has a reference to object " + id.abbreviated() + ", which is no commit");
                }
                if (!told) {
                    came.add(id);
                }
                required.remove(id);
                requiredCommits.remove(id);
                writer.write(id, bytes);
                for (ObjectCodec.Reference child : ObjectCodec.children(bytes)) {
                    boolean wanted = child.target() != ObjectCodec.Target.CHUNK
                            && (history || child.target() != ObjectCodec.Target.COMMIT);
                    if (wanted) {
                        allowed.add(child.id());
                        boolean has = (!told && all) ? came.contains(child.id()) : writer.contains(child.id());
                        if (!has) {
                            (child.target() == ObjectCodec.Target.COMMIT ? requiredCommits : required).add(child.id());
                        }
                    }
                }
                if (!told && all && required.isEmpty()) {
                    told = true;
                    came.clear();
                    firstTree.run();
                }
                control.spend(data.payload().length);
            }
        }
        required.addAll(requiredCommits);
        for (ObjectId want : wants) {
            if (writer.contains(want)) {
                required.remove(want); // what is had with all it reaches is not sent again
            }
        }
        if (!required.isEmpty()) {
            throw new MissingObjectException("the peer left out " + required.size()
                    + " objects of the commit, object "
                    + required.iterator().next().abbreviated() + " among them; run 'dits fsck' on that side");
        }
    }
}
