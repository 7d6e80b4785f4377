package dev.dits;

import dev.dits.disk.DiskFailures;
import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import dev.dits.sync.TransferControl;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A {@link Transfer} that runs its work on one worker thread. */
final class TransferTask implements Transfer {
    /** The work: blocks until the transfer is done. */
    interface Work {
        Outcome run(TransferControl control) throws IOException, InterruptedException;
    }

    /** What the work returns: the commit reached, and the paths that were not written out. */
    record Outcome(ObjectId commit, List<String> refused) {}

    private final TransferControl control = new TransferControl(System::nanoTime);
    private final CompletableFuture<TransferResult> done = new CompletableFuture<>();

    static TransferTask start(Executor workers, Work work) {
        TransferTask task = new TransferTask();
        workers.execute(() -> task.run(work));
        return task;
    }

    private void run(Work work) {
        try {
            Outcome outcome = work.run(control);
            done.complete(new TransferResult(outcome.commit(), progress(Progress.Phase.ENDED), outcome.refused()));
        } catch (InterruptedException e) {
            InterruptedIOException closed = new InterruptedIOException("the node was closed during the transfer");
            closed.initCause(e);
            done.completeExceptionally(closed);
        } catch (Throwable e) { // whatever it is, the one who waits has to learn of it
            done.completeExceptionally(
                    e instanceof IOException failure ? control.orCancelled(DiskFailures.translate(failure)) : e);
        }
    }

    @Override
    public Progress progress() {
        return progress(done.isDone() ? Progress.Phase.ENDED : null);
    }

    private Progress progress(Progress.@org.jspecify.annotations.Nullable Phase known) {
        return progress(control.snapshot(), known);
    }

    /** Puts counters into the words of the facade; null lets them tell the phase. */
    static Progress progress(TransferControl.Snapshot now, Progress.@org.jspecify.annotations.Nullable Phase known) {
        Progress.Phase phase = known != null
                ? known
                : now.paused()
                        ? Progress.Phase.PAUSED
                        : now.finishing()
                                ? Progress.Phase.FINISHING
                                : now.treeBytesTotal() == 0 && now.filesTotal() == 0
                                        ? Progress.Phase.STARTING
                                        : Progress.Phase.MOVING;
        return new Progress(
                phase,
                now.filesDone(),
                now.filesTotal(),
                now.treeBytesDone(),
                now.treeBytesTotal(),
                now.wireBytes(),
                now.reusedBytes(),
                Duration.ofNanos(now.elapsedNanos()),
                now.bytesPerSecond());
    }

    @Override
    public void pause() {
        control.pause();
    }

    @Override
    public void resume() {
        control.resume();
    }

    @Override
    public void cancel() {
        control.cancel();
    }

    @Override
    public void limit(long bytesPerSecond) {
        control.limit(bytesPerSecond);
    }

    @Override
    public TransferResult await() throws IOException, InterruptedException {
        try {
            return done.get();
        } catch (ExecutionException e) {
            throw rethrow(e.getCause());
        }
    }

    @Override
    public TransferResult await(Duration timeout) throws IOException, InterruptedException, TimeoutException {
        try {
            return done.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw rethrow(e.getCause());
        }
    }

    /** What to throw for the cause of an end; itself throws what is no IOException. */
    static IOException rethrow(@org.jspecify.annotations.Nullable Throwable cause) {
        if (cause instanceof CancellationException cancelled) {
            throw cancelled;
        }
        if (cause instanceof IOException failure) {
            return failure;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new DitsException("the transfer failed: " + cause, cause);
    }

    @Override
    public CompletableFuture<TransferResult> toFuture() {
        return done.copy();
    }
}
