package dev.dits.sync;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.MissingObjectException;
import dev.dits.error.ProtocolException;
import dev.dits.object.Commit;
import dev.dits.object.Content;
import dev.dits.object.DirectoryTree;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectCodec;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectKind;
import dev.dits.object.TreePath;
import dev.dits.session.RequestStream;
import dev.dits.session.Session;
import dev.dits.wire.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Reads a range of a file from a peer, verified from nothing but the commit's id. */
public final class RangeFetch {
    private static final long ANSWER_BYTES_MAX = 3 * Message.RANGE_BYTES_MAX;

    private RangeFetch() {}

    /**
     * Reads a range.
     *
     * @param session the peer
     * @param commit the commit, known from a verified place
     * @param path the file
     * @param offset first byte
     * @param length bytes, 1 to {@link Message#RANGE_BYTES_MAX}; the answer is shorter where the file ends
     * @return the bytes
     * @throws CorruptObjectException if what the peer sent does not prove itself
     * @throws MissingObjectException if there is no such file, or it ends before
     * @throws IOException if the connection fails
     */
    public static byte[] read(Session session, ObjectId commit, TreePath path, long offset, int length)
            throws IOException {
        List<byte[]> directoryNodes = new ArrayList<>();
        List<byte[]> fileNodes = new ArrayList<>();
        byte[] commitBytes = null;
        List<Message.Chunk> chunks = new ArrayList<>();
        long bytes = 0;
        try (RequestStream stream = session.open(new Message.GetRange(commit, path.bytes(), offset, length))) {
            for (Message message = stream.receive(); !(message instanceof Message.End); message = stream.receive()) {
                if (message instanceof Message.Chunk chunk) {
                    bytes += chunk.payload().length;
                    chunks.add(chunk);
                    checkEnd(bytes);
                    continue;
                }
                if (!(message instanceof Message.ObjectData data) || !chunks.isEmpty()) {
                    throw stream.unexpected(message);
                }
                byte[] object = Payloads.object(data).inflate();
                bytes += object.length;
                checkEnd(bytes);
                ObjectKind kind = ObjectCodec.kindOf(object);
                if (commitBytes == null) {
                    commitBytes = object;
                } else if (kind == ObjectKind.DIRECTORY_LEAF || kind == ObjectKind.DIRECTORY_INNER) {
                    directoryNodes.add(object);
                } else {
                    fileNodes.add(object);
                }
            }
        }
        if (commitBytes == null || !ObjectId.hash(commitBytes).equals(commit)) {
            throw new CorruptObjectException("the peer's proof does not start at commit " + commit.abbreviated());
        }
        if (!(DirectoryTree.verifyProof(Commit.decode(commitBytes).tree(), path, directoryNodes)
                instanceof FileEntry file)) {
            throw new CorruptObjectException("the peer's proof does not lead to a file");
        }
        return assemble(file.content(), offset, length, fileNodes, chunks);
    }

    /** The largest range, a chunk cut off at each of its ends, and the nodes of the deepest path fit. */
    private static void checkEnd(long bytes) throws ProtocolException {
        if (bytes > ANSWER_BYTES_MAX) {
            throw new ProtocolException("the peer's answer to a request for a range has no end");
        }
    }

    private static byte[] assemble(
            Content content, long offset, int length, List<byte[]> fileNodes, List<Message.Chunk> chunks)
            throws IOException {
        if (offset >= content.size()) {
            throw new MissingObjectException("the file ends at " + content.size() + ", before that range");
        }
        int wanted = (int) Math.min(length, content.size() - offset);
        List<FileTree.Chunk> proved = FileTree.verifyProof(content, offset, wanted, fileNodes);
        if (proved.size() != chunks.size()) {
            throw new CorruptObjectException(
                    "the peer sent " + chunks.size() + " chunks for a range of " + proved.size());
        }
        ByteBuffer out = ByteBuffer.allocate(wanted);
        for (int i = 0; i < proved.size(); i++) {
            FileTree.Chunk place = proved.get(i);
            byte[] plain = Payloads.chunk(chunks.get(i)).decode(place.id());
            int from = (int) Math.max(0, offset - place.offset());
            out.put(plain, from, Math.min(plain.length - from, out.remaining()));
        }
        return out.array();
    }
}
