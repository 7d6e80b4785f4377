package dev.dits.session;

import dev.dits.error.DitsException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The grants of a share, in memory and in one file that its owner alone can read. Safe for use by several threads.
 *
 * <p>The file: {@code version u8} = 1, {@code count varint}, then each grant. It is replaced as a whole.
 */
public final class GrantStore {
    /** Grants kept; the oldest go first, and join again by code. */
    static final int GRANTS_MAX = 10_000;

    private static final int VERSION = 1;

    private final Path file;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Grant> grants = new LinkedHashMap<>();

    private GrantStore(Path file) {
        this.file = file;
    }

    /**
     * Opens the store.
     *
     * @param file where the grants are, or will be
     * @return the store
     * @throws IOException if the file can not be read, or was written by a newer version
     */
    public static GrantStore open(Path file) throws IOException {
        GrantStore store = new GrantStore(file);
        byte[] bytes = SecretFile.read(file);
        if (bytes != null) {
            ByteReader in = new ByteReader(bytes);
            int version = in.u8();
            if (version != VERSION) {
                throw new UnsupportedFormatException(file + " is of version " + version + "; a newer dits wrote it");
            }
            long count = in.varint(0, GRANTS_MAX, "the number of grants");
            for (long i = 0; i < count; i++) {
                Grant grant = Grant.read(in);
                store.grants.put(key(grant.sessionId()), grant);
            }
            in.expectEnd();
        }
        return store;
    }

    private static String key(byte[] sessionId) {
        return HexFormat.of().formatHex(sessionId);
    }

    Optional<Grant> find(byte[] sessionId) {
        lock.lock();
        try {
            return Optional.ofNullable(grants.get(key(sessionId)));
        } finally {
            lock.unlock();
        }
    }

    /** Adds or replaces a grant, durably. */
    void put(Grant grant) throws IOException {
        lock.lock();
        try {
            grants.put(key(grant.sessionId()), grant);
            while (grants.size() > GRANTS_MAX) {
                String oldest = grants.entrySet().stream()
                        .min(Comparator.comparingLong(entry -> entry.getValue().createdEpochSeconds()))
                        .orElseThrow()
                        .getKey();
                grants.remove(oldest);
            }
            save();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends a grant, durably.
     *
     * @param sessionId which
     * @return whether there was one
     * @throws IOException if it can not be written
     */
    public boolean remove(byte[] sessionId) throws IOException {
        lock.lock();
        try {
            boolean removed = grants.remove(key(sessionId)) != null;
            if (removed) {
                save();
            }
            return removed;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lists the grants.
     *
     * @return all of them, in the order in which they were made
     */
    public List<Grant> list() {
        lock.lock();
        try {
            return new ArrayList<>(grants.values());
        } finally {
            lock.unlock();
        }
    }

    private void save() throws DitsException {
        ByteWriter out = new ByteWriter();
        out.u8(VERSION).varint(grants.size());
        grants.values().forEach(grant -> grant.write(out));
        try {
            SecretFile.write(file, out.toBytes());
        } catch (IOException e) {
            throw new DitsException("the grants of this share can not be kept in " + file + ": " + e.getMessage(), e);
        }
    }
}
