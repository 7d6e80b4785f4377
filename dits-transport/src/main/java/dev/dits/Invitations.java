package dev.dits;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.NameplateTag;
import dev.dits.crypto.Ticket;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.discovery.TagTakenException;
import dev.dits.object.TreePath;
import dev.dits.repo.RefName;
import dev.dits.session.Access;
import dev.dits.session.GrantStore;
import dev.dits.session.GuessLimiter;
import dev.dits.session.Invitation;
import dev.dits.session.KeptTicket;
import dev.dits.session.ShareAcceptor;
import dev.dits.session.ShareIdentity;
import java.io.Closeable;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The ways into one share: draws codes and tickets, announces them, lists them and ends them.
 *
 * <p>Codes live here and nowhere else, so they die with the share. Tickets do too, unless the share persists: then they live in the grant store,
 * where the other shares of the repository see them. Safe for use by several threads.
 */
final class Invitations implements Closeable {
    /** Without a tracker that would keep nameplates apart: more characters make a clash on a LAN unlikely. */
    private static final int NAMEPLATE_CHARS = 4;

    /** Draws of a code whose nameplate another share has, of this node or at the tracker. */
    private static final int CODE_TRIES = 16;

    /** What a share invites by. */
    record Parts(
            ShareAcceptor acceptor,
            GrantStore grants,
            GuessLimiter guesses,
            ShareIdentity identity,
            PeerDiscovery discovery,
            int port,
            Supplier<List<String>> addresses,
            InstantSource clock,
            SecureRandom random) {}

    /** One that this share answers to and that is not kept. */
    private record Active(Invite invite, @Nullable JoinCode code, Invitation invitation, Closeable announcement) {}

    private final Parts parts;
    private final ShareOptions options;
    private final ReentrantLock rearming = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Active> active = new LinkedHashMap<>();
    private Active main;

    /** The ticket that belongs to the share itself. */
    private final Ticket ticket;

    /**
     * Draws the share's own code and ticket.
     *
     * @throws IOException if they can not be answered to, announced or kept
     */
    Invitations(Parts parts, ShareOptions options) throws IOException {
        this.parts = parts;
        this.options = options;
        Instant expires = end(options.validFor());
        Access access = Access.toAll(options.readOnly());
        if (options.persist()) {
            KeptTicket kept = keptMain(access, expires);
            this.ticket = kept.ticket(parts.identity(), parts.addresses().get());
            this.main = drawCode(access, null, expires, options.once(), kept.once() ? kept.tag() : null);
        } else {
            this.main = drawCode(access, null, expires, options.once(), null);
            this.ticket = newTicket(expires);
            Invitation invitation = Invitation.of(ticket, access);
            add(
                    ticket,
                    access,
                    options.once() ? invitation.onceWith(main.invitation()) : invitation,
                    expires,
                    options.once());
        }
    }

    private @Nullable Instant end(@Nullable Duration time) {
        // To the second, as it is kept and as tickets say it.
        return time == null
                ? null
                : Instant.ofEpochSecond(parts.clock().instant().plus(time).getEpochSecond());
    }

    /** The kept ticket of the share before this one, if it still says the same; a new one if not. */
    private KeptTicket keptMain(Access access, @Nullable Instant expires) throws IOException {
        Instant now = parts.clock().instant();
        for (KeptTicket known : parts.grants().tickets()) {
            if (known.main()
                    && known.access().equals(access)
                    && known.accessFor() == null
                    && known.once() == options.once()
                    && !known.used()
                    && known.expires() == null
                    && expires == null) {
                return known;
            }
        }
        KeptTicket made = new KeptTicket(
                Ticket.newSecret(parts.random()),
                true,
                options.once(),
                false,
                now.getEpochSecond(),
                expires,
                null,
                access);
        parts.grants().keep(made);
        return made;
    }

