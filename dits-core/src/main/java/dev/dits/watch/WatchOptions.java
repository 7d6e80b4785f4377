package dev.dits.watch;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a working tree is watched; immutable.
 *
 * @param quiet a file is committed when nothing has changed in it for so long, and neither has anything else that came with it; 50 ms to an hour
 * @param longestWait what has come to rest is committed after so long, though other files still change; from {@code quiet} to a day
 * @param rescan how often to look at everything, for what the file system did not tell: a second to a day. Where a look takes long, looks are further apart.
 * @param author who commits, 0 to 255 bytes of UTF-8; null for the configuration's
 * @param message why, 0 to 65,536 bytes of UTF-8; null to say what changed
 */
public record WatchOptions(
        Duration quiet,
        Duration longestWait,
        Duration rescan,
        @Nullable String author,
        @Nullable String message) {
    private static final Duration QUIET_MIN = Duration.ofMillis(50);
    private static final Duration QUIET_MAX = Duration.ofHours(1);
    private static final Duration RESCAN_MIN = Duration.ofSeconds(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final int AUTHOR_BYTES_MAX = 255;
    private static final int MESSAGE_BYTES_MAX = 65_536;

    private static final WatchOptions DEFAULTS =
            new WatchOptions(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofSeconds(60), null, null);

    /** Checks ranges. */
    public WatchOptions {
        within("the quiet period", quiet, QUIET_MIN, QUIET_MAX);
        within("the longest wait", longestWait, quiet, DAY);
        within("the time between two looks at everything", rescan, RESCAN_MIN, DAY);
        requireBytes("an author", author, AUTHOR_BYTES_MAX);
        requireBytes("a message", message, MESSAGE_BYTES_MAX);
    }

    private static void within(String what, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(what + " is within " + min + " and " + max + ", not " + value);
        }
    }

    private static void requireBytes(String what, @Nullable String text, int max) {
        if (text != null && text.getBytes(StandardCharsets.UTF_8).length > max) {
            throw new IllegalArgumentException(what + " has at most " + max + " bytes");
        }
    }

    /**
     * Returns the defaults.
     *
     * @return a second of quiet, half a minute at the longest, a look at everything each minute, the configuration's author, a message that says what changed
     */
    public static WatchOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Changes how long a file has to be quiet. The longest wait is made as long, where it is shorter.
     *
     * @param value 50 ms to an hour
     * @return changed options
     */
    public WatchOptions withQuiet(Duration value) {
        return new WatchOptions(value, longestWait.compareTo(value) < 0 ? value : longestWait, rescan, author, message);
    }

    /**
     * Changes how long what has come to rest waits for the rest.
     *
     * @param value from the quiet period to a day
     * @return changed options
     */
    public WatchOptions withLongestWait(Duration value) {
        return new WatchOptions(quiet, value, rescan, author, message);
    }

    /**
     * Changes how often to look at everything.
     *
     * @param value a second to a day
     * @return changed options
     */
    public WatchOptions withRescan(Duration value) {
        return new WatchOptions(quiet, longestWait, value, author, message);
    }

    /**
     * Changes who commits.
     *
     * @param value 0 to 255 bytes of UTF-8, or null for the configuration's
     * @return changed options
     */
    public WatchOptions withAuthor(@Nullable String value) {
        return new WatchOptions(quiet, longestWait, rescan, value, message);
    }

    /**
     * Changes what the commits say.
     *
     * @param value 0 to 65,536 bytes of UTF-8, or null to say what changed
     * @return changed options
     */
    public WatchOptions withMessage(@Nullable String value) {
        return new WatchOptions(quiet, longestWait, rescan, author, value);
    }
}
