package dev.dits;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.PeerCertificate;
import dev.dits.crypto.Spake2Password;
import dev.dits.crypto.Ticket;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.session.ShareIdentity;
import dev.dits.session.StoredSession;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.slf4j.LoggerFactory;

/**
 * A whole life of a share and its mounts, every word of it kept: what is logged at any level, by whomever; the message of every exception that is made, thrown
 * on or swallowed; the names of threads; how every object of dits calls itself that can be reached. Run by {@link TracedTest} in a process of its own, with a
 * directory, where it leaves {@code trace} and {@code secrets}.
 *
 * <p>At its end it gives away secrets that are nobody's, one in each way in which it listens: whoever looks finds exactly these.
 */
final class TracedLife {
    static final String PLANTED = "planted";
    static final String SECRETS = "secrets";
    static final String TRACE = "trace";

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path directory;
    private final Queue<String> heard = new ConcurrentLinkedQueue<>();
    private final Map<String, String> secrets = new LinkedHashMap<>();
    private final List<Object> kept = new ArrayList<>();
    private final Until until = new Until();
    private int named;

    private TracedLife(Path directory) {
        this.directory = directory;
    }

    private void text(String what, String secret) {
        secrets.put(what + " " + ++named + "\ttext", HexFormat.of().formatHex(secret.getBytes(StandardCharsets.UTF_8)));
    }

    private void bytes(String what, byte[] secret) {
        secrets.put(what + " " + ++named + "\tbytes", HexFormat.of().formatHex(secret));
    }

    private void code(String what, String typed) throws Exception {
        JoinCode code = JoinCode.parse(typed);
        String shown = code.display();
        text(what, shown);
        text(what + ", its secret part", shown.substring(code.nameplate().length() + 1));
        text(
                what + ", its secret part",
                shown.substring(code.nameplate().length() + 1).replace("-", ""));
        text(what + ", without hyphens", shown.replace("-", ""));
        password(what, Spake2Password.of(code));
    }

    private void ticket(String what, String typed) throws Exception {
        Ticket ticket = Ticket.parse(typed);
        text(what, typed);
        bytes(what + ", its secret", ticket.exposeSecret());
        password(what, Spake2Password.of(ticket));
    }

    private void password(String what, Spake2Password password) throws Exception {
        Method w = Spake2Password.class.getDeclaredMethod("w");
        w.setAccessible(true);
        bytes(what + ", the SPAKE2 password", (byte[]) w.invoke(password));
    }

    private void invite(Invite invite) throws Exception {
        kept.add(invite);
        if (invite.kind() == Invite.Kind.CODE) {
            code("an invited code", invite.secret());
        } else {
            ticket("an invited ticket", invite.secret());
        }
    }

    private void key(String what, PeerCertificate certificate) {
        byte[] scalar = ((ECPrivateKey) certificate.privateKey()).getS().toByteArray();
        bytes(what, scalar[0] == 0 ? Arrays.copyOfRange(scalar, 1, scalar.length) : scalar);
    }

    private void keysOfMount(Path root) throws Exception {
        StoredSession session =
                StoredSession.read(root.resolve(".dits/remotes/origin.session")).orElseThrow();
        bytes("the key of a session", session.secret().exposeBytes());
        key("the private key of a mount", session.certificate());
    }

    private void signingKey(Path root) throws Exception {
        // DITSSIGN, version, algorithm, then the seed.
        bytes(
                "the key that signs commits",
                Arrays.copyOfRange(Files.readAllBytes(root.resolve(".dits/identity")), 10, 42));
    }

    /** Writes content that is looked for as a text. */
    private void content(Path file, String content) throws Exception {
        Files.writeString(file, content);
        text("the content of a file", content);
    }

    private interface Step {
        void run() throws Exception;
    }

    /** Does what has to fail, and keeps how it did. */
    private void fails(String what, Step step) {
        try {
            step.run();
        } catch (Exception e) {
            heard.add("failed, " + what + ": " + TracedLogs.stackTrace(e));
            kept.add(e);
            return;
        }
        throw new AssertionError("it went well: " + what);
    }

    /** Lets everything say what it is. */
    private void everythingSpeaks(Collection<?> roots) {
        List<Object> all = new ArrayList<>(kept);
        all.addAll(roots);
        int found = Reachable.from(all, one -> heard.add(one.getClass().getName() + ": " + one));
        heard.add("objects: " + found);
    }

    private DitsOptions options(String name) {
        return DitsOptions.defaults()
                .withHome(directory.resolve("home-" + name))
                .withCacheBytes(16 << 20)
                .withDeviceName(name)
                .withLanInterfaces("off")
                .withControl(true)
                .withBindAddress(InetAddress.getLoopbackAddress());
    }

