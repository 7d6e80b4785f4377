package dev.dits.session;

import dev.dits.crypto.ConfirmationException;
import dev.dits.error.DitsException;
import dev.dits.error.JoinRejectedException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Counts wrong confirmations: five an hour from one source (an IPv4 address or an IPv6 /64), a thousand in a code's life. A thousand
 * guesses at 30 secret bits succeed with a chance of one in a million.
 *
 * <p>Kept on disk, written before a guess is answered, so a restart gives nobody new guesses. Safe for use by several threads.
 *
 * <p>The file: {@code version u8} = 1, {@code life varint}, {@code sources varint}, then each {@code name text}, {@code count varint}, that many
 * {@code epoch seconds varint}.
 */
public final class GuessLimiter {
    /** Wrong guesses an hour from one source. */
    public static final int SOURCE_GUESSES_MAX = 5;

    /** Wrong guesses in a code's life. */
    public static final int LIFE_GUESSES_MAX = 1_000;

    private static final Duration WINDOW = Duration.ofHours(1);

    /** There can not be more sources with guesses in the window than guesses in a life. */
    private static final int SOURCES_MAX = LIFE_GUESSES_MAX;

    private static final int VERSION = 1;

    private final Path file;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Deque<Instant>> sources = new LinkedHashMap<>();
    private long life;

    private GuessLimiter(Path file, InstantSource clock) {
        this.file = file;
        this.clock = clock;
    }

    /**
     * Opens the limiter.
     *
     * @param file where the counts are kept
     * @param clock the time
     * @return the limiter
     * @throws IOException if the file can not be read
     */
    public static GuessLimiter open(Path file, InstantSource clock) throws IOException {
        GuessLimiter limiter = new GuessLimiter(file, clock);
        byte[] bytes = SecretFile.read(file);
        if (bytes != null) {
            ByteReader in = new ByteReader(bytes);
            if (in.u8() != VERSION) {
                throw new DitsException(file + " was written by a newer dits");
            }
            limiter.life = in.varint();
            long count = in.varint(0, SOURCES_MAX, "the number of sources");
            for (long i = 0; i < count; i++) {
                String name = in.text(1, 64, "a source");
                long guesses = in.varint(0, SOURCE_GUESSES_MAX, "the number of guesses");
                Deque<Instant> times = new ArrayDeque<>();
                for (long guess = 0; guess < guesses; guess++) {
                    times.add(Instant.ofEpochSecond(in.varint()));
                }
                limiter.sources.put(name, times);
            }
            in.expectEnd();
        }
        return limiter;
    }

    /** The part of an address that one attacker is assumed to have to himself. */
    static String sourceOf(InetAddress address) {
        byte[] bytes = address.getAddress();
        return HexFormat.of().formatHex(bytes, 0, address instanceof Inet6Address ? 8 : bytes.length);
    }

    /** Whether a source may guess. */
    record Verdict(boolean allowed, boolean locked, Duration retryAfter) {
        JoinRejectedException refusal() {
            return new JoinRejectedException(JoinRejectedException.Reason.LOCKED, locked ? null : retryAfter);
        }
    }

    /** Tells whether a source may guess now. Nothing is spent by asking. */
    Verdict verdict(InetAddress address) {
        lock.lock();
        try {
            if (life >= LIFE_GUESSES_MAX) {
                return new Verdict(false, true, Duration.ZERO);
            }
            Instant now = clock.instant();
            Deque<Instant> times = sources.get(sourceOf(address));
            if (times != null) {
                expire(times, now);
                if (times.size() >= SOURCE_GUESSES_MAX) {
                    return new Verdict(
                            false, false, Duration.between(now, times.getFirst().plus(WINDOW)));
                }
            }
            return new Verdict(true, false, Duration.ZERO);
        } finally {
            lock.unlock();
        }
    }

    /** Checks one confirmation. */
    interface Check<T> {
        T run() throws ConfirmationException;
    }

    /**
     * Lets a source guess once: a wrong confirmation is counted, durably, before the caller can answer it. One at a time, so that guesses in
     * parallel do not pass the limit together.
     *
     * @throws JoinRejectedException if the source may not guess now; nothing was checked
     * @throws ConfirmationException if the guess was wrong
     */
    <T> T guess(InetAddress address, Check<T> check) throws IOException, ConfirmationException {
        lock.lock();
        try {
            Verdict verdict = verdict(address);
            if (!verdict.allowed()) {
                throw verdict.refusal();
            }
            try {
                return check.run();
            } catch (ConfirmationException e) {
                spend(address);
                throw e;
            }
        } finally {
            lock.unlock();
        }
    }

    /** With the lock held. */
    private void spend(InetAddress address) throws IOException {
        Instant now = clock.instant();
        life++;
        sources.values().forEach(times -> expire(times, now));
        sources.values().removeIf(Deque::isEmpty);
        sources.computeIfAbsent(sourceOf(address), name -> new ArrayDeque<>()).add(now);
        while (sources.size() > SOURCES_MAX) {
            sources.remove(sources.keySet().iterator().next());
        }
        save();
    }

    /**
     * Starts a new code's life. What sources have spent within the hour stays.
     *
     * @throws IOException if it can not be written
     */
    public void newCode() throws IOException {
        lock.lock();
        try {
            if (life != 0) {
                life = 0;
                save();
            }
        } finally {
            lock.unlock();
        }
    }

    /** A time from the future (the clock was set back) ends with its hour like any other. */
    private static void expire(Deque<Instant> times, Instant now) {
        while (!times.isEmpty() && !times.getFirst().plus(WINDOW).isAfter(now)) {
            times.removeFirst();
        }
    }

    private void save() throws IOException {
        ByteWriter out = new ByteWriter();
        out.u8(VERSION).varint(life).varint(sources.size());
        sources.forEach((name, times) -> {
            out.text(name).varint(times.size());
            times.forEach(time -> out.varint(Math.max(0, time.getEpochSecond())));
        });
        SecretFile.write(file, out.toBytes());
    }
}
