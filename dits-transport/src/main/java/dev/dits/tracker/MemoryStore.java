package dev.dits.tracker;

import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Peers and files in memory. One lock, held for a few steps; listeners are told outside of it.
 *
 * <p>Peers stand in the order of their last sign of life, so that whoever is over by time is found at the front.
 */
final class MemoryStore implements TrackerStore {
    /** A peer that gave no sign of life for so long is offline. */
    static final Duration OFFLINE_AFTER = Duration.ofSeconds(90);

    /** One that gave none for so long is forgotten. */
    static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(5);

    private final TrackerLimits limits;
    private final Clocks clocks;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Consumer<TrackerEvent>> listeners = new CopyOnWriteArrayList<>();

    /** All behind {@link #lock}. */
    private final Map<String, Peer> peers = new LinkedHashMap<>();

    private final TreeMap<String, File> files = new TreeMap<>();
    private final Map<String, Integer> peersBySource = new HashMap<>();
    private final List<TrackerEvent> told = new ArrayList<>();
    private int online;
    private long chunkBytes;

    private static final class Peer {
        final String id;
        final String source;
        final Set<String> files = new LinkedHashSet<>();
        String ip;
        int port;
        String hostname;
        byte[] token;
        Instant seenAt;
        long seenNanos;
        boolean online = true;

        Peer(TrackedPeer peer, byte[] token, String source, long nowNanos) {
            this.id = peer.id();
            this.source = source;
            this.ip = peer.ip();
            this.port = peer.port();
            this.hostname = peer.hostname();
            this.token = token;
            this.seenAt = peer.seenAt();
            this.seenNanos = nowNanos;
        }

        TrackedPeer tracked() {
            return new TrackedPeer(id, ip, port, hostname, seenAt, online);
        }
    }

    /** Null stands for all chunks, which a map of values that may be null can hold. */
    private record File(TrackedFile file, Map<String, int @Nullable []> holders) {}

    MemoryStore(TrackerLimits limits, Clocks clocks) {
        this.limits = limits;
        this.clocks = clocks;
    }

    private <T> CompletionStage<T> locked(Supplier<T> work) {
        List<TrackerEvent> events;
        T result;
        lock.lock();
        try {
            result = work.get();
            events = List.copyOf(told);
            told.clear();
        } finally {
            lock.unlock();
        }
        for (TrackerEvent event : events) {
            listeners.forEach(listener -> listener.accept(event));
        }
        return CompletableFuture.completedFuture(result);
    }

    @Override
    public CompletionStage<Outcome> register(TrackedPeer peer, byte[] newToken, byte[] oldToken, String source) {
        return locked(() -> {
            Peer known = peers.get(peer.id());
            if (known != null) {
                // Whoever lost a token waits until its peer is offline: nobody else's peer is taken over while it
                // lives.
                if (known.online && !MessageDigest.isEqual(known.token, oldToken)) {
                    return Outcome.NOT_OWNER;
                }
                known.ip = peer.ip();
                known.port = peer.port();
                known.hostname = peer.hostname();
                known.token = newToken;
                seen(known);
                told.add(new TrackerEvent.PeerUpdated(known.tracked()));
                return Outcome.DONE;
            }
            int ofSource = peersBySource.getOrDefault(source, 0);
            if (peers.size() >= limits.peersMax() || ofSource >= limits.peersPerSourceMax()) {
                return Outcome.FULL;
            }
            peersBySource.put(source, ofSource + 1);
            Peer made = new Peer(peer, newToken, source, clocks.nowNanos());
            peers.put(made.id, made);
            online++;
            told.add(new TrackerEvent.PeerJoined(made.tracked()));
            return Outcome.CREATED;
        });
    }

    /** A sign of life moves it behind all others. */
    private void seen(Peer peer) {
        peers.remove(peer.id);
        peers.put(peer.id, peer);
        peer.seenAt = clocks.wall().instant();
        peer.seenNanos = clocks.nowNanos();
        if (!peer.online) {
            peer.online = true;
            online++;
        }
    }

    private @Nullable Outcome refusal(@Nullable Peer peer, byte[] token) {
        if (peer == null) {
            return Outcome.UNKNOWN;
        }
        return MessageDigest.isEqual(peer.token, token) ? null : Outcome.NOT_OWNER;
    }

    @Override
    public CompletionStage<Outcome> heartbeat(String id, byte[] token, Optional<Set<String>> kept) {
        return locked(() -> {
            Peer peer = peers.get(id);
            Outcome refusal = refusal(peer, token);
            if (peer == null || refusal != null) {
                return refusal != null ? refusal : Outcome.UNKNOWN;
            }
            boolean was = peer.online;
            seen(peer);
            if (!was) {
                told.add(new TrackerEvent.PeerUpdated(peer.tracked()));
            }
            kept.ifPresent(hashes -> {
                for (String hash : List.copyOf(peer.files)) {
                    if (!hashes.contains(hash)) {
                        peer.files.remove(hash);
                        drop(peer, hash);
                    }
                }
            });
            return Outcome.DONE;
        });
    }

