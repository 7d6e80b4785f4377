package dev.dits.session;

import dev.dits.crypto.ConfirmationException;
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

/**
 * Counts wrong confirmations: five an hour from one source (an IPv4 address or an IPv6 /64), a thousand in a code's life. A thousand
 * guesses at 30 secret bits succeed with a chance of one in a million.
 *
 * <p>A life belongs to one code, which is named by its nameplate. A new code is drawn whenever a share starts or is re-armed; nothing that was
 * learned about the one before helps against it, so it starts with a whole life, while what a source has spent within the hour stays. That
 * holds only because codes are never used again: nothing here may ever count for something whose secret outlives the count. Tickets do, and
 * have no need of it: guesses at 128 bits are hopeless however many are answered, so tickets are neither counted nor locked.
 *
 * <p>Kept on disk, written before a guess is answered, so a restart gives nobody new guesses. Safe for use by several threads, and by several
 * processes on one repository, which count together.
 *
 * <p>The file, behind the head of {@link SharedState} with version 2: {@code rearmed varint}, {@code codes varint}, then each {@code nameplate
 * text}, {@code life varint}; {@code sources varint}, then each {@code name text}, {@code count varint}, that many {@code epoch seconds varint}.
 */
public final class GuessLimiter extends SharedState {
    /** Wrong guesses an hour from one source. */
    public static final int SOURCE_GUESSES_MAX = 5;

    /** Wrong guesses in a code's life. */
    public static final int LIFE_GUESSES_MAX = 1_000;

    static final Duration WINDOW = Duration.ofHours(1);

    /** The sources that guessed wrong within the hour. The longest known goes when there are more; the code's life still counts. */
    static final int SOURCES_MAX = 10_000;

    /** Codes that somebody guessed wrong at: those of living shares, and of shares that were killed. */
    static final int CODES_MAX = 1_024;

    private static final int VERSION = 2;

    private final InstantSource clock;
    private final Map<String, Integer> lives = new LinkedHashMap<>();
    private final Map<String, Deque<Instant>> sources = new LinkedHashMap<>();
    private long rearmed;

    private GuessLimiter(Path file, InstantSource clock) {
        super(file, VERSION, "the counts of wrong codes");
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
        limiter.generation();
        return limiter;
    }

    @Override
    void clear() {
        lives.clear();
        sources.clear();
        rearmed = 0;
    }

    @Override
    void read(ByteReader in) throws IOException {
        rearmed = in.varint(0, Long.MAX_VALUE, "how often the codes were re-armed");
        for (long left = in.varint(0, CODES_MAX, "the number of codes"); left > 0; left--) {
            lives.put(in.text(1, 64, "a nameplate"), (int) in.varint(0, LIFE_GUESSES_MAX, "the number of guesses"));
        }
        for (long left = in.varint(0, SOURCES_MAX, "the number of sources"); left > 0; left--) {
            String name = in.text(1, 64, "a source");
            Deque<Instant> times = new ArrayDeque<>();
            for (long guesses = in.varint(0, SOURCE_GUESSES_MAX, "the number of guesses"); guesses > 0; guesses--) {
                times.add(Instant.ofEpochSecond(in.varint(0, Access.SECONDS_MAX, "the time of a guess")));
            }
            sources.put(name, times);
        }
    }

