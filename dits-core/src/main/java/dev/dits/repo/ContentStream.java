package dev.dits.repo;

import dev.dits.object.Content;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectSource;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** A file's bytes, a chunk at a time; every chunk has been checked against its id. Not safe for use by several threads. */
final class ContentStream extends InputStream {
    private final ObjectSource objects;
    private final FileTree.Cursor cursor;
    private byte[] chunk = new byte[0];
    private int next;

    ContentStream(ObjectSource objects, Content content) throws IOException {
        this.objects = objects;
        this.cursor = new FileTree(objects).chunks(content);
    }

    /** Whether there is a byte to read. */
    private boolean fill() throws IOException {
        while (next == chunk.length) {
            FileTree.Chunk following = cursor.next();
            if (following == null) {
                return false;
            }
            chunk = objects.require(following.id());
            if (chunk.length != following.length()) {
                throw new dev.dits.error.CorruptObjectException(
                        "chunk " + following.id().abbreviated() + " has " + chunk.length + " bytes; its file says "
                                + following.length());
            }
            next = 0;
        }
        return true;
    }

    @Override
    public int read() throws IOException {
        return fill() ? chunk[next++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, to.length);
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, chunk.length - next);
        System.arraycopy(chunk, next, to, offset, count);
        next += count;
        return count;
    }

    @Override
    public int available() {
        return chunk.length - next;
    }
}
