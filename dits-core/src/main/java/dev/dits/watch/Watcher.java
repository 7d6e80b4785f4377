package dev.dits.watch;

import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits what changes in a repository's working tree by itself, as long as it is open: what was changed before it was opened, too.
 *
 * <p>A file is committed once nothing has changed in it for the {@linkplain WatchOptions#quiet quiet period}; while its writer writes at least that often, it is never committed half. What is saved together is committed
 * together. What {@code .ditsignore} leaves out is not watched. What a checkout, or a pull, writes is no change. Several watchers of one tree, in one process or several, do no harm.
 *
 * <p>When it is closed, or its process is killed, what was not committed is in the tree as it was, and the next one commits it. Safe for use by several threads.
 */
public final class Watcher implements AutoCloseable {
    private static final AtomicInteger THREADS = new AtomicInteger();
    private static final Logger LOGGER = LoggerFactory.getLogger(Watcher.class);

    private final ChangeSource source;
    private final WatchLoop loop;
    private final Consumer<WatchEvent> listener;
    private final Thread thread;
    private volatile boolean closed;

    private Watcher(Repository repository, WatchOptions options, Consumer<WatchEvent> listener) throws IOException {
        this.listener = listener;
        RepositoryTree tree = new RepositoryTree(repository, options.author(), endingWhenClosed());
        this.source = new DirectoryChanges(repository.root().getFileSystem());
        long origin = System.nanoTime();
        this.loop = new WatchLoop(tree, source, options, this::tell, () -> System.nanoTime() - origin, () -> closed);
        this.thread = new Thread(this::run, "dits-watch-" + THREADS.incrementAndGet());
        thread.setDaemon(true);
    }

    /**
     * Begins to watch.
     *
     * @param repository whose working tree; it stays open until the watcher is closed
     * @param options how
     * @param listener told what was done and what is in the way, in order, on the watcher's thread: what takes long there delays the next commit
     * @return the watcher
     * @throws IOException if the repository is not there
     */
    public static Watcher start(Repository repository, WatchOptions options, Consumer<WatchEvent> listener)
            throws IOException {
        Watcher watcher = new Watcher(repository, options, listener);
        watcher.thread.start();
        return watcher;
    }

    /** A large file is read chunk by chunk, and may be left in the middle. */
    private CommitProgress endingWhenClosed() {
        return (files, bytes, newBytes) -> {
            if (closed) {
                throw new CancellationException("the watcher was closed");
            }
        };
    }

    private void tell(WatchEvent event) {
        try {
            listener.accept(event);
        } catch (RuntimeException e) {
            LOGGER.warn("a listener failed", e);
        }
    }

    private void run() {
        try {
            ChangeSource.Changes changes = ChangeSource.Changes.NONE;
            while (!closed) {
                long next = loop.step(changes);
                changes = source.take(next);
            }
        } catch (InterruptedException e) {
            LOGGER.debug("a watcher was interrupted", e);
        } finally {
            source.close();
        }
    }

    /** Ends it; a commit under way is given up, or comes to its end where it is as good as made. What waits stays in the tree. Idempotent. */
    @Override
    public void close() {
        closed = true;
        source.close();
        if (Thread.currentThread().equals(thread)) {
            return;
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