    @Override
    void write(ByteWriter out) {
        out.varint(rearmed).varint(lives.size());
        lives.forEach((nameplate, life) -> out.text(nameplate).varint(life));
        out.varint(sources.size());
        sources.forEach((name, times) -> {
            out.text(name).varint(times.size());
            times.forEach(time -> out.varint(Math.max(0, time.getEpochSecond())));
        });
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

    private static final Verdict ALLOWED = new Verdict(true, false, Duration.ZERO);

    /** Tells whether a source may guess at a code now. Nothing is spent by asking. */
    Verdict verdict(String nameplate, InetAddress address) throws IOException {
        // Other processes only add to what is counted, so a refusal needs no look at the disk: whoever is out of
        // guesses costs next to nothing.
        Verdict known = peek(() -> judge(nameplate, address));
        return known.allowed() ? this.<Verdict, IOException>look(() -> judge(nameplate, address)) : known;
    }

    /** With the lock held. */
    private Verdict judge(String nameplate, InetAddress address) {
        if (isOver(nameplate)) {
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
        return ALLOWED;
    }

    private boolean isOver(String nameplate) {
        return lives.getOrDefault(nameplate, 0) >= LIFE_GUESSES_MAX;
    }

    /**
     * Tells whether a code's life is over.
     *
     * @param nameplate of the code
     * @return whether nobody gets in by it any more
     * @throws IOException if the file can not be read
     */
    public boolean isLocked(String nameplate) throws IOException {
        return this.<Boolean, IOException>look(() -> isOver(nameplate));
    }

    /** Checks one confirmation. */
    interface Check<T> {
        T run() throws ConfirmationException;
    }

    /**
     * Lets a source guess once: a wrong confirmation is counted, durably, before the caller can answer it. One at a time, so that guesses in
     * parallel, be it at several processes, do not pass the limit together.
     *
     * @throws JoinRejectedException if the source may not guess now; nothing was checked
     * @throws ConfirmationException if the guess was wrong
     */
    <T> T guess(String nameplate, InetAddress address, Check<T> check) throws IOException, ConfirmationException {
        Verdict known = peek(() -> judge(nameplate, address));
        if (!known.allowed()) {
            throw known.refusal();
        }
        return this.<T, ConfirmationException>change(() -> {
            Verdict verdict = judge(nameplate, address);
            if (!verdict.allowed()) {
                throw verdict.refusal();
            }
            // Before it is looked at: where guesses can not be written down, none is answered.
            spend(nameplate, address);
            saveNow();
            T right = check.run();
            giveBack(nameplate, address);
            return right;
        });
    }

    /** With the lock held. */
    private void spend(String nameplate, InetAddress address) {
        Instant now = clock.instant();
        lives.merge(nameplate, 1, Integer::sum);
        while (lives.size() > CODES_MAX) {
            lives.remove(lives.keySet().iterator().next());
        }
        sources.values().forEach(times -> expire(times, now));
        sources.values().removeIf(Deque::isEmpty);
        sources.computeIfAbsent(sourceOf(address), name -> new ArrayDeque<>()).add(now);
        while (sources.size() > SOURCES_MAX) {
            sources.remove(sources.keySet().iterator().next());
        }
        touch();
    }

    /** With the lock held: the last guess of this source was none. */
    private void giveBack(String nameplate, InetAddress address) {
        lives.computeIfPresent(nameplate, (code, count) -> count > 1 ? count - 1 : null);
        sources.computeIfPresent(sourceOf(address), (source, times) -> {
            times.pollLast();
            return times.isEmpty() ? null : times;
        });
        touch();
    }

    /**
     * Begins or ends a code's life: nothing is counted against it any more. Never for a code that somebody can still use.
     *
     * @param nameplate of a code that is about to be shown for the first time, or of one that is dead
     * @throws IOException if it can not be written
     */
    public void forget(String nameplate) throws IOException {
        if (!this.<Boolean, IOException>look(() -> lives.containsKey(nameplate))) {
            return;
        }
        this.<Boolean, IOException>change(() -> {
            lives.remove(nameplate);
            touch();
            return true;
        });
    }

    /**
     * Asks every share of the repository, in whatever process, to draw new codes.
     *
     * @throws IOException if it can not be written
     */
    public void rearm() throws IOException {
        this.<Boolean, IOException>change(() -> {
            rearmed++;
            touch();
            return true;
        });
    }

    /**
     * Tells how often {@link #rearm} was called on this repository.
     *
     * @return a number that grows
     * @throws IOException if the file can not be read
     */
    public long rearmed() throws IOException {
        return this.<Long, IOException>look(() -> rearmed);
    }

    /** A time from the future (the clock was set back) ends with its hour like any other. */
    private static void expire(Deque<Instant> times, Instant now) {
        while (!times.isEmpty() && !times.getFirst().plus(WINDOW).isAfter(now)) {
            times.removeFirst();
        }
    }
}