    private void drop(Peer peer, String hash) {
        File file = files.get(hash);
        if (file != null) {
            file.holders().remove(peer.id);
            if (file.holders().isEmpty()) {
                files.remove(hash);
                chunkBytes -= file.file().chunks().bytes();
                told.add(new TrackerEvent.FileRemoved(hash));
            }
        }
    }

    @Override
    public CompletionStage<Outcome> remove(String id, byte[] token) {
        return locked(() -> {
            Peer peer = peers.get(id);
            Outcome refusal = refusal(peer, token);
            if (peer == null || refusal != null) {
                return refusal != null ? refusal : Outcome.UNKNOWN;
            }
            peers.remove(id);
            forget(peer);
            return Outcome.DONE;
        });
    }

    private void forget(Peer peer) {
        peer.files.forEach(hash -> drop(peer, hash));
        peersBySource.computeIfPresent(peer.source, (source, count) -> count > 1 ? count - 1 : null);
        if (peer.online) {
            online--;
        }
        told.add(new TrackerEvent.PeerLeft(peer.id));
    }

    @Override
    public CompletionStage<Outcome> announce(
            String id, byte[] token, TrackedFile file, Optional<int[]> chunksAvailable) {
        return locked(() -> {
            Peer peer = peers.get(id);
            Outcome refusal = refusal(peer, token);
            if (peer == null || refusal != null) {
                return refusal != null ? refusal : Outcome.UNKNOWN;
            }
            File known = files.get(file.hash());
            if (known != null && !known.file().agreesWith(file)) {
                // Whoever lies first is believed, for nothing here can be checked; who fetches checks every chunk.
                return Outcome.CONFLICT;
            }
            boolean has = peer.files.contains(file.hash());
            if (!has && peer.files.size() >= limits.filesPerPeerMax()) {
                return Outcome.FULL;
            }
            int[] part = chunksAvailable.orElse(null);
            if (known == null) {
                long bytes = file.chunks().bytes();
                if (files.size() >= limits.filesMax() || chunkBytes + bytes > limits.storeBytesMax()) {
                    return Outcome.FULL;
                }
                known = new File(file, new LinkedHashMap<>());
                files.put(file.hash(), known);
                chunkBytes += bytes;
                told.add(new TrackerEvent.FileAdded(file));
            }
            boolean added = known.holders().isEmpty();
            known.holders().put(id, part);
            peer.files.add(file.hash());
            seen(peer);
            return added ? Outcome.CREATED : Outcome.DONE;
        });
    }

    @Override
    public CompletionStage<Boolean> owns(String id, byte[] token) {
        return locked(() -> {
            Peer peer = peers.get(id);
            return refusal(peer, token) == null;
        });
    }

    private FileCount count(File file) {
        int seeders = 0;
        int leechers = 0;
        for (Map.Entry<String, int @Nullable []> holder : file.holders().entrySet()) {
            Peer peer = peers.get(holder.getKey());
            if (peer != null && peer.online) {
                if (holder.getValue() == null) {
                    seeders++;
                } else {
                    leechers++;
                }
            }
        }
        return new FileCount(file.file(), seeders, leechers);
    }

    @Override
    public CompletionStage<List<FileCount>> files(String after, int max) {
        return locked(() -> files.tailMap(after, false).values().stream()
                .limit(max)
                .map(this::count)
                .toList());
    }

    @Override
    public CompletionStage<Optional<FileHolders>> file(String hash) {
        return locked(() -> {
            File file = files.get(hash);
            if (file == null) {
                return Optional.empty();
            }
            List<Holder> holders = new ArrayList<>();
            file.holders().forEach((id, part) -> {
                Peer peer = peers.get(id);
                if (peer != null) {
                    holders.add(new Holder(peer.tracked(), part));
                }
            });
            return Optional.of(new FileHolders(file.file(), holders));
        });
    }

    @Override
    public CompletionStage<List<TrackedPeer>> peers(int max) {
        return locked(() -> {
            List<TrackedPeer> all = new ArrayList<>();
            int skip = peers.size() - max;
            for (Peer peer : peers.values()) {
                if (skip-- <= 0) {
                    all.add(peer.tracked());
                }
            }
            Collections.reverse(all);
            return all;
        });
    }

    @Override
    public CompletionStage<Counts> counts() {
        return locked(() -> new Counts(peers.size(), online, files.size()));
    }

    @Override
    public void onEvent(Consumer<TrackerEvent> listener) {
        listeners.add(listener);
    }

    @Override
    public void expire() {
        locked(() -> {
            long now = clocks.nowNanos();
            for (Iterator<Peer> oldest = peers.values().iterator(); oldest.hasNext(); ) {
                Peer peer = oldest.next();
                long silentNanos = now - peer.seenNanos;
                if (silentNanos < OFFLINE_AFTER.toNanos()) {
                    break;
                }
                if (silentNanos >= FORGOTTEN_AFTER.toNanos()) {
                    oldest.remove();
                    forget(peer);
                } else if (peer.online) {
                    peer.online = false;
                    online--;
                    told.add(new TrackerEvent.PeerUpdated(peer.tracked()));
                }
            }
            return true;
        });
    }

    @Override
    public void close() {
        listeners.clear();
    }
}
