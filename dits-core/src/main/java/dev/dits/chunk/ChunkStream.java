package dev.dits.chunk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;

/**
 * Cuts what a stream or channel delivers, chunk by chunk, through one bounded buffer.
 *
 * <pre>{@code
 * ChunkStream chunks = new ChunkStream(chunker);
 * try (InputStream in = Files.newInputStream(file)) {
 *     chunks.reset(in);
 *     while (chunks.next()) {
 *         ObjectId.hash(chunks.array(), chunks.offset(), chunks.length());
 *     }
 * }
 * }</pre>
 *
 * <p>A chunk is a range of {@link #array()}, valid until the next call of {@code next} or {@code reset}; nothing is copied
 * out. Sources are read and never closed: whoever opened one closes it. An instance serves one source after the other, so
 * that many small files cost one buffer. The cuts do not depend on how many bytes each read delivers.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class ChunkStream {
    /** Several chunks fit, so that the rest moved to the front before each filling is small against what is read. */
    private static final int BUFFER_CHUNKS = 4;

    private static final int BUFFER_BYTES_MIN = 1 << 20;

    /** The JDK keeps or allocates native memory as large as a single read asks for. */
    private static final int READ_BYTES_MAX = 256 << 10;

    private final Chunker chunker;
    private final byte[] buffer;
    private InputStream source = InputStream.nullInputStream();
    private boolean ended = true;
    /** The current chunk is {@code [offset, offset + length)}; read and not yet cut is from there to {@code filled}. */
    private int offset;

    private int length;
    private int filled;
    private long position;

    /**
     * Makes a stream of no chunks: call {@code reset} to give it a source.
     *
     * <p>It holds a buffer of four times the profile's {@code maxBytes}, 1 MiB at least.
     *
     * @param chunker says where to cut
     */
    public ChunkStream(Chunker chunker) {
        this.chunker = chunker;
        this.buffer = new byte
                [Math.max(BUFFER_BYTES_MIN, BUFFER_CHUNKS * chunker.profile().maxBytes())];
    }

    /**
     * Begins with another source; what is left of the one before is forgotten.
     *
     * @param source read to its end by {@link #next}, in large pieces; needs no buffer of its own
     */
    public void reset(InputStream source) {
        this.source = source;
        ended = false;
        offset = 0;
        length = 0;
        filled = 0;
        position = 0;
    }

    /**
     * Begins with another source; what is left of the one before is forgotten.
     *
     * <p>A file channel is closed by the JDK when a thread is interrupted that reads from it.
     *
     * @param source read from its current position to its end; in blocking mode if it has such modes
     */
    public void reset(ReadableByteChannel source) {
        reset(Channels.newInputStream(source));
    }

    /**
     * Goes to the next chunk.
     *
     * @return false at the end of the source
     * @throws IOException if the source fails; give it a new source then
     */
    public boolean next() throws IOException {
        position += length;
        offset += length;
        length = 0;
        if (!ended && filled - offset < chunker.profile().maxBytes()) {
            fill();
        }
        length = chunker.cut(buffer, offset, filled - offset, ended);
        return length > 0;
    }

    /** Reads until the buffer is full or the source ends. */
    private void fill() throws IOException {
        System.arraycopy(buffer, offset, buffer, 0, filled - offset);
        filled -= offset;
        offset = 0;
        while (filled < buffer.length) {
            int read = source.read(buffer, filled, Math.min(buffer.length - filled, READ_BYTES_MAX));
            if (read < 0) {
                ended = true;
                return;
            }
            if (read == 0) {
                // Against the contract of InputStream, and endless if taken for progress.
                throw new IOException("the source delivered neither bytes nor its end");
            }
            filled += read;
        }
    }

    /**
     * Returns the array that holds the current chunk: always the same one, to read only.
     *
     * @return the buffer
     */
    public byte[] array() {
        return buffer;
    }

    /**
     * Returns where in {@link #array()} the current chunk begins.
     *
     * @return an index
     */
    public int offset() {
        return offset;
    }

    /**
     * Returns the length of the current chunk.
     *
     * @return bytes; 0 before the first chunk and after the last
     */
    public int length() {
        return length;
    }

    /**
     * Returns where in the source the current chunk begins.
     *
     * @return bytes from where the source stood at {@code reset}; after the last chunk, all that there were
     */
    public long position() {
        return position;
    }
}
