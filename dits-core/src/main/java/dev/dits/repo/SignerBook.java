package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Role;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectLimits;
import dev.dits.object.Signatures;
import dev.dits.object.SignerKey;
import dev.dits.object.Tag;
import dev.dits.store.FileLocks;
import dev.dits.store.LockWait;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who signs here, and whose keys sign for which names ({@code docs/format.md}, sections 6.1 and 6.2). Safe for use by several threads and processes: what
 * changes a file holds {@code config.lock}.
 */
final class SignerBook {
    /** Names and keys that are kept; beyond that those that are bound to nothing go first. */
    static final int SIGNERS_MAX = 4_096;

    private static final String FILE = "signers";
    private static final byte[] MAGIC = "DITSNAME".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int TRUSTED = 1;

    /** A valid signature of somebody. */
    record Sighting(String name, SignerKey key, ObjectId id) {}

    private final Path dits;
    private final Scratch scratch;
    private final Duration lockTimeout;
    private final Clock clock;
    private final SecureRandom random;
    private final ReentrantLock guard = new ReentrantLock();
    private @Nullable SigningIdentity identity;

    /** What was found of signatures that were checked. */
    final CheckedSignatures signatures = new CheckedSignatures();

    /** Names that this copy's key is known to be bound to, so that a commit need not look. */
    private final Set<String> ownNames = ConcurrentHashMap.newKeySet();

    SignerBook(Path dits, Scratch scratch, RepositoryOptions options) {
        this.dits = dits;
        this.scratch = scratch;
        this.lockTimeout = options.lockTimeout();
        this.clock = options.clock();
        this.random = options.keyRandom();
    }

    private FileLocks.Held lock() throws IOException {
        return FileLocks.lock(dits.resolve("config.lock"), false, LockWait.upTo(lockTimeout));
    }

    /** This copy's key, if it has one yet. */
    @Nullable
    SignerKey ownKey() throws IOException {
        guard.lock();
        try {
            if (identity == null) {
                identity = SigningIdentity.read(dits.resolve(SigningIdentity.FILE));
            }
            return identity == null ? null : identity.key();
        } finally {
            guard.unlock();
        }
    }

    @SuppressWarnings("try") // the lock is held, not used
    private SigningIdentity identity() throws IOException {
        guard.lock();
        try {
            SigningIdentity known = identity;
            if (known == null) {
                Path file = dits.resolve(SigningIdentity.FILE);
                known = SigningIdentity.read(file);
                if (known == null) {
                    try (FileLocks.Held held = lock()) {
                        // Another process may have been first.
                        known = SigningIdentity.read(file);
                        if (known == null) {
                            known = SigningIdentity.create(scratch, file, random);
                        }
                    }
                }
                identity = known;
            }
            return known;
        } finally {
            guard.unlock();
        }
    }

    /** Signs a commit of this copy, and binds its key to the author's name. */
    Commit sign(Commit commit) throws IOException {
        Commit signed = Signatures.sign(commit, identity());
        bindOwn(signed.author(), signed.id());
        return signed;
    }

    /** Signs a tag of this copy, and binds its key to the author's name. */
    Tag sign(Tag tag) throws IOException {
        Tag signed = Signatures.sign(tag, identity());
        bindOwn(signed.author(), signed.id());
        return signed;
    }

    private void bindOwn(String name, ObjectId id) throws IOException {
        if (name.isEmpty() || ownNames.contains(name)) {
            return;
        }
        trust(name, identity().key(), id);
        ownNames.add(name);
    }

    List<Signer> read() throws IOException {
        byte[] bytes = AtomicFile.read(dits.resolve(FILE));
        return bytes == null ? List.of() : parse(bytes);
    }

    static List<Signer> parse(byte[] bytes) throws CorruptObjectException, UnsupportedFormatException {
        ByteReader in = new ByteReader(bytes);
        if (!Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
            throw new CorruptObjectException(
                    ".dits/signers is damaged; delete it, and keys are bound anew as they are seen");
        }
        int version = in.u16();
        if (version != VERSION) {
            throw new UnsupportedFormatException(".dits/signers has version " + version + "; use a newer dits");
        }
        List<Signer> signers = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (long left = in.varint(0, SIGNERS_MAX, "a number of signers"); left > 0; left--) {
            String name = in.text(1, ObjectLimits.AUTHOR_BYTES_MAX, "a signer's name's length");
            SignerKey key;
            try {
                key = SignerKey.of(in.raw(SignerKey.BYTES));
            } catch (IllegalArgumentException e) {
                throw new CorruptObjectException(".dits/signers holds what is no key; delete it", e);
            }
            int flags = in.u8();
            long since = in.svarint();
            ObjectId commit = in.id();
            if (flags > TRUSTED
                    || !seen.add(key.hex() + name)
                    || since < Instant.MIN.getEpochSecond()
                    || since > Instant.MAX.getEpochSecond()) {
                throw new CorruptObjectException(
                        ".dits/signers is damaged; delete it, and keys are bound anew as they are seen");
            }
            signers.add(new Signer(name, key, flags == TRUSTED, Instant.ofEpochSecond(since), commit));
        }
        in.expectEnd();
        return signers;
    }

