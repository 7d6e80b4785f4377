package dev.dits.crypto;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A ticket {@code dits1...}: all that a mount needs to reach and join one share without asking anybody. It may also be written
 * {@code dits://join/dits1...}.
 *
 * <h2>Format</h2>
 *
 * <p>{@code dits1}, then base32 (five bits a character, most significant first, alphabet
 * {@code 23456789abcdefghjklmnpqrstuvwxyz}, left-over bits zero, capitals read alike) of:
 *
 * <pre>
 * version      1 byte, 1
 * records      in ascending order of their numbers:
 *   tag          1 byte: bit 7 critical, bits 0-6 number
 *   length       2 bytes, big-endian
 *   value
 * checksum     4 bytes, little-endian: CRC-32 (as in IEEE 802.3 and zlib) of all bytes before
 *
 * number  tag   value
 * 1       0x81  SHA-256 of the share's certificate in DER, 32 bytes
 * 2       0x82  secret, 16 bytes
 * 3       0x83  share id, 16 bytes
 * 4       0x84  expiry, seconds since 1970-01-01T00:00:00Z, 8 bytes, big-endian, positive; absent: never expires
 * 5       0x05  address, host:port in ASCII; up to 8 records
 * 6       0x06  URL of a tracker, http or https, in ASCII; absent: none
 * </pre>
 *
 * <p>Records 1 to 3 must be there; only record 5 may repeat. A reader refuses an unknown critical record, which says "do not
 * join unless you understand this", and passes over any other. The checksum finds typing and copying mistakes, among them every
 * change within five neighbouring characters; it protects from nobody who means harm, which is what SPAKE2 and the fingerprint
 * are for.
 *
 * <p>Immutable and safe for several threads. {@link #encode()} and {@link #exposeSecret()} are secrets; {@link #toString()} is
 * not.
 */
public final class Ticket {
    /** Length of the secret in bytes. */
    public static final int SECRET_BYTES = 16;

    /** Length of a share id in bytes. */
    public static final int SHARE_ID_BYTES = 16;

    /** The most addresses in a ticket. */
    public static final int ADDRESSES_MAX = 8;

    /** The longest address or tracker URL in bytes. */
    public static final int TEXT_BYTES_MAX = 255;

    /** The longest ticket in characters, from {@code dits1} on. */
    public static final int ENCODED_CHARS_MAX = 1024;

    /** What every ticket begins with. */
    public static final String PREFIX = "dits1";

    /** What a ticket written as a URI begins with, before {@link #PREFIX}. */
    public static final String URI_PREFIX = "dits://join/";

    private static final int VERSION = 1;
    private static final int CHECKSUM_BYTES = 4;
    private static final int CRITICAL = 0x80;
    private static final int TAG_FINGERPRINT = 0x81;
    private static final int TAG_SECRET = 0x82;
    private static final int TAG_SHARE_ID = 0x83;
    private static final int TAG_EXPIRY = 0x84;
    private static final int TAG_ADDRESS = 0x05;
    private static final int TAG_TRACKER = 0x06;

    /** Name, IPv4 address or bracketed IPv6 address with an optional zone; then a port. */
    private static final Pattern ADDRESS =
            Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?]):([1-9][0-9]{0,4})");

    private final byte[] fingerprint;
    private final byte[] secret;
    private final byte[] shareId;
    private final long expiryEpochSeconds;
    private final List<String> addresses;
    private final @Nullable String tracker;
    private final String encoded;

    private Ticket(Builder builder) {
        this.fingerprint = builder.fingerprint;
        this.secret = builder.secret;
        this.shareId = builder.shareId;
        this.expiryEpochSeconds = builder.expiryEpochSeconds;
        this.addresses = List.copyOf(builder.addresses);
        this.tracker = builder.tracker;
        this.encoded = PREFIX + Base32.encode(withChecksum(payload()));
        if (encoded.length() > ENCODED_CHARS_MAX) {
            throw new IllegalArgumentException("The ticket would have " + encoded.length() + " characters; "
                    + ENCODED_CHARS_MAX + " is the most. Leave out some addresses");
        }
    }

    /**
     * Draws the secret for a ticket.
     *
     * @param random where it comes from
     * @return {@value #SECRET_BYTES} bytes
     */
    public static byte[] newSecret(SecureRandom random) {
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        return secret;
    }

    /**
     * Begins a ticket.
     *
     * @param shareFingerprint SHA-256 of the share's certificate in DER, 32 bytes
     * @param secret {@value #SECRET_BYTES} bytes from {@link #newSecret}
     * @param shareId which share at its address is meant, {@value #SHARE_ID_BYTES} bytes
     * @return a builder for the rest
     * @throws IllegalArgumentException if a length is wrong
     */
    public static Builder builder(byte[] shareFingerprint, byte[] secret, byte[] shareId) {
        return new Builder(shareFingerprint, secret, shareId);
    }

    /**
     * Whether a target that a user named should be read as a ticket.
     *
     * @param target what the user typed
     * @return whether it begins like one
     */
    public static boolean looksLikeTicket(String target) {
        String trimmed = target.strip();
        return startsWith(trimmed, URI_PREFIX) || startsWith(trimmed, PREFIX);
    }

    private static boolean startsWith(String text, String prefix) {
        return text.regionMatches(true, 0, prefix, 0, prefix.length());
    }

    /**
     * Reads a ticket, with or without {@link #URI_PREFIX}; white space around it does not matter. Whether it has expired is not
     * looked at.
     *
     * @param text the ticket
     * @return what it says
     * @throws InvitationFormatException if it is damaged, longer than {@value #ENCODED_CHARS_MAX} characters, breaks the format,
     *     or needs a newer version; the message repeats no part of it
     */
    public static Ticket parse(String text) throws InvitationFormatException {
        String ticket = text.strip();
        if (startsWith(ticket, URI_PREFIX)) {
            ticket = ticket.substring(URI_PREFIX.length());
        }
        if (!startsWith(ticket, PREFIX)) {
            throw new InvitationFormatException("A ticket begins with " + PREFIX);
        }
        if (ticket.length() > ENCODED_CHARS_MAX) {
            throw new InvitationFormatException("The ticket is longer than " + ENCODED_CHARS_MAX + " characters");
        }
        byte[] bytes = Base32.decode(ticket.substring(PREFIX.length()));
        if (bytes.length <= CHECKSUM_BYTES) {
            throw new InvitationFormatException("The ticket is cut short. Copy it again, all of it");
        }
        ByteBuffer payload = ByteBuffer.wrap(bytes, 0, bytes.length - CHECKSUM_BYTES);
        if (!MessageDigest.isEqual(bytes, withChecksum(Arrays.copyOf(bytes, payload.limit())))) {
            throw new InvitationFormatException("The ticket is damaged. Copy it again, all of it");
        }
        if (payload.get() != VERSION) {
            throw new InvitationFormatException(
                    "The ticket is of a version that this program does not know. Update it");
        }
        try {
            return readRecords(payload).build();
        } catch (IllegalArgumentException e) {
            // The builder's messages name the field and no content.
            throw new InvitationFormatException("The ticket is malformed: " + e.getMessage());
        }
    }

    private static Builder readRecords(ByteBuffer payload) throws InvitationFormatException {
        byte[] fingerprint = null;
        byte[] secret = null;
        byte[] shareId = null;
        long expiry = 0;
        String tracker = null;
        List<String> addresses = new ArrayList<>();
        int last = 0;
        while (payload.hasRemaining()) {
            int tag = payload.get() & 0xff;
            int number = tag & ~CRITICAL;
            if (number < last || (number == last && tag != TAG_ADDRESS)) {
                throw new InvitationFormatException("The ticket is malformed: its records are not in order");
            }
            last = number;
            byte[] value = readValue(payload);
            switch (tag) {
                case TAG_FINGERPRINT -> fingerprint = value;
                case TAG_SECRET -> secret = value;
                case TAG_SHARE_ID -> shareId = value;
                case TAG_EXPIRY -> {
                    Kdf.requireLength(value, Long.BYTES, "expiry");
                    expiry = ByteBuffer.wrap(value).getLong();
                    if (expiry <= 0) {
                        throw new InvitationFormatException("The ticket is malformed: its expiry is not positive");
                    }
                }
                case TAG_ADDRESS -> addresses.add(text(value));
                case TAG_TRACKER -> tracker = text(value);
                default -> {
                    if ((tag & CRITICAL) != 0) {
                        throw new InvitationFormatException(
                                "The ticket asks for something that this program does not know. Update it");
                    }
                }
            }
        }
        if (fingerprint == null || secret == null || shareId == null) {
            throw new InvitationFormatException("The ticket is malformed: it lacks a fingerprint, secret or share id");
        }
        Builder builder = builder(fingerprint, secret, shareId).expiryEpochSeconds(expiry);
        addresses.forEach(builder::address);
        return tracker == null ? builder : builder.tracker(tracker);
    }

    private static byte[] readValue(ByteBuffer payload) throws InvitationFormatException {
        if (payload.remaining() < Short.BYTES) {
            throw new InvitationFormatException("The ticket is malformed: a record is cut short");
        }
        int length = payload.getShort() & 0xffff;
        if (length > payload.remaining()) {
            throw new InvitationFormatException("The ticket is malformed: a record is cut short");
        }
        byte[] value = new byte[length];
        payload.get(value);
        return value;
    }

    /** One character a byte, so that what is no ASCII stays visible to the checks of the builder. */
    private static String text(byte[] value) {
        return new String(value, StandardCharsets.ISO_8859_1);
    }

    private byte[] payload() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(VERSION);
        record(out, TAG_FINGERPRINT, fingerprint);
        record(out, TAG_SECRET, secret);
        record(out, TAG_SHARE_ID, shareId);
        if (expiryEpochSeconds != 0) {
            record(
                    out,
                    TAG_EXPIRY,
                    ByteBuffer.allocate(Long.BYTES).putLong(expiryEpochSeconds).array());
        }
        for (String address : addresses) {
            record(out, TAG_ADDRESS, Kdf.ascii(address));
        }
        if (tracker != null) {
            record(out, TAG_TRACKER, Kdf.ascii(tracker));
        }
        return out.toByteArray();
    }

    private static void record(ByteArrayOutputStream out, int tag, byte[] value) {
        out.write(tag);
        out.write(value.length >>> 8);
        out.write(value.length);
        out.writeBytes(value);
    }

    /**
     * A CRC rather than a shortened hash: it finds every change that spans at most 32 bits, not only nearly every one. Its bits
     * run from the least significant up, hence little-endian, so that this holds across the seam as well.
     */
    private static byte[] withChecksum(byte[] payload) {
        CRC32 crc = new CRC32();
        crc.update(payload);
        return ByteBuffer.allocate(payload.length + CHECKSUM_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(payload)
                .putInt((int) crc.getValue())
                .array();
    }

    /**
     * The certificate that the share must show in TLS.
     *
     * @return SHA-256 of it in DER, a fresh array of 32 bytes
     */
    public byte[] shareFingerprint() {
        return fingerprint.clone();
    }

    /**
     * The secret, for deriving the password and for a share's store of its tickets.
     *
     * @return a fresh array of {@value #SECRET_BYTES} bytes
     */
    public byte[] exposeSecret() {
        return secret.clone();
    }

    /**
     * Which share is meant.
     *
     * @return a fresh array of {@value #SHARE_ID_BYTES} bytes
     */
    public byte[] shareId() {
        return shareId.clone();
    }

    /**
     * When the ticket ceases to be good for joining.
     *
     * @return seconds since 1970-01-01T00:00:00Z, or 0 for never
     */
    public long expiryEpochSeconds() {
        return expiryEpochSeconds;
    }

    /**
     * Whether the ticket has expired. The share decides by its own clock; a mount asks in order to fail early.
     *
     * @param now the time by the caller's clock
     * @return whether the expiry has been reached
     */
    public boolean isExpired(Instant now) {
        return expiryEpochSeconds != 0 && now.getEpochSecond() >= expiryEpochSeconds;
    }

    /**
     * Where the share may be reached, best first.
     *
     * @return up to {@value #ADDRESSES_MAX} times {@code host:port}, IPv6 addresses in brackets; unmodifiable
     */
    public List<String> addresses() {
        return addresses;
    }

    /**
     * The tracker that can help to reach the share.
     *
     * @return its URL, if there is one
     */
    public Optional<String> tracker() {
        return Optional.ofNullable(tracker);
    }

    /**
     * The ticket as text. Whoever has it can join: show it to the user and to nobody else.
     *
     * @return {@code dits1...}, at most {@value #ENCODED_CHARS_MAX} characters
     */
    public String encode() {
        return encoded;
    }

    /**
     * The ticket as a URI. As secret as {@link #encode()}.
     *
     * @return {@code dits://join/dits1...}
     */
    public String encodeUri() {
        return URI_PREFIX + encoded;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Ticket that
                && MessageDigest.isEqual(secret, that.secret)
                && Arrays.equals(fingerprint, that.fingerprint)
                && Arrays.equals(shareId, that.shareId)
                && expiryEpochSeconds == that.expiryEpochSeconds
                && addresses.equals(that.addresses)
                && Objects.equals(tracker, that.tracker);
    }

    /** Of the public parts alone. */
    @Override
    public int hashCode() {
        return Arrays.hashCode(fingerprint) * 31 + Arrays.hashCode(shareId);
    }

    @Override
    public String toString() {
        return "Ticket[share " + HexFormat.of().formatHex(shareId, 0, 4) + ", " + addresses.size()
                + " addresses, secret hidden]";
    }

    /** Collects what a ticket says. Not for use by several threads. */
    public static final class Builder {
        private final byte[] fingerprint;
        private final byte[] secret;
        private final byte[] shareId;
        private final List<String> addresses = new ArrayList<>();
        private long expiryEpochSeconds;
        private @Nullable String tracker;

        private Builder(byte[] fingerprint, byte[] secret, byte[] shareId) {
            Kdf.requireLength(fingerprint, PeerCertificate.FINGERPRINT_BYTES, "fingerprint");
            Kdf.requireLength(secret, SECRET_BYTES, "ticket's secret");
            Kdf.requireLength(shareId, SHARE_ID_BYTES, "share id");
            this.fingerprint = fingerprint.clone();
            this.secret = secret.clone();
            this.shareId = shareId.clone();
        }

        /**
         * Sets when the ticket ceases to be good for joining; never, unless set.
         *
         * @param epochSeconds seconds since 1970-01-01T00:00:00Z, or 0 for never
         * @return this
         * @throws IllegalArgumentException if negative
         */
        public Builder expiryEpochSeconds(long epochSeconds) {
            if (epochSeconds < 0) {
                throw new IllegalArgumentException("an expiry is not negative");
            }
            this.expiryEpochSeconds = epochSeconds;
            return this;
        }

        /**
         * Adds an address, best first.
         *
         * @param hostAndPort such as {@code 192.0.2.7:4433}, {@code [2001:db8::7]:4433} or {@code box.example:4433}
         * @return this
         * @throws IllegalArgumentException if it is not of this form, is longer than {@value #TEXT_BYTES_MAX} bytes, or
         *     {@value #ADDRESSES_MAX} are there already
         */
        public Builder address(String hostAndPort) {
            Matcher matcher = ADDRESS.matcher(hostAndPort);
            if (hostAndPort.length() > TEXT_BYTES_MAX
                    || !matcher.matches()
                    || Integer.parseInt(matcher.group(1)) > 0xffff) {
                throw new IllegalArgumentException(
                        "an address is host:port, at most " + TEXT_BYTES_MAX + " characters of ASCII");
            }
            if (addresses.size() == ADDRESSES_MAX) {
                throw new IllegalArgumentException("a ticket has at most " + ADDRESSES_MAX + " addresses");
            }
            addresses.add(hostAndPort);
            return this;
        }

        /**
         * Sets the tracker.
         *
         * @param url its URL: http or https, with a host, without user or password
         * @return this
         * @throws IllegalArgumentException if it is not of this form, or longer than {@value #TEXT_BYTES_MAX} bytes
         */
        public Builder tracker(String url) {
            if (url.length() > TEXT_BYTES_MAX || !isTrackerUrl(url)) {
                throw new IllegalArgumentException(
                        "a tracker is an http or https URL of at most " + TEXT_BYTES_MAX + " characters of ASCII");
            }
            this.tracker = url;
            return this;
        }

        private static boolean isTrackerUrl(String url) {
            if (!url.chars().allMatch(c -> c > ' ' && c <= '~')) {
                return false;
            }
            try {
                URI uri = new URI(url);
                return ("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))
                        && uri.getHost() != null
                        && uri.getUserInfo() == null;
            } catch (URISyntaxException e) {
                return false;
            }
        }

        /**
         * Makes the ticket.
         *
         * @return the ticket
         * @throws IllegalArgumentException if it would be longer than {@value #ENCODED_CHARS_MAX} characters
         */
        public Ticket build() {
            return new Ticket(this);
        }

        @Override
        public String toString() {
            return "Ticket.Builder[secret hidden]";
        }
    }
}
