package dev.dits.session;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.Spake2Password;
import dev.dits.crypto.Ticket;
import dev.dits.wire.Message;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One way into a share: a code or a ticket, as the share keeps it. Two are the same if their selectors are. Safe for use by
 * several threads.
 */
public final class Invitation {
    private static final byte[] TICKET_LABEL = "dits/1 ticket id\0".getBytes(StandardCharsets.US_ASCII);
    /** Bytes of a ticket's tag. */
    public static final int TICKET_TAG_BYTES = 8;

    private final int kind;
    private final byte[] selector;
    private final Spake2Password password;
    private final Access access;
    private final @Nullable Duration accessFor;
    private final @Nullable Instant expires;
    private final @Nullable String nameplate;

    /** Shared by the invitations that are for one join together; null where joins are not counted here. */
    private final @Nullable AtomicBoolean used;

    /** Of the kept ticket whose use is taken with each join; null for none. */
    private final byte @Nullable [] keptTag;

    private Invitation(
            int kind,
            byte[] selector,
            Spake2Password password,
            Access access,
            @Nullable Duration accessFor,
            @Nullable Instant expires,
            @Nullable String nameplate,
            @Nullable AtomicBoolean used,
            byte @Nullable [] keptTag) {
        this.kind = kind;
        this.selector = selector;
        this.password = password;
        this.access = access;
        this.accessFor = accessFor;
        this.expires = expires;
        this.nameplate = nameplate;
        this.used = used;
        this.keptTag = keptTag;
    }

    /**
     * Lets in whoever knows a code. Slow on purpose (Argon2id, some tens of milliseconds): keep it off event loops.
     *
     * @param code the code
     * @param access what it grants
     * @param expires when it ends; null for never
     * @return the invitation
     */
    public static Invitation of(JoinCode code, Access access, @Nullable Instant expires) {
        return new Invitation(
                Message.Hello.CODE,
                selector(code),
                Spake2Password.of(code),
                access,
                null,
                expires,
                code.nameplate(),
                null,
                null);
    }

    /**
     * Lets in whoever holds a ticket, until it expires.
     *
     * @param ticket the ticket
     * @param access what it grants
     * @return the invitation
     */
    public static Invitation of(Ticket ticket, Access access) {
        long expiry = ticket.expiryEpochSeconds();
        return new Invitation(
                Message.Hello.TICKET,
                selector(ticket),
                Spake2Password.of(ticket),
                access,
                null,
                expiry == 0 ? null : Instant.ofEpochSecond(expiry),
                null,
                null,
                null);
    }

    /** Lets in whoever holds a kept ticket; the store counts its uses. */
    static Invitation of(KeptTicket kept, ShareIdentity identity) {
        return of(kept.ticket(identity, List.of()), kept.access())
                .lasting(kept.accessFor())
                .withKept(kept.tag());
    }

    /**
     * The same for one join only; whoever comes later is told that it is used up.
     *
     * @return a changed copy, not used yet
     */
    public Invitation once() {
        return with(accessFor, new AtomicBoolean(), keptTag);
    }

    /**
     * The same for one join together with another one-time invitation: whichever is used first uses both up.
     *
     * @param other made by {@link #once}
     * @return a changed copy
     */
    public Invitation onceWith(Invitation other) {
        return with(accessFor, other.used, other.keptTag == null ? keptTag : other.keptTag);
    }

    /**
     * The same, for one join together with a kept ticket, of which each join takes a use.
     *
     * @param tag of the ticket, 8 bytes
     * @return a changed copy
     */
    public Invitation withKept(byte[] tag) {
        return with(accessFor, used, tag);
    }

    /**
     * The same, with access that ends some time after the join.
     *
     * @param time how long; null for ever
     * @return a changed copy
     */
    public Invitation lasting(@Nullable Duration time) {
        return with(time, used, keptTag);
    }

    private Invitation with(@Nullable Duration time, @Nullable AtomicBoolean use, byte @Nullable [] tag) {
        return new Invitation(kind, selector, password, access, time, expires, nameplate, use, tag);
    }

    /**
     * Tells whether it was for one join and has been used, as far as memory knows.
     *
     * @return whether it has
     */
    public boolean isUsedUp() {
        return used != null && used.get();
    }

    /** Takes one use; false if there is none left. */
    boolean use() {
        return used == null || used.compareAndSet(false, true);
    }

    /** Gives back the use that was taken just now, because the join could not be kept. */
    void unuse() {
        if (used != null) {
            used.set(false);
        }
    }

    /**
     * Names the kept ticket of which each join takes a use.
     *
     * @return its tag, 8 bytes; null for none
     */
    public byte @Nullable [] keptTag() {
        return keptTag;
    }

    /** What a dialler says of a code: its nameplate. */
    static byte[] selector(JoinCode code) {
        return code.nameplate().getBytes(StandardCharsets.US_ASCII);
    }

    /** What a dialler says of a ticket: the share, and which of its tickets. */
    static byte[] selector(Ticket ticket) {
        byte[] selector = Arrays.copyOf(ticket.shareId(), Ticket.SHARE_ID_BYTES + TICKET_TAG_BYTES);
        System.arraycopy(ticketTag(ticket.exposeSecret()), 0, selector, Ticket.SHARE_ID_BYTES, TICKET_TAG_BYTES);
        return selector;
    }

    /**
     * Names a ticket of a share: a hash, which tells nothing of 128 random bits.
     *
     * @param secret the ticket's
     * @return {@value #TICKET_TAG_BYTES} bytes
     */
    public static byte[] ticketTag(byte[] secret) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(TICKET_LABEL);
            return Arrays.copyOf(digest.digest(secret), TICKET_TAG_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The tag in the selector of a ticket of a share; null if the selector is of another share, or of no ticket. */
    static byte @Nullable [] ticketTag(byte[] selector, byte[] shareId) {
        boolean ours = selector.length == Ticket.SHARE_ID_BYTES + TICKET_TAG_BYTES
                && Arrays.equals(selector, 0, Ticket.SHARE_ID_BYTES, shareId, 0, shareId.length);
        return ours ? Arrays.copyOfRange(selector, Ticket.SHARE_ID_BYTES, selector.length) : null;
    }

    boolean isCode() {
        return kind == Message.Hello.CODE;
    }

    /** The nameplate of a code; null for a ticket. */
    @Nullable
    String nameplate() {
        return nameplate;
    }

    boolean matches(int askedKind, byte[] askedSelector) {
        return kind == askedKind && Arrays.equals(selector, askedSelector);
    }

    Spake2Password password() {
        return password;
    }

    /** What it gives to one who joins now. */
    Access access(Instant now) {
        return accessFor == null ? access : access.until(now.plus(accessFor));
    }

    /**
     * Tells whether it lets nobody in any more, because of its age.
     *
     * @param now the time
     * @return whether it has ended
     */
    public boolean isExpired(Instant now) {
        return expires != null && !now.isBefore(expires);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Invitation that && matches(that.kind, that.selector);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(selector);
    }

    @Override
    public String toString() {
        return isCode() ? "Invitation[code]" : "Invitation[ticket]";
    }
}
