package dev.dits.cli;

import dev.dits.object.CommitTime;
import dev.dits.object.Escaper;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Numbers as people read them, the same in every locale: a script that greps the output must not depend on it. */
final class Format {
    private static final String[] UNITS = {"kB", "MB", "GB", "TB", "PB", "EB"};

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss xx", Locale.ROOT);
    /** A day inside what RFC 3339 can write, so that no offset leads out of it. */
    private static final Instant EARLIEST = Instant.parse("0000-01-02T00:00:00Z");

    private static final Instant LATEST = Instant.parse("9999-12-30T23:59:59Z");

    private Format() {}

    /** {@code 2026-11-24 12:30:00 +0100}. */
    static String time(CommitTime time) {
        return TIME.format(dateTime(time));
    }

    /** Bytes in powers of 1000, at least three digits of precision: {@code 999 B}, {@code 1.23 MB}, {@code 270 MB}. */
    static String bytes(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        // 999.5 would be shown as 1000.
        while (value >= 999.5 && unit + 1 < UNITS.length) {
            value /= 1000;
            unit++;
        }
        String pattern = value >= 99.95 ? "%.0f %s" : value >= 9.995 ? "%.1f %s" : "%.2f %s";
        return String.format(Locale.ROOT, pattern, value, UNITS[unit]);
    }

    /** {@code 192.168.1.5:4433}, {@code [fe80::1]:4433}. */
    static String address(InetSocketAddress address) {
        String host = address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    static String rate(double bytesPerSecond) {
        return bytes(Math.round(bytesPerSecond)) + "/s";
    }

    static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** {@code 1 file}, {@code 5,881 files}. */
    static String count(long number, String noun) {
        String plural = noun.endsWith("y")
                ? noun.substring(0, noun.length() - 1) + "ies"
                : noun.endsWith("ch") ? noun + "es" : noun + "s";
        return count(number) + " " + (number == 1 ? noun : plural);
    }

    static String percent(long part, long whole) {
        return whole == 0 ? "0%" : String.format(Locale.ROOT, "%.1f%%", 100.0 * part / whole);
    }

    static String duration(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < 10) {
            return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
        }
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60);
        }
        return String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds / 60 % 60);
    }

    /** When a commit was made, as its author's clock said. */
    static OffsetDateTime dateTime(CommitTime time) {
        return instant(time.toInstant()).atOffset(ZoneOffset.ofTotalSeconds(time.offsetMinutes() * 60));
    }

    /** The same time, or the nearest that RFC 3339 can write: the years 0 to 9999. */
    static Instant instant(Instant time) {
        return time.isBefore(EARLIEST) ? EARLIEST : time.isAfter(LATEST) ? LATEST : time;
    }

    /** A round trip, as ping shows it: {@code 12.3 ms}, {@code 0.131 ms}. */
    static String millis(Duration duration) {
        double millis = duration.toNanos() / 1e6;
        return String.format(Locale.ROOT, millis < 1 ? "%.3f" : "%.1f", millis);
    }

    /** Text that may be from a peer, over several lines. */
    static String safe(String text) {
        return String.join("\n", text.lines().map(Escaper::escape).toList());
    }
}
