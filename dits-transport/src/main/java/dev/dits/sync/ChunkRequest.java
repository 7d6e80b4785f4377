package dev.dits.sync;

import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import dev.dits.wire.Message;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts single chunks, in the order in which they are to come, into one request: neighbours of one file become one item. */
final class ChunkRequest {
    private final List<Message.GetChunks.Item> items = new ArrayList<>();
    private @Nullable TreePath path;
    private long first;
    private int count;

    /** Asks for one more chunk. */
    void add(TreePath of, long index) {
        if (index == first + count && of.equals(path)) {
            count++;
            return;
        }
        finishItem();
        path = of;
        first = index;
        count = 1;
    }

    private void finishItem() {
        if (path != null) {
            items.add(new Message.GetChunks.Item(path.bytes(), first, count));
        }
    }

    /** The request; nothing can be added to it any more. */
    Message.GetChunks in(ObjectId commit) {
        finishItem();
        path = null;
        return new Message.GetChunks(commit, items);
    }
}