    private Ticket newTicket(@Nullable Instant expires) {
        Ticket.Builder builder = Ticket.builder(
                parts.identity().certificate().fingerprint(),
                Ticket.newSecret(parts.random()),
                parts.identity().shareId());
        if (expires != null) {
            builder.expiryEpochSeconds(expires.getEpochSecond());
        }
        parts.addresses().get().stream().limit(Ticket.ADDRESSES_MAX).forEach(builder::address);
        return builder.build();
    }

    /** Draws a code, answers to it, and announces it. */
    private Active drawCode(
            Access access,
            @Nullable Duration accessFor,
            @Nullable Instant expires,
            boolean once,
            byte @Nullable [] keptTag)
            throws IOException {
        for (int tries = 1; ; tries++) {
            JoinCode code = JoinCode.generate(parts.random(), NAMEPLATE_CHARS);
            Invitation invitation = Invitation.of(code, access, expires).lasting(accessFor);
            if (once) {
                invitation = invitation.once();
            }
            if (keptTag != null) {
                invitation = invitation.withKept(keptTag);
            }
            // The nameplate may have been drawn before, by a share that was killed.
            parts.guesses().forget(code.nameplate());
            try {
                parts.acceptor().invite(invitation);
            } catch (IllegalStateException e) {
                if (tries == CODE_TRIES) {
                    throw e;
                }
                continue;
            }
            Closeable announcement;
            byte[] tag = NameplateTag.of(code.nameplate()).toBytes();
            try {
                // So many are taken at no tracker that tells the truth: the LAN, which it does not own, has to do then.
                announcement = tries < CODE_TRIES
                        ? parts.discovery().announceAlone(tag, parts.port())
                        : parts.discovery().announce(tag, parts.port());
            } catch (TagTakenException e) {
                parts.acceptor().withdraw(invitation);
                continue;
            } catch (RuntimeException e) {
                parts.acceptor().withdraw(invitation);
                throw e;
            }
            Invite invite = new Invite(
                    code.nameplate(), Invite.Kind.CODE, code.display(), access.readOnly(), once, false, expires);
            return put(new Active(invite, code, invitation, announcement));
        }
    }

    /** Answers to a ticket that is not kept. */
    private Active add(Ticket one, Access access, Invitation invitation, @Nullable Instant expires, boolean once)
            throws IOException {
        parts.acceptor().invite(invitation);
        return put(new Active(
                new Invite(
                        idOf(Invitation.ticketTag(one.exposeSecret())),
                        Invite.Kind.TICKET,
                        one.encode(),
                        access.readOnly(),
                        once,
                        false,
                        expires),
                null,
                invitation,
                () -> {}));
    }

    private Active put(Active one) {
        lock.lock();
        try {
            active.put(one.invite().id(), one);
            return one;
        } finally {
            lock.unlock();
        }
    }

    static String idOf(byte[] ticketTag) {
        return HexFormat.of().formatHex(ticketTag);
    }

    /** The tag that an id names; null if it names none. */
    static byte @Nullable [] tagOf(String id) {
        boolean hex = id.length() == 2 * Invitation.TICKET_TAG_BYTES && id.matches("[0-9a-f]+");
        return hex ? HexFormat.of().parseHex(id) : null;
    }

    String code() {
        return mainCode().invite().secret();
    }

    /** Whether the present code is known to a tracker. */
    boolean isKnownAfar() {
        return parts.discovery()
                .isKnownAfar(NameplateTag.of(mainCode().invite().id()).toBytes());
    }

    String codeId() {
        return mainCode().invite().id();
    }

    String ticket() {
        return ticket.encode();
    }

    private Active mainCode() {
        lock.lock();
        try {
            return main;
        } finally {
            lock.unlock();
        }
    }

    CodeState state() throws IOException {
        Active current = mainCode();
        if (isUsed(current.invitation())) {
            return CodeState.USED;
        }
        if (current.invitation().isExpired(parts.clock().instant())) {
            return CodeState.EXPIRED;
        }
        return parts.guesses().isLocked(current.invite().id()) ? CodeState.LOCKED : CodeState.OPEN;
    }

