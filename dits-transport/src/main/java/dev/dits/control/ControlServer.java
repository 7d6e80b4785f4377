package dev.dits.control;

import dev.dits.error.DitsException;
import dev.dits.error.ProtocolException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the other processes of this user for one node.
 *
 * <p>Whoever connects is this user: the directory lets nobody else in. What they send is nevertheless bounded in length, number and time, so that a mistake of
 * theirs does not become the node's.
 */
public final class ControlServer implements Closeable {
    /** Connections at once. Further ones are closed unheard. */
    public static final int CONNECTIONS_MAX = 64;

    /** How long a connection may be silent, and how long a request may take to arrive. */
    public static final Duration SILENCE_MAX = Duration.ofSeconds(30);

    /** How long an answer may wait for its reader. */
    private static final Duration WRITE_MAX = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

    /** What one connection talks to. Its methods are called by one thread at a time. */
    public interface Conversation extends Closeable {
        /**
         * Does what is asked. May block.
         *
         * @param operation what
         * @param arguments with what
         * @return the answer
         * @throws IOException what is reported as the failure that it is
         * @throws InterruptedException if the node is closing
         */
        Answer answer(String operation, Fields arguments) throws IOException, InterruptedException;

        /**
         * Tells whether something is under way that the other end may watch in silence.
         *
         * @return whether it is
         */
        boolean isBusy();

        /** The connection is gone. */
        @Override
        void close();
    }

    /** Makes a conversation for each connection. */
    @FunctionalInterface
    public interface Host {
        /**
         * A process has connected.
         *
         * @return what answers it
         */
        Conversation open();
    }

    /**
     * An answer.
     *
     * @param fields what is sent
     * @param afterwards what is done once it is sent: the end of a node could not be told after it
     */
    public record Answer(Fields fields, @Nullable Runnable afterwards) {
        /**
         * An answer without a sequel.
         *
         * @param fields what is sent
         */
        public Answer(Fields fields) {
            this(fields, null);
        }
    }

    private final RunDirectory directory;
    private final RunDirectory.Bound bound;
    private final Host host;
    private final Executor workers;
    private final ScheduledExecutorService timer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<SocketChannel> connections = new HashSet<>();
    private boolean closed;

    private ControlServer(
            RunDirectory directory,
            RunDirectory.Bound bound,
            Host host,
            Executor workers,
            ScheduledExecutorService timer) {
        this.directory = directory;
        this.bound = bound;
        this.host = host;
        this.workers = workers;
        this.timer = timer;
    }

    /**
     * Listens from now on.
     *
     * @param home the node's home
     * @param host answers
     * @param workers run it; may block, one a connection and one that listens
     * @param timer ends who is silent for too long; never blocked
     * @return closed by the caller, before the workers
     * @throws IOException if there can be no socket, or other users could reach it
     */
    public static ControlServer open(Path home, Host host, Executor workers, ScheduledExecutorService timer)
            throws IOException {
        RunDirectory directory = RunDirectory.make(home);
        RunDirectory.Bound bound;
        try {
            bound = directory.bind();
        } catch (UnsupportedOperationException e) {
            throw new DitsException(
                    "this system has no Unix domain sockets, by which dits' processes find each other", e);
        }
        ControlServer server = new ControlServer(directory, bound, host, workers, timer);
        workers.execute(server::listen);
        return server;
    }

    /** For tests: where it listens. */
    Path socket() {
        return bound.entry().socket();
    }

    private void listen() {
        while (true) {
            SocketChannel connection;
            try {
                connection = bound.channel().accept();
            } catch (ClosedChannelException e) {
                return; // also by the interrupt that ends the workers
            } catch (IOException e) {
                // Out of descriptors, most likely: the next one may fare better.
                LOG.debug("a control connection was not taken", e);
                if (!pause()) {
                    return;
                }
                continue;
            }
            if (!admit(connection)) {
                quietly(connection);
            }
        }
    }

    private static boolean pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(100);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean admit(SocketChannel connection) {
        lock.lock();
        try {
            if (closed || connections.size() >= CONNECTIONS_MAX) {
                return false;
            }
            connections.add(connection);
        } finally {
            lock.unlock();
        }
        try {
            workers.execute(() -> serve(connection));
            return true;
        } catch (RejectedExecutionException e) {
            leave(connection);
            return false;
        }
    }

    private void leave(SocketChannel connection) {
        lock.lock();
        try {
            connections.remove(connection);
        } finally {
            lock.unlock();
        }
    }

    private void serve(SocketChannel connection) {
        try (connection;
                Conversation conversation = host.open()) {
            LineReader lines = new LineReader(ControlProtocol.REQUEST_BYTES_MAX);
            while (true) {
                byte[] line;
                ScheduledFuture<?> end = conversation.isBusy() ? null : endIn(SILENCE_MAX, connection);
                try {
                    line = lines.take(connection);
                } finally {
                    cancel(end);
                }
                if (line == null || !answer(connection, conversation, line)) {
                    return;
                }
            }
        } catch (ProtocolException e) {
            LOG.debug("a control connection was ended: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            LOG.debug("a control connection broke off", e);
        } finally {
            leave(connection);
        }
    }

    /** Whether to go on. */
    private boolean answer(SocketChannel connection, Conversation conversation, byte[] line)
            throws IOException, InterruptedException {
        ControlProtocol.Request request;
        try {
            request = ControlProtocol.readRequest(line);
        } catch (ProtocolException e) {
            write(connection, ControlProtocol.failure(e));
            return false;
        }
        Answer answer;
        try {
            answer = conversation.answer(request.operation(), request.arguments());
        } catch (IOException | RuntimeException e) {
            write(connection, ControlProtocol.failure(e));
            return true;
        }
        write(connection, ControlProtocol.answer(answer.fields()));
        Runnable afterwards = answer.afterwards();
        if (afterwards != null) {
            afterwards.run();
        }
        return true;
    }

    private void write(SocketChannel connection, byte[] line) throws IOException {
        ScheduledFuture<?> end = endIn(WRITE_MAX, connection);
        try {
            ByteBuffer source = ByteBuffer.wrap(line);
            while (source.hasRemaining()) {
                connection.write(source);
            }
        } finally {
            cancel(end);
        }
    }

    /** Closing a channel is what ends a thread that is blocked on it. */
    private @Nullable ScheduledFuture<?> endIn(Duration time, SocketChannel connection) {
        try {
            return timer.schedule(() -> quietly(connection), time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return null; // the node is closing, and so will the connection
        }
    }

    private static void cancel(@Nullable ScheduledFuture<?> end) {
        if (end != null) {
            end.cancel(false);
        }
    }

    private static void quietly(Closeable resource) {
        try {
            resource.close();
        } catch (IOException e) {
            LOG.debug("a control socket was not closed cleanly", e);
        }
    }

    /** Ends it: nobody is answered any more, and the socket's file is gone. Idempotent. */
    @Override
    public void close() {
        Set<SocketChannel> all;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            all = Set.copyOf(connections);
        } finally {
            lock.unlock();
        }
        // The file first: who finds it expects an answer.
        try {
            directory.remove(bound.entry());
        } catch (IOException e) {
            LOG.debug("the control socket's file was not removed; whoever finds it will", e);
        }
        quietly(bound.channel());
        all.forEach(ControlServer::quietly);
    }
}
