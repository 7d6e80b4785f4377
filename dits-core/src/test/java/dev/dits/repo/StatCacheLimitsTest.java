package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.ByteWriter;
import dev.dits.object.Content;
import dev.dits.object.Mtime;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** A stat cache that somebody else wrote, its checksums right: it is forgotten, at a bounded cost. */
class StatCacheLimitsTest {
    private static final FileStat STAT = new FileStat(FileKind.FILE, 0, 0, new Mtime(0, 0), new Mtime(0, 0), 1, true);

    private static ByteWriter entry(ByteWriter block, int shared, byte[] rest) {
        block.varint(shared).bytes(rest).u8(2).varint(0);
        block.svarint(0).varint(0).svarint(0).varint(0).u64(1);
        Content.write(Content.EMPTY, block);
        return block;
    }

    private static StatCache.Cursor cache(ByteWriter block) throws IOException {
        byte[] header = new StatCache.Header(1, new Mtime(0, 0)).encode();
        ByteWriter file = new ByteWriter().raw(header, 0, header.length);
        byte[] payload = block.toBytes();
        CRC32C crc = new CRC32C();
        crc.update(payload);
        file.u32(payload.length).u32(crc.getValue()).raw(payload, 0, payload.length);
        return StatCache.cursor(file.toBytes(), new byte[0]);
    }

    private static byte[] path(int length) {
        byte[] path = new byte[length];
        Arrays.fill(path, (byte) 'a');
        return path;
    }

    @Test
    void aPathIsNoLongerThanPathsAre() throws IOException {
        int max = 128 * 256;
        ByteWriter fine = entry(entry(new ByteWriter(), 0, path(max - 1)), max - 1, path(1));
        assertThat(cache(fine).find(path(max), STAT)).isEqualTo(Content.EMPTY);
        ByteWriter longer = entry(entry(new ByteWriter(), 0, path(max)), max, path(1));
        assertThat(cache(longer).find(path(max), STAT)).isNull();
    }

    @Test
    void prefixesThatAreSharedDoNotAddUpWithoutEnd() throws IOException {
        // Less than 9 MiB in the file; paths of 2 GiB.
        ByteWriter block = new ByteWriter(1 << 23);
        byte[] piece = path(32_000);
        for (int i = 0; i < 256; i++) {
            entry(block, i * piece.length, piece);
        }
        assertThat(cache(block).find(path(32_000), STAT)).isNull();
    }

    @Test
    void aBlockHasNoMoreEntriesThanAreWritten() throws IOException {
        for (int entries : new int[] {256, 257}) {
            ByteWriter block = new ByteWriter();
            for (int i = 0; i < entries; i++) {
                entry(block, i, path(1));
            }
            assertThat(cache(block).find(path(1), STAT)).isEqualTo(entries == 256 ? Content.EMPTY : null);
        }
    }
}
