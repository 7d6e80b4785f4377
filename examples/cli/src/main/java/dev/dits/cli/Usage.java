package dev.dits.cli;

import dev.dits.repo.RefName;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The command line says something that cannot be: exit code 2, no stack trace. */
final class Usage extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final Pattern DURATION =
            Pattern.compile("(?:(\\d{1,5})d)?(?:(\\d{1,5})h)?(?:(\\d{1,6})m)?(?:(\\d{1,8})s)?");

    Usage(String message) {
        super(message);
    }

    static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new Usage("'" + text + "' is no address of this machine; 'ip address' or 'ipconfig' lists them");
        }
    }

    static void requireBranchName(String name) {
        try {
            RefName.branch(name);
        } catch (IllegalArgumentException e) {
            throw new Usage("'" + name + "' is no name for a branch: " + e.getMessage());
        }
    }

    static void require(boolean holds, String message) {
        if (!holds) {
            throw new Usage(message);
        }
    }

    /** A time as {@code 90s}, {@code 30m}, {@code 1h30m} or {@code 7d}, positive. */
    static Duration duration(String option, String text) {
        Matcher parts = DURATION.matcher(text.toLowerCase(Locale.ROOT));
        Duration sum = Duration.ZERO;
        if (parts.matches()) {
            long[] seconds = {86_400, 3_600, 60, 1};
            for (int i = 0; i < seconds.length; i++) {
                String digits = parts.group(i + 1);
                sum = sum.plusSeconds(digits == null ? 0 : Long.parseLong(digits) * seconds[i]);
            }
        }
        require(!sum.isZero(), option + " takes a time such as 90s, 30m, 1h30m or 7d, not '" + text + "'");
        return sum;
    }
}
