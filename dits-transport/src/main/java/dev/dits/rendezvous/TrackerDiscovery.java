package dev.dits.rendezvous;

import dev.dits.discovery.Candidate;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.discovery.TagTakenException;
import dev.dits.limit.BackOff;
import dev.dits.net.Endpoint;
import dev.dits.net.PacketRoute;
import java.io.Closeable;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Finds peers by the relay of a tracker, for one socket of a node. Safe for use by several threads; closing it closes nothing of the client. */
public final class TrackerDiscovery implements PeerDiscovery {
    /** How long the tracker has to say that a tag is taken. */
    private static final Duration CLAIM_TIME = Duration.ofSeconds(3);

    private static final Duration AGAIN_MIN = Duration.ofSeconds(1);
    private static final Duration AGAIN_MAX = Duration.ofSeconds(5);

    private final TrackerClient client;
    private final Endpoint endpoint;
    private final Set<TrackerClient.Claim> claims = ConcurrentHashMap.newKeySet();

    /**
     * @param client the node's
     * @param endpoint dials through the rooms, and is dialled
     */
    public TrackerDiscovery(TrackerClient client, Endpoint endpoint) {
        this.client = client;
        this.endpoint = endpoint;
    }

    private static void check(byte[] tag) {
        if (tag.length != TAG_BYTES) {
            throw new IllegalArgumentException("a tag has " + TAG_BYTES + " bytes");
        }
    }

    @Override
    public Closeable announce(byte[] tag, int port) {
        check(tag);
        return kept(client.claim(tag, false, endpoint));
    }

    @Override
    public Closeable announceAlone(byte[] tag, int port) throws TagTakenException {
        check(tag);
        TrackerClient.Claim claim = client.claim(tag, true, endpoint);
        try {
            // Where it can not be reached it is asked as soon as it can; until then the LAN has to do.
            claim.awaitTried(CLAIM_TIME);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (claim.taken()) {
            claim.close();
            throw new TagTakenException("somebody else is found by this tag at " + client);
        }
        return kept(claim);
    }

    private Closeable kept(TrackerClient.Claim claim) {
        claims.add(claim);
        return () -> {
            claims.remove(claim);
            claim.close();
        };
    }

    @Override
    public boolean isKnownAfar(byte[] tag) {
        return claims.stream().anyMatch(claim -> claim.held() && claim.isOf(tag));
    }

    @Override
    public Closeable search(byte[] tag, Consumer<Candidate> found) {
        return search(tag, found, problem -> {});
    }

    @Override
    public Closeable search(byte[] tag, Consumer<Candidate> found, Consumer<String> failed) {
        check(tag);
        Search search = new Search("tag=" + HexFormat.of().formatHex(tag), found, failed);
        client.work(search::attempt);
        return search;
    }

    @Override
    public String describe() {
        return client.toString();
    }

    /** Asks for a room until there is one, and for another if that ends. */
    private final class Search implements Closeable {
        private final String query;
        private final Consumer<Candidate> found;
        private final Consumer<String> failed;
        private volatile boolean over;
        private volatile @Nullable Room room;

        /** On the client's loop. */
        private final BackOff backOff = client.backOff(AGAIN_MIN, AGAIN_MAX);

        Search(String query, Consumer<Candidate> found, Consumer<String> failed) {
            this.query = query;
            this.found = found;
            this.failed = failed;
        }

        void attempt() {
            if (over) {
                return;
            }
            Room entered = client.enter(endpoint, query, 0, new Room.Listener() {
                @Override
                public void ready(PacketRoute route) {
                    client.work(() -> found.accept(Candidate.of(route.address(), Candidate.Source.RELAY)));
                }

                @Override
                public void left(String why) {
                    if (!over) {
                        failed.accept(client + ": " + why);
                        client.later(backOff.next(), () -> client.work(Search.this::attempt));
                    }
                }
            });
            room = entered;
            if (over) {
                entered.closeUnlessUsed();
            }
        }

        @Override
        public void close() {
            over = true;
            Room current = room;
            if (current != null) {
                current.closeUnlessUsed();
            }
        }
    }

    /** Does nothing: announcements and searches have their own ends. */
    @Override
    public void close() {}
}
