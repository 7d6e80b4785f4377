package dev.dits.crypto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.bouncycastle.math.ec.ECPoint;

/**
 * What a person pastes, and the points of SPAKE2. The input: {@code which u8}, then a join code as UTF-8 (0), a ticket as ISO 8859-1 (1), a ticket's payload, to which
 * the checksum and base32 are added (2), base32 (3), a point (4).
 */
public final class InvitationFuzzTarget {
    private InvitationFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] bytes = Arrays.copyOfRange(input, 1, input.length);
        switch (input[0] & 7) {
            case 0 -> code(new String(bytes, StandardCharsets.UTF_8));
            case 1 -> ticket(new String(bytes, StandardCharsets.ISO_8859_1));
            case 2 -> payload(bytes);
            case 3 -> base32(new String(bytes, StandardCharsets.ISO_8859_1));
            default -> point(bytes);
        }
    }

    private static void code(String text) {
        boolean looks = JoinCode.looksLikeCode(text);
        JoinCode code;
        try {
            code = JoinCode.parse(text);
        } catch (InvitationFormatException e) {
            repeatsNothing(e, text);
            return;
        }
        check(looks, "a code does not look like one");
        check(JoinCode.isNameplate(code.nameplate()), "a nameplate that is none");
        check(code.exposeSecret().length == JoinCode.SECRET_CHARS, "a secret of another length");
        try {
            check(JoinCode.parse(code.display()).equals(code), "a code reads back otherwise");
        } catch (InvitationFormatException e) {
            throw new AssertionError("a code is not read back", e);
        }
        String secret = new String(code.exposeSecret(), StandardCharsets.US_ASCII);
        check(!code.toString().replace(code.nameplate(), "").contains(secret), "a secret is shown");
    }

    private static void ticket(String text) {
        Ticket ticket;
        try {
            ticket = Ticket.parse(text);
        } catch (InvitationFormatException e) {
            repeatsNothing(e, text);
            return;
        }
        check(Ticket.looksLikeTicket(text), "a ticket does not look like one");
        check(ticket.addresses().size() <= Ticket.ADDRESSES_MAX, "a ticket of too many addresses");
        check(ticket.encode().length() <= Ticket.ENCODED_CHARS_MAX, "a ticket is too long");
        check(ticket.shareId().length == Ticket.SHARE_ID_BYTES, "a share id of another length");
        check(ticket.exposeSecret().length == Ticket.SECRET_BYTES, "a secret of another length");
        check(ticket.expiryEpochSeconds() >= 0, "a negative expiry");
        for (String written : new String[] {ticket.encode(), ticket.encodeUri()}) {
            try {
                check(Ticket.parse(written).equals(ticket), "a ticket reads back otherwise");
            } catch (InvitationFormatException e) {
                throw new AssertionError("a ticket is not read back", e);
            }
        }
    }

    private static void payload(byte[] payload) {
        CRC32 crc = new CRC32();
        crc.update(payload);
        byte[] whole = ByteBuffer.allocate(payload.length + 4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(payload)
                .putInt((int) crc.getValue())
                .array();
        ticket(Ticket.PREFIX + Base32.encode(whole));
    }

    private static void base32(String text) {
        byte[] bytes;
        try {
            bytes = Base32.decode(text);
        } catch (InvitationFormatException e) {
            return;
        }
        check(Base32.encode(bytes).equalsIgnoreCase(text), "base32 has two forms");
    }

    private static void point(byte[] bytes) {
        ECPoint point;
        try {
            point = P256.decode(bytes);
        } catch (GeneralSecurityException e) {
            return;
        }
        check(point.isValid() && !point.isInfinity(), "a point that is not on the curve");
        check(Arrays.equals(P256.encode(point), bytes), "a point has two forms");
    }

    /** A refusal goes to logs and screens; the text may be a secret with a typing error. */
    private static void repeatsNothing(InvitationFormatException e, String text) {
        String secret = text.strip();
        check(secret.length() < 9 || !e.getMessage().contains(secret), "a refusal repeats what was typed");
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
