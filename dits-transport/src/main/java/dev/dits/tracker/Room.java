package dev.dits.tracker;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Two members, and what the one sends the other gets. */
final class Room {
    /** The second member comes within so long, or not at all. */
    static final Duration WAIT_MAX = Duration.ofSeconds(10);

    private final long number;
    final String id;
    final String token;
    final RelayConnection first;
    final Source source;
    private final long openedNanos;
    private final AtomicLong bytes = new AtomicLong();
    private volatile @Nullable RelayConnection second;

    /**
     * @param number tells it from others, for people
     * @param source where the first member comes from, whose room it is counted as
     */
    Room(long number, String id, String token, RelayConnection first, Source source, long openedNanos) {
        this.number = number;
        this.id = id;
        this.token = token;
        this.first = first;
        this.source = source;
        this.openedNanos = openedNanos;
    }

    boolean admits(String given) {
        return MessageDigest.isEqual(token.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }

    boolean isLate(long nowNanos) {
        return nowNanos - openedNanos >= WAIT_MAX.toNanos();
    }

    void join(RelayConnection member) {
        second = member;
        member.waitIn(this);
    }

    /** Whom a member's packets go to; null while nobody came. */
    @Nullable
    RelayConnection other(RelayConnection member) {
        return member == first ? second : first;
    }

    /** Counts bytes that were sent here; returns how many there were. */
    long count(int sent) {
        return bytes.addAndGet(sent);
    }

    Map<String, Object> view(Instant now, long nowNanos) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("id", number);
        view.put("since", now.minusNanos(nowNanos - openedNanos).toString());
        view.put("bytes", bytes.get());
        return view;
    }

    void endBut(@Nullable RelayConnection left) {
        RelayConnection other = second;
        if (first != left) {
            first.ended();
        }
        if (other != null && other != left) {
            other.ended();
        }
    }
}
