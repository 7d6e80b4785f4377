package dev.dits.sim;

import dev.dits.net.ByteStream;
import dev.dits.net.Connection;
import dev.dits.net.StreamResetException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;

/** One end of a stream in memory. As all of the simulated network, for one running thread at a time. */
final class SimulatedStream implements ByteStream {
    private final SimulatedConnection connection;
    private final SimulatedInternet internet;
    final boolean openedHere;
    SimulatedStream peer;
    private final Set<Thread> waiting = new LinkedHashSet<>();

    private byte[] received = new byte[0];
    private boolean arrived;
    private boolean endOfInput;
    private boolean discarding;
    private IOException readFailure;

    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private int ahead;

    /** Bytes that were read and that the sender does not know of. */
    private int untold;

    private boolean outputEnded;
    private IOException writeFailure;
    private final Queue<Runnable> onTheWay = new ArrayDeque<>();
    private long lastArrival;
    private long readTimeoutNanos;
    private long writeTimeoutNanos;

    SimulatedStream(SimulatedConnection connection, boolean openedHere) {
        this.connection = connection;
        this.internet = connection.internet;
        this.openedHere = openedHere;
    }

    @Override
    public Connection connection() {
        return connection;
    }

    @Override
    public void setReadTimeout(Duration timeout) {
        readTimeoutNanos = timeout.toNanos();
    }

    @Override
    public void setWriteTimeout(Duration timeout) {
        writeTimeoutNanos = timeout.toNanos();
    }

    private void wakeAll() {
        waiting.forEach(internet.scheduler::wakeUp);
        waiting.clear();
    }

    /** Parks until somebody wakes it; false once the time has passed. */
    private boolean await(long timeoutNanos, long end) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted on a stream");
        }
        long left = timeoutNanos == 0 ? -1 : end - internet.now();
        if (timeoutNanos != 0 && left <= 0) {
            return false;
        }
        waiting.add(Thread.currentThread());
        internet.scheduler.park(left);
        waiting.remove(Thread.currentThread());
        return true;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (received.length == 0 && !endOfInput && readFailure == null && pending.size() > 0 && writeFailure == null) {
            send();
        }
        long end = internet.now() + readTimeoutNanos;
        while (received.length == 0) {
            if (readFailure != null) {
                throw renewed(readFailure);
            }
            if (endOfInput) {
                return -1;
            }
            if (!await(readTimeoutNanos, end)) {
                throw new SocketTimeoutException("nothing arrived for " + Duration.ofNanos(readTimeoutNanos));
            }
        }
        // What is there is not always there at once.
        int count = Math.min(length, 1 + internet.random.nextInt(received.length));
        System.arraycopy(received, 0, target, offset, count);
        received = Arrays.copyOfRange(received, count, received.length);
        credit(count);
        return count;
    }

    /** Room for so many more bytes at the sender, as soon as it hears of it; told, as QUIC does, when half a window was read. */
    private void credit(int bytes) {
        untold += bytes;
        if (untold < internet.windowBytes / 2) {
            return;
        }
        int room = untold;
        untold = 0;
        connection.send(internet.now() + internet.travelNanos(), () -> {
            peer.ahead -= room;
            peer.wakeAll();
        });
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
        int from = offset;
        int left = length;
        long end = internet.now() + writeTimeoutNanos;
        while (left > 0) {
            check();
            int room = internet.windowBytes - ahead - pending.size();
            if (room <= 0) {
                if (pending.size() > 0) {
                    send();
                } else if (!await(writeTimeoutNanos, end)) {
                    throw new SocketTimeoutException(
                            "the peer took nothing for " + Duration.ofNanos(writeTimeoutNanos));
                }
                continue;
            }
            int now = Math.min(room, left);
            pending.write(source, from, now);
            from += now;
            left -= now;
        }
    }

    private void check() throws IOException {
        if (writeFailure != null) {
            throw renewed(writeFailure);
        }
        if (outputEnded) {
            throw new IOException("the output of this stream is closed");
        }
    }

    @Override
    public void flush() throws IOException {
        if (pending.size() > 0) {
            check();
            send();
        }
    }

    /** In order on this stream, at its own pace beside others: whichever packet comes through, the oldest is taken. */
    private void carry(Runnable what) {
        long alone = internet.now() + internet.travelNanos();
        if (Campaign.FAULT.equals("reorder")) {
            connection.send(alone, what);
            return;
        }
        onTheWay.add(what);
        lastArrival = Math.max(lastArrival, alone);
        connection.send(lastArrival, () -> onTheWay.remove().run());
    }

    private void send() {
        byte[] bytes = pending.toByteArray();
        pending.reset();
        ahead += bytes.length;
        carry(() -> peer.take(bytes));
    }

    private void take(byte[] bytes) {
        if (readFailure != null && !discarding) {
            return;
        }
        hear();
        if (discarding) {
            credit(bytes.length);
            return;
        }
        byte[] all = Arrays.copyOf(received, received.length + bytes.length);
        System.arraycopy(bytes, 0, all, received.length, bytes.length);
        received = all;
        wakeAll();
    }

    private void hear() {
        if (!arrived && !openedHere) {
            arrived = true;
            connection.arrived(this);
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        if (outputEnded) {
            return;
        }
        check();
        if (pending.size() > 0) {
            send();
        }
        outputEnded = true;
        carry(() -> {
            peer.hear();
            peer.endOfInput = true;
            peer.wakeAll();
            peer.lookOver();
            lookOver();
        });
        wakeAll();
    }

    @Override
    public void reset(long code) {
        received = new byte[0];
        pending.reset();
        discarding = true;
        failBoth(new StreamResetException("this end reset the stream", code));
        connection.send(internet.now() + internet.travelNanos(), () -> {
            peer.received = new byte[0];
            peer.failBoth(new StreamResetException("the peer reset the stream", code));
            peer.lookOver();
        });
        lookOver();
    }

    @Override
    public void close() {
        try {
            shutdownOutput();
        } catch (IOException e) {
            // Reset or lost: there is nothing left to end.
        }
        discarding = true;
        if (received.length > 0) {
            credit(received.length);
        }
        received = new byte[0];
        if (readFailure == null && !endOfInput) {
            readFailure = new IOException("the stream is closed");
        }
        wakeAll();
        lookOver();
    }

    void lost() {
        failBoth(connection.lost());
    }

    private void failBoth(IOException failure) {
        if (readFailure == null && !endOfInput) {
            readFailure = failure;
        }
        if (writeFailure == null) {
            writeFailure = failure;
        }
        wakeAll();
    }

    private void lookOver() {
        boolean in = endOfInput || readFailure instanceof StreamResetException;
        boolean out = outputEnded || writeFailure != null;
        if (in && out) {
            connection.over(this);
        }
    }

    private static IOException renewed(IOException failure) {
        if (failure instanceof dev.dits.net.ConnectionLostException lost) {
            return new dev.dits.net.ConnectionLostException(lost.reason());
        }
        if (failure instanceof StreamResetException reset) {
            return new StreamResetException(String.valueOf(reset.getMessage()), reset.code());
        }
        return new IOException(failure.getMessage(), failure);
    }
}