    static byte[] encode(Collection<Signer> signers) {
        ByteWriter out =
                new ByteWriter().raw(MAGIC, 0, MAGIC.length).u16(VERSION).varint(signers.size());
        for (Signer signer : signers) {
            out.text(signer.name())
                    .raw(signer.key().toBytes(), 0, SignerKey.BYTES)
                    .u8(signer.trusted() ? TRUSTED : 0)
                    .svarint(signer.since().getEpochSecond())
                    .id(signer.commit());
        }
        return out.toBytes();
    }

    private void write(List<Signer> signers) throws IOException {
        scratch.replace(Role.SIGNERS, dits.resolve(FILE), encode(signers));
    }

    /**
     * Takes note of signatures, the oldest first: a name's first key is bound to it.
     *
     * @return the keys that were not seen before, for names that another key is bound to
     */
    @SuppressWarnings("try") // the lock is held, not used
    List<Signer> meet(Collection<Sighting> sightings) throws IOException {
        if (sightings.isEmpty() || isKnown(read(), sightings)) {
            return List.of();
        }
        try (FileLocks.Held held = lock()) {
            List<Signer> signers = new ArrayList<>(read());
            Set<String> bound = new HashSet<>();
            Set<String> seen = new TreeSet<>();
            for (Signer signer : signers) {
                seen.add(signer.key().hex() + signer.name());
                if (signer.trusted()) {
                    bound.add(signer.name());
                }
            }
            List<Signer> news = new ArrayList<>();
            SignerKey own = ownKey();
            Instant now = clock.instant();
            for (Sighting sighting : sightings) {
                if (sighting.name().isEmpty() || !seen.add(sighting.key().hex() + sighting.name())) {
                    continue;
                }
                boolean trusted = sighting.key().equals(own) || !bound.contains(sighting.name());
                Signer signer = new Signer(sighting.name(), sighting.key(), trusted, now, sighting.id());
                if (!add(signers, signer)) {
                    continue; // no room: it stays a key that is not known
                }
                if (trusted) {
                    bound.add(sighting.name());
                } else {
                    news.add(signer);
                }
            }
            write(signers);
            return news;
        }
    }

    private static boolean isKnown(List<Signer> signers, Collection<Sighting> sightings) {
        Set<String> seen = new TreeSet<>();
        signers.forEach(signer -> seen.add(signer.key().hex() + signer.name()));
        return sightings.stream()
                .allMatch(sighting -> sighting.name().isEmpty()
                        || seen.contains(sighting.key().hex() + sighting.name()));
    }

    private static boolean add(List<Signer> signers, Signer signer) {
        if (signers.size() >= SIGNERS_MAX) {
            for (int i = 0; i < signers.size(); i++) {
                if (!signers.get(i).trusted()) {
                    signers.remove(i);
                    return signers.add(signer);
                }
            }
            return false;
        }
        return signers.add(signer);
    }

    /** Binds a key to a name, beside others that are. */
    @SuppressWarnings("try") // the lock is held, not used
    void trust(String name, SignerKey key, ObjectId id) throws IOException {
        if (isTrusted(read(), name, key)) {
            return;
        }
        try (FileLocks.Held held = lock()) {
            List<Signer> signers = new ArrayList<>(read());
            if (isTrusted(signers, name, key)) {
                return;
            }
            for (int i = 0; i < signers.size(); i++) {
                Signer signer = signers.get(i);
                if (signer.name().equals(name) && signer.key().equals(key)) {
                    signers.set(i, new Signer(name, key, true, signer.since(), signer.commit()));
                    write(signers);
                    return;
                }
            }
            if (!add(signers, new Signer(name, key, true, clock.instant(), id))) {
                throw new DitsException("there are " + SIGNERS_MAX
                        + " signers' keys here, as many as can be; 'dits signers remove KEY' makes room");
            }
            write(signers);
        }
    }

    private static boolean isTrusted(List<Signer> signers, String name, SignerKey key) {
        return signers.stream()
                .anyMatch(signer -> signer.trusted()
                        && signer.name().equals(name)
                        && signer.key().equals(key));
    }

    /** Forgets a key, whatever names it signs for. */
    @SuppressWarnings("try") // the lock is held, not used
    int forget(SignerKey key) throws IOException {
        try (FileLocks.Held held = lock()) {
            List<Signer> signers = new ArrayList<>(read());
            int before = signers.size();
            signers.removeIf(signer -> signer.key().equals(key));
            if (signers.size() < before) {
                write(signers);
                ownNames.clear();
            }
            return before - signers.size();
        }
    }
}
