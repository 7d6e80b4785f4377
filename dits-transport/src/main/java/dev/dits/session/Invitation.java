package dev.dits.session;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.Spake2Password;
import dev.dits.crypto.Ticket;
import dev.dits.wire.Message;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One way into a share: a code or a ticket, as the share keeps it. Two are the same if their selectors are. Safe for use by
 * several threads.
 */
public final class Invitation {
    private static final byte[] TICKET_LABEL = "dits/1 ticket id\0".getBytes(StandardCharsets.US_ASCII);
    private static final int TICKET_TAG_BYTES = 8;

    private final int kind;
    private final byte[] selector;
    private final Spake2Password password;
    private final Access access;
    private final @Nullable Instant expires;
    private final @Nullable String nameplate;
    private final boolean once;
    private final AtomicBoolean used = new AtomicBoolean();

    private Invitation(
            int kind,
            byte[] selector,
            Spake2Password password,
            Access access,
            @Nullable Instant expires,
            @Nullable String nameplate,
            boolean once) {
        this.kind = kind;
        this.selector = selector;
        this.password = password;
        this.access = access;
        this.expires = expires;
        this.nameplate = nameplate;
        this.once = once;
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
                Message.Hello.CODE, selector(code), Spake2Password.of(code), access, expires, code.nameplate(), false);
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
                expiry == 0 ? null : Instant.ofEpochSecond(expiry),
                null,
                false);
    }

    /**
     * The same for one join only; whoever comes later is told that it is used up.
     *
     * @return a changed copy, not used yet
     */
    public Invitation once() {
        return new Invitation(kind, selector, password, access, expires, nameplate, true);
    }

    boolean isUsedUp() {
        return once && used.get();
    }

    /** Takes one use; false if there is none left. */
    boolean use() {
        return !once || used.compareAndSet(false, true);
    }

    /** What a dialler says of a code: its nameplate. */
    static byte[] selector(JoinCode code) {
        return code.nameplate().getBytes(StandardCharsets.US_ASCII);
    }

    /** What a dialler says of a ticket: the share, and which of its tickets. A hash tells nothing of 128 random bits. */
    static byte[] selector(Ticket ticket) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(TICKET_LABEL);
            byte[] hash = digest.digest(ticket.exposeSecret());
            byte[] selector = Arrays.copyOf(ticket.shareId(), Ticket.SHARE_ID_BYTES + TICKET_TAG_BYTES);
            System.arraycopy(hash, 0, selector, Ticket.SHARE_ID_BYTES, TICKET_TAG_BYTES);
            return selector;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
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

    Access access() {
        return access;
    }

    boolean isExpired(Instant now) {
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
