package dev.dits.session;

import dev.dits.error.SessionClosedException;
import dev.dits.wire.Message;
import java.io.IOException;

/** Where requests can be made: of a peer by whichever connection is best, or by a certain one. */
@FunctionalInterface
public interface Requests {
    /**
     * Makes a request.
     *
     * @param request its first frame
     * @return where the answer comes from; closed by the caller
     * @throws SessionClosedException if there is no connection, or it was lost just now
     * @throws IOException if the thread was interrupted
     */
    RequestStream open(Message request) throws IOException;
}
