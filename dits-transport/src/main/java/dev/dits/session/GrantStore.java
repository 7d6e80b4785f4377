package dev.dits.session;

import dev.dits.error.DitsException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.JoinRejectedException.Reason;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who may enter a share: the grants of those who have joined, and the tickets that outlive the process. In one file, which its owner alone can
 * read, so that the use of a one-time ticket and the grant it led to are kept in one step: whenever the process is killed, either both are
 * there or neither.
 *
 * <p>Safe for use by several threads, and by several processes on one repository; what one of them writes the others see at once.
 *
 * <p>The file, behind the head of {@link SharedState} with version 2: {@code tickets varint}, each ticket, {@code grants varint}, each grant. It
 * is replaced as a whole.
 */
public final class GrantStore extends SharedState {
    /** Grants kept; the oldest go first, and join again by code. */
    static final int GRANTS_MAX = 10_000;

    /** Tickets kept. */
    static final int TICKETS_MAX = 1_000;

    private static final int VERSION = 2;

    private final Path file;
    private final Map<String, Grant> grants = new LinkedHashMap<>();
    private final Map<String, KeptTicket> tickets = new LinkedHashMap<>();

    private GrantStore(Path file) {
        super(file, VERSION, "tickets and the access of all mounts");
        this.file = file;
    }

    /**
     * Opens the store.
     *
     * @param file where the grants are, or will be
     * @return the store
     * @throws IOException if the file can not be read, or is of another version
     */
    public static GrantStore open(Path file) throws IOException {
        GrantStore store = new GrantStore(file);
        store.generation();
        return store;
    }

    @Override
    void clear() {
        grants.clear();
        tickets.clear();
    }

    @Override
    void read(ByteReader in) throws IOException {
        for (long left = in.varint(0, TICKETS_MAX, "the number of tickets"); left > 0; left--) {
            KeptTicket ticket = KeptTicket.read(in);
            tickets.put(key(ticket.tag()), ticket);
        }
        for (long left = in.varint(0, GRANTS_MAX, "the number of grants"); left > 0; left--) {
            Grant grant = Grant.read(in);
            grants.put(key(grant.sessionId()), grant);
        }
    }

    @Override
    void write(ByteWriter out) throws DitsException {
        while (grants.size() > GRANTS_MAX) {
            forgetOldest();
        }
        ByteWriter body = body();
        // What is longer could not be read again, and nobody would come in any more.
        while (out.size() + body.size() > SecretFile.BYTES_MAX) {
            if (grants.isEmpty()) {
                throw new DitsException("the tickets of this share do not fit into " + file + "; withdraw some");
            }
            for (int i = grants.size() / 16; i >= 0; i--) {
                forgetOldest();
            }
            body = body();
        }
        out.append(body);
    }

    private ByteWriter body() {
        ByteWriter body = new ByteWriter().varint(tickets.size());
        tickets.values().forEach(ticket -> ticket.write(body));
        body.varint(grants.size());
        grants.values().forEach(grant -> grant.write(body));
        return body;
    }

    private void forgetOldest() {
        grants.values().stream()
                .min(Comparator.comparingLong(Grant::createdEpochSeconds))
                .ifPresent(oldest -> grants.remove(key(oldest.sessionId())));
    }

    private static String key(byte[] id) {
        return HexFormat.of().formatHex(id);
    }

    /** Finds a grant. */
    Optional<Grant> find(byte[] sessionId) throws IOException {
        return this.<Optional<Grant>, IOException>look(() -> Optional.ofNullable(grants.get(key(sessionId))));
    }

    /**
     * Adds a grant and takes a use of the ticket that leads to it, durably and in one step.
     *
     * @param grant new
     * @param ticketTag of the kept ticket; null where there is none
     * @throws JoinRejectedException if the ticket is gone or used up; nothing is added then
     * @throws IOException if it can not be kept
     */
    void add(Grant grant, byte @Nullable [] ticketTag) throws IOException {
        this.<Boolean, IOException>change(() -> {
            if (ticketTag != null) {
                String key = key(ticketTag);
                KeptTicket ticket = tickets.get(key);
                if (ticket == null) {
                    throw new JoinRejectedException(Reason.UNKNOWN_SHARE, null);
                }
                if (ticket.once()) {
                    if (ticket.used()) {
                        throw new JoinRejectedException(Reason.USED_UP, null);
                    }
                    tickets.put(key, ticket.asUsed());
                }
            }
            grants.put(key(grant.sessionId()), grant);
            touch();
            return true;
        });
    }

    /**
     * Notes what the peer of a grant calls itself.
     *
     * @return false if there is no such grant any more; it does not come back by this
     */
    boolean name(byte[] sessionId, String name) throws IOException {
        return this.<Boolean, IOException>change(() -> {
            Grant named = grants.computeIfPresent(key(sessionId), (key, grant) -> grant.named(name));
            if (named != null) {
                touch();
            }
            return named != null;
        });
    }

    /**
     * Ends a grant, durably.
     *
     * @param sessionId which
     * @return whether there was one
     * @throws IOException if it can not be written
     */
    public boolean remove(byte[] sessionId) throws IOException {
        return this.<Boolean, IOException>change(() -> {
            boolean removed = grants.remove(key(sessionId)) != null;
            if (removed) {
                touch();
            }
            return removed;
        });
    }

    /**
     * Lists the grants.
     *
     * @return all of them, in the order in which they were made
     * @throws IOException if the file can not be read
     */
    public List<Grant> list() throws IOException {
        return this.<List<Grant>, IOException>look(() -> new ArrayList<>(grants.values()));
    }

    /**
     * Lists the kept tickets.
     *
     * @return all of them, used and expired ones too, in the order in which they were made
     * @throws IOException if the file can not be read
     */
    public List<KeptTicket> tickets() throws IOException {
        return this.<List<KeptTicket>, IOException>look(() -> new ArrayList<>(tickets.values()));
    }

    /**
     * Finds a kept ticket.
     *
     * @param tag its tag
     * @return the ticket, if it is there
     * @throws IOException if the file can not be read
     */
    public Optional<KeptTicket> ticket(byte[] tag) throws IOException {
        return this.<Optional<KeptTicket>, IOException>look(() -> Optional.ofNullable(tickets.get(key(tag))));
    }

    /**
     * Keeps a ticket, durably. A main one takes the place of the one before, which stays good.
     *
     * @param ticket new
     * @throws IOException if it can not be written, or there are {@value #TICKETS_MAX} already
     */
    public void keep(KeptTicket ticket) throws IOException {
        this.<Boolean, IOException>change(() -> {
            if (tickets.size() >= TICKETS_MAX) {
                // They stay so long only to tell those who come late what happened.
                Instant now = Instant.ofEpochSecond(ticket.createdEpochSeconds());
                tickets.values().removeIf(other -> other.isExpired(now) || other.used());
            }
            if (tickets.size() >= TICKETS_MAX) {
                throw new DitsException("this share keeps " + TICKETS_MAX + " tickets already; withdraw some of them");
            }
            if (ticket.main()) {
                tickets.replaceAll((key, other) -> other.asMain(false));
            }
            tickets.put(key(ticket.tag()), ticket);
            touch();
            return true;
        });
    }

    /**
     * Withdraws a kept ticket, durably. Those who joined by it stay.
     *
     * @param tag its tag
     * @return whether there was one
     * @throws IOException if it can not be written
     */
    public boolean forget(byte[] tag) throws IOException {
        return this.<Boolean, IOException>change(() -> {
            boolean removed = tickets.remove(key(tag)) != null;
            if (removed) {
                touch();
            }
            return removed;
        });
    }
}
