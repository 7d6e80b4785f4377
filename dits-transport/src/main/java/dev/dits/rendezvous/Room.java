package dev.dits.rendezvous;

import dev.dits.net.Endpoint;
import dev.dits.net.PacketCarrier;
import dev.dits.net.PacketRoute;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A room of the tracker's relay, with one peer. It lasts as long as the socket to the tracker and a connection over it; one in which nothing happens is left.
 *
 * <p>Packets come and go on two event loops, neither of which waits for the other.
 */
final class Room implements TrackerSocket.Listener, PacketCarrier {
    /** QUIC says something every 15 s while there is a connection. */
    private static final Duration SILENCE_MAX = Duration.ofSeconds(45);

    private static final Logger LOG = LoggerFactory.getLogger(Room.class);

    /** What becomes of it. Called on the tracker's loop: not to be blocked. */
    interface Listener {
        /** The peer is there. */
        void ready(PacketRoute route);

        /** It has ended, or never came to be. Called once, and last. */
        void left(String why);
    }

    private final TrackerClient client;
    private final Endpoint endpoint;
    private final int source;
    private final Listener listener;
    private final AtomicBoolean sent = new AtomicBoolean();
    private volatile @Nullable TrackerSocket socket;
    private volatile @Nullable PacketRoute route;
    private volatile boolean closed;
    private volatile long packetNanos = System.nanoTime();

    /** On the loop. */
    private String why = "";

    private Room(TrackerClient client, Endpoint endpoint, int source, Listener listener) {
        this.client = client;
        this.endpoint = endpoint;
        this.source = source;
        this.listener = listener;
    }

    /**
     * Enters a room. Blocks while the tracker's name is looked up.
     *
     * @param client whose tracker
     * @param endpoint whose packets it carries
     * @param query says which room
     * @param source stands for where the peer comes from
     * @param listener told what becomes of it
     */
    static Room enter(TrackerClient client, Endpoint endpoint, String query, int source, Listener listener) {
        Room room = new Room(client, endpoint, source, listener);
        client.open("/relay?" + query, room);
        return room;
    }

    @Override
    public void opening(TrackerSocket opened) {
        socket = opened;
    }

    @Override
    public void told(String type, Map<String, Object> message) {
        switch (type) {
            case "ready" -> {
                TrackerSocket current = socket;
                client.noteStun(message.get("stun"), current == null ? null : current.remote());
                ready();
            }
            case "nobody" -> why = "no share is known there by this code";
            case "silent" -> why = "the share is known there, and did not answer";
            case "limit" -> why = "its limits are reached" + Texts.behind(message.get("message"));
            default -> LOG.trace("the tracker said what this version does not know");
        }
    }

    private void ready() {
        if (closed || route != null) {
            return;
        }
        try {
            PacketRoute made = endpoint.route(source, this);
            route = made;
            packetNanos = System.nanoTime();
            watch();
            listener.ready(made);
        } catch (IOException e) {
            why = "this node is closing";
            close();
        }
    }

    private void watch() {
        client.later(SILENCE_MAX.dividedBy(3), () -> {
            if (closed) {
                return;
            }
            if (System.nanoTime() - packetNanos > SILENCE_MAX.toNanos()) {
                close();
            } else {
                watch();
            }
        });
    }

    @Override
    public void packet(byte[] packet) {
        PacketRoute current = route;
        if (current != null && packet.length > 0) {
            packetNanos = System.nanoTime();
            current.arrived(packet);
        }
    }

    /** On the endpoint's loop. */
    @Override
    public void send(byte[] packet) {
        TrackerSocket current = socket;
        if (current != null) {
            sent.set(true);
            current.send(packet);
        }
    }

    @Override
    public void unused() {
        close();
    }

    @Override
    public void closed(String reason) {
        closed = true;
        PacketRoute current = route;
        if (current != null) {
            current.close();
        }
        client.left(this);
        listener.left(why.isEmpty() ? reason : why);
    }

    boolean isClosed() {
        return closed;
    }

    /** Leaves it where nobody has dialled through it. */
    void closeUnlessUsed() {
        if (!sent.get()) {
            close();
        }
    }

    /** Leaves it. Idempotent. */
    void close() {
        closed = true;
        TrackerSocket current = socket;
        if (current != null) {
            current.close();
        }
    }
}
