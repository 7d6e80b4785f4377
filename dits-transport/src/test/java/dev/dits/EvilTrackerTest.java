package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.DitsException;
import dev.dits.error.PeerUnreachableException;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a tracker can do to those who use it, and what it learns of them: it lies in every way that the protocol has. */
@Timeout(180)
class EvilTrackerTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final Duration BRIEF = Duration.ofSeconds(6);

    @TempDir
    Path temporary;

    private final TestNodes nodes = new TestNodes(() -> temporary);
    private final Until until = new Until();

    @AfterEach
    void tearDown() throws Exception {
        nodes.close();
    }

    /** Bound to another loopback address, so that what is private is told from what the tracker sees of connections. */
    private static InetAddress loopback(int last) throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
    }

    private Dits node(String name, ScriptedTracker tracker, String lan, @Nullable InetAddress bind) throws IOException {
        return nodes.keep(Dits.open(TestNodes.options(temporary, name)
                .withLanInterfaces(lan)
                .withBindAddress(bind)
                .withTracker("127.0.0.1:" + tracker.port())));
    }

    private Path project(String name, int bytes, long seed) throws IOException {
        Path project = temporary.resolve(name);
        Trees.random(project.resolve("secret-plans/large-file-name"), seed, bytes);
        Files.writeString(project.resolve("readable-file-name"), "readable content, readable content");
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("A readable message", null, CommitProgress.NONE);
        }
        return project;
    }

    private Share share(Dits dits, Path project) throws IOException {
        return nodes.keep(dits.share(
                project, ShareOptions.defaults().withBindAddress(dits.options().bindAddress())));
    }

    private Mount mount(Dits dits, String code) throws Exception {
        return nodes.keep(dits.mount(code, temporary.resolve("copy")));
    }

    private void refusesToMount(Dits dits, String code) {
        long begun = System.nanoTime();
        assertThatThrownBy(() -> dits.mount(
                        code, temporary.resolve("copy"), MountOptions.defaults().withTimeout(BRIEF)))
                .isInstanceOf(DitsException.class)
                .hasMessageNotContaining(code)
                .hasMessageNotContaining(code.substring(code.length() - 7));
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(BRIEF.multipliedBy(3));
        assertThat(temporary.resolve("copy/.dits/config")).doesNotExist();
    }

    // ---- what it learns

    private static boolean contains(byte[] all, byte[] part) {
        for (int i = 0; i <= all.length - part.length; i++) {
            int j = 0;
            while (j < part.length && all[i + j] == part[j]) {
                j++;
            }
            if (j == part.length) {
                return true;
            }
        }
        return false;
    }

    /** Ways in which a text may stand in bytes. */
    private static List<byte[]> forms(String text) {
        List<byte[]> all = new ArrayList<>();
        for (String one : List.of(text, text.toLowerCase(Locale.ROOT), text.replace("-", ""), text.replace("-", " "))) {
            byte[] utf8 = one.getBytes(StandardCharsets.UTF_8);
            all.add(utf8);
            all.add(one.getBytes(StandardCharsets.UTF_16LE));
            all.add(HexFormat.of().formatHex(utf8).getBytes(StandardCharsets.US_ASCII));
            all.add(Base64.getEncoder().withoutPadding().encode(utf8));
        }
        return all;
    }

    private static byte[] raw(InetSocketAddress address) {
        byte[] host = address.getAddress().getAddress();
        byte[] all = java.util.Arrays.copyOf(host, host.length + 2);
        all[host.length] = (byte) (address.getPort() >>> 8);
        all[host.length + 1] = (byte) address.getPort();
        return all;
    }

    @Test
    void nothingThatIsPrivateCrossesIt() throws Exception {
        Path project = project("project-name", 300_000, 1);
        try (ScriptedTracker tracker = new ScriptedTracker() {
            /** Who is seen nowhere stays on the relay. */
            @Override
            @Nullable
            InetSocketAddress mapped(InetSocketAddress sender) {
                return null;
            }
        }) {
            Dits sharer = node("sharer-device", tracker, "off", loopback(2));
            // Bound to all, so that it stays on the relay and all of the transfer crosses the tracker.
            Dits mounter = node("mounter-device", tracker, "off", null);
            Share share = share(sharer, project);
            assertThat(share.lanOnly()).isFalse();
            Mount mount = mount(mounter, share.joinCode());
            mount.pull().await();
            Files.writeString(mount.root().resolve("another-file-name"), "more that is readable");
            mount.commit("Another message");
            mount.push().await();
            until.holds(
                    "both have asked for a more direct way",
                    () -> share.paths().stream()
                            .anyMatch(path -> path.problem().orElse("").contains("may be sent to from here")));
            assertThat(mount.path().kind()).isEqualTo(PeerPath.Kind.RELAY);
            byte[] heard = tracker.heard();
            // All of it crossed here, and what a tracker is told is among it.
            assertThat(heard.length).isGreaterThan(300_000);
            assertThat(new String(heard, StandardCharsets.ISO_8859_1))
                    .contains("\"claim\"")
                    .contains("GET /rendezvous")
                    .contains("GET /relay?tag=");

            String code = share.joinCode();
            String secret = code.substring(code.length() - 7);
            String nameplate = code.substring(0, code.length() - 8);
            for (String text : List.of(
                    code,
                    secret,
                    share.ticket(),
                    "secret-plans",
                    "large-file-name",
                    "readable-file-name",
                    "another-file-name",
                    "readable content",
                    "more that is readable",
                    "A readable message",
                    "Another message",
                    "sharer-device",
                    "mounter-device",
                    "project-name",
                    "127.0.0.2")) {
                for (byte[] form : forms(text)) {
                    assertThat(contains(heard, form))
                            .as("%s as %s", text, HexFormat.of().formatHex(form))
                            .isFalse();
                }
            }
            for (String words : new String(heard, StandardCharsets.ISO_8859_1).split("\n")) {
                if (words.startsWith("GET ") || words.startsWith("{")) {
                    assertThat(words).doesNotContain(nameplate);
                }
            }
            assertThat(contains(heard, raw(share.address()))).isFalse();
            for (InetSocketAddress address :
                    dev.dits.connect.Reachable.here(mounter.sockets().dialling(null))) {
                assertThat(contains(heard, raw(address))).isFalse();
            }
        }
    }

    // ---- what it does to packets

    /** Passes packets on as it likes. */
    private static class Mangling extends ScriptedTracker {
        private final Random random = new Random(5);
        private final Deque<byte[]> kept = new ArrayDeque<>();

        Mangling() throws IOException {}

        /** Who is seen nowhere stays on the relay. */
        @Override
        @Nullable
        InetSocketAddress mapped(InetSocketAddress sender) {
            return null;
        }

        @Override
        void packet(Socket from, byte[] packet) {
            Socket to = from.other();
            if (to == null) {
                return;
            }
            int chance = random.nextInt(100);
            if (chance < 3) {
                // Dropped.
                return;
            }
            if (chance < 6) {
                byte[] changed = packet.clone();
                changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
                to.packet(changed);
                return;
            }
            if (chance < 9) {
                // Later, behind others; some never.
                kept.add(packet);
                return;
            }
            to.packet(packet);
            if (chance < 12) {
                to.packet(packet);
            }
            if (chance < 15 && !kept.isEmpty()) {
                // To whichever side: what one said may come back to it.
                (random.nextBoolean() ? to : from).packet(kept.poll());
            }
        }
    }

    @Test
    void whatIsDroppedChangedRepeatedOrSentBackArrivesWholeAllTheSame() throws Exception {
        Path project = project("project", 2_000_000, 2);
        try (ScriptedTracker tracker = new Mangling()) {
            Share share = share(node("sharer", tracker, "off", LOOPBACK), project);
            Mount mount = mount(node("mounter", tracker, "off", null), share.joinCode());
            mount.pull().await();
            assertThat(mount.path().kind()).isEqualTo(PeerPath.Kind.RELAY);
            assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
        }
    }

    /** The whole of an earlier join, played to the share again: it is another connection's, and means nothing. */
    @Test
    void aJoinThatIsPlayedAgainIsNoJoin() throws Exception {
        Path project = project("project", 1_000, 3);
        Queue<byte[]> said = new ConcurrentLinkedQueue<>();
        AtomicInteger answers = new AtomicInteger();
        try (ScriptedTracker tracker = new ScriptedTracker() {
            private boolean replaying;

            @Override
            void ask(Socket mount, String tag) {
                replaying = !said.isEmpty();
                super.ask(mount, tag);
            }

            @Override
            void enter(Socket share, String room) {
                super.enter(share, room);
                if (replaying) {
                    said.forEach(share::packet);
                }
            }

            @Override
            void packet(Socket from, byte[] packet) {
                if (replaying) {
                    answers.incrementAndGet();
                    return;
                }
                if (from.other() != null && isMount(from)) {
                    said.add(packet);
                }
                super.packet(from, packet);
            }

            private final java.util.Set<Socket> mounts = new java.util.HashSet<>();

            private boolean isMount(Socket socket) {
                return mounts.contains(socket);
            }

            @Override
            void knock(Socket mount, Socket share, String tag) {
                mounts.add(mount);
                super.knock(mount, share, tag);
            }
        }) {
            Share share = share(node("sharer", tracker, "off", LOOPBACK), project);
            Dits mounter = node("mounter", tracker, "off", null);
            Mount first = mounter.mount(share.joinCode(), temporary.resolve("first"));
            first.pull().await();
            first.close();
            until.holds("it has left", () -> share.paths().isEmpty());
            assertThat(said).isNotEmpty();
            refusesToMount(mounter, share.joinCode());
            // The share says Retry to what was an Initial once, and nothing else; nobody has joined by it.
            assertThat(answers.get()).isPositive();
            assertThat(share.peers()).hasSize(1);
            assertThat(share.peers()).noneMatch(Peer::connected);
            assertThat(share.codeState()).isEqualTo(CodeState.OPEN);
        }
    }

    // ---- whom it brings together

    @Test
    void aMountInTheRoomOfAnotherShareJoinsNobody() throws Exception {
        Path project = project("project", 1_000, 4);
        Path other = project("other", 1_000, 5);
        AtomicInteger swapped = new AtomicInteger();
        try (ScriptedTracker tracker = new ScriptedTracker() {
            private final List<Socket> desks = new ArrayList<>();
            private final List<String> tags = new ArrayList<>();

            @Override
            void claim(Socket share, String tag, boolean exclusive) {
                desks.add(share);
                tags.add(tag);
                super.claim(share, tag, exclusive);
            }

            /** Whoever is asked for, the other one is called, by a tag of its own. */
            @Override
            void ask(Socket mount, String tag) {
                Socket right = desks.get(tags.indexOf(tag));
                for (int i = 0; i < desks.size(); i++) {
                    if (desks.get(i) != right) {
                        swapped.incrementAndGet();
                        knock(mount, desks.get(i), tags.get(i));
                        return;
                    }
                }
                mount.close();
            }
        }) {
            Share share = share(node("sharer", tracker, "off", LOOPBACK), project);
            Share wrong = share(node("other", tracker, "off", LOOPBACK), other);
            refusesToMount(node("mounter", tracker, "off", null), share.joinCode());
            assertThat(swapped.get()).isBetween(1, 16);
            assertThat(share.peers()).isEmpty();
            assertThat(wrong.peers()).isEmpty();
            assertThat(wrong.codeState()).isEqualTo(CodeState.OPEN);
        }
    }

    @Test
    void wrongRoomsDoNotKeepAnybodyFromTheLan() throws Exception {
        Path project = project("project", 1_000, 6);
        try (ScriptedTracker tracker = new ScriptedTracker() {
            @Override
            void ask(Socket mount, String tag) {
                // Somebody is there, and never says a word.
                ready(mount);
            }
        }) {
            Share share = share(node("sharer", tracker, "lo", LOOPBACK), project);
            Mount mount = mount(node("mounter", tracker, "lo", LOOPBACK), share.joinCode());
            mount.pull().await();
            assertThat(mount.path().kind()).isEqualTo(PeerPath.Kind.LAN);
        }
    }

    @Test
    void aRoomWithNobodyInItIsNamedAndGivenUp() throws Exception {
        Path project = project("project", 1_000, 7);
        try (ScriptedTracker tracker = new ScriptedTracker() {
            @Override
            void ask(Socket mount, String tag) {
                ready(mount);
            }
        }) {
            Share share = share(node("sharer", tracker, "off", LOOPBACK), project);
            Dits mounter = node("mounter", tracker, "off", null);
            assertThatThrownBy(() -> mounter.mount(
                            share.joinCode(),
                            temporary.resolve("copy"),
                            MountOptions.defaults().withTimeout(BRIEF)))
                    .isInstanceOf(PeerUnreachableException.class)
                    .hasMessageContaining("relay");
        }
    }

    @Test
    void callsWithoutEndAreAnsweredSoOftenAndNotMore() throws Exception {
        Path project = project("project", 1_000, 8);
        AtomicInteger entered = new AtomicInteger();
        long begun = System.nanoTime();
        try (ScriptedTracker tracker = new ScriptedTracker() {
            @Override
            void claim(Socket share, String tag, boolean exclusive) {
                super.claim(share, tag, exclusive);
                for (int i = 0; i < 2_000; i++) {
                    knock(share, share, tag);
                }
            }

            @Override
            void enter(Socket share, String room) {
                entered.incrementAndGet();
            }
        }) {
            Share share = share(node("sharer", tracker, "lo", LOOPBACK), project);
            until.holds("some rooms are entered", () -> entered.get() >= 32);
            Mount mount = mount(node("mounter", tracker, "lo", LOOPBACK), share.joinCode());
            mount.pull().await();
            double seconds = (System.nanoTime() - begun) / 1e9;
            assertThat(entered.get()).isLessThanOrEqualTo((int) (64 + 16 * (seconds + 1)));
        }
    }

    @Test
    void aTrackerThatSaysThatAllIsTakenLeavesTheLan() throws Exception {
        Path project = project("project", 1_000, 9);
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedTracker tracker = new ScriptedTracker() {
            @Override
            void claim(Socket share, String tag, boolean exclusive) {
                asked.incrementAndGet();
                share.text("{\"type\":\"taken\",\"tag\":\"" + tag + "\"}");
            }
        }) {
            Share share = share(node("sharer", tracker, "lo", LOOPBACK), project);
            assertThat(share.lanOnly()).isTrue();
            assertThat(asked.get()).isBetween(2, 64);
            Mount mount = mount(node("mounter", tracker, "lo", LOOPBACK), share.joinCode());
            mount.pull().await();
            assertThat(mount.path().kind()).isEqualTo(PeerPath.Kind.LAN);
        }
    }

    /** As after a cut that the tracker did not notice: what has the tag is this node's own connection of before. */
    @Test
    void aTagThatWasTakenIsAskedForAgain() throws Exception {
        Path project = project("project", 1_000, 10);
        try (ScriptedTracker tracker = new ScriptedTracker() {
            private final java.util.Set<String> seen = new java.util.HashSet<>();
            private Socket desk;

            @Override
            void claim(Socket share, String tag, boolean exclusive) {
                if (desk == null || desk == share) {
                    desk = share;
                    super.claim(share, tag, exclusive);
                } else if (seen.add(tag)) {
                    share.text("{\"type\":\"taken\",\"tag\":\"" + tag + "\"}");
                } else {
                    super.claim(share, tag, exclusive);
                }
            }

            @Override
            void ask(Socket mount, String tag) {
                // Once: the share's connection ends.
                if (seen.isEmpty()) {
                    desk.close();
                    mount.close();
                } else {
                    super.ask(mount, tag);
                }
            }
        }) {
            Share share = share(node("sharer", tracker, "off", LOOPBACK), project);
            Mount mount = nodes.keep(node("mounter", tracker, "off", null)
                    .mount(
                            share.joinCode(),
                            temporary.resolve("copy"),
                            MountOptions.defaults().withTimeout(Duration.ofSeconds(60))));
            mount.pull().await();
            until.holds("the code is known again", () -> !share.lanOnly());
        }
    }

    // ---- what it says

    private void garbage(String... texts) throws Exception {
        Path project = project("project-" + texts.length + texts[0].length(), 1_000, 11);
        try (ScriptedTracker tracker = new ScriptedTracker() {
            private void all(Socket to) {
                for (String text : texts) {
                    to.text(text);
                }
                to.packet(new byte[0]);
                to.packet(new byte[200_000]);
            }

            @Override
            void welcome(Socket share) {
                all(share);
            }

            @Override
            void ask(Socket mount, String tag) {
                all(mount);
            }
        }) {
            Share share = share(node("sharer", tracker, "lo", LOOPBACK), project);
            assertThat(share.lanOnly()).isTrue();
            Mount mount = mount(node("mounter", tracker, "lo", LOOPBACK), share.joinCode());
            mount.pull().await();
            assertThat(mount.path().kind()).isEqualTo(PeerPath.Kind.LAN);
        }
    }

    @Test
    void hugeAnswersEndTheConnectionAndNothingElse() throws Exception {
        garbage("{\"type\":\"" + "w".repeat(900_000) + "\"}");
    }

    @Test
    void whatIsNoJsonOrNothingKnownIsNotTaken() throws Exception {
        garbage(
                "[".repeat(4_000),
                "{\"type\":7}",
                "{\"type\":\"welcome\",\"stun\":\"x\"}",
                "{\"type\":\"welcome\",\"stun\":[0,-1,70000,1e9,null,{}]}",
                "{\"type\":\"claimed\",\"tag\":7}",
                "{\"type\":\"knock\",\"tag\":\"0011223344556677\",\"room\":\"../../etc\",\"token\":\"&x=\"}",
                "{\"type\":\"ready\",\"observed\":[],\"stun\":{}}",
                "{\"type\":\"ready\"}",
                "{\"type\":\"ready\"}");
    }

    /** A socket that counts what it gets. */
    private static final class Victim implements AutoCloseable {
        private final DatagramSocket socket = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
        private final AtomicInteger packets = new AtomicInteger();

        Victim() throws SocketException {
            Thread thread = new Thread(
                    () -> {
                        try {
                            while (true) {
                                socket.receive(new DatagramPacket(new byte[2_000], 2_000));
                                packets.incrementAndGet();
                            }
                        } catch (IOException e) {
                            // Closed.
                            return;
                        }
                    },
                    "victim");
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    /** The share takes it for its own address and tells the mount, which tries it: so often and not more. */
    @Test
    void anAddressThatStunLiesAboutGetsFewPackets() throws Exception {
        Path project = project("project", 1_000, 12);
        try (Victim victim = new Victim();
                ScriptedTracker tracker = new ScriptedTracker() {
                    @Override
                    InetSocketAddress mapped(InetSocketAddress sender) {
                        return new InetSocketAddress(LOOPBACK, victim.socket.getLocalPort());
                    }
                }) {
            Share share = share(node("sharer", tracker, "off", LOOPBACK), project);
            Mount mount = mount(node("mounter", tracker, "off", LOOPBACK), share.joinCode());
            mount.pull().await();
            until.holds("a direct way all the same", () -> mount.path().isDirect());
            until.holds("the victim has got something", () -> victim.packets.get() > 0);
            until.holds("the share has given up", () -> share.paths().stream().allMatch(PeerPath::isDirect));
            long direct = System.nanoTime();
            until.holds(
                    "probes have ended",
                    () -> System.nanoTime() - direct > Duration.ofSeconds(8).toNanos());
            int packets = victim.packets.get();
            // Both sides' probes, and first packets of a dial that nobody answers, with their repetitions.
            assertThat(packets).isLessThanOrEqualTo(2 * 26 + 3 * 12);
            until.holds(
                    "some time has passed",
                    () -> System.nanoTime() - direct > Duration.ofSeconds(11).toNanos());
            assertThat(victim.packets.get()).isEqualTo(packets);
        }
    }
}
