package dev.dits.connect;

import dev.dits.crypto.NameplateTag;
import dev.dits.crypto.PeerCertificate;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.error.DitsException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.PeerUnreachableException;
import dev.dits.error.ProtocolException;
import dev.dits.net.Way;
import dev.dits.session.Dialer;
import dev.dits.session.RequestHandler;
import dev.dits.session.Session;
import dev.dits.session.StoredSession;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Finds shares and joins them. Safe for use by several threads. */
public final class Connector {
    /** SPAKE2 runs of one call, each with another certificate. */
    private static final int TRIES_MAX = 3;

    /** After a refusal: how long another answer to the same nameplate may still come. */
    private static final Duration SECOND_CHANCE = Duration.ofMillis(1_200);

    private final Dialer dialer;
    private final PeerDiscovery discovery;
    private final Executor workers;
    private final InstantSource clock;

    /**
     * @param dialer dials
     * @param discovery tells who is where
     * @param workers runs dials, which block
     */
    public Connector(Dialer dialer, PeerDiscovery discovery, Executor workers) {
        this(dialer, discovery, workers, InstantSource.system());
    }

    /**
     * @param dialer dials
     * @param discovery tells who is where
     * @param workers runs dials, which block
     * @param clock tells whether a ticket has expired
     */
    public Connector(Dialer dialer, PeerDiscovery discovery, Executor workers, InstantSource clock) {
        this.clock = clock;
        this.dialer = dialer;
        this.discovery = discovery;
        this.workers = workers;
    }

    private interface Reach {
        Dialer.Reached at(InetSocketAddress address, Way way, Duration timeout) throws IOException;
    }

    private Race.Dial dialling(Reach reach) {
        return new Race.Dial() {
            @Override
            public Dialer.Reached to(InetSocketAddress address, Way way, Duration timeout) throws IOException {
                return reach.at(address, way, timeout);
            }

            @Override
            public boolean hasTcp() {
                return dialer.hasTcp();
            }

            @Override
            public String diagnose(InetSocketAddress address, Duration timeout) throws IOException {
                return dialer.diagnose(address, timeout);
            }
        };
    }

    private Race race(byte[] tag, List<InetSocketAddress> addresses, Duration timeout, Race.Dial dial) {
        return Race.start(discovery, workers, tag, addresses, timeout, dial);
    }

