package dev.dits.session;

import dev.dits.crypto.PeerCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;

/**
 * The files that a share and a mount keep of their sessions, damaged or made by somebody else. The input: {@code which u8}, then the file: a mount's session (0), its middle
 * cut out so that the certificate is a good one (1), a share's grants (2),
 * its guesses (3), its identity (4).
 *
 * <p>They are read or refused by {@link IOException}.
 */
public final class SessionFilesFuzzTarget {
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
    private static final Path FILE = file();
    private static final byte[] CERTIFICATE = certificate();

    private SessionFilesFuzzTarget() {}

    private static Path file() {
        try {
            Path memory = Path.of("/dev/shm");
            Path file = Files.isWritable(memory)
                    ? Files.createTempFile(memory, "dits-fuzz", "")
                    : Files.createTempFile("dits-fuzz", "");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static byte[] certificate() {
        try {
            return PeerCertificate.generate(new SecureRandom()).toBytes();
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] file = Arrays.copyOfRange(input, 1, input.length);
        try {
            switch (input[0] & 7) {
                case 0 -> session(file);
                case 1 -> session(withCertificate(file));
                case 2 -> grants(file);
                case 3 -> guesses(file);
                default -> identity(file);
            }
        } catch (IOException e) {
            return;
        }
    }

    private static byte[] withCertificate(byte[] file) {
        int before = Math.min(file.length, 1 + 16 + 16 + 32);
        dev.dits.object.ByteWriter out = new dev.dits.object.ByteWriter();
        out.raw(file, 0, before).bytes(CERTIFICATE).raw(file, before, file.length - before);
        return out.toBytes();
    }

    private static void session(byte[] file) throws IOException {
        Files.write(FILE, file);
        StoredSession session = StoredSession.read(FILE).orElseThrow();
        check(session.addresses().size() <= StoredSession.ADDRESSES_MAX, "too many addresses");
        check(session.reachedAt("127.0.0.1:1").addresses().get(0).equals("127.0.0.1:1"), "an address is not put first");
    }

    private static void grants(byte[] file) throws IOException {
        Files.write(FILE, file);
        GrantStore store = GrantStore.open(FILE);
        for (Grant grant : store.list()) {
            check(store.find(grant.sessionId()).isPresent(), "a grant is not found again");
            check(grant.toString() != null, "a grant can not be shown");
            check(grant.access().isExpired(Instant.MAX) == (grant.access().expires() != null), "a grant never ends");
        }
    }

    private static void guesses(byte[] file) throws IOException {
        Files.write(FILE, file);
        GuessLimiter limiter = GuessLimiter.open(FILE, () -> NOW);
        for (String source : new String[] {"127.0.0.1", "::1"}) {
            GuessLimiter.Verdict verdict = limiter.verdict("ABC", InetAddress.getByName(source));
            check(limiter.isLocked("ABC") == verdict.locked(), "a code is locked for some");
            check(verdict.allowed() || verdict.locked() || !verdict.retryAfter().isNegative(), "a negative wait");
        }
    }

    private static void identity(byte[] file) throws IOException {
        Files.write(FILE, file);
        ShareIdentity identity = ShareIdentity.openOrCreate(FILE, new SecureRandom());
        check(identity.shareId().length == 16, "a share id of another length");
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
