package dev.dits.object;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Some neighbouring nodes, or chunks, of a file that the other side has, in their order. A node has no name to find it by,
 * and an insertion moves all that follows, so they are found by id, among those between two neighbours that are known.
 */
final class BaseFile {
    /** The level of chunks. */
    static final int CHUNKS = -1;

    private static final BaseFile NOTHING = new BaseFile(CHUNKS, List.of());

    /** Nodes read to come down from a higher root, at most; what is behind them is not compared. */
    private static final int EXPAND_MAX = 64;

    private final int level;
    private final List<ObjectId> ids;
    private final Map<ObjectId, Integer> positions;

    private BaseFile(int level, List<ObjectId> ids) {
        this.level = level;
        this.ids = ids;
        this.positions = new HashMap<>(ids.size() * 2);
        for (int i = 0; i < ids.size(); i++) {
            positions.putIfAbsent(ids.get(i), i);
        }
    }

    /** The root of an old content; nothing if there is none, or it is not here. */
    static BaseFile of(ObjectSource source, @Nullable Content content) throws IOException {
        if (content instanceof Content.SingleChunk chunk) {
            return new BaseFile(CHUNKS, List.of(chunk.id()));
        }
        if (!(content instanceof Content.Chunked chunked)) {
            return NOTHING;
        }
        byte[] manifest = source.read(chunked.id());
        if (manifest == null) {
            return NOTHING;
        }
        ObjectId root = Manifest.decode(manifest).root();
        byte[] bytes = source.read(root);
        return bytes == null ? NOTHING : new BaseFile(FileNode.decode(bytes).level, List.of(root));
    }

    int level() {
        return level;
    }

    int size() {
        return ids.size();
    }

    boolean contains(ObjectId id) {
        return positions.containsKey(id);
    }

    /** Where an id stands first; -1 if it does not. */
    int position(ObjectId id) {
        return positions.getOrDefault(id, -1);
    }

    BaseFile part(int from, int to) {
        return from >= to ? new BaseFile(level, List.of()) : new BaseFile(level, ids.subList(from, to));
    }

    /** What is below, at a level; the same where this is at that level or a lower one. */
    BaseFile downTo(ObjectSource source, int target) throws IOException {
        BaseFile here = this;
        while (here.level > target) {
            List<ObjectId> below = new ArrayList<>();
            for (ObjectId id : here.ids.subList(0, Math.min(EXPAND_MAX, here.ids.size()))) {
                byte[] bytes = source.read(id);
                if (bytes != null) {
                    below.addAll(List.of(FileNode.decode(bytes).ids));
                }
            }
            here = new BaseFile(here.level - 1, below);
        }
        return here;
    }
}
