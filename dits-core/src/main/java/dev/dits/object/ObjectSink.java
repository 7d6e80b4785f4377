package dev.dits.object;

import java.io.IOException;

/** Takes encoded objects (tree nodes, manifests, commits, tags) as they are built, children before parents. */
@FunctionalInterface
public interface ObjectSink {
    /**
     * Takes one object. Writing what is already there is allowed and cheap.
     *
     * @param id the SHA-256 of the bytes
     * @param bytes the canonical encoding; not changed by either side afterwards
     * @throws IOException if it cannot be stored
     */
    void write(ObjectId id, byte[] bytes) throws IOException;
}
