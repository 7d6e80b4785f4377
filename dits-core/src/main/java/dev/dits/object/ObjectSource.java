package dev.dits.object;

import dev.dits.error.MissingObjectException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads objects and chunks by id. What it returns has been checked against the id.
 *
 * <p>Implementations are safe for use by several threads.
 */
public interface ObjectSource {
    /**
     * Reads an object's plain bytes.
     *
     * @param id which
     * @return its bytes, verified, owned by the caller; null if it is not here
     * @throws dev.dits.error.CorruptObjectException if what is stored does not match the id
     * @throws IOException if the file system fails
     */
    byte @Nullable [] read(ObjectId id) throws IOException;

    /**
     * Tells whether an object is here, without reading it.
     *
     * @param id which
     * @return whether {@link #read} would find it
     * @throws IOException if the file system fails
     */
    boolean contains(ObjectId id) throws IOException;

    /**
     * Reads an object that has to be here.
     *
     * @param id which
     * @return its bytes, verified, owned by the caller
     * @throws MissingObjectException if it is not here
     * @throws dev.dits.error.CorruptObjectException if what is stored does not match the id
     * @throws IOException if the file system fails
     */
    default byte[] require(ObjectId id) throws IOException {
        byte[] bytes = read(id);
        if (bytes == null) {
            throw new MissingObjectException("object " + id.abbreviated() + " is not in this repository");
        }
        return bytes;
    }
}
