package dev.dits.control;

import dev.dits.error.DitsException;
import dev.dits.error.SessionClosedException;
import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Asks the nodes of this user's processes. Safe for use by several threads, whose questions go one after the other. */
public final class ControlClient implements Closeable {
    /**
     * A node that was found.
     *
     * @param pid its process, as the socket's name says
     * @param socket where it listens
     * @param answer what it says; null if it does not answer
     * @param problem why there is no answer, for people; empty if there is one
     */
    public record Found(long pid, Path socket, @Nullable Fields answer, String problem) {}

    private final Link link;
    private final Selector selector;
    private final ReentrantLock lock = new ReentrantLock();

    /** One connection that does not block. */
    private static final class Link implements Closeable {
        private final SocketChannel channel;
        private final LineReader lines = new LineReader(ControlProtocol.ANSWER_BYTES_MAX);
        private ByteBuffer unsent = ByteBuffer.allocate(0);

        /**
         * @throws ConnectException if nobody listens: the process has ended
         * @throws IOException if it does not take the connection: its queue is full, so it hangs; or there is no such socket any more
         */
        Link(Path socket) throws IOException {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            boolean done = false;
            try {
                channel.configureBlocking(false);
                if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
                    throw new SocketException("the connection is not taken");
                }
                done = true;
            } finally {
                if (!done) {
                    channel.close();
                }
            }
        }

        SelectionKey watch(Selector selector) throws IOException {
            return channel.register(selector, SelectionKey.OP_READ);
        }

        void send(byte[] line, SelectionKey key) throws SessionClosedException {
            unsent = ByteBuffer.wrap(line);
            write(key);
        }

