package dev.dits.session;

import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Two byte streams in memory between a dialler and a share, of which one bit may arrive changed. */
final class JoinPipe {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private int waiting;
    private boolean closed;

    final Direction toShare = new Direction();
    final Direction toMount = new Direction();

    /** One direction. */
    final class Direction implements FrameWriter.Output, FrameReader.Input {
        private final ArrayDeque<Byte> bytes = new ArrayDeque<>();
        private int written;
        private int flippedBit = -1;

        /** Changes a bit, counted from the first of the stream. */
        void flip(int bit) {
            flippedBit = bit;
        }

        int written() {
            return written;
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            lock.lock();
            try {
                if (closed) {
                    throw new IOException("closed");
                }
                for (int i = 0; i < length; i++) {
                    byte next = source[offset + i];
                    if (flippedBit >> 3 == written && flippedBit >= 0) {
                        next ^= (byte) (1 << (flippedBit & 7));
                    }
                    bytes.add(next);
                    written++;
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void flush() {}

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            lock.lock();
            try {
                waiting++;
                while (bytes.isEmpty()) {
                    if (waiting == 2 && toShare.bytes.isEmpty() && toMount.bytes.isEmpty()) {
                        // Each waits for the other: on a network the time for the join ends it.
                        closed = true;
                        changed.signalAll();
                    }
                    if (closed) {
                        return -1;
                    }
                    changed.awaitUninterruptibly();
                }
                int read = 0;
                while (read < length && !bytes.isEmpty()) {
                    target[offset + read++] = bytes.remove();
                }
                return read;
            } finally {
                waiting--;
                lock.unlock();
            }
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
