package dev.dits.cli;

import dev.dits.repo.CommitProgress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Shows how far a commit, or another walk of a working tree, is. */
final class CommitWatch implements CommitProgress, AutoCloseable {
    private final ReentrantLock lock = new ReentrantLock();
    private final ProgressView view;
    private final RateMeter rate;
    private final TreeSize size;
    private boolean closed;

    CommitWatch(Context context, String verb, Path root) {
        view = ProgressView.open(context, verb);
        rate = new RateMeter(context.nanoClock());
        size = TreeSize.start(root);
    }

    @Override
    public void update(long files, long bytes, long newBytes) {
        // Called by the workers: who does not get through has nothing more to tell than who did.
        if (!lock.tryLock()) {
            return;
        }
        try {
            if (!closed) {
                long total = size.bytes();
                double speed = rate.at(bytes);
                view.show(new Step(
                        files,
                        0,
                        bytes,
                        Math.max(0, total),
                        speed,
                        total == 0 ? Optional.empty() : rate.remaining(total - bytes),
                        Format.bytes(newBytes) + " new"));
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            size.close();
            view.close();
        } finally {
            lock.unlock();
        }
    }
}