        private void write(SelectionKey key) throws SessionClosedException {
            try {
                channel.write(unsent);
            } catch (IOException e) {
                throw gone(e);
            }
            key.interestOps(
                    unsent.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }

        /** Does what can be done; returns the answer if it is whole. */
        byte @Nullable [] proceed(SelectionKey key) throws DitsException {
            if (unsent.hasRemaining()) {
                write(key);
            }
            byte[] line = lines.poll();
            while (line == null && fill()) {
                line = lines.poll();
            }
            if (line == null && lines.ended()) {
                throw gone(null);
            }
            return line;
        }

        private boolean fill() throws SessionClosedException {
            try {
                return lines.fill(channel);
            } catch (IOException e) {
                throw gone(e);
            }
        }

        private static SessionClosedException gone(@Nullable IOException cause) {
            return new SessionClosedException("the other process ended before it answered", cause);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private ControlClient(Link link, Selector selector) {
        this.link = link;
        this.selector = selector;
    }

    /**
     * Asks every node of a home the same, all at once. Sockets that nobody listens on any more are removed.
     *
     * @param home the nodes' home
     * @param operation what to ask
     * @param timeout how long to wait for all of them together
     * @return what was found; a node that does not answer in time is among it
     * @throws IOException if the directory can not be read, or is open to others
     * @throws InterruptedException if the thread was interrupted
     */
    public static List<Found> survey(Path home, String operation, Duration timeout)
            throws IOException, InterruptedException {
        RunDirectory directory = RunDirectory.find(home);
        if (directory == null) {
            return List.of();
        }
        byte[] request = ControlProtocol.request(operation, Fields.NONE);
        List<Found> found = new ArrayList<>();
        List<Link> links = new ArrayList<>();
        try (Selector selector = Selector.open()) {
            for (RunDirectory.Entry entry : directory.entries(Instant.now())) {
                try {
                    Link link = new Link(entry.socket());
                    links.add(link);
                    SelectionKey key = link.watch(selector);
                    key.attach(new Asked(entry, link));
                    link.send(request, key);
                } catch (ConnectException e) {
                    directory.remove(entry);
                } catch (IOException e) {
                    if (Files.exists(entry.socket(), LinkOption.NOFOLLOW_LINKS)) {
                        found.add(silent(entry));
                    } else {
                        directory.remove(entry);
                    }
                }
            }
            await(selector, timeout, found);
        } finally {
            for (Link link : links) {
                link.close();
            }
        }
        return found;
    }

    private record Asked(RunDirectory.Entry entry, Link link) {}

    private static Found silent(RunDirectory.Entry entry) {
        return new Found(entry.pid(), entry.socket(), null, "it does not answer; it hangs, or is stopped");
    }

    private static void await(Selector selector, Duration timeout, List<Found> found)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!selector.keys().isEmpty()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                break;
            }
            select(selector, left);
            for (SelectionKey key : selector.selectedKeys()) {
                Asked asked = (Asked) key.attachment();
                try {
                    byte[] line = asked.link.proceed(key);
                    if (line != null) {
                        key.cancel();
                        Fields answer = ControlProtocol.readAnswer(line);
                        found.add(new Found(asked.entry.pid(), asked.entry.socket(), answer, ""));
                    }
                } catch (IOException | RuntimeException e) {
                    // One node that answers with a failure, or with nonsense, is no reason not to hear the others.
                    key.cancel();
                    if (!(e instanceof SessionClosedException)) {
                        found.add(new Found(
                                asked.entry.pid(), asked.entry.socket(), null, String.valueOf(e.getMessage())));
                    } else if (listens(asked.entry.socket())) {
                        found.add(new Found(
                                asked.entry.pid(), asked.entry.socket(), null, "it is asked too much at once"));
                    }
                }
            }
            selector.selectedKeys().clear();
            // Takes the cancelled ones out of keys().
            selector.selectNow();
        }
        for (SelectionKey key : selector.keys()) {
            if (key.isValid()) {
                found.add(silent(((Asked) key.attachment()).entry));
            }
        }
    }

    private static boolean listens(Path socket) {
        try (Link link = new Link(socket)) {
            return link.channel.isOpen();
        } catch (IOException e) {
            return false;
        }
    }

    private static void select(Selector selector, long nanos) throws IOException, InterruptedException {
        selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /**
     * Connects to one node.
     *
     * @param socket where it listens, as {@link #survey} found it
     * @return the connection, closed by the caller
     * @throws SessionClosedException if it has ended
     * @throws IOException if it can not be had
     */
    public static ControlClient open(Path socket) throws IOException {
        Link link;
        try {
            link = new Link(socket);
        } catch (ConnectException e) {
            throw new SessionClosedException("that process has ended", e);
        } catch (IOException e) {
            if (Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
                throw new DitsException("that process does not answer; it hangs, or is stopped", e);
            }
            throw new SessionClosedException("that process has ended", e);
        }
        boolean done = false;
        try {
            Selector selector = Selector.open();
            try {
                link.watch(selector);
                done = true;
                return new ControlClient(link, selector);
            } finally {
                if (!done) {
                    selector.close();
                }
            }
        } finally {
            if (!done) {
                link.close();
            }
        }
    }

    /**
     * Asks.
     *
     * @param operation what
     * @param arguments with what
     * @param timeout how long to wait for the answer
     * @return the answer
     * @throws CancellationException if what was asked about was cancelled
     * @throws IllegalArgumentException if the other process says that the arguments are wrong
     * @throws SessionClosedException if the process ends before it answers
     * @throws IOException what the other process reports, as the exception it is there; or that there is no answer, after which the connection is closed
     * @throws InterruptedException if the thread was interrupted; the connection is closed
     */
    public Fields ask(String operation, Fields arguments, Duration timeout) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            byte[] line = exchange(ControlProtocol.request(operation, arguments), timeout);
            return ControlProtocol.readAnswer(line);
        } finally {
            lock.unlock();
        }
    }

    private byte[] exchange(byte[] request, Duration timeout) throws IOException, InterruptedException {
        boolean done = false;
        try {
            long deadline = System.nanoTime() + timeout.toNanos();
            SelectionKey key = link.channel.keyFor(selector);
            if (key == null || !key.isValid()) {
                throw new SessionClosedException("this connection is closed");
            }
            link.send(request, key);
            while (true) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new DitsException("that process does not answer; it hangs, or is stopped");
                }
                select(selector, left);
                byte[] line = link.proceed(key);
                selector.selectedKeys().clear();
                if (line != null) {
                    done = true;
                    return line;
                }
            }
        } catch (ClosedSelectorException e) {
            throw new SessionClosedException("this connection is closed", e);
        } finally {
            if (!done) {
                close();
            }
        }
    }

    /** Ends the connection; what it had started over there ends with it. Idempotent, from any thread. */
    @Override
    public void close() throws IOException {
        selector.close();
        link.close();
    }
}
