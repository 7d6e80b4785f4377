package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.discovery.PeerDiscovery;
import dev.dits.net.Endpoint;
import dev.dits.object.ObjectId;
import dev.dits.path.LinkConditions;
import dev.dits.path.SimulatedNetwork;
import dev.dits.quic.QuicNode;
import dev.dits.quic.QuicOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole nodes over the real QUIC, on a network that loses, repeats and reorders packets and goes away for a while. */
class LossyNodesTest {
    @TempDir
    private Path directory;

    private static InetAddress host(int number) throws IOException {
        return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) number});
    }

    private Dits node(SimulatedNetwork network, int number) throws IOException {
        DitsOptions options = DitsOptions.defaults()
                .withHome(directory.resolve("home" + number))
                .withBindAddress(host(number))
                .withDeviceName("host" + number);
        return Dits.open(options, new Network() {
            @Override
            public Endpoint bind(InetSocketAddress at, Executor workers) throws IOException {
                return QuicNode.bind(QuicOptions.at(at).withPath(network.path()), workers);
            }

            @Override
            public PeerDiscovery discover(InetAddress bind, Executor workers) {
                return new NobodyThere();
            }
        });
    }

    /** The ticket names the address. */
    private static final class NobodyThere implements PeerDiscovery {
        @Override
        public java.io.Closeable announce(byte[] tag, int port) {
            return () -> {};
        }

        @Override
        public java.io.Closeable search(byte[] tag, java.util.function.Consumer<dev.dits.discovery.Candidate> found) {
            return () -> {};
        }

        @Override
        public void close() {
            // It holds nothing.
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void aTreeGoesThereAndACommitComesBackAcrossACut(long seed) throws Exception {
        SimulatedNetwork network = new SimulatedNetwork(
                seed,
                LinkConditions.PERFECT
                        .withDelay(Duration.ofMillis(4))
                        .withLoss(0.02)
                        .withReordering(0.05)
                        .withDuplication(0.01));
        Random random = new Random(seed);
        Path project = Files.createDirectories(directory.resolve("project"));
        for (int i = 0; i < 40; i++) {
            byte[] bytes = new byte[random.nextInt(60_000)];
            random.nextBytes(bytes);
            Files.write(project.resolve("file" + i), bytes);
        }
        try (Dits sharer = node(network, 1);
                Dits mounter = node(network, 2);
                Share share = sharer.share(
                        project, ShareOptions.defaults().withInit(true).withBindAddress(host(1)));
                Mount mount = mounter.mount(
                        share.ticket(),
                        directory.resolve("copy"),
                        MountOptions.defaults().withSync(Sync.MANUAL))) {
            Transfer pull = mount.pull();
            network.cut(host(1));
            mount.repository().status();
            network.heal();
            assertThat(pull.await().commit()).isEqualTo(share.head().orElseThrow());
            for (int i = 0; i < 40; i++) {
                assertThat(mount.root().resolve("file" + i)).hasSameBinaryContentAs(project.resolve("file" + i));
            }

            network.cut(host(2));
            Files.writeString(mount.root().resolve("note"), "written while nobody was there");
            ObjectId commit = mount.commit("A note").orElseThrow();
            Transfer push = mount.push();
            network.heal();
            assertThat(push.await().commit()).isEqualTo(commit);
            assertThat(share.head()).contains(commit);
            assertThat(project.resolve("note")).hasContent("written while nobody was there");
            assertThat(share.repository().fsck(done -> {}).clean()).isTrue();
            assertThat(mount.repository().fsck(done -> {}).clean()).isTrue();
        }
        assertThat(network.dropped()).isGreaterThan(10);
    }

    /** A laptop that slept has connections that nobody will answer on, and finds out when it looks, not after the idle time-out. */
    @Test
    void afterASleepTheSessionComesBackAndWhatWasCommittedGoesOut() throws Exception {
        SimulatedNetwork network = new SimulatedNetwork(3, LinkConditions.PERFECT.withDelay(Duration.ofMillis(2)));
        Path project = Files.createDirectories(directory.resolve("project"));
        Files.writeString(project.resolve("file"), "first");
        Until until = new Until();
        try (Dits sharer = node(network, 1);
                Dits mounter = node(network, 2);
                Share share = until.watch(sharer.share(
                        project, ShareOptions.defaults().withInit(true).withBindAddress(host(1))));
                Mount mount = until.watch(mounter.mount(share.ticket(), directory.resolve("copy")))) {
            mount.pull().await();
            // Still there: nothing is lost by asking.
            mount.awoke();
            assertThat(mount.isConnected()).isTrue();
            network.cut(host(2));
            mount.awoke();
            until.holds("it is found to be lost", () -> !mount.isConnected());
            Files.writeString(mount.root().resolve("file"), "on the train");
            ObjectId made = mount.commit("On the train").orElseThrow();
            network.heal();
            // What waited for the next try need not wait any more.
            mount.awoke();
            until.holds("it goes out", () -> share.head().equals(java.util.Optional.of(made)));
            until.holds("in step", () -> mount.syncState().inStep());
        }
    }
}
