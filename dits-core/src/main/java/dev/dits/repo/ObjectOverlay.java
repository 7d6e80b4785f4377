package dev.dits.repo;

import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Objects that are in memory alone, before those of another source.
 *
 * @param made by id; whoever fills it does so before others read
 * @param below has all the others
 */
record ObjectOverlay(Map<ObjectId, byte[]> made, ObjectSource below) implements ObjectSource {
    @Override
    public byte @Nullable [] read(ObjectId id) throws IOException {
        byte[] bytes = made.get(id);
        return bytes != null ? bytes : below.read(id);
    }

    @Override
    public boolean contains(ObjectId id) throws IOException {
        return made.containsKey(id) || below.contains(id);
    }

    @Override
    public byte[] require(ObjectId id) throws IOException {
        byte[] bytes = made.get(id);
        return bytes != null ? bytes : below.require(id);
    }
}
