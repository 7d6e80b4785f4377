package dev.dits.tracker;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who holds which tag, and the rooms in which two meet. There is no way to list tags. Safe for use by several threads.
 *
 * <p>Its lock is held for a few steps in memory only; what is said to anybody is said outside of it.
 */
final class Rendezvous {
    /** Tags that one connection may hold. */
    static final int TAGS_PER_CONNECTION_MAX = 64;

    /** Connections that may hold one tag, where it is not exclusive: each of them is told of every knock. */
    static final int HOLDERS_MAX = 16;

    static final int LISTED_MAX = 1_000;

    private static final Pattern TAG = Pattern.compile("[0-9a-f]{16}");
    private static final int ROOM_BYTES = 16;
    private static final int TOKEN_BYTES = 32;

    private final TrackerLimits limits;
    private final Sources sources;
    private final Metrics metrics;
    private final SecureRandom random;
    private final ReentrantLock lock = new ReentrantLock();

    /** Behind {@link #lock}. */
    private final Map<String, Tag> tags = new HashMap<>();

    private final Map<RendezvousConnection, Set<String>> held = new HashMap<>();

    /** All rooms; those nobody entered yet are in {@link #waiting} too, the oldest first. */
    private final Map<String, Room> rooms = new HashMap<>();

    private final Map<String, Room> waiting = new LinkedHashMap<>();
    private long opened;

    private record Tag(boolean exclusive, Set<RendezvousConnection> holders) {}

    /** What became of a claim. */
    enum Claim {
        CLAIMED,
        TAKEN,
        TOO_MANY_HERE,
        TOO_MANY
    }

    Rendezvous(TrackerLimits limits, Sources sources, Metrics metrics, SecureRandom random) {
        this.limits = limits;
        this.sources = sources;
        this.metrics = metrics;
        this.random = random;
    }

    static boolean isTag(@Nullable Object value) {
        return value instanceof String text && TAG.matcher(text).matches();
    }

    Claim claim(RendezvousConnection holder, String tag, boolean exclusive) {
        lock.lock();
        try {
            Set<String> own = held.computeIfAbsent(holder, key -> new LinkedHashSet<>());
            Tag known = tags.get(tag);
            if (known != null && known.holders().contains(holder)) {
                return known.exclusive() == exclusive ? Claim.CLAIMED : Claim.TAKEN;
            }
            if (own.size() >= TAGS_PER_CONNECTION_MAX) {
                return Claim.TOO_MANY_HERE;
            }
            if (known == null) {
                if (tags.size() >= limits.tagsMax()) {
                    return Claim.TOO_MANY;
                }
                known = new Tag(exclusive, new LinkedHashSet<>());
                tags.put(tag, known);
            } else if (known.exclusive() || exclusive) {
                return Claim.TAKEN;
            } else if (known.holders().size() >= HOLDERS_MAX) {
                return Claim.TOO_MANY;
            }
            known.holders().add(holder);
            own.add(tag);
            return Claim.CLAIMED;
        } finally {
            lock.unlock();
        }
    }

    void release(RendezvousConnection holder, String tag) {
        lock.lock();
        try {
            Set<String> own = held.get(holder);
            if (own != null && own.remove(tag)) {
                drop(holder, tag);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Frees all tags of a connection that has ended. */
    void releaseAll(RendezvousConnection holder) {
        lock.lock();
        try {
            Set<String> own = held.remove(holder);
            if (own != null) {
                own.forEach(tag -> drop(holder, tag));
            }
        } finally {
            lock.unlock();
        }
    }

    private void drop(RendezvousConnection holder, String tag) {
        Tag known = tags.get(tag);
        if (known != null && known.holders().remove(holder) && known.holders().isEmpty()) {
            tags.remove(tag);
        }
    }

    /** Asks for a room with whoever holds the tag. What becomes of it is said to the guest. */
    void knock(RelayConnection guest, String tag, Source source, long nowNanos) {
        List<RendezvousConnection> told = List.of();
        Room room = null;
        boolean full = false;
        lock.lock();
        try {
            Tag known = tags.get(tag);
            if (known != null) {
                full = rooms.size() >= limits.roomsMax() || !sources.enter(source, nowNanos);
                if (!full) {
                    room = open(guest, source, nowNanos);
                    told = new ArrayList<>(known.holders());
                }
            }
        } finally {
            lock.unlock();
        }
        if (full) {
            metrics.attemptsRefused.increment();
            guest.limited("too many rooms");
        } else if (room == null) {
            guest.nobody();
        } else {
            for (RendezvousConnection holder : told) {
                holder.knock(tag, room, sources.opaque(source));
            }
        }
    }

    /** Behind {@link #lock}. */
    private Room open(RelayConnection guest, Source source, long nowNanos) {
        Room room = new Room(++opened, hex(ROOM_BYTES), hex(TOKEN_BYTES), guest, source, nowNanos);
        rooms.put(room.id, room);
        waiting.put(room.id, room);
        guest.waitIn(room);
        return room;
    }

    private String hex(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Lets whoever has the token into a room that waits for its second member. */
    void enter(RelayConnection second, String id, String token) {
        Room room;
        lock.lock();
        try {
            room = waiting.get(id);
            if (room != null && room.admits(token)) {
                waiting.remove(id);
                room.join(second);
            } else {
                room = null;
            }
        } finally {
            lock.unlock();
        }
        if (room == null) {
            second.nobody();
            return;
        }
        metrics.roomsOpened.increment();
        room.first.ready();
        second.ready();
    }

    /** A member has left, or a room is over: it ends, for the other too. */
    void end(Room room, @Nullable RelayConnection left, long nowNanos) {
        boolean was;
        lock.lock();
        try {
            was = rooms.remove(room.id) != null;
            waiting.remove(room.id);
        } finally {
            lock.unlock();
        }
        if (was) {
            sources.leave(room.source, nowNanos);
            room.endBut(left);
        }
    }

    void sweep(long nowNanos) {
        List<Room> late = new ArrayList<>();
        lock.lock();
        try {
            for (Room room : waiting.values()) {
                if (!room.isLate(nowNanos)) {
                    break;
                }
                late.add(room);
            }
            late.forEach(room -> waiting.remove(room.id));
        } finally {
            lock.unlock();
        }
        for (Room room : late) {
            room.first.silent();
        }
    }

    /** The rooms in which two are, for people: a number, since when, how much; nothing by which one could enter. */
    List<Object> list(Clocks clocks) {
        long now = clocks.nowNanos();
        List<Object> list = new ArrayList<>();
        lock.lock();
        try {
            for (Room room : rooms.values()) {
                if (list.size() < LISTED_MAX && !waiting.containsKey(room.id)) {
                    list.add(room.view(clocks.wall().instant(), now));
                }
            }
        } finally {
            lock.unlock();
        }
        return list;
    }

    int tagCount() {
        lock.lock();
        try {
            return tags.size();
        } finally {
            lock.unlock();
        }
    }

    int roomCount() {
        lock.lock();
        try {
            return rooms.size();
        } finally {
            lock.unlock();
        }
    }
}
