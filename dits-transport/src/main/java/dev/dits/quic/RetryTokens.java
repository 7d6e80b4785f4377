package dev.dits.quic;

import dev.dits.net.CarriedAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.quic.QuicTokenHandler;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Predicate;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Address validation by Retry (RFC 9000 section 8.1.2): a server keeps nothing of a client until the client has shown
 * that it receives at the address it sends from.
 *
 * <p>Token: {@code 8 bytes expiry in ms, 32 bytes HMAC-SHA-256, original destination connection id}; the MAC covers the
 * expiry, the client's address and port, and the connection id. The key is random and lives as long as the node.
 * Runs on the event loop only.
 */
final class RetryTokens implements QuicTokenHandler {
    /** A client answers a Retry at once; this leaves room for a few lost packets on a slow path. */
    static final Duration LIFETIME = Duration.ofSeconds(10);

    private static final int EXPIRY_BYTES = 8;
    private static final int MAC_BYTES = 32;
    private static final int CONNECTION_ID_BYTES_MAX = 20;

    /** Longest token. */
    static final int TOKEN_BYTES_MAX = EXPIRY_BYTES + MAC_BYTES + CONNECTION_ID_BYTES_MAX;

    private final InstantSource clock;
    private final Predicate<InetSocketAddress> admission;
    private final Mac mac;

    /**
     * @param clock dates tokens
     * @param key of the MAC, 32 random bytes
     * @param admission asked once an address is valid, before any state is made for it
     */
    RetryTokens(InstantSource clock, byte[] key, Predicate<InetSocketAddress> admission) {
        this.clock = clock;
        this.admission = admission;
        try {
            this.mac = Mac.getInstance("HmacSHA256");
            this.mac.init(new SecretKeySpec(key, "HmacSHA256"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    static byte[] newKey() {
        byte[] key = new byte[MAC_BYTES];
        new SecureRandom().nextBytes(key);
        return key;
    }

    @Override
    public boolean writeToken(ByteBuf out, ByteBuf originalId, InetSocketAddress address) {
        if (CarriedAddress.is(address) && admission.test(address)) {
            // Nobody forges the address of a route: a Retry would prove nothing, and take a round trip of two lines to
            // the relay.
            return false;
        }
        long expiry = clock.instant().plus(LIFETIME).toEpochMilli();
        byte[] id = ByteBufUtil.getBytes(originalId);
        out.writeLong(expiry).writeBytes(sign(expiry, id, address)).writeBytes(id);
        return true;
    }

    @Override
    public int validateToken(ByteBuf token, InetSocketAddress address) {
        return isGenuine(token, address) && admission.test(address) ? EXPIRY_BYTES + MAC_BYTES : -1;
    }

    /** Whether this node gave a token to an address not long ago. Changes nothing, admits nobody. */
    boolean isGenuine(ByteBuf token, InetSocketAddress address) {
        int idOffset = EXPIRY_BYTES + MAC_BYTES;
        int length = token.readableBytes();
        if (length < idOffset || length > TOKEN_BYTES_MAX) {
            return false;
        }
        int start = token.readerIndex();
        long expiry = token.getLong(start);
        byte[] signature = ByteBufUtil.getBytes(token, start + EXPIRY_BYTES, MAC_BYTES);
        byte[] id = ByteBufUtil.getBytes(token, start + idOffset, length - idOffset);
        return MessageDigest.isEqual(signature, sign(expiry, id, address))
                && clock.instant().toEpochMilli() <= expiry;
    }

    private byte[] sign(long expiry, byte[] id, InetSocketAddress address) {
        byte[] host = address.getAddress().getAddress();
        for (int shift = 56; shift >= 0; shift -= 8) {
            mac.update((byte) (expiry >>> shift));
        }
        mac.update((byte) host.length);
        mac.update(host);
        mac.update((byte) (address.getPort() >>> 8));
        mac.update((byte) address.getPort());
        return mac.doFinal(id);
    }

    @Override
    public int maxTokenLength() {
        return TOKEN_BYTES_MAX;
    }
}
