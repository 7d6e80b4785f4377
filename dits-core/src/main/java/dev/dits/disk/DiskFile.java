package dev.dits.disk;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A file open for writing. Safe for use by several threads; interrupting one neither fails its call nor closes the file. */
public interface DiskFile extends AutoCloseable {
    /**
     * Writes at a position; returns only when all bytes are handed to the system.
     *
     * @param position where, bytes from the start
     * @param bytes from position to limit; the position moves to the limit
     * @throws dev.dits.error.DiskFullException if there is no room; part of the bytes may have been written
     * @throws IOException if the file system fails; part of the bytes may have been written
     */
    void write(long position, ByteBuffer bytes) throws IOException;

    /**
     * Reads at a position.
     *
     * @param position where, bytes from the start
     * @param into filled from its position, to its limit if the file is long enough
     * @return whether it was
     * @throws IOException if the file system fails
     */
    boolean read(long position, ByteBuffer into) throws IOException;

    /**
     * Returns the file's size.
     *
     * @return bytes
     * @throws IOException if the file system fails
     */
    long size() throws IOException;

    /**
     * Cuts the file, or lengthens it by a hole.
     *
     * @param length its new size, bytes
     * @throws IOException if the file system fails
     */
    void truncate(long length) throws IOException;

    /**
     * Makes everything written so far durable, and the file's attributes.
     *
     * <p>When this fails, what was written since the last success may be lost although it can still be read, and a later success says nothing about it: the system
     * reports a page that it could not write only once, and then takes it for clean. Such a file is to be cut or deleted, and written again.
     *
     * @throws IOException if the file system fails
     */
    void sync() throws IOException;

    @Override
    void close() throws IOException;
}
