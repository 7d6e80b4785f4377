package dev.dits.cli;

import dev.dits.crypto.InvitationFormatException;
import dev.dits.crypto.JoinCode;
import dev.dits.crypto.Ticket;
import dev.dits.object.Escaper;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What to connect to.
 *
 * @param value as {@link dev.dits.Dits#mount} takes it: code, code@host:port, host:port or ticket
 * @param code the join code, where the value is an address alone
 * @param shown what may stand on a screen or in a CI log: without the secret
 */
record Target(String value, @Nullable String code, String shown) {
    static final String JOIN_CODE = "DITS_JOIN_CODE";
    static final String TICKET = "DITS_TICKET";

    /**
     * Finds out what the user means.
     *
     * @param context for standard input and the environment
     * @param written the argument; {@code -} reads a line; null looks at the environment
     * @param codeOption what {@code --code} says
     * @return the target
     * @throws InvitationFormatException if a code or ticket cannot be one
     * @throws IOException if standard input fails
     */
    static Target resolve(Context context, @Nullable String written, @Nullable String codeOption)
            throws IOException, InvitationFormatException {
        String target = written == null
                ? fromEnvironment(context)
                : written.equals("-")
                        ? context.readLine().orElseThrow(() -> new Usage("standard input has no join code or ticket"))
                        : written.strip();
        Usage.require(!target.isEmpty(), "the target is empty; give a join code, an address or a ticket");
        if (Ticket.looksLikeTicket(target)) {
            Ticket.parse(target);
            return new Target(target, null, "a ticket");
        }
        int at = target.lastIndexOf('@');
        if (at >= 0) {
            JoinCode code = JoinCode.parse(target.substring(0, at));
            String address = target.substring(at + 1);
            requireAddress(address);
            return new Target(code.display() + "@" + address, null, masked(code) + " at " + Escaper.escape(address));
        }
        if (target.indexOf(':') >= 0) {
            requireAddress(target);
            JoinCode code = JoinCode.parse(codeFor(context, target, codeOption));
            return new Target(target, code.display(), Escaper.escape(target));
        }
        JoinCode code = JoinCode.parse(target);
        return new Target(code.display(), null, masked(code));
    }

    private static String fromEnvironment(Context context) {
        return context.variable(TICKET)
                .or(() -> context.variable(JOIN_CODE))
                .map(String::strip)
                .orElseThrow(() -> new Usage("no target: give a join code, an address or a ticket, '-' to read it from"
                        + " standard input, or set " + JOIN_CODE + " or " + TICKET));
    }

    static boolean inEnvironment(Context context) {
        return context.variable(TICKET).or(() -> context.variable(JOIN_CODE)).isPresent();
    }

    private static String codeFor(Context context, String address, @Nullable String codeOption) throws IOException {
        Optional<String> code = Optional.ofNullable(codeOption).or(() -> context.variable(JOIN_CODE));
        if (code.isEmpty()) {
            code = context.ask("Join code of " + Escaper.escape(address) + ": ");
        }
        return code.orElseThrow(() -> new Usage("an address needs the join code too: --code CODE, CODE@" + address
                + ", or " + JOIN_CODE + " in the environment"));
    }

    private static void requireAddress(String address) {
        int colon = address.lastIndexOf(':');
        String host = colon < 0 ? "" : address.substring(0, colon);
        boolean good = !host.isEmpty() && (host.indexOf(':') < 0 || (host.startsWith("[") && host.endsWith("]")));
        try {
            int port = good ? Integer.parseInt(address.substring(colon + 1)) : 0;
            good = port > 0 && port <= 65_535;
        } catch (NumberFormatException e) {
            good = false;
        }
        Usage.require(
                good, "'" + address + "' is no address; write HOST:PORT, such as 192.168.1.100:4433 or [fe80::1]:4433");
    }

    private static String masked(JoinCode code) {
        return code.nameplate() + "-***-***";
    }
}