    private boolean isUsed(Invitation invitation) throws IOException {
        byte[] tag = invitation.keptTag();
        return invitation.isUsedUp()
                || (tag != null
                        && parts.grants().ticket(tag).map(KeptTicket::used).orElse(false));
    }

    private Access access(InviteOptions asked) {
        asked.branches().forEach(RefName::branch);
        return new Access(
                options.readOnly() || asked.readOnly(),
                asked.branches(),
                asked.paths().stream().map(Invitations::path).toList(),
                null);
    }

    private static TreePath path(String text) {
        TreePath path = TreePath.ofUtf8(text);
        if (path.isRoot()) {
            throw new IllegalArgumentException("an invitation to all of the tree names no paths");
        }
        return path;
    }

    Invite invite(InviteOptions asked) throws IOException {
        Access access = access(asked);
        Instant expires = end(asked.validFor());
        if (asked.kind() == Invite.Kind.CODE) {
            return drawCode(access, asked.accessFor(), expires, asked.once(), null)
                    .invite();
        }
        if (options.persist()) {
            KeptTicket kept = new KeptTicket(
                    Ticket.newSecret(parts.random()),
                    false,
                    asked.once(),
                    false,
                    parts.clock().instant().getEpochSecond(),
                    expires,
                    asked.accessFor(),
                    access);
            parts.grants().keep(kept);
            return invite(kept, parts.identity(), parts.addresses().get());
        }
        Ticket made = newTicket(expires);
        Invitation invitation = Invitation.of(made, access).lasting(asked.accessFor());
        return add(made, access, asked.once() ? invitation.once() : invitation, expires, asked.once())
                .invite();
    }

    static Invite invite(KeptTicket kept, ShareIdentity identity, List<String> addresses) {
        return new Invite(
                idOf(kept.tag()),
                Invite.Kind.TICKET,
                kept.ticket(identity, addresses).encode(),
                kept.access().readOnly(),
                kept.once(),
                kept.used(),
                kept.expires());
    }

    List<Invite> list() throws IOException {
        List<Active> all;
        lock.lock();
        try {
            all = List.copyOf(active.values());
        } finally {
            lock.unlock();
        }
        List<Invite> listed = new ArrayList<>();
        for (Active one : all) {
            Invite invite = one.invite();
            listed.add(new Invite(
                    invite.id(),
                    invite.kind(),
                    invite.secret(),
                    invite.readOnly(),
                    invite.once(),
                    invite.once() && isUsed(one.invitation()),
                    invite.expires()));
        }
        if (options.persist()) {
            List<String> addresses = parts.addresses().get();
            parts.grants().tickets().forEach(kept -> listed.add(invite(kept, parts.identity(), addresses)));
        }
        return List.copyOf(listed);
    }

    boolean withdraw(String id) throws IOException {
        Active one;
        lock.lock();
        try {
            one = active.remove(id);
        } finally {
            lock.unlock();
        }
        if (one != null) {
            end(one);
            return true;
        }
        byte[] tag = tagOf(id);
        return tag != null && options.persist() && parts.grants().forget(tag);
    }

    private void end(Active one) throws IOException {
        one.announcement().close();
        parts.acceptor().withdraw(one.invitation());
        if (one.code() != null) {
            parts.guesses().forget(one.code().nameplate());
        }
    }

    /** Draws a new main code; the one before is dead before the new one is known. */
    String rearm() throws IOException {
        rearming.lock();
        try {
            Active drawn =
                    drawCode(Access.toAll(options.readOnly()), null, end(options.validFor()), options.once(), null);
            Active before;
            lock.lock();
            try {
                before = main;
                main = drawn;
                active.remove(before.invite().id());
            } finally {
                lock.unlock();
            }
            end(before);
            return drawn.invite().secret();
        } finally {
            rearming.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        List<Active> all;
        lock.lock();
        try {
            all = List.copyOf(active.values());
            active.clear();
        } finally {
            lock.unlock();
        }
        for (Active one : all) {
            one.announcement().close();
        }
        for (Active one : all) {
            if (one.code() != null) {
                parts.guesses().forget(one.code().nameplate());
            }
        }
    }
}
