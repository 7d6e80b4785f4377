package dev.dits.session;

import dev.dits.wire.Message;
import java.io.IOException;

/** Answers a peer's requests. Called on worker threads, up to 16 at once a session. */
@FunctionalInterface
public interface RequestHandler {
    /**
     * Answers one request. When it returns the answer is ended, if {@link Exchange#end} did not do so before.
     *
     * @param session whose
     * @param request the request's first frame
     * @param exchange where the answer goes
     * @throws IOException sent to the peer as a failure
     * @throws InterruptedException if the node is closing
     */
    void handle(Session session, Message request, Exchange exchange) throws IOException, InterruptedException;
}
