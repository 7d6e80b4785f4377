package dev.dits.repo;

import dev.dits.error.MissingObjectException;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.store.PackStore;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The repository's own packs first, then the sources it was opened with. */
final class RepositoryObjects implements ObjectSource {
    private final PackStore store;
    private final List<ObjectSource> others;
    private final Supplier<List<String>> remotes;

    RepositoryObjects(PackStore store, List<ObjectSource> others, Supplier<List<String>> remotes) {
        this.store = store;
        this.others = others;
        this.remotes = remotes;
    }

    @Override
    public byte @Nullable [] read(ObjectId id) throws IOException {
        byte[] bytes = store.read(id);
        for (int i = 0; bytes == null && i < others.size(); i++) {
            bytes = others.get(i).read(id);
        }
        return bytes;
    }

    @Override
    public boolean contains(ObjectId id) throws IOException {
        if (store.contains(id)) {
            return true;
        }
        for (ObjectSource other : others) {
            if (other.contains(id)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public byte[] require(ObjectId id) throws IOException {
        byte[] bytes = read(id);
        if (bytes == null) {
            List<String> names = remotes.get();
            throw new MissingObjectException(
                    names.isEmpty()
                            ? "object " + id.abbreviated()
                                    + " is not in this repository; 'dits fsck' lists what is lost"
                            : "object " + id.abbreviated() + " is not here yet, it is promised by "
                                    + String.join(", ", names) + "; connect to it and repeat this");
        }
        return bytes;
    }
}
