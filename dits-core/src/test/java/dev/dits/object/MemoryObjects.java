package dev.dits.object;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Objects in a map; counts reads and remembers the order of writes. */
public final class MemoryObjects implements ObjectSource, ObjectSink {
    final Map<ObjectId, byte[]> objects = new HashMap<>();
    final List<ObjectId> written = new ArrayList<>();
    final Set<ObjectId> fresh = new HashSet<>();
    int reads;

    public MemoryObjects() {
        // Empty to begin with.
    }

    @Override
    public void write(ObjectId id, byte[] bytes) {
        if (!ObjectId.hash(bytes).equals(id)) {
            throw new AssertionError("written under another id");
        }
        if (objects.put(id, bytes) == null) {
            fresh.add(id);
        }
        written.add(id);
    }

    public ObjectId put(byte[] bytes) {
        ObjectId id = ObjectId.hash(bytes);
        write(id, bytes);
        return id;
    }

    @Override
    public byte[] read(ObjectId id) {
        reads++;
        return objects.get(id);
    }

    @Override
    public boolean contains(ObjectId id) {
        return objects.containsKey(id);
    }

    /** Starts counting new objects anew. */
    void mark() {
        fresh.clear();
        written.clear();
        reads = 0;
    }
}
