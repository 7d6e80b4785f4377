package dev.dits.net;

import java.nio.charset.StandardCharsets;

/**
 * Why a connection ended.
 *
 * @param kind who ended it, or what
 * @param code the error code: the application's for {@link Kind#LOCAL} and {@link Kind#PEER}, a QUIC transport error
 *     (RFC 9000 section 20.1; TLS alerts are 0x100 plus the alert) for {@link Kind#TRANSPORT}, else 0
 * @param text the words that came with it; printable ASCII only, at most {@link #TEXT_BYTES_MAX}
 */
public record CloseReason(Kind kind, long code, String text) {

    /** What is kept, and sent, of the words that come with a close. */
    public static final int TEXT_BYTES_MAX = 256;

    /** Who or what ended a connection. */
    public enum Kind {
        /** This end closed it. */
        LOCAL,
        /** The peer's application closed it. */
        PEER,
        /** The peer's QUIC or TLS refused to go on, for instance because it does not accept our certificate. */
        TRANSPORT,
        /** Nothing was heard of the peer for the idle time-out. */
        IDLE_TIMEOUT
    }

    /** What a peer sends is bytes; only printable ASCII of it survives. */
    public static String printable(byte[] text) {
        int length = Math.min(text.length, TEXT_BYTES_MAX);
        byte[] kept = new byte[length];
        for (int i = 0; i < length; i++) {
            kept[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : (byte) '?';
        }
        return new String(kept, StandardCharsets.US_ASCII);
    }

    @Override
    public String toString() {
        return switch (kind) {
            case LOCAL -> "closed by this end (" + code + " " + text + ")";
            case PEER -> "closed by the peer (" + code + " " + text + ")";
            case TRANSPORT -> "refused by the peer's transport (0x" + Long.toHexString(code) + " " + text + ")";
            case IDLE_TIMEOUT -> "the peer fell silent";
        };
    }
}
