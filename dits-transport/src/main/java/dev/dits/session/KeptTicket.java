package dev.dits.session;

import dev.dits.crypto.Ticket;
import dev.dits.error.CorruptObjectException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A ticket that outlives the share that made it.
 *
 * @param secret 16 bytes
 * @param main whether it is the one that the share shows as its own
 * @param once whether it lets in one peer only
 * @param used whether it has
 * @param createdEpochSeconds when it was made
 * @param expires until when it lets in, to the second; null for always
 * @param accessFor how long the access lasts that it gives, to the second; null for always
 * @param access what it gives, without an end
 */
@SuppressWarnings("ArrayRecordComponent") // found by its tag alone
public record KeptTicket(
        byte[] secret,
        boolean main,
        boolean once,
        boolean used,
        long createdEpochSeconds,
        @Nullable Instant expires,
        @Nullable Duration accessFor,
        Access access) {
    private static final int ONCE = 1;
    private static final int USED = 2;
    private static final int MAIN = 4;

    static KeptTicket read(ByteReader in) throws CorruptObjectException {
        byte[] secret = in.raw(Ticket.SECRET_BYTES);
        int flags = in.u8();
        if ((flags & ~(ONCE | USED | MAIN)) != 0) {
            throw new CorruptObjectException("a ticket has unknown flags");
        }
        long created = in.varint(0, Access.SECONDS_MAX, "when a ticket was made");
        long expires = in.varint(0, Access.SECONDS_MAX, "a ticket's end");
        long accessFor = in.varint(0, Access.SECONDS_MAX, "how long a ticket's access lasts");
        return new KeptTicket(
                secret,
                (flags & MAIN) != 0,
                (flags & ONCE) != 0,
                (flags & USED) != 0,
                created,
                expires == 0 ? null : Instant.ofEpochSecond(expires),
                accessFor == 0 ? null : Duration.ofSeconds(accessFor),
                Access.read(in));
    }

    void write(ByteWriter out) {
        out.raw(secret, 0, secret.length)
                .u8((once ? ONCE : 0) | (used ? USED : 0) | (main ? MAIN : 0))
                .varint(createdEpochSeconds)
                .varint(expires == null ? 0 : Math.max(1, expires.getEpochSecond()))
                .varint(accessFor == null ? 0 : Math.max(1, accessFor.toSeconds()));
        access.write(out);
    }

    /**
     * Writes it out.
     *
     * @param identity of the share
     * @param addresses where the share may be reached, {@code host:port}; the first {@value Ticket#ADDRESSES_MAX} are taken
     * @return the ticket
     */
    public Ticket ticket(ShareIdentity identity, List<String> addresses) {
        Ticket.Builder builder = Ticket.builder(identity.certificate().fingerprint(), secret, identity.shareId());
        if (expires != null) {
            builder.expiryEpochSeconds(expires.getEpochSecond());
        }
        addresses.stream().limit(Ticket.ADDRESSES_MAX).forEach(builder::address);
        return builder.build();
    }

    /**
     * Returns what names it, on the wire and in commands: a hash, which tells nothing of the secret.
     *
     * @return 8 bytes
     */
    public byte[] tag() {
        return Invitation.ticketTag(secret);
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

    KeptTicket asUsed() {
        return new KeptTicket(secret, main, once, true, createdEpochSeconds, expires, accessFor, access);
    }

    KeptTicket asMain(boolean value) {
        return new KeptTicket(secret, value, once, used, createdEpochSeconds, expires, accessFor, access);
    }

    @Override
    public String toString() {
        return "KeptTicket[secret hidden]";
    }
}
