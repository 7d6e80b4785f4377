package dev.dits;

import dev.dits.connect.Target;
import dev.dits.crypto.PeerCertificate;
import dev.dits.error.PermissionDeniedException;
import dev.dits.object.Escaper;
import dev.dits.session.Session;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A session that only measures the way to a share. Made by {@link Dits#probe}.
 *
 * <p>Safe for use by several threads.
 */
public final class PeerProbe implements AutoCloseable {
    /** Type, length and the eight bytes of a ping frame. */
    private static final int PING_FRAME_BYTES = 10;

    private final Dits dits;
    private final Session session;
    private final String address;
    private final AtomicInteger sequence = new AtomicInteger();

    private PeerProbe(Dits dits, Session session) {
        this.dits = dits;
        this.session = session;
        String at = session.address();
        this.address = at == null ? "?" : at;
    }

    static PeerProbe join(Dits dits, String target, MountOptions options) throws IOException, InterruptedException {
        Target parsed = Target.parse(target, options.code());
        return new PeerProbe(
                dits,
                dits.connector()
                        .join(
                                parsed,
                                newCertificate(dits),
                                (session, request, exchange) -> {
                                    throw new PermissionDeniedException("a probe answers no requests");
                                },
                                options.timeout())
                        .session());
    }

    static PeerCertificate newCertificate(Dits dits) throws IOException {
        try {
            return PeerCertificate.generate(dits.random());
        } catch (GeneralSecurityException e) {
            throw new IOException("no certificate can be made", e);
        }
    }

    /**
     * Measures one round trip through the encrypted session.
     *
     * @param timeout how long to wait for the answer
     * @return what it took
     * @throws TimeoutException if no answer came in time
     * @throws IOException if the connection is gone
     * @throws InterruptedException if the thread was interrupted
     */
    public PingResult ping(Duration timeout) throws IOException, InterruptedException, TimeoutException {
        int number = sequence.incrementAndGet();
        return new PingResult(number, session.ping(timeout), PING_FRAME_BYTES);
    }

    /**
     * Returns where the share was reached.
     *
     * @return {@code host:port}
     */
    public String address() {
        return address;
    }

    /**
     * Returns what the share calls itself.
     *
     * @return its name, fit to be shown
     */
    public String shareName() {
        return Escaper.escape(session.info().shareName());
    }

    /** Ends the session. Idempotent. */
    @Override
    public void close() {
        session.close();
        dits.forget(this);
    }
}
