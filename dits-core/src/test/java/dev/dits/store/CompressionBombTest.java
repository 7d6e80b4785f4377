package dev.dits.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ByteWriter;
import dev.dits.object.ObjectLimits;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Frames of few bytes that stand for many: decoding stops at the record's declared size, and takes no more than that. */
class CompressionBombTest {
    private static final int BLOCK_BYTES_MAX = 1 << 17;

    private final List<byte[]> frames = new ArrayList<>();

    /**
     * A frame by hand (RFC 8878, section 3.1): blocks that each repeat one byte.
     *
     * @param declared the content size that its header says; -1 for none
     */
    private static byte[] frame(int blocks, long declared) {
        ByteWriter out = new ByteWriter();
        little(out, 0xFD2FB528L, 4);
        if (declared < 0) {
            out.u8(0).u8(10 << 3); // a window of 1 MiB
        } else {
            out.u8(3 << 6).u8(10 << 3);
            little(out, declared, 8);
        }
        for (int i = 1; i <= blocks; i++) {
            little(out, (long) BLOCK_BYTES_MAX << 3 | 1 << 1 | (i == blocks ? 1 : 0), 3);
            out.u8('x');
        }
        return out.toBytes();
    }

    private static void little(ByteWriter out, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.u8((int) (value >>> 8 * i));
        }
    }

    private static StoredRecord record(RecordType type, int plain, byte[] frame) {
        return new StoredRecord(type, RecordCodec.ZSTD, plain, frame);
    }

    /** By reflection, since no module of this project reads the platform's management. */
    private static long allocatedBytes() throws ReflectiveOperationException {
        Object threads = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        return (long) Class.forName("com.sun.management.ThreadMXBean")
                .getMethod("getCurrentThreadAllocatedBytes")
                .invoke(threads);
    }

    @Test
    void aFrameOfTheRightSizeIsDecoded() throws Exception {
        for (long declared : new long[] {-1, ObjectLimits.CHUNK_BYTES_MAX}) {
            byte[] plain = record(RecordType.CHUNK, ObjectLimits.CHUNK_BYTES_MAX, frame(8, declared))
                    .inflate();
            assertThat(plain).hasSize(ObjectLimits.CHUNK_BYTES_MAX).containsOnly('x');
        }
    }

    @Test
    void aBombEndsAtTheDeclaredSize() throws Exception {
        long tenGibibytes = 10L << 30;
        // 1 KiB that says 10 GiB, and as many blocks as fit; 320 KiB that are 10 GiB; one block too many.
        frames.add(frame(250, tenGibibytes));
        frames.add(frame(250, -1));
        frames.add(frame((int) (tenGibibytes / BLOCK_BYTES_MAX), tenGibibytes));
        frames.add(frame((int) (tenGibibytes / BLOCK_BYTES_MAX), -1));
        frames.add(frame(9, -1));
        frames.add(frame(9, ObjectLimits.CHUNK_BYTES_MAX));
        frames.add(frame(8, Long.MAX_VALUE));
        frames.add(frame(8, -2L >>> 1));
        for (byte[] frame : frames) {
            for (RecordType type : RecordType.values()) {
                int plain = type.plainBytesMax();
                if (!StoredRecord.lengthsAllowed(type, RecordCodec.ZSTD, plain, frame.length)) {
                    continue; // refused before it is read, let alone decoded
                }
                StoredRecord record = record(type, plain, frame);
                long before = allocatedBytes();
                assertThatThrownBy(record::inflate).isInstanceOf(CorruptObjectException.class);
                // The array that it may fill, and an exception with its stack.
                assertThat(allocatedBytes() - before).isLessThan(2L * ObjectLimits.CHUNK_BYTES_MAX);
            }
        }
    }

    @Test
    void theFrameIsNeverLongerThanWhatItHolds() {
        byte[] frame = frame(1, -1);
        assertThat(StoredRecord.lengthsAllowed(RecordType.CHUNK, RecordCodec.ZSTD, frame.length, frame.length))
                .isFalse();
        assertThat(StoredRecord.lengthsAllowed(RecordType.CHUNK, RecordCodec.ZSTD, 1 << 20, 1 << 20))
                .isFalse();
        assertThat(StoredRecord.lengthsAllowed(RecordType.CHUNK, RecordCodec.ZSTD, (1 << 20) + 1, 1))
                .isFalse();
        assertThat(StoredRecord.lengthsAllowed(RecordType.OBJECT, RecordCodec.ZSTD, (1 << 17) + 1, 1))
                .isFalse();
    }
}
