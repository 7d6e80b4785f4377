package dev.dits.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Standard output that remembers why it failed: a {@link java.io.PrintStream} only tells that it did, and a reader that had enough
 * ({@code dits log | head -1}) is no failure, while a full disk is.
 */
final class StandardOutput extends FilterOutputStream {
    private volatile @Nullable IOException failure;

    StandardOutput(OutputStream out) {
        super(out);
    }

    private interface Writing {
        void run() throws IOException;
    }

    private void remember(Writing writing) throws IOException {
        IOException before = failure;
        if (before != null) {
            throw before;
        }
        try {
            writing.run();
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    @Override
    public void write(int value) throws IOException {
        remember(() -> out.write(value));
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        remember(() -> out.write(bytes, offset, length));
    }

    @Override
    public void flush() throws IOException {
        remember(out::flush);
    }

    /** Why what was said could not be written; nothing if it was, or if the reader had enough. */
    Optional<IOException> failure() {
        return Optional.ofNullable(failure).filter(e -> !isClosedPipe(e));
    }

    /** The JDK has no type for it: EPIPE, and ERROR_NO_DATA of Windows. */
    private static boolean isClosedPipe(IOException e) {
        String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("broken pipe") || message.contains("pipe is being closed");
    }
}
