package dev.dits.quic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.net.ByteStream;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a node does with packets of peers that mean no good, over real sockets on 127.0.0.1. */
@Timeout(120)
class HostilePacketsTest {
    private static void send(DatagramSocket socket, NodePair pair, byte[] datagram) throws IOException {
        socket.send(new DatagramPacket(datagram, datagram.length, pair.server.localAddress()));
    }

    private static byte[] answer(DatagramSocket socket) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2_048], 2_048);
        socket.receive(packet);
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    private static boolean isRetry(byte[] packet) {
        return (packet[0] & 0xF0) == 0xF0;
    }

    /** The real Initial comes last, so whatever is answered before its Retry would be the answer to garbage. */
    @Test
    void garbageGetsNoAnswerAtAll() throws Exception {
        Random random = new Random(7);
        try (NodePair pair = new NodePair();
                DatagramSocket socket = new DatagramSocket(NodePair.loopback(0))) {
            byte[] real = pair.firstDatagram();
            assertThat(real.length).isGreaterThanOrEqualTo(1_200);
            List<byte[]> garbage = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                byte[] noise = new byte[random.nextInt(1_500)];
                random.nextBytes(noise);
                garbage.add(noise);
                // As a stateless reset looks, or a packet of a connection that is gone.
                byte[] reset = new byte[21 + random.nextInt(30)];
                random.nextBytes(reset);
                reset[0] = (byte) (0x40 | reset[0] & 0x3F);
                garbage.add(reset);
                garbage.add(Arrays.copyOf(real, 1 + random.nextInt(1_199)));
                byte[] handshake = Arrays.copyOf(real, 100);
                handshake[0] = (byte) (0xE0 | handshake[0] & 0x0F);
                garbage.add(handshake);
                byte[] version = real.clone();
                random.nextBytes(noise = new byte[4]);
                System.arraycopy(noise, 0, version, 1, 4);
                garbage.add(version);
                garbage.add(withToken(real, random));
            }
            for (byte[] one : garbage) {
                send(socket, pair, one);
            }
            send(socket, pair, real);
            byte[] retry = answer(socket);
            assertThat(isRetry(retry)).isTrue();
            assertThat(retry.length).isLessThan(real.length);
            // The next Initial's answer is a Retry too: nothing was late.
            send(socket, pair, real);
            assertThat(isRetry(answer(socket))).isTrue();
            NodePair.echo(connected(pair));
        }
    }

    private static QuicConnection connected(NodePair pair) throws Exception {
        pair.dial();
        return pair.accept();
    }

    private static byte[] withToken(byte[] real, Random random) {
        int tokenAt = 6 + real[5] + 1 + real[6 + real[5]];
        byte[] token = new byte[1 + random.nextInt(60)];
        random.nextBytes(token);
        byte[] one = real.clone();
        one[tokenAt] = (byte) token.length;
        System.arraycopy(token, 0, one, tokenAt + 1, token.length);
        return one;
    }

    /** Recorded first packets, sent again and again: each is worth a Retry and nothing else. */
    @Test
    void replayedFirstPacketsMakeNoConnection() throws Exception {
        try (NodePair pair = new NodePair();
                DatagramSocket socket = new DatagramSocket(NodePair.loopback(0))) {
            byte[] real = pair.firstDatagram();
            for (int i = 0; i < 500; i++) {
                send(socket, pair, real);
                assertThat(isRetry(answer(socket))).isTrue();
            }
            connected(pair);
            assertThat(pair.accepted).isEmpty();
            assertThat(pair.server.connectionCount()).isEqualTo(1);
        }
    }

    /** All streams that there are, each with more than the window, to an end that reads none of them. */
    @Test
    void streamsThatNobodyReadsTakeLittle() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection hostile = pair.dial();
            QuicConnection there = pair.accept();
            List<ByteStream> arrived = new ArrayList<>();
            java.util.concurrent.CountDownLatch all = new java.util.concurrent.CountDownLatch(QuicNode.STREAMS_MAX);
            there.onStream(stream -> {
                synchronized (arrived) {
                    arrived.add(stream);
                }
                all.countDown();
            });
            long before = PlatformDependent.usedDirectMemory();
            byte[] much = new byte[64 << 10];
            List<QuicStream> streams = new ArrayList<>();
            for (int i = 0; i < QuicNode.STREAMS_MAX; i++) {
                QuicStream stream = hostile.openStream();
                stream.write(much, 0, 1);
                stream.flush();
                streams.add(stream);
            }
            assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
            // Now the connection's window is what is filled.
            for (QuicStream stream : streams) {
                stream.write(much, 0, much.length);
                stream.flush();
            }
            synchronized (arrived) {
                for (ByteStream stream : arrived) {
                    assertThat(((QuicStream) stream).available()).isLessThanOrEqualTo(QuicStream.UNREAD_BYTES_MAX);
                }
            }
            // Both ends are in this process: what the sender queues is in it.
            assertThat(PlatformDependent.usedDirectMemory() - before).isLessThan(200L << 20);
            // One more has to wait, and another peer does not notice.
            java.util.concurrent.Future<QuicStream> oneMore = pair.workers.submit(hostile::openStream);
            QuicConnection other = pair.dial();
            NodePair.echo(pair.accept());
            try (QuicStream stream = other.openStream()) {
                stream.write(much, 0, much.length);
                stream.shutdownOutput();
                byte[] back = new byte[much.length];
                stream.readFully(back, 0, back.length);
            }
            assertThat(oneMore.isDone()).isFalse();
            synchronized (arrived) {
                arrived.get(0).reset(0);
            }
            assertThat(oneMore.get(20, TimeUnit.SECONDS)).isNotNull();
        }
    }

    /** A peer that is refused, or says too much, leaves nothing behind however often it comes. */
    @Test
    void whatARefusedPeerSaidIsNotKept() throws Exception {
        try (NodePair pair = new NodePair()) {
            byte[] much = new byte[200 << 10];
            long before = 0;
            for (int i = 0; i < 120; i++) {
                QuicConnection hostile = pair.dial();
                QuicConnection there = pair.accept();
                java.util.concurrent.CompletableFuture<ByteStream> came =
                        new java.util.concurrent.CompletableFuture<>();
                there.onStream(came::complete);
                QuicStream stream = hostile.openStream();
                stream.write(much, 0, much.length);
                stream.flush();
                // Somebody begins to read, finds it wrong, and ends the connection without another look at the stream.
                assertThat(came.get(20, TimeUnit.SECONDS).read(new byte[10], 0, 10))
                        .isPositive();
                there.close(2, "protocol");
                hostile.closed().get(20, TimeUnit.SECONDS);
                there.closed().get(20, TimeUnit.SECONDS);
                if (i == 20) {
                    before = PlatformDependent.usedDirectMemory();
                }
            }
            // 100 times 200 KiB would be 20 MiB.
            assertThat(PlatformDependent.usedDirectMemory() - before).isLessThan(8L << 20);
        }
    }

    /** One byte in a packet of its own, as fast as they go, and nobody who takes them: the queue is counted by what it holds. */
    @Test
    void aQueueOfTinyWritesIsBounded() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection here = pair.dial();
            QuicConnection there = pair.accept();
            there.onStream(stream -> {});
            QuicStream stream = here.openStream();
            stream.setWriteTimeout(Duration.ofMillis(200));
            byte[] one = {1};
            long before = PlatformDependent.usedDirectMemory();
            long written = 0;
            try {
                while (true) {
                    stream.write(one, 0, 1);
                    stream.flush();
                    written++;
                }
            } catch (java.net.SocketTimeoutException e) {
                assertThat(written).isPositive();
            }
            assertThat(here.writeBudget().takenBytes()).isLessThanOrEqualTo(QuicStream.WRITE_BYTES_MAX + 256);
            assertThat(PlatformDependent.usedDirectMemory() - before).isLessThan(32L << 20);
        }
    }
}
