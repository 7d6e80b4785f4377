package dev.dits.store;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Every change that this package makes to the file system goes through here, so that a test can lose, reorder or refuse
 * what is not yet synced. Locks and mapped hints are outside: they hold nothing that has to survive.
 */
interface StoreFiles {
    /** A file open for appending. Not for use by several threads at once. */
    interface Appender extends AutoCloseable {
        /** Writes at a position; returns only when all bytes are handed to the system. */
        void write(long position, byte[] bytes, int offset, int length) throws IOException;

        /** Cuts the file. */
        void truncate(long length) throws IOException;

        /** Makes everything written so far durable. */
        void sync() throws IOException;

        @Override
        void close() throws IOException;
    }

    /** Opens a file that must not exist yet. */
    Appender create(Path file) throws IOException;

    /** Opens a file that must exist. */
    Appender append(Path file) throws IOException;

    /** Renames, replacing the target. */
    void rename(Path from, Path to) throws IOException;

    /** Makes renames, creations and deletions in a directory durable. */
    void syncDirectory(Path directory) throws IOException;

    /** Deletes a file; it is no error if it is gone. */
    void delete(Path file) throws IOException;
}