    /**
     * The tag under which a share is announced for those that have joined before, and for holders of tickets.
     *
     * @param shareId 16 bytes
     * @return the first 8 bytes of SHA-256 over {@code "dits/1 lan share\0"} and the id
     */
    public static byte[] tagOfShare(byte[] shareId) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update("dits/1 lan share\0".getBytes(StandardCharsets.US_ASCII));
            return Arrays.copyOf(digest.digest(shareId), PeerDiscovery.TAG_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Joins by code or ticket.
     *
     * @param target what the user named
     * @param certificate what to present, of this mount and share
     * @param handler answers the share's requests
     * @param timeout for all of it
     * @return the session
     * @throws JoinRejectedException if the share refuses
     * @throws PeerUnreachableException if nothing answers in time
     * @throws IOException if it fails
     * @throws InterruptedException if the thread was interrupted
     */
    public Dialer.Opened join(Target target, PeerCertificate certificate, RequestHandler handler, Duration timeout)
            throws IOException, InterruptedException {
        Dialer.Key key;
        byte[] tag;
        List<InetSocketAddress> addresses;
        String what;
        if (target instanceof Target.ByTicket ticket) {
            Instant now = clock.instant();
            if (ticket.ticket().isExpired(now)) {
                throw new JoinRejectedException(
                        JoinRejectedException.Reason.EXPIRED,
                        null,
                        "the ticket was good until "
                                + Instant.ofEpochSecond(ticket.ticket().expiryEpochSeconds())
                                + ", and this machine's clock says " + now.truncatedTo(ChronoUnit.SECONDS)
                                + "; if the clock is right, ask the owner of the share for a new ticket");
            }
            key = Dialer.Key.of(ticket.ticket());
            tag = tagOfShare(ticket.ticket().shareId());
            addresses = ticket.addresses();
            what = "the share of this ticket";
        } else {
            Target.ByCode code = (Target.ByCode) target;
            key = Dialer.Key.of(code.code());
            tag = NameplateTag.of(code.code().nameplate()).toBytes();
            addresses = code.addresses();
            what = "the share with nameplate " + code.code().nameplate();
        }
        try (Race race = race(
                tag, addresses, timeout, dialling((to, way, wait) -> dialer.reach(to, way, key, certificate, wait)))) {
            Set<String> tried = new HashSet<>();
            DitsException refused = null;
            while (tried.size() < TRIES_MAX) {
                Dialer.Reached reached = race.next(refused != null ? SECOND_CHANCE : race.left());
                if (reached == null) {
                    break;
                }
                String fingerprint = HexFormat.of().formatHex(reached.fingerprint());
                if (!tried.add(fingerprint)) {
                    reached.close();
                    continue;
                }
                try {
                    return dialer.join(reached, key, certificate, handler, race.answerTimeout());
                } catch (JoinRejectedException | ProtocolException e) {
                    // Whoever answers to a nameplate need not be the share that is meant; the real one may answer too.
                    refused = e;
                } catch (IOException e) {
                    if (!reached.isSpent()) {
                        // It broke off before the secret was put to use: the same share may be tried another way.
                        tried.remove(fingerprint);
                    }
                    race.failed("the join broke off: " + e.getMessage());
                }
            }
            if (refused != null) {
                throw refused;
            }
            throw race.unreachable(what);
        }
    }

    /**
     * Opens a kept session again.
     *
     * @param stored what was kept
     * @param into the session to add a connection to; null for a new one
     * @param handler answers the share's requests, where the session is new
     * @param timeout for all of it
     * @return the session
     * @throws JoinRejectedException if the share refuses
     * @throws PeerUnreachableException if nothing answers in time
     * @throws IOException if it fails
     * @throws InterruptedException if the thread was interrupted
     */
    public Session attach(StoredSession stored, @Nullable Session into, RequestHandler handler, Duration timeout)
            throws IOException, InterruptedException {
        return attach(stored, into, handler, Target.resolveAll(stored.addresses()), discovery, timeout);
    }

    /**
     * Opens a kept session again, by ways of the caller's choice.
     *
     * @param stored what was kept; its addresses are not looked at
     * @param into the session to add a connection to; null for a new one
     * @param handler answers the share's requests, where the session is new
     * @param addresses where the share may be
     * @param ways tells where else
     * @param timeout for all of it
     * @return the session
     * @throws JoinRejectedException if the share refuses
     * @throws PeerUnreachableException if nothing answers in time
     * @throws IOException if it fails
     * @throws InterruptedException if the thread was interrupted
     */
    Session attach(
            StoredSession stored,
            @Nullable Session into,
            RequestHandler handler,
            List<InetSocketAddress> addresses,
            PeerDiscovery ways,
            Duration timeout)
            throws IOException, InterruptedException {
        try (Race race = Race.start(
                ways,
                workers,
                tagOfShare(stored.shareId()),
                addresses,
                timeout,
                dialling((to, way, wait) -> dialer.reach(to, way, stored, wait)))) {
            for (Dialer.Reached reached = race.next(race.left()); reached != null; reached = race.next(race.left())) {
                try {
                    return dialer.attach(reached, stored, into, handler, race.answerTimeout());
                } catch (JoinRejectedException e) {
                    if (e.reason() != JoinRejectedException.Reason.BUSY) {
                        // The certificate was the share's own: its word is final.
                        throw e;
                    }
                    race.failed(e.reason().advice());
                } catch (IOException e) {
                    race.failed("attaching broke off: " + e.getMessage());
                }
            }
            throw race.unreachable("the share of this mount");
        }
    }

    /**
     * Adds a connection to a session by one way to one place.
     *
     * @param stored what was kept of it
     * @param into the session
     * @param handler answers the share's requests
     * @param address where the share is
     * @param way how to get there
     * @param timeout for the dial, and for each answer of the share
     * @throws JoinRejectedException if the share refuses
     * @throws IOException if it fails
     */
    void attachBy(
            StoredSession stored,
            Session into,
            RequestHandler handler,
            InetSocketAddress address,
            Way way,
            Duration timeout)
            throws IOException {
        Session same = dialer.attach(dialer.reach(address, way, stored, timeout), stored, into, handler, timeout);
        if (same != into) {
            throw new IllegalStateException("a connection of one session was added to another");
        }
    }
}
