package dev.dits.store;

import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class PackStoreContractTest extends StoreContractTest {
    @TempDir
    Path directory;

    @Override
    protected Subject open() throws IOException {
        PackStore store = PackStore.open(directory, StoreOptions.defaults().withFlushRecords(50));
        StoreWriter writer = store.newWriter();
        return new Subject() {
            private boolean closed;

            @Override
            public ObjectSource source() {
                return store;
            }

            @Override
            public void put(ObjectId id, byte[] bytes) throws IOException {
                writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length);
            }

            @Override
            public void close() throws IOException {
                if (!closed) {
                    closed = true;
                    writer.flush();
                }
                writer.close();
                store.close();
            }
        };
    }

    @Override
    protected boolean keeps() {
        return true;
    }
}
