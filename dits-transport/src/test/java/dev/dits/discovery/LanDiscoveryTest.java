package dev.dits.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.DitsThreads;
import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** All of it on the loopback interface. */
@Timeout(60)
class LanDiscoveryTest {
    private static final byte[] TAG = HexFormat.of().parseHex("0011223344556677");
    private static final byte[] OTHER = HexFormat.of().parseHex("8899aabbccddeeff");

    private final ExecutorService workers = Executors.newCachedThreadPool();
    private final List<LanDiscovery> opened = new ArrayList<>();
    private final BlockingQueue<Candidate> found = new LinkedBlockingQueue<>();
    private LanOptions options;

    /** A port of our own, so that runs beside each other do not meet. */
    @BeforeEach
    void choosePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            options = LanOptions.parse("lo", null).withPort(socket.getLocalPort());
        }
    }

    @AfterEach
    void close() {
        opened.forEach(LanDiscovery::close);
        workers.shutdownNow();
    }

    private LanDiscovery open() throws IOException {
        return open(options);
    }

    private LanDiscovery open(LanOptions where) throws IOException {
        LanDiscovery discovery = LanDiscovery.open(where, workers);
        opened.add(discovery);
        return discovery;
    }

    private static Candidate at(int port) {
        return Candidate.of(new InetSocketAddress("127.0.0.1", port), Candidate.Source.LAN);
    }

    @Test
    void aMountFindsEveryShareThatKnowsTheTagAndNoOther() throws Exception {
        open().announce(TAG, 4_433);
        open().announce(TAG, 4_434);
        open().announce(OTHER, 4_435);
        open().search(TAG, found::add);
        assertThat(List.of(found.take(), found.take())).containsExactlyInAnyOrder(at(4_433), at(4_434));
        // Four queries later there is nothing new.
        assertThat(found.poll(1, TimeUnit.SECONDS)).isNull();
    }

    @Test
    void aShareThatAppearsLaterIsFoundAndOneThatEndedIsNot() throws Exception {
        LanDiscovery share = open();
        share.announce(TAG, 4_433).close();
        open().search(TAG, found::add);
        assertThat(found.poll(300, TimeUnit.MILLISECONDS)).isNull();
        share.announce(TAG, 4_436);
        assertThat(found.take()).isEqualTo(at(4_436));
    }

    @Test
    void oneNodeMayShareAndMount() throws Exception {
        LanDiscovery both = open();
        both.announce(TAG, 4_433);
        both.search(TAG, found::add);
        assertThat(found.take()).isEqualTo(at(4_433));
    }

    @Test
    void broadcastHelpsWhereMulticastFails() throws Exception {
        // The loopback network has no broadcast that Java would bind; an address of its own plays the part.
        InetAddress everyone = InetAddress.getByName("127.0.0.77");
        LanDiscovery.Links links = where -> LanLink.choose(where).stream()
                .map(link -> new LanLink(link.device(), link.address(), link.prefixBits(), everyone))
                .toList();
        // One node asks itself: a single address is not shared by two sockets the way a broadcast address is.
        LanDiscovery both = LanDiscovery.open(options, workers, false, links);
        opened.add(both);
        both.announce(TAG, 4_437);
        both.search(TAG, found::add);
        assertThat(found.take()).isEqualTo(at(4_437));
    }

    @Test
    void aNodeBoundToTheLoopbackAddressStaysThere() throws Exception {
        LanOptions bound = new LanOptions(true, List.of(), InetAddress.getByName("127.0.0.1"), options.port());
        assertThat(LanLink.choose(bound))
                .allSatisfy(link -> assertThat(link.device().isLoopback()).isTrue());
        open(bound).announce(TAG, 4_438);
        open().search(TAG, found::add);
        assertThat(found.take()).isEqualTo(at(4_438));
    }

    @Test
    void offIsSilent() throws Exception {
        LanOptions off = LanOptions.parse(" off ", null).withPort(options.port());
        assertThat(LanLink.choose(off)).isEmpty();
        open(off).announce(TAG, 4_433);
        open().search(TAG, found::add);
        assertThat(found.poll(900, TimeUnit.MILLISECONDS)).isNull();
    }

    @Test
    void aTagIsAnsweredToItsAskerWithTheSameLengthAndAnotherTagNotAtAll() throws Exception {
        open().announce(TAG, 4_433);
        open().search(TAG, found::add);
        found.take();
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            socket.setSoTimeout(300);
            socket.setOption(StandardSocketOptions.IP_MULTICAST_IF, NetworkInterface.getByName("lo"));
            InetSocketAddress everyone = new InetSocketAddress("239.255.77.83", options.port());
            byte[] query = HexFormat.of()
                    .parseHex("44495453" + "01" + "01" + "0011223344556677" + "0102030405060708" + "0000");
            socket.send(new DatagramPacket(query, query.length, everyone));
            assertThat(receive(socket))
                    .isEqualTo("44495453" + "01" + "02" + "0011223344556677" + "0102030405060708" + "1151");

            List<byte[]> silent = new ArrayList<>();
            byte[] otherTag = query.clone();
            otherTag[6] ^= 1;
            silent.add(otherTag);
            for (int i : new int[] {0, 3, 4, 5, 23}) {
                byte[] bad = query.clone();
                bad[i] ^= 0x40;
                silent.add(bad);
            }
            silent.add(ByteBuffer.allocate(25).put(query).array());
            silent.add(java.util.Arrays.copyOf(query, 23));
            silent.add(new byte[0]);
            for (byte[] bytes : silent) {
                socket.send(new DatagramPacket(bytes, bytes.length, everyone));
            }
            assertThatThrownBy(() -> receive(socket)).isInstanceOf(SocketTimeoutException.class);
        }
    }

    private static String receive(DatagramSocket socket) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[100], 100);
        socket.receive(packet);
        return HexFormat.of().formatHex(packet.getData(), 0, packet.getLength());
    }

    @Test
    void aSearchTakesABoundedNumberOfCandidates() throws Exception {
        LanDiscovery share = open();
        for (int i = 0; i <= LanDiscovery.CANDIDATES_MAX; i++) {
            share.announce(TAG, 5_000 + i);
        }
        open().search(TAG, found::add);
        for (int i = 0; i < LanDiscovery.CANDIDATES_MAX; i++) {
            found.take();
        }
        assertThat(found.poll(900, TimeUnit.MILLISECONDS)).isNull();
    }

    @Test
    void closingIsCleanAndFinal() throws Exception {
        LanDiscovery discovery = open();
        Closeable search = discovery.search(TAG, found::add);
        discovery.close();
        discovery.close();
        search.close();
        assertThatThrownBy(() -> discovery.announce(TAG, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> discovery.search(TAG, found::add)).isInstanceOf(IllegalStateException.class);
        DitsThreads.assertEnded("dits-lan", Set.of());
        LanDiscovery next = open();
        assertThatThrownBy(() -> next.announce(new byte[7], 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> next.announce(TAG, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> next.announce(TAG, 65_536)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> next.search(new byte[9], found::add)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void answersAreLimitedPerSourceAndInAll() {
        AnswerLimiter<Integer> limiter = new AnswerLimiter<>(0);
        assertThat(admitted(limiter, 1, 0)).isEqualTo(AnswerLimiter.SOURCE_BURST);
        assertThat(admitted(limiter, 1, TimeUnit.SECONDS.toNanos(1))).isEqualTo(AnswerLimiter.SOURCE_PER_SECOND);
        int inAll = 0;
        for (int source = 100; source < 3_000; source++) {
            inAll += limiter.admit(source, TimeUnit.SECONDS.toNanos(1)) ? 1 : 0;
        }
        assertThat(inAll).isLessThanOrEqualTo(AnswerLimiter.TOTAL_BURST);
    }

    private static int admitted(AnswerLimiter<Integer> limiter, int source, long now) {
        int count = 0;
        for (int i = 0; i < 1_000; i++) {
            count += limiter.admit(source, now) ? 1 : 0;
        }
        return count;
    }

    @Test
    void settingsAreRead() throws Exception {
        assertThat(LanOptions.parse(null, null)).isEqualTo(new LanOptions(true, List.of(), null, LanOptions.PORT));
        assertThat(LanOptions.parse("eth0, wlan0,", null).interfaces()).containsExactly("eth0", "wlan0");
        assertThat(LanOptions.parse("off", null).enabled()).isFalse();
        assertThatThrownBy(() -> options.withPort(0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(LanLink.choose(LanOptions.parse("no-such-interface", null))).isEmpty();
    }

    @Test
    void candidatesAreAddressesOfPeers() {
        for (String bad : List.of("224.0.0.1", "255.255.255.255", "0.0.0.0", "::", "ff02::1")) {
            assertThatThrownBy(() -> Candidate.of(new InetSocketAddress(bad, 1), Candidate.Source.LAN))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (String local : List.of("127.0.0.1", "169.254.1.1", "::1", "fe80::1")) {
            assertThatThrownBy(() -> Candidate.of(new InetSocketAddress(local, 1), Candidate.Source.TRACKER))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(Candidate.of(new InetSocketAddress(local, 1), Candidate.Source.LAN)
                            .priority())
                    .isZero();
        }
        assertThatThrownBy(() -> Candidate.of(new InetSocketAddress("192.0.2.1", 0), Candidate.Source.LAN))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Candidate.of(InetSocketAddress.createUnresolved("a", 1), Candidate.Source.LAN))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
