package dev.dits.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Locale;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TicketTest {
    /** Written by an independent implementation of the format; it must never change. */
    private static final String GOLDEN =
            "dits1282j2a42a7368k47at5njlccbf86umlhc3ap6nuncpd7gq4tdbfpsrcydy32262j46b3872p4s"
                    + "dkj8au5eg3u9jzje233a73nckubbf8nyncmcpdplquxdw62262222223smzes22n22webt8ar52dkl7svmnf3n8etjc22ldet52e3k9bl86g3u9av"
                    + "pugkn8jtm83j253n9ax5jgex4ydvngbjq8uv7gar8cy53fps8stbhr7yt36a";

    private static final byte[] FINGERPRINT = range(0x40, 32);
    private static final byte[] SECRET = range(0x10, 16);
    private static final byte[] SHARE_ID = range(0xa0, 16);
    private static final String LOWER = JoinCode.ALPHABET.toLowerCase(Locale.ROOT);

    private static byte[] range(int from, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (from + i);
        }
        return bytes;
    }

    private static Ticket.Builder builder() {
        return Ticket.builder(FINGERPRINT, SECRET, SHARE_ID);
    }

    private static Ticket golden() {
        return builder()
                .expiryEpochSeconds(1_900_000_000L)
                .address("192.0.2.7:4433")
                .address("[2001:db8::7]:4433")
                .tracker("https://tracker.example/")
                .build();
    }

    @Test
    void goldenTicketIsWrittenAndRead() throws Exception {
        assertThat(golden().encode()).isEqualTo(GOLDEN);
        assertThat(golden().encodeUri()).isEqualTo("dits://join/" + GOLDEN);
        Ticket ticket = Ticket.parse(GOLDEN);
        assertThat(ticket).isEqualTo(golden()).hasSameHashCodeAs(golden());
        assertThat(ticket.shareFingerprint()).isEqualTo(FINGERPRINT);
        assertThat(ticket.exposeSecret()).isEqualTo(SECRET);
        assertThat(ticket.shareId()).isEqualTo(SHARE_ID);
        assertThat(ticket.expiryEpochSeconds()).isEqualTo(1_900_000_000L);
        assertThat(ticket.addresses()).containsExactly("192.0.2.7:4433", "[2001:db8::7]:4433");
        assertThat(ticket.tracker()).contains("https://tracker.example/");
    }

    @Test
    void smallestTicketIsRead() throws Exception {
        Ticket ticket = Ticket.parse(builder().build().encode());
        assertThat(ticket.expiryEpochSeconds()).isZero();
        assertThat(ticket.addresses()).isEmpty();
        assertThat(ticket.tracker()).isEmpty();
        assertThat(ticket.isExpired(Instant.MAX)).isFalse();
        assertThat(ticket).isNotEqualTo(golden());
    }

    @Test
    void formsThatNameTheSameTicket() throws Exception {
        for (String form : new String[] {
            "dits://join/" + GOLDEN, GOLDEN.toUpperCase(Locale.ROOT), "DITS://JOIN/" + GOLDEN, "  " + GOLDEN + "\n"
        }) {
            assertThat(Ticket.parse(form)).isEqualTo(golden());
            assertThat(Ticket.looksLikeTicket(form)).isTrue();
        }
        assertThat(Ticket.looksLikeTicket("7KQ-M4T-X9P")).isFalse();
    }

    @Test
    void everySingleChangedCharacterIsFound() {
        for (int at = Ticket.PREFIX.length(); at < GOLDEN.length(); at++) {
            for (char c : LOWER.toCharArray()) {
                if (c != GOLDEN.charAt(at)) {
                    assertRefused(GOLDEN.substring(0, at) + c + GOLDEN.substring(at + 1));
                }
            }
        }
    }

    @Test
    void everySwapLossOrDoublingOfACharacterIsFound() {
        for (int at = Ticket.PREFIX.length(); at < GOLDEN.length(); at++) {
            char c = GOLDEN.charAt(at);
            assertRefused(GOLDEN.substring(0, at) + GOLDEN.substring(at + 1));
            assertRefused(GOLDEN.substring(0, at) + c + GOLDEN.substring(at));
            if (at + 1 < GOLDEN.length() && GOLDEN.charAt(at + 1) != c) {
                assertRefused(GOLDEN.substring(0, at) + GOLDEN.charAt(at + 1) + c + GOLDEN.substring(at + 2));
            }
        }
    }

    @Test
    void changesWithinFiveNeighboursAreFound() {
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            int at = Ticket.PREFIX.length() + random.nextInt(GOLDEN.length() - Ticket.PREFIX.length() - 4);
            StringBuilder changed = new StringBuilder(GOLDEN);
            for (int j = 0; j < 5; j++) {
                changed.setCharAt(at + j, LOWER.charAt(random.nextInt(32)));
            }
            if (!changed.toString().equals(GOLDEN)) {
                assertRefused(changed.toString());
            }
        }
    }

    @Test
    void everyTruncationIsFound() {
        for (int length = 0; length < GOLDEN.length(); length++) {
            assertRefused(GOLDEN.substring(0, length));
        }
    }

    private static void assertRefused(String text) {
        try {
            Ticket.parse(text);
        } catch (InvitationFormatException e) {
            if (text.length() >= 8 && e.getMessage().contains(text.substring(5, 8))) {
                throw new AssertionError("The message repeats the ticket: " + e.getMessage());
            }
            return;
        }
        throw new AssertionError("Accepted " + text);
    }

    /** A ticket with a right checksum around any payload. */
    private static String seal(byte[] payload) {
        CRC32 crc = new CRC32();
        crc.update(payload);
        return "dits1"
                + Base32.encode(ByteBuffer.allocate(payload.length + 4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .put(payload)
                        .putInt((int) crc.getValue())
                        .array());
    }

    private static byte[] record(int tag, byte[] value) {
        return ByteBuffer.allocate(3 + value.length)
                .put((byte) tag)
                .putShort((short) value.length)
                .put(value)
                .array();
    }

    private static byte[] payload(byte[]... afterMandatory) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(1);
        out.writeBytes(record(0x81, FINGERPRINT));
        out.writeBytes(record(0x82, SECRET));
        out.writeBytes(record(0x83, SHARE_ID));
        for (byte[] record : afterMandatory) {
            out.writeBytes(record);
        }
        return out.toByteArray();
    }

    @Test
    void unknownRecordsArePassedOverUnlessCritical() throws Exception {
        Ticket plain = builder().address("a.example:1").build();
        byte[] address = record(0x05, Kdf.ascii("a.example:1"));
        assertThat(Ticket.parse(seal(payload(address, record(0x07, range(0, 9))))))
                .isEqualTo(plain);
        assertThat(Ticket.parse(seal(payload(address, record(0x7f, new byte[0])))))
                .isEqualTo(plain);
        assertMalformed(payload(address, record(0x87, range(0, 9))), "Update");
        // A known number with the other critical bit is another record.
        assertMalformed(payload(record(0x85, Kdf.ascii("a.example:1"))), "Update");
    }

    @Test
    void brokenRecordsAreRefused() {
        byte[] address = record(0x05, Kdf.ascii("a.example:1"));
        byte[] expiry = record(0x84, range(1, 8));
        byte[] tracker = record(0x06, Kdf.ascii("http://t.example"));
        assertMalformed(payload(address, expiry), "order");
        assertMalformed(payload(expiry, expiry), "order");
        assertMalformed(payload(tracker, tracker), "order");
        assertMalformed(payload(record(0x83, SHARE_ID)), "order");
        assertMalformed(payload(record(0x84, new byte[8])), "not positive");
        assertMalformed(payload(record(0x84, new byte[] {-1, 0, 0, 0, 0, 0, 0, 0})), "not positive");
        assertMalformed(payload(record(0x84, new byte[7])), "expiry");
        assertMalformed(payload(record(0x05, new byte[] {(byte) 0xc3, (byte) 0xa9, ':', '1'})), "host:port");
        assertMalformed(payload(new byte[] {5}), "cut short");
        assertMalformed(payload(new byte[] {5, 0}), "cut short");
        assertMalformed(payload(new byte[] {5, 0, 1}), "cut short");
        assertMalformed(payload(new byte[] {5, (byte) 0xff, (byte) 0xff, 1}), "cut short");
        assertMalformed(new byte[] {1}, "lacks");
        assertMalformed(Kdf.concat(new byte[] {1}, record(0x81, new byte[31])), "lacks");
        assertMalformed(
                Kdf.concat(new byte[] {1}, record(0x81, new byte[31]), record(0x82, SECRET), record(0x83, SHARE_ID)),
                "fingerprint");
        byte[] newer = payload();
        newer[0] = 2;
        assertMalformed(newer, "version");
        byte[][] nine = new byte[9][];
        java.util.Arrays.fill(nine, address);
        assertMalformed(payload(nine), "at most 8");
    }

    private static void assertMalformed(byte[] payload, String why) {
        assertThatExceptionOfType(InvitationFormatException.class)
                .isThrownBy(() -> Ticket.parse(seal(payload)))
                .withMessageContaining(why);
    }

    @Test
    void randomRecordsNeverFailOtherwise() {
        Random random = new Random(24);
        for (int i = 0; i < 20_000; i++) {
            byte[] tail = new byte[random.nextInt(40)];
            random.nextBytes(tail);
            try {
                Ticket.parse(seal(payload(tail)));
            } catch (InvitationFormatException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    void lengthIsBoundedOnBothSides() throws Exception {
        // One base32 character past the limit, whatever it says.
        String tooLong = "dits1" + "2".repeat(Ticket.ENCODED_CHARS_MAX - 4);
        assertThatExceptionOfType(InvitationFormatException.class)
                .isThrownBy(() -> Ticket.parse(tooLong))
                .withMessageContaining("longer than 1024");

        // 1,019 characters after the prefix carry 636 bytes: 78 of version, mandatory records and checksum, then the
        // rest.
        String rest = "t".repeat(255 - ":4433".length()) + ":4433";
        String last = "t".repeat(39 - ":4433".length()) + ":4433";
        Ticket longest = builder().address(rest).address(rest).address(last).build();
        assertThat(longest.encode()).hasSize(1023);
        assertThat(Ticket.parse(longest.encodeUri())).isEqualTo(longest);
        Ticket.Builder over = builder().address(rest).address(rest).address("t" + last);
        assertThatIllegalArgumentException().isThrownBy(over::build).withMessageContaining("1025");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host",
                "host:",
                ":1",
                "host:0",
                "host:65536",
                "host:01",
                "host:99999",
                "a b:1",
                "a\nb:1",
                "h\u00e9:1",
                "::1:4433",
                "[::1]",
                "[::1]4433",
                "[gg]:1",
                "http://host:1",
                "user@host:1",
                "host:1/"
            })
    void addressesAreHostAndPort(String address) {
        assertThatIllegalArgumentException().isThrownBy(() -> builder().address(address));
    }

    @Test
    void addressesOfEveryKindAreTaken() throws Exception {
        Ticket ticket = builder()
                .address("box.example:1")
                .address("198.51.100.2:65535")
                .address("[::1]:4433")
                .address("[fe80::1%eth0]:4433")
                .build();
        assertThat(Ticket.parse(ticket.encode()).addresses()).isEqualTo(ticket.addresses());
        assertThatIllegalArgumentException().isThrownBy(() -> builder().address("t".repeat(251) + ":4433"));
        Ticket.Builder full = builder();
        for (int i = 0; i < Ticket.ADDRESSES_MAX; i++) {
            full.address("a:1");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> full.address("a:1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "tracker.example",
                "ftp://tracker.example",
                "http:///x",
                "https://me:secret@tracker.example",
                "https://t.example/ x",
                "https://t\u00e9.example",
                "javascript:alert(1)"
            })
    void trackersAreHttpUrlsWithoutUser(String url) {
        assertThatIllegalArgumentException().isThrownBy(() -> builder().tracker(url));
    }

    @Test
    void expiryIsReachedAtItsSecond() {
        Ticket ticket = builder().expiryEpochSeconds(100).build();
        assertThat(ticket.isExpired(Instant.ofEpochSecond(99, 999_999_999))).isFalse();
        assertThat(ticket.isExpired(Instant.ofEpochSecond(100))).isTrue();
        assertThatIllegalArgumentException().isThrownBy(() -> builder().expiryEpochSeconds(-1));
    }

    @Test
    void partsHaveTheirLengths() {
        assertThatIllegalArgumentException().isThrownBy(() -> Ticket.builder(new byte[31], SECRET, SHARE_ID));
        assertThatIllegalArgumentException().isThrownBy(() -> Ticket.builder(FINGERPRINT, new byte[15], SHARE_ID));
        assertThatIllegalArgumentException().isThrownBy(() -> Ticket.builder(FINGERPRINT, SECRET, new byte[17]));
        assertThat(Ticket.newSecret(new SeededRandom(1)))
                .hasSize(Ticket.SECRET_BYTES)
                .isNotEqualTo(Ticket.newSecret(new SeededRandom(2)));
    }

    @Test
    void base32HasOneEncodingForEachByteString() throws Exception {
        Random random = new Random(32);
        for (int length = 0; length < 40; length++) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            String text = Base32.encode(bytes);
            assertThat(Base32.decode(text)).isEqualTo(bytes);
        }
        int accepted = 0;
        for (int i = 0; i < 5_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(20); length > 0; length--) {
                text.append(LOWER.charAt(random.nextInt(32)));
            }
            try {
                assertThat(Base32.encode(Base32.decode(text.toString()))).isEqualTo(text.toString());
                accepted++;
            } catch (InvitationFormatException e) {
                assertThat(e).isNotNull();
            }
        }
        assertThat(accepted).isBetween(500, 4_500);
        // One character carries no byte, however zero it is.
        assertThatExceptionOfType(InvitationFormatException.class).isThrownBy(() -> Base32.decode("2"));
        assertThatExceptionOfType(InvitationFormatException.class).isThrownBy(() -> Base32.decode("2222222\u212a"));
    }
}
