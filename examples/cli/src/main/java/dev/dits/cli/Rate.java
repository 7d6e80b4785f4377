package dev.dits.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rates as they are typed: bytes a second, with a unit of a thousand or a million of them. */
final class Rate {
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,9})(?:\\.([0-9]))?(k|m|g)?b?(?:/s)?");

    private Rate() {}

    /**
     * Parses one.
     *
     * @param option which takes it
     * @param text such as {@code 500k}, {@code 2M}, {@code 1.5M}, {@code 1000000} or {@code off}
     * @return bytes a second; 0 for off
     */
    static long parse(String option, String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.equals("off") || lower.equals("none")) {
            return 0;
        }
        Matcher parts = TEXT.matcher(lower);
        Usage.require(
                parts.matches() && (parts.group(2) == null || parts.group(3) != null),
                option + " takes a rate in bytes a second such as 500k, 2M or 1.5M, or off; not '" + text + "'");
        String unit = parts.group(3) == null ? "" : parts.group(3);
        long scale = switch (unit) {
            case "k" -> 1_000;
            case "m" -> 1_000_000;
            case "g" -> 1_000_000_000;
            default -> 1;
        };
        long tenths = parts.group(2) == null ? 0 : Long.parseLong(parts.group(2));
        return Long.parseLong(parts.group(1)) * scale + tenths * scale / 10;
    }

    /** For people. */
    static String show(long bytesPerSecond) {
        return bytesPerSecond == 0 ? "no limit" : Format.bytes(bytesPerSecond) + "/s";
    }
}
