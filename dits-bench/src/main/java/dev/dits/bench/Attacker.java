package dev.dits.bench;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.NameplateTag;
import dev.dits.crypto.PeerCertificate;
import dev.dits.error.PermissionDeniedException;
import dev.dits.net.ByteStream;
import dev.dits.net.Connection;
import dev.dits.net.Way;
import dev.dits.object.ObjectId;
import dev.dits.quic.QuicConnection;
import dev.dits.quic.QuicNode;
import dev.dits.quic.QuicOptions;
import dev.dits.quic.QuicStream;
import dev.dits.session.Dialer;
import dev.dits.session.RequestHandler;
import dev.dits.session.RequestStream;
import dev.dits.session.Session;
import dev.dits.wire.Message;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The attacking process of {@link HostileLoad}. It takes one attack, prints a line when it is ready, attacks from the line "go" to the line "stop" of
 * its standard input, and answers with what it did.
 */
final class Attacker {
    /** Addresses that connections come from; a share counts what has not joined by address. */
    private static final int SOURCES = 64;

    /** Threads that connect: more would only take the processors from the two others. */
    private static final int DIALLING_THREADS = 4;

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int DATAGRAM_BYTES_MIN = 1_200;

    private final InetSocketAddress share;
    private final JoinCode code;
    private final long seed;
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final ExecutorService workers = Executors.newCachedThreadPool(Attacker::daemon);
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1, Attacker::daemon);
    private volatile boolean stopped;

    /** An attack, ready to begin. */
    private interface Attack {
        void run() throws Exception;
    }

    private Attacker(InetSocketAddress share, JoinCode code, long seed) {
        this.share = share;
        this.code = code;
        this.seed = seed;
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "attacker");
        thread.setDaemon(true);
        return thread;
    }

    /** The parent's end. */
    static final class Handle implements AutoCloseable {
        private final Process process;
        private final BufferedReader answers;
        private final BufferedWriter commands;

        /** Starts the process, at the lowest priority if asked, and waits until it is ready. */
        Handle(String attack, String target, String file, boolean nice) throws IOException {
            List<String> command = new ArrayList<>();
            if (nice) {
                command.addAll(List.of("nice", "-n", "19"));
            }
            command.addAll(List.of(
                    Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path", ""),
                    Attacker.class.getName(),
                    attack,
                    target,
                    file));
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            answers = process.inputReader(StandardCharsets.UTF_8);
            commands = process.outputWriter(StandardCharsets.UTF_8);
            answer();
        }

        private String answer() throws IOException {
            String line = answers.readLine();
            if (line == null) {
                throw new IOException("the attacking process ended; its messages are above");
            }
            return line;
        }

        private void say(String command) throws IOException {
            commands.write(command);
            commands.newLine();
            commands.flush();
        }

        void go() throws IOException {
            say("go");
        }

        /** Returns what was done and what failed, and the processor seconds it took. */
        String stop() throws IOException {
            say("stop");
            return answer();
        }

        @Override
        public void close() throws IOException {
            process.destroyForcibly();
            answers.close();
        }
    }

    /**
     * Runs the process.
     *
     * @param arguments the attack; {@code CODE@HOST:PORT}; {@code COMMIT/PATH} of a large file there
     */
    public static void main(String[] arguments) throws Exception {
        String[] target = arguments[1].split("[@:]", 3);
        Attacker attacker = new Attacker(
                new InetSocketAddress(InetAddress.getByName(target[1]), Integer.parseInt(target[2])),
                JoinCode.parse(target[0]),
                arguments[1].hashCode());
        Attack attack = attacker.prepare(arguments[0], arguments[2]);
        PrintStream answers = System.out;
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        answers.println("ready");
        if (!"go".equals(commands.readLine())) {
            return;
        }
        double before = Sharer.processCpuSeconds();
        long start = System.nanoTime();
        attacker.workers.execute(() -> {
            try {
                attack.run();
            } catch (Exception e) {
                if (!attacker.stopped) {
                    System.err.println("the attack ended: " + e);
                }
            }
        });
        commands.readLine();
        attacker.stopped = true;
        double seconds = (System.nanoTime() - start) / 1e9;
        answers.printf(
                "%d done, %d refused or lost, %.0f a second, %.2f s of processor%n",
                attacker.done.get(),
                attacker.failed.get(),
                (attacker.done.get() + attacker.failed.get()) / seconds,
                Sharer.processCpuSeconds() - before);
        commands.readLine();
    }

    private Attack prepare(String attack, String file) throws Exception {
        return switch (attack) {
            case "silent" -> silent();
            case "unread" -> unread(file);
            case "tiny" -> tiny();
            case "pings" -> pings();
            case "garbage" -> datagrams(garbage());
            case "initials" -> datagrams(initials());
            default -> throw new IllegalArgumentException("unknown attack " + attack);
        };
    }

    // ---- connections that never say anything

    private Attack silent() throws Exception {
        PeerCertificate certificate = PeerCertificate.generate(new SecureRandom());
        List<QuicNode> sources = new ArrayList<>();
        for (int i = 0; i < SOURCES; i++) {
            InetAddress address = InetAddress.getByAddress(new byte[] {127, 0, 1, (byte) (i + 1)});
            sources.add(QuicNode.bind(QuicOptions.at(new InetSocketAddress(address, 0)), workers));
        }
        String name = serverName();
        return () -> {
            for (int thread = 0; thread < DIALLING_THREADS; thread++) {
                int first = thread;
                workers.execute(() -> {
                    for (int i = first; !stopped; i += DIALLING_THREADS) {
                        try {
                            // Kept open, and silent, until the share ends it.
                            QuicConnection connection = sources.get(i % SOURCES)
                                    .connect(
                                            share,
                                            name,
                                            certificate.privateKey(),
                                            certificate.certificate(),
                                            null,
                                            PATIENCE);
                            QuicStream stream = connection.openStream();
                            stream.write(new byte[] {1}, 0, 1);
                            stream.flush();
                            done.incrementAndGet();
                        } catch (IOException e) {
                            failed.incrementAndGet();
                        }
                    }
                });
            }
        };
    }

    private String serverName() {
        return HexFormat.of().formatHex(NameplateTag.of(code.nameplate()).toBytes()) + ".n.dits";
    }

    // ---- a peer that has joined

    private Session join() throws Exception {
        QuicNode node = QuicNode.bind(
                QuicOptions.at(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 2, 1}), 0)), workers);
        SecureRandom random = new SecureRandom();
        PeerCertificate certificate = PeerCertificate.generate(random);
        Dialer dialer = new Dialer(node, workers, timer, "attacker", InstantSource.system(), random);
        RequestHandler nothing = (session, request, exchange) -> {
            throw new PermissionDeniedException("nothing is served here");
        };
        Dialer.Key key = Dialer.Key.of(code);
        return dialer.join(
                        dialer.reach(share, Way.UDP, key, certificate, PATIENCE), key, certificate, nothing, PATIENCE)
                .session();
    }

    private static Message.GetChunks all(String file) {
        int slash = file.indexOf('/');
        byte[] path = file.substring(slash + 1).getBytes(StandardCharsets.UTF_8);
        List<Message.GetChunks.Item> items = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            items.add(new Message.GetChunks.Item(path, 0, 1L << 40));
        }
        return new Message.GetChunks(ObjectId.fromHex(file.substring(0, slash)), items);
    }

    /** Asks for the large file on every stream that it may have, and reads nothing. */
    private Attack unread(String file) throws Exception {
        Session session = join();
        Message.GetChunks request = all(file);
        return () -> {
            while (!stopped) {
                // Never read, and never closed.
                RequestStream unread = session.open(request);
                unread.setSilenceMax(Duration.ZERO);
                done.incrementAndGet();
            }
        };
    }

    /** A request in bytes that come one by one, each in a packet of its own, on many streams. */
    private Attack tiny() throws Exception {
        Session session = join();
        List<ByteStream> streams = new ArrayList<>();
        // The header of a long request, so that what follows is payload that takes for ever.
        byte[] header = {0x24, (byte) 0xFF, (byte) 0xFF, 0x3F};
        Connection connection = session.connections().get(0);
        for (int i = 0; i < 512; i++) {
            ByteStream stream = connection.openStream();
            stream.write(header, 0, header.length);
            stream.flush();
            streams.add(stream);
        }
        byte[] one = {1};
        return () -> {
            while (!stopped) {
                for (ByteStream stream : streams) {
                    try {
                        stream.write(one, 0, 1);
                        stream.flush();
                        done.incrementAndGet();
                    } catch (IOException e) {
                        failed.incrementAndGet();
                        if (!connection.isOpen()) {
                            return;
                        }
                    }
                }
            }
        };
    }

    /** The smallest frames that ask for an answer, as fast as they are taken. */
    private Attack pings() throws Exception {
        Session session = join();
        return () -> {
            while (!stopped) {
                session.ping(PATIENCE);
                done.incrementAndGet();
            }
        };
    }

    // ---- datagrams

    private Attack datagrams(List<byte[]> templates) throws IOException {
        Random random = new Random(seed);
        List<DatagramChannel> channels = new ArrayList<>();
        for (int i = 0; i < SOURCES; i++) {
            DatagramChannel channel = DatagramChannel.open();
            channel.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 3, (byte) (i + 1)}), 0));
            channel.connect(share);
            channel.configureBlocking(false);
            channels.add(channel);
        }
        return () -> {
            ByteBuffer sink = ByteBuffer.allocate(2_048);
            for (int i = 0; !stopped; i++) {
                DatagramChannel channel = channels.get(i % channels.size());
                byte[] datagram = templates.get(random.nextInt(templates.size()));
                if (channel.write(ByteBuffer.wrap(datagram)) > 0) {
                    done.incrementAndGet();
                } else {
                    failed.incrementAndGet();
                }
                sink.clear();
                channel.read(sink);
            }
        };
    }

    /** The first datagram of a real connection to the share, as a client sends it. */
    private byte[] realInitial() throws Exception {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                QuicNode node = QuicNode.bind(
                        QuicOptions.at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)), workers)) {
            PeerCertificate certificate = PeerCertificate.generate(new SecureRandom());
            workers.execute(() -> {
                try {
                    node.connect(
                            (InetSocketAddress) socket.getLocalSocketAddress(),
                            serverName(),
                            certificate.privateKey(),
                            certificate.certificate(),
                            null,
                            Duration.ofMillis(500));
                } catch (IOException e) {
                    // Nobody answers there.
                }
            });
            DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
            socket.receive(packet);
            return Arrays.copyOf(packet.getData(), packet.getLength());
        }
    }

    /** First datagrams of connections, each with ids of its own: every one asks for a Retry. */
    private List<byte[]> initials() throws Exception {
        Random random = new Random(seed);
        byte[] real = realInitial();
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < 256; i++) {
            // Only the header is looked at before a Retry; the ids begin behind flags, version and a length.
            byte[] one = Arrays.copyOf(real, DATAGRAM_BYTES_MIN);
            byte[] id = new byte[real[5]];
            random.nextBytes(id);
            id[0] |= (byte) 0x80;
            System.arraycopy(id, 0, one, 6, id.length);
            all.add(one);
        }
        return all;
    }

    /** Random bytes of many lengths, first packets cut short, with forged tokens, replayed, and what looks like a reset. */
    private List<byte[]> garbage() throws Exception {
        Random random = new Random(seed);
        byte[] real = realInitial();
        List<byte[]> all = new ArrayList<>(List.of(real));
        for (int i = 0; i < 256; i++) {
            byte[] noise = new byte[1 + random.nextInt(1_400)];
            random.nextBytes(noise);
            all.add(noise);
            byte[] shortHeader = new byte[21 + random.nextInt(20)];
            random.nextBytes(shortHeader);
            shortHeader[0] = (byte) (0x40 | (shortHeader[0] & 0x3F));
            shortHeader[1] |= (byte) 0x80;
            all.add(shortHeader);
            all.add(Arrays.copyOf(real, 7 + random.nextInt(1_000)));
            all.add(withToken(real, random));
        }
        return all;
    }

    /** The first packet of a connection with a token that was never given out. */
    private static byte[] withToken(byte[] real, Random random) {
        int tokenAt = 6 + real[5] + 1 + real[6 + real[5]];
        byte[] token = new byte[1 + random.nextInt(60)];
        random.nextBytes(token);
        byte[] one = Arrays.copyOf(real, Math.max(DATAGRAM_BYTES_MIN, tokenAt + 1 + token.length));
        one[tokenAt] = (byte) token.length;
        System.arraycopy(token, 0, one, tokenAt + 1, token.length);
        return one;
    }
}