    private <T> T keep(T value) {
        kept.add(value);
        return value;
    }

    private static MountOptions manual() {
        return MountOptions.defaults().withSync(Sync.MANUAL).withTimeout(PATIENCE);
    }

    /** For what is refused at once, or found by nobody. */
    private static MountOptions brief() {
        return manual().withTimeout(Duration.ofMillis(300));
    }

    private void live() throws Exception {
        Path project = Files.createDirectories(directory.resolve("project"));
        content(project.resolve("a.txt"), "what nobody but the peers may read");
        Trees.random(project.resolve("b.bin"), 1, 200_000);
        bytes("the content of a large file", Arrays.copyOf(Files.readAllBytes(project.resolve("b.bin")), 64));
        try (Repository repository =
                Repository.init(project, RepositoryOptions.defaults().withAuthor("Ada"))) {
            repository.commit("First", "Ada", CommitProgress.NONE);
        }
        signingKey(project);
        try (Dits sharer = Dits.open(keep(options("sharer")));
                Dits mounter = Dits.open(keep(options("mounter")))) {
            Share share = sharer.share(
                    project,
                    keep(ShareOptions.defaults()
                            .withBindAddress(InetAddress.getLoopbackAddress())
                            .withPersist(true)));
            share.onEvent(event -> heard.add(event.toString()));
            until.watch(share);
            String address = "127.0.0.1:" + share.address().getPort();
            String first = share.joinCode();
            code("the code", first);
            ticket("the ticket", share.ticket());
            key(
                    "the share's private key",
                    ShareIdentity.read(project.resolve(".dits/share/identity"))
                            .orElseThrow()
                            .certificate());

            Mount mount = mounter.mount(
                    address,
                    directory.resolve("mount"),
                    keep(MountOptions.defaults().withCode(first).withTimeout(PATIENCE)));
            mount.onEvent(event -> heard.add(event.toString()));
            until.watch(mount);
            keysOfMount(mount.root());
            Transfer pull = keep(mount.pull());
            keep(pull.await());
            keep(pull.progress());
            bothWays(share, mount);
            everythingSpeaks(List.of(sharer, mounter));
            invited(share, mounter, address);
            wrongOnes(share, mounter, address);
            fromBeside(sharer, mounter);
            fails("a directory is no repository", () -> sharer.share(directory));
            fails(
                    "a port is taken",
                    () -> sharer.share(
                            project,
                            ShareOptions.defaults().withPort(share.address().getPort())));
            taken(share, mount, mounter);
            everythingSpeaks(List.of(sharer, mounter));
        }
        damaged(project);
        everythingSpeaks(List.of());
    }

    private void bothWays(Share share, Mount mount) throws Exception {
        content(share.root().resolve("a.txt"), "what its owner wrote later");
        keep(share.repository().commit("Second", "Ada", CommitProgress.NONE));
        until.holds(
                "the mount follows",
                () -> Files.readString(mount.root().resolve("a.txt")).contains("later"));
        content(mount.root().resolve("c.txt"), "what the mount's owner wrote");
        keep(mount.commit("Third"));
        signingKey(mount.root());
        until.holds("the share follows", () -> Files.exists(share.root().resolve("c.txt")));
        keep(mount.syncState());
        keep(mount.push()).await();
    }

    private void invited(Share share, Dits mounter, String address) throws Exception {
        Invite code =
                share.invite(keep(InviteOptions.defaults().withReadOnly(true).withBranches(List.of("main"))));
        invite(code);
        Invite ticket = share.invite(
                InviteOptions.defaults().withKind(Invite.Kind.TICKET).withOnce(true));
        invite(ticket);
        keep(share.invites());
        try (Mount mount = mounter.mount(code.secret() + "@" + address, directory.resolve("read-only"), manual())) {
            keysOfMount(mount.root());
            mount.pull().await();
            content(mount.root().resolve("a.txt"), "what is never to be pushed");
            mount.commit("Refused");
            fails("a read-only mount pushes", () -> mount.push().await());
            everythingSpeaks(List.of(mount));
        }
        try (Mount mount = mounter.mount(ticket.secret(), directory.resolve("by-ticket"), manual())) {
            keysOfMount(mount.root());
            mount.pull().await();
            fails("there is no such commit", () -> mount.checkout("nowhere").await());
        }
        fails(
                "a ticket is used up",
                () -> mounter.mount(ticket.secret(), directory.resolve("by-ticket-again"), manual()));
        try (PeerProbe probe = mounter.probe(share.joinCode() + "@" + address, manual())) {
            keep(probe);
            keep(probe.ping(PATIENCE));
        }
        keep(share.peers());
    }

