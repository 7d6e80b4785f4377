package dev.dits.sim;

import dev.dits.net.ByteStream;
import dev.dits.net.CloseReason;
import dev.dits.net.Connection;
import dev.dits.net.ConnectionLostException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** One end of a connection in memory. As all of the simulated network, for one running thread at a time. */
final class SimulatedConnection implements Connection {
    final SimulatedInternet internet;
    final SimulatedInternet.SimulatedEndpoint endpoint;
    private final String serverName;
    private final byte[] localFingerprint;
    private final byte[] peerFingerprint;
    private final InetSocketAddress remote;
    private final CompletableFuture<CloseReason> closed = new CompletableFuture<>();
    SimulatedConnection peer;
    private CloseReason reason;
    private boolean unplugged;
    private boolean begun;
    private long heardNanos;

    /** Streams of this end's opening that are not over at both ends, and those who wait to open one. */
    private int opened;

    private final Set<Thread> opening = new LinkedHashSet<>();
    private final Set<SimulatedStream> streams = new LinkedHashSet<>();
    private final Queue<ByteStream> arrivals = new ArrayDeque<>();
    private Consumer<ByteStream> streamHandler;

    SimulatedConnection(
            SimulatedInternet internet,
            SimulatedInternet.SimulatedEndpoint endpoint,
            String serverName,
            byte[] localFingerprint,
            byte[] peerFingerprint,
            InetSocketAddress remote) {
        this.internet = internet;
        this.endpoint = endpoint;
        this.serverName = serverName;
        this.localFingerprint = localFingerprint;
        this.peerFingerprint = peerFingerprint;
        this.remote = remote;
    }

    /** From now on it counts; false if it has ended before it began. */
    boolean begin() {
        if (reason != null) {
            return false;
        }
        begun = true;
        internet.connections++;
        endpoint.connections.add(this);
        heardNanos = internet.now();
        internet.at(internet.now() + SimulatedInternet.IDLE_NANOS, this::lookIdle);
        return true;
    }

    private void lookIdle() {
        if (reason != null || unplugged) {
            return;
        }
        long due = heardNanos + SimulatedInternet.IDLE_NANOS;
        if (due <= internet.now()) {
            end(new CloseReason(CloseReason.Kind.IDLE_TIMEOUT, 0, ""));
        } else {
            internet.at(due, this::lookIdle);
        }
    }

    /** Brings something to the peer; both hear of each other by it. */
    void send(long at, Runnable what) {
        internet.bring(endpoint.host, peer.endpoint.host, at, () -> isOpen() && !peer.unplugged, () -> {
            if (peer.reason != null) {
                return;
            }
            peer.heardNanos = internet.now();
            if (internet.isUp(peer.endpoint.host, endpoint.host)) {
                heardNanos = internet.now(); // the acknowledgement
            }
            what.run();
        });
    }

    @Override
    public byte[] localFingerprint() {
        return localFingerprint.clone();
    }

    @Override
    public byte[] peerFingerprint() {
        return peerFingerprint.clone();
    }

    @Override
    public String serverName() {
        return serverName;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public boolean isOpen() {
        return reason == null;
    }

    @Override
    public CompletableFuture<CloseReason> closed() {
        return closed.copy();
    }

    ConnectionLostException lost() {
        return new ConnectionLostException(reason);
    }

    @Override
    public ByteStream openStream() throws IOException {
        Thread thread = Thread.currentThread();
        while (reason == null && opened >= internet.streamsMax) {
            if (thread.isInterrupted()) {
                throw new InterruptedIOException("interrupted while opening a stream");
            }
            opening.add(thread);
            internet.scheduler.park(-1);
        }
        opening.remove(thread);
        if (reason != null) {
            throw lost();
        }
        opened++;
        SimulatedStream mine = new SimulatedStream(this, true);
        mine.peer = new SimulatedStream(peer, false);
        mine.peer.peer = mine;
        streams.add(mine);
        return mine;
    }

    /** Both directions of a stream that this end opened are over. */
    void over(SimulatedStream stream) {
        if (streams.remove(stream) && stream.openedHere) {
            opened--;
            opening.forEach(internet.scheduler::wakeUp);
        }
    }

    /** The peer's first bytes on a stream. */
    void arrived(SimulatedStream stream) {
        streams.add(stream);
        if (streamHandler == null) {
            arrivals.add(stream);
        } else {
            hand(streamHandler, stream);
        }
    }

    private void hand(Consumer<ByteStream> handler, ByteStream stream) {
        endpoint.run(() -> handler.accept(stream), this);
    }

    @Override
    public void onStream(Consumer<ByteStream> handler) {
        streamHandler = handler;
        for (ByteStream stream = arrivals.poll(); stream != null; stream = arrivals.poll()) {
            hand(handler, stream);
        }
    }

    @Override
    public void close(long errorCode, String text) {
        if (reason != null) {
            return;
        }
        if (!unplugged) {
            // It overtakes what is on its way, or not.
            CloseReason its = new CloseReason(CloseReason.Kind.PEER, errorCode, text);
            internet.bring(
                    endpoint.host,
                    peer.endpoint.host,
                    internet.now() + internet.travelNanos(),
                    () -> peer.isOpen() && !peer.unplugged,
                    () -> peer.end(its));
        }
        end(new CloseReason(CloseReason.Kind.LOCAL, errorCode, text));
    }

    @Override
    public void close() {
        close(0, "");
    }

    /** The power failed: nothing is sent any more, not even that. */
    void unplug() {
        unplugged = true;
    }

    boolean isUnplugged() {
        return unplugged;
    }

    private void end(CloseReason why) {
        if (reason != null) {
            return;
        }
        reason = why;
        if (begun) {
            internet.connections--;
        }
        endpoint.connections.remove(this);
        for (SimulatedStream stream : Set.copyOf(streams)) {
            stream.lost();
        }
        streams.clear();
        opening.forEach(internet.scheduler::wakeUp);
        try {
            endpoint.workers.execute(() -> closed.complete(why));
        } catch (java.util.concurrent.RejectedExecutionException e) {
            closed.complete(why);
        }
    }

    @Override
    public String toString() {
        return "SimulatedConnection[" + remote + (reason == null ? "" : ", " + reason) + "]";
    }
}
