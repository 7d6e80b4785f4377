package dev.dits.connect;

import dev.dits.crypto.InvitationFormatException;
import dev.dits.crypto.JoinCode;
import dev.dits.crypto.Ticket;
import dev.dits.discovery.Candidate;
import dev.dits.error.DitsException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** What a user names to connect to: {@code CODE}, {@code CODE@HOST:PORT}, {@code HOST:PORT} with a code apart, or a ticket. */
public sealed interface Target {
    /** Port that is meant where an address names none. */
    int DEFAULT_PORT = 4433;

    /**
     * A join code, and where the share may be; without addresses only discovery can find it.
     *
     * @param code the code
     * @param addresses where to look beside discovery
     */
    record ByCode(JoinCode code, List<InetSocketAddress> addresses) implements Target {}

    /**
     * A ticket, which knows its addresses.
     *
     * @param ticket the ticket
     * @param addresses its addresses, resolved
     */
    record ByTicket(Ticket ticket, List<InetSocketAddress> addresses) implements Target {}

    /**
     * Parses what a user typed.
     *
     * @param text code, address or ticket
     * @param code the code, where the text is an address alone; null for none
     * @return the target
     * @throws DitsException if it is none of these; the message does not repeat the text, which may hold a secret
     */
    static Target parse(String text, @Nullable String code) throws DitsException {
        String trimmed = text.trim();
        try {
            if (Ticket.looksLikeTicket(trimmed)) {
                Ticket ticket = Ticket.parse(trimmed);
                return new ByTicket(ticket, resolveAll(ticket.addresses()));
            }
            int at = trimmed.lastIndexOf('@');
            if (at >= 0) {
                return new ByCode(JoinCode.parse(trimmed.substring(0, at)), resolve(trimmed.substring(at + 1)));
            }
            if (isAddress(trimmed)) {
                if (code == null || code.isBlank()) {
                    throw new DitsException("an address alone does not let you in; give the join code too, as"
                            + " CODE@HOST:PORT, or as the code option");
                }
                return new ByCode(JoinCode.parse(code), resolve(trimmed));
            }
            return new ByCode(JoinCode.parse(trimmed), List.of());
        } catch (InvitationFormatException e) {
            throw new DitsException("that is no join code, address or ticket: " + e.getMessage(), e);
        }
    }

    private static boolean isAddress(String text) {
        return text.indexOf(':') >= 0 || text.indexOf('.') >= 0 || text.startsWith("[");
    }

    /**
     * Resolves addresses that were kept or that a ticket names; what means nothing here is left out.
     *
     * @param addresses each {@code host:port}
     * @return the resolved ones, in their order
     */
    static List<InetSocketAddress> resolveAll(List<String> addresses) {
        List<InetSocketAddress> all = new ArrayList<>();
        for (String address : addresses) {
            try {
                all.addAll(resolve(address));
            } catch (DitsException e) {
                // There are several, and this one does not spoil the others; nobody is asked for a host that is not
                // there.
                LoggerFactory.getLogger(Target.class).debug("an address was left out: {}", e.getMessage());
            }
        }
        return List.copyOf(all);
    }

    /** Resolves {@code host}, {@code host:port}, {@code [v6]} or {@code [v6]:port} to all its addresses. */
    private static List<InetSocketAddress> resolve(String address) throws DitsException {
        String host = address;
        int port = DEFAULT_PORT;
        int colon = address.lastIndexOf(':');
        boolean bracketed = address.startsWith("[");
        boolean hasPort = bracketed ? address.contains("]:") : colon >= 0 && address.indexOf(':') == colon;
        if (hasPort) {
            host = address.substring(0, colon);
            try {
                port = Integer.parseInt(address.substring(colon + 1));
            } catch (NumberFormatException e) {
                port = -1;
            }
            if (port < 1 || port > 65_535) {
                throw new DitsException("the port of an address lies within 1 and 65535");
            }
        }
        if (bracketed && host.indexOf(']') != host.length() - 1) {
            throw new DitsException("an IPv6 address in brackets looks like [2001:db8::1]:4433");
        }
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isBlank()) {
            // The platform would take it for this machine.
            throw new DitsException("the address names no host; it looks like HOST:PORT");
        }
        try {
            List<InetSocketAddress> all = new ArrayList<>();
            for (InetAddress one : InetAddress.getAllByName(host)) {
                // Refuses what is nobody's address: unspecified, multicast, broadcast.
                all.add(Candidate.of(new InetSocketAddress(one, port), Candidate.Source.KNOWN)
                        .address());
            }
            return all;
        } catch (IllegalArgumentException e) {
            throw new DitsException(
                    "that address belongs to no single machine; give the address of the one that shares", e);
        } catch (UnknownHostException e) {
            throw new DitsException("the host of that address can not be found; check its spelling", e);
        }
    }
}