    private void wrongOnes(Share share, Dits mounter, String address) throws Exception {
        String code = share.joinCode();
        String wrong = code.substring(0, code.length() - 1) + (code.endsWith("2") ? "3" : "2");
        code("a wrong code", wrong);
        fails("a wrong code", () -> mounter.mount(wrong + "@" + address, directory.resolve("x"), manual()));
        String shortened = code.substring(0, code.length() - 1);
        text("a code that is too short", shortened.substring(5));
        fails("a code too short", () -> mounter.mount(shortened + "@" + address, directory.resolve("x"), brief()));
        fails(
                "a code too short, given apart",
                () -> mounter.mount(address, directory.resolve("x"), brief().withCode(shortened)));
        fails("a code too long", () -> mounter.mount(code + "-22222@" + address, directory.resolve("x"), brief()));
        fails("a code with what is no letter", () -> mounter.mount(code + "!", directory.resolve("x"), brief()));
        String ticket = share.ticket();
        fails(
                "a ticket cut off",
                () -> mounter.mount(ticket.substring(0, ticket.length() - 1), directory.resolve("x"), brief()));
        fails("a ticket too long", () -> mounter.mount(ticket + "a", directory.resolve("x"), brief()));
        fails("a ticket for a code", () -> mounter.mount(address, directory.resolve("x"), brief().withCode(ticket)));
        fails("where nobody is", () -> mounter.mount(code + "@127.0.0.1:1", directory.resolve("x"), brief()));
        fails("found by nobody", () -> mounter.mount(code, directory.resolve("x"), brief()));
        fails("a directory is in use", () -> mounter.mount(code + "@" + address, share.root(), manual()));
        Files.createDirectories(directory.resolve("x"));
        Files.writeString(directory.resolve("x/in-the-way"), "x");
        fails("a directory is not empty", () -> mounter.mount(code + "@" + address, directory.resolve("x"), manual()));
        share.rearm();
        code("the second code", share.joinCode());
        fails("the old code", () -> mounter.mount(code + "@" + address, directory.resolve("y"), brief()));
    }

    /** What another process sees and does. */
    private void fromBeside(Dits sharer, Dits mounter) throws Exception {
        RunningNode node = keep(Dits.running(sharer.options().home())).get(0);
        RunningShare share = node.shares().get(0);
        keep(share.peers());
        invite(share.invite(InviteOptions.defaults()));
        keep(share.invites());
        ticket("the ticket as it is told", share.ticket());
        code("the third code", share.rearm());
        fails(
                "an invitation to nowhere",
                () -> share.invite(InviteOptions.defaults().withPaths(List.of("../x"))));
        RunningMount mount =
                keep(Dits.running(mounter.options().home()).get(0)).mounts().get(0);
        Transfer pull = keep(mount.pull());
        keep(pull.await());
        keep(mount.syncNow()).await();
        // Whoever types a ticket where it does not belong does not find it in what is said about that.
        String nonsense = share.ticket().substring(0, 60) + "z";
        text("what was said wrongly", nonsense);
        for (String line : List.of(
                "{\"dits\":1,\"do\":\"" + nonsense + "\",\"with\":{}}",
                "{\"dits\":1,\"do\":\"revoke\",\"with\":{\"id\":\"" + nonsense + "\"}}",
                "{\"dits\":1,\"do\":\"revoke\",\"with\":{\"id\":\"1\",\"peer\":\"" + nonsense + "\"",
                "{\"dits\":1,\"" + nonsense + "\":1,\"" + nonsense + "\":2}",
                nonsense)) {
            heard.add(say(sharer.options().home(), line));
        }
    }

    /** Says a line on a node's control socket; returns the answer. */
    private static String say(Path home, String line) throws IOException {
        Path socket;
        try (Stream<Path> all = Files.list(home.resolve("run"))) {
            socket = all.filter(path -> path.toString().endsWith(".sock"))
                    .findAny()
                    .orElseThrow();
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
            ByteBuffer answer = ByteBuffer.allocate(100_000);
            while (channel.read(answer) >= 0 && answer.get(answer.position() - 1) != '\n') {
                continue;
            }
            return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
        }
    }

    private void taken(Share share, Mount mount, Dits mounter) throws Exception {
        for (Peer peer : share.peers()) {
            share.revoke(peer.id());
        }
        until.holds("the mount is out", () -> mount.ended().isPresent());
        fails("a transfer without a session", () -> mount.pull().await());
        mount.close();
        fails("a mount whose access was revoked", () -> mounter.open(mount.root(), manual()));
    }

