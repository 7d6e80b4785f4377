package dev.dits.quic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.net.Connection;
import dev.dits.path.DatagramPath;
import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Two nodes that know each other, one registered as {@value #NAME}. */
final class NodePair implements AutoCloseable {
    static final String NAME = "t-0123456789abcdef.dits";
    static final Duration PATIENCE = Duration.ofSeconds(20);

    final ExecutorService workers = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "test-worker");
        thread.setDaemon(true);
        return thread;
    });
    final TestIdentity share = TestIdentity.fresh();
    final TestIdentity mount = TestIdentity.fresh();
    final BlockingQueue<QuicConnection> accepted = new LinkedBlockingQueue<>();
    final QuicNode server;
    final QuicNode client;
    final Closeable registration;

    NodePair() throws IOException {
        this(UnaryOperator.identity());
    }

    NodePair(UnaryOperator<QuicOptions> adjust) throws IOException {
        this(loopback(0), loopback(0), adjust);
    }

    NodePair(InetSocketAddress serverBind, InetSocketAddress clientBind, UnaryOperator<QuicOptions> adjust)
            throws IOException {
        server = QuicNode.bind(adjust.apply(QuicOptions.at(serverBind)), workers);
        client = QuicNode.bind(adjust.apply(QuicOptions.at(clientBind)), workers);
        registration = server.register(
                NAME, share.key(), share.certificate(), connection -> accepted.add((QuicConnection) connection));
    }

    static NodePair over(DatagramPath path, InetSocketAddress serverBind, InetSocketAddress clientBind, Duration idle)
            throws IOException {
        return new NodePair(
                serverBind, clientBind, options -> options.withPath(path).withIdleTimeout(idle));
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** The first datagram of a real connection, which nobody has seen. */
    byte[] firstDatagram() throws IOException {
        try (DatagramSocket nobody = new DatagramSocket(loopback(0))) {
            workers.execute(() -> {
                try {
                    client.connect(
                            (InetSocketAddress) nobody.getLocalSocketAddress(),
                            NAME,
                            mount.key(),
                            mount.certificate(),
                            null,
                            Duration.ofMillis(1));
                } catch (IOException e) {
                    // As it must.
                }
            });
            DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
            nobody.receive(packet);
            return Arrays.copyOf(packet.getData(), packet.getLength());
        }
    }

    /** Sends many bytes over a connection whose other end echoes, and gets them back. */
    void echoes(QuicConnection from, int bytes) throws Exception {
        byte[] sent = new byte[bytes];
        new Random(2).nextBytes(sent);
        QuicStream stream = from.openStream();
        Future<?> writing = workers.submit(() -> {
            stream.write(sent, 0, sent.length);
            stream.shutdownOutput();
            return null;
        });
        byte[] back = new byte[sent.length];
        stream.readFully(back, 0, back.length);
        writing.get();
        assertThat(back).isEqualTo(sent);
    }

    QuicConnection dial() throws IOException {
        return client.connect(
                server.localAddress(), NAME, mount.key(), mount.certificate(), share.fingerprint(), PATIENCE);
    }

    QuicConnection accept() throws InterruptedException {
        QuicConnection connection = accepted.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (connection == null) {
            throw new AssertionError("no connection was accepted");
        }
        return connection;
    }

    /** Sends back what comes, stream by stream. */
    static void echo(Connection connection) {
        connection.onStream(each -> {
            try (QuicStream stream = (QuicStream) each) {
                byte[] buffer = new byte[64 << 10];
                int read;
                while ((read = stream.read(buffer, 0, buffer.length)) >= 0) {
                    stream.write(buffer, 0, read);
                    if (stream.available() == 0) {
                        stream.flush();
                    }
                }
                stream.shutdownOutput();
            } catch (IOException e) {
                each.reset(0);
            }
        });
    }

    @Override
    public void close() {
        client.close();
        server.close();
        workers.shutdownNow();
    }
}
