package dev.dits;

import dev.dits.control.ControlClient;
import dev.dits.control.Fields;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A transfer that another process carries out, watched through its control socket by one thread that ends with it. Ending the connection cancels it. */
final class RemoteTransfer implements Transfer {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteTransfer.class);

    private static final long POLL_MILLIS = 100;
    private static final Progress NOTHING_YET =
            new Progress(Progress.Phase.STARTING, 0, 0, 0, 0, 0, 0, Duration.ZERO, 0);

    private final ControlClient client;
    private final CompletableFuture<TransferResult> done = new CompletableFuture<>();
    private volatile Progress progress = NOTHING_YET;
    private volatile boolean cancelled;

    private RemoteTransfer(ControlClient client) {
        this.client = client;
    }

    static RemoteTransfer start(Path socket, String operation, String mountId)
            throws IOException, InterruptedException {
        ControlClient client = ControlClient.open(socket);
        boolean started = false;
        try {
            client.ask(operation, Fields.NONE.with("id", mountId), RunningNode.TIMEOUT);
            started = true;
        } finally {
            if (!started) {
                client.close();
            }
        }
        RemoteTransfer transfer = new RemoteTransfer(client);
        Thread thread = new Thread(transfer::follow, "dits-remote-transfer");
        thread.setDaemon(true);
        thread.start();
        return transfer;
    }

    private void follow() {
        try (client) {
            while (true) {
                Fields answer = client.ask("await", Fields.NONE.with("millis", POLL_MILLIS), RunningNode.PATIENCE);
                if (answer.has("result")) {
                    TransferResult result = ControlFields.result(answer.fields("result"));
                    progress = result.progress();
                    done.complete(result);
                    return;
                }
                progress = ControlFields.progress(answer.fields("progress"));
            }
        } catch (Throwable e) { // whatever it is, the one who waits has to learn of it
            done.completeExceptionally(cancelled ? cancellation(e) : e);
        }
    }

    private static CancellationException cancellation(Throwable cause) {
        CancellationException ended = new CancellationException("the transfer was cancelled");
        ended.initCause(cause);
        return ended;
    }

    @Override
    public Progress progress() {
        return progress;
    }

    @Override
    public void pause() {
        tell("pause", Fields.NONE);
    }

    @Override
    public void resume() {
        tell("resume", Fields.NONE);
    }

    @Override
    public void limit(long bytesPerSecond) {
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("a limit is 0 (none) or more bytes a second, not " + bytesPerSecond);
        }
        tell("limit", Fields.NONE.with("bytesPerSecond", bytesPerSecond));
    }

    private void tell(String operation, Fields with) {
        try {
            client.ask(operation, with, RunningNode.PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | CancellationException e) {
            LOG.debug("the transfer has ended before it could be told to {}", operation, e);
        }
    }

    @Override
    public void cancel() {
        cancelled = true;
        try {
            client.close();
        } catch (IOException e) {
            LOG.debug("the connection was not closed cleanly", e);
        }
    }

    @Override
    public TransferResult await() throws IOException, InterruptedException {
        try {
            return done.get();
        } catch (ExecutionException e) {
            throw TransferTask.rethrow(e.getCause());
        }
    }

    @Override
    public TransferResult await(Duration timeout) throws IOException, InterruptedException, TimeoutException {
        try {
            return done.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw TransferTask.rethrow(e.getCause());
        }
    }

    @Override
    public CompletableFuture<TransferResult> toFuture() {
        return done.copy();
    }
}