    /** The files that hold keys, cut short and changed. */
    private void damaged(Path project) throws Exception {
        for (Path file : List.of(
                directory.resolve("mount/.dits/remotes/origin.session"),
                project.resolve(".dits/share/identity"),
                project.resolve(".dits/share/grants"),
                project.resolve(".dits/identity"))) {
            byte[] whole = Files.readAllBytes(file);
            for (int cut : new int[] {whole.length - 1, whole.length / 2, 20}) {
                Files.write(file, Arrays.copyOf(whole, cut));
                try (Dits dits = Dits.open(options("damaged"))) {
                    fails("a file of keys is cut off", () -> {
                        if (file.startsWith(project)) {
                            Files.writeString(project.resolve("a.txt"), "to be committed " + cut);
                            try (Share share = dits.share(project)) {
                                keep(share.peers());
                                share.repository().commit("Later", "Ada", CommitProgress.NONE);
                            }
                        } else {
                            dits.open(directory.resolve("mount"), manual().withTimeout(Duration.ofSeconds(1)));
                        }
                    });
                }
            }
            Files.write(file, whole);
        }
    }

    /** Holds something secret without saying so itself. */
    private static final class Holder {
        @SuppressWarnings("unused") // read by who looks into everything
        private final Object held;

        Holder(Object held) {
            this.held = held;
        }
    }

    private record Careless(String secret) {}

    private String plant(String how) {
        String planted = PLANTED + " " + how + " " + HexFormat.of().formatHex(how.getBytes(StandardCharsets.UTF_8));
        secrets.put(PLANTED + " " + how + "\ttext", HexFormat.of().formatHex(planted.getBytes(StandardCharsets.UTF_8)));
        return planted;
    }

    private void plantAll() throws Exception {
        LoggerFactory.getLogger(Dits.class).trace("{}", plant("in a log"));
        LoggerFactory.getLogger(Dits.class).debug("", new IOException("x", new IOException(plant("in a cause"))));
        Logger.getLogger("dev.dits.planted").finest(plant("in a log of the JDK"));
        try {
            throw new IOException(plant("in one that is swallowed"));
        } catch (IOException e) {
            // On purpose.
        }
        Thread thread = new Thread(() -> {}, plant("in a thread's name"));
        thread.start();
        thread.join();
        everythingSpeaks(List.of(new Holder(new Careless(plant("in an object")))));
        System.out.println(plant("on the standard output"));
        System.err.println(plant("on the standard error"));
    }

    private static void listenToTheJdk(Queue<String> heard) {
        Logger root = LogManager.getLogManager().getLogger("");
        Arrays.asList(root.getHandlers()).forEach(root::removeHandler);
        root.addHandler(new Handler() {
            @Override
            public void publish(LogRecord record) {
                heard.add(record.getLoggerName() + ": " + record.getMessage() + " "
                        + Arrays.toString(record.getParameters())
                        + (record.getThrown() == null ? "" : TracedLogs.stackTrace(record.getThrown())));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        });
        root.setLevel(Level.ALL);
    }

    private void recorded(Path file) throws IOException {
        try (RecordingFile recording = new RecordingFile(file)) {
            while (recording.hasMoreEvents()) {
                RecordedEvent event = recording.readEvent();
                if (event.hasField("message")) {
                    if (event.getClass("thrownClass").getName().startsWith("com.fasterxml.jackson.")) {
                        // They quote what they could not read, and are dropped for that.
                        continue;
                    }
                    heard.add(event.getEventType().getName() + ": " + event.getString("message"));
                } else if (event.hasField("thread") && event.getThread("thread") != null) {
                    heard.add("thread: " + event.getThread("thread").getJavaName());
                }
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]).toRealPath();
        TracedLife life = new TracedLife(directory);
        listenToTheJdk(life.heard);
        try (Recording recording = new Recording()) {
            recording.enable("jdk.JavaExceptionThrow").withoutStackTrace();
            recording.enable("jdk.JavaErrorThrow").withoutStackTrace();
            recording.enable("jdk.ThreadStart").withoutStackTrace();
            recording.start();
            life.live();
            life.plantAll();
            recording.stop();
            recording.dump(directory.resolve("recording.jfr"));
        }
        life.recorded(directory.resolve("recording.jfr"));
        life.heard.addAll(TracedLogs.LINES);
        Files.write(directory.resolve(TRACE), life.heard);
        List<String> lines = new ArrayList<>();
        life.secrets.forEach((what, secret) -> lines.add(what + "\t" + secret));
        Files.write(directory.resolve(SECRETS), lines);
    }
}
