package dev.dits.store;

import dev.dits.disk.Disk;
import dev.dits.disk.MappedHint;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;

/**
 * A counter in shared memory that moves whenever the set of runs or packs changes, so that a miss costs one load from memory rather than a look at the directory.
 * Only a change of it means anything; its value may be lost or start anew.
 */
final class Generation {
    static final String FILE = "generation";

    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final MappedByteBuffer map;

    Generation(Disk disk, Path directory) throws IOException {
        map = MappedHint.open(disk, directory.resolve(FILE), Long.BYTES);
    }

    long get() {
        return (long) LONG.getVolatile(map, 0);
    }

    void advance() {
        long unused = (long) LONG.getAndAdd(map, 0, 1L);
    }
}
