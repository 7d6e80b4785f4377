package dev.dits.quic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many sockets of which one is found by a peer. */
@Timeout(120)
class SpareSocketsTest {
    private static final byte[] THEIRS = "twelve bytes".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private static final byte[] OURS = "bytes twelve".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private static final int SOCKETS = 24;

    /** From where the server hears the client's probes. */
    private static Set<InetSocketAddress> heardBy(QuicNode node, byte[] token, BlockingQueue<InetSocketAddress> order) {
        Set<InetSocketAddress> heard = ConcurrentHashMap.newKeySet();
        var unused = node.onProbe(token, from -> {
            heard.add(from);
            order.add(from);
        });
        return heard;
    }

    private static InetSocketAddress next(BlockingQueue<InetSocketAddress> queue) throws InterruptedException {
        InetSocketAddress next = queue.poll(NodePair.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(next).isNotNull();
        return next;
    }

    @Test
    void theSocketThatHearsAProbeCarriesTheConnection() throws Exception {
        try (NodePair pair = new NodePair()) {
            BlockingQueue<InetSocketAddress> order = new LinkedBlockingQueue<>();
            Set<InetSocketAddress> heard = heardBy(pair.server, THEIRS, order);
            BlockingQueue<InetSocketAddress> through = new LinkedBlockingQueue<>();
            InetSocketAddress server = pair.server.localAddress();
            try (Closeable spread = pair.client.spread(server, THEIRS, OURS, SOCKETS, through::add)) {
                InetSocketAddress one = next(order);
                while (heard.size() < 8) {
                    next(order);
                }
                assertThat(heard).doesNotContain(pair.client.localAddress());
                // With another token, or from elsewhere, it does not count.
                pair.server.probe(one, THEIRS);
                try (DatagramSocket stranger = new DatagramSocket(NodePair.loopback(0))) {
                    byte[] probe = {0, 0x11, 0, 0, 0x21, 0x12, (byte) 0xA4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
                    System.arraycopy(OURS, 0, probe, 8, OURS.length);
                    stranger.send(new DatagramPacket(probe, probe.length, one));
                }
                assertThat(through.poll(300, TimeUnit.MILLISECONDS)).isNull();
                pair.server.probe(one, OURS);
                assertThat(next(through)).isEqualTo(server);
                order.clear();
                assertThat(next(order)).isEqualTo(one);
                assertThat(spread).isNotNull();

                QuicConnection mount = pair.dial();
                QuicConnection share = pair.accept();
                assertThat(share.remoteAddress()).isEqualTo(one);
                assertThat(mount.remoteAddress()).isEqualTo(server);
                echoes(pair, mount, share);

                // All others are closed: their ports are free.
                for (InetSocketAddress other : heard) {
                    if (!other.equals(one)) {
                        freed(other);
                    }
                }
                assertThatThrownBy(() -> pair.client.spread(server, THEIRS, OURS, 2, through::add))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("already");
                mount.close();
                mount.closed().get(20, TimeUnit.SECONDS);
                freed(one);
            }
        }
    }

    @Test
    void whoHasTheSocketsIsDialledToo() throws Exception {
        try (NodePair pair = new NodePair()) {
            BlockingQueue<InetSocketAddress> order = new LinkedBlockingQueue<>();
            Set<InetSocketAddress> heard = heardBy(pair.client, THEIRS, order);
            BlockingQueue<InetSocketAddress> through = new LinkedBlockingQueue<>();
            InetSocketAddress client = pair.client.localAddress();
            try (Closeable spread = pair.server.spread(client, THEIRS, OURS, SOCKETS, through::add)) {
                InetSocketAddress one = next(order);
                pair.client.probe(one, OURS);
                assertThat(next(through)).isEqualTo(client);
                assertThat(heard).isNotEmpty();
                assertThat(spread).isNotNull();
                QuicConnection mount = pair.client.connect(
                        one,
                        NodePair.NAME,
                        pair.mount.key(),
                        pair.mount.certificate(),
                        pair.share.fingerprint(),
                        NodePair.PATIENCE);
                QuicConnection share = pair.accept();
                assertThat(share.remoteAddress()).isEqualTo(client);
                echoes(pair, mount, share);
            }
        }
    }

    @Test
    void closingItClosesWhatHasHeardNothing() throws Exception {
        try (NodePair pair = new NodePair()) {
            BlockingQueue<InetSocketAddress> order = new LinkedBlockingQueue<>();
            Set<InetSocketAddress> heard = heardBy(pair.server, THEIRS, order);
            Closeable spread = pair.client.spread(pair.server.localAddress(), THEIRS, OURS, SOCKETS, found -> {});
            next(order);
            while (heard.size() < 8) {
                next(order);
            }
            spread.close();
            spread.close();
            for (InetSocketAddress one : heard) {
                freed(one);
            }
        }
    }

    private static void echoes(NodePair pair, QuicConnection mount, QuicConnection share) throws Exception {
        NodePair.echo(share);
        pair.echoes(mount, 3 << 20);
    }

    /** Waits until a port of this machine can be had. */
    private static void freed(InetSocketAddress address) throws Exception {
        long end = System.nanoTime() + NodePair.PATIENCE.toNanos();
        while (true) {
            try (DatagramSocket socket = new DatagramSocket(address)) {
                socket.setSoTimeout(1);
                socket.receive(new DatagramPacket(new byte[1], 1));
                return;
            } catch (SocketTimeoutException e) {
                return;
            } catch (IOException e) {
                assertThat(System.nanoTime())
                        .as("%s is taken still: %s", address, e)
                        .isLessThan(end);
                Thread.onSpinWait();
            }
        }
    }
}
