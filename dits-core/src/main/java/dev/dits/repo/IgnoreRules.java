package dev.dits.repo;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one {@code .ditsignore} file: the syntax and meaning of {@code .gitignore} (gitignore(5)), on bytes.
 *
 * <p>Immutable.
 */
final class IgnoreRules {
    /** Longest ignore file that is read, in bytes. */
    static final int BYTES_MAX = 1 << 20;

    /** Work that one path may cost, all rules together: both come from whoever made the tree. */
    private static final int STEPS_MAX = 1 << 20;

    static final IgnoreRules NONE = new IgnoreRules(List.of());

    /** One line. */
    private static final class Rule {
        final byte[] pattern;
        final boolean negated;
        final boolean directoryOnly;
        /** Whether it matches the whole path from the file's directory, not just the last name. */
        final boolean anchored;

        Rule(byte[] pattern, boolean negated, boolean directoryOnly, boolean anchored) {
            this.pattern = pattern;
            this.negated = negated;
            this.directoryOnly = directoryOnly;
            this.anchored = anchored;
        }
    }

    private final List<Rule> rules;

    private IgnoreRules(List<Rule> rules) {
        this.rules = rules;
    }

    /** Parses a file. Every line means something: a pattern that can match nothing is no error, as in git. */
    static IgnoreRules parse(byte[] file) {
        List<Rule> rules = new ArrayList<>();
        int start =
                file.length >= 3 && file[0] == (byte) 0xEF && file[1] == (byte) 0xBB && file[2] == (byte) 0xBF ? 3 : 0;
        while (start < file.length) {
            int end = start;
            while (end < file.length && file[end] != '\n') {
                end++;
            }
            Rule rule = parseLine(file, start, end);
            if (rule != null) {
                rules.add(rule);
            }
            start = end + 1;
        }
        return rules.isEmpty() ? NONE : new IgnoreRules(List.copyOf(rules));
    }

    private static @Nullable Rule parseLine(byte[] file, int from, int to) {
        int start = from;
        int end = to;
        if (end > start && file[end - 1] == '\r') {
            end--;
        }
        if (start == end || file[start] == '#') {
            return null;
        }
        end = trimSpaces(file, start, end);
        boolean negated = end > start && file[start] == '!';
        if (negated) {
            start++;
        }
        boolean directoryOnly = end > start && file[end - 1] == '/';
        if (directoryOnly) {
            end--;
        }
        boolean anchored = false;
        for (int i = start; i < end; i++) {
            anchored |= file[i] == '/';
        }
        if (end > start && file[start] == '/') {
            start++;
        }
        if (start >= end) {
            return null;
        }
        return new Rule(java.util.Arrays.copyOfRange(file, start, end), negated, directoryOnly, anchored);
    }

    /** Trailing spaces go, unless a backslash stands before them. */
    private static int trimSpaces(byte[] file, int start, int end) {
        int last = start;
        for (int i = start; i < end; i++) {
            if (file[i] == '\\' && i + 1 < end) {
                i++;
                last = i + 1;
            } else if (file[i] != ' ') {
                last = i + 1;
            }
        }
        return last;
    }

    /**
     * Looks for the last rule that matches.
     *
     * @param path names joined by slashes, from the directory that holds the rules
     * @param nameStart where the last name starts
     * @param directory whether the path is a directory
     * @return whether it is ignored; null if no rule speaks about it
     */
    @Nullable
    Boolean match(byte[] path, int nameStart, boolean directory) {
        Wildmatch.Budget budget = new Wildmatch.Budget(STEPS_MAX);
        for (int i = rules.size() - 1; i >= 0; i--) {
            Rule rule = rules.get(i);
            if (rule.directoryOnly && !directory) {
                continue;
            }
            boolean matches = rule.anchored
                    ? Wildmatch.matches(rule.pattern, path, 0, true, budget)
                    : Wildmatch.matches(rule.pattern, path, nameStart, false, budget);
            if (matches) {
                return !rule.negated;
            }
        }
        return null;
    }

    /** Whether each of so many lines says something. */
    boolean areAll(int lines) {
        return rules.size() == lines;
    }

    /**
     * Tells whether a rule may match something below a directory. It need not be so where it says yes.
     *
     * @param directory names joined by slashes; empty for the one that holds the rules
     * @param negated whether to look at the rules that take back, or at the others
     */
    boolean mayMatchBelow(byte[] directory, boolean negated) {
        for (Rule rule : rules) {
            if (rule.negated == negated && (!rule.anchored || reachesBelow(rule.pattern, directory))) {
                return true;
            }
        }
        return false;
    }

    /** Name by name: what matches below a directory matches it with its first names. */
    private static boolean reachesBelow(byte[] pattern, byte[] directory) {
        Wildmatch.Budget budget = new Wildmatch.Budget(STEPS_MAX);
        int at = 0;
        int from = 0;
        while (from < directory.length) {
            int end = slash(pattern, at);
            byte[] part = java.util.Arrays.copyOfRange(pattern, at, end);
            if (end == pattern.length) {
                // The pattern has no name left for what is below; "**" as the last matches all of it.
                return isTwoStars(part);
            }
            int to = slash(directory, from);
            if (isTwoStars(part) || quotes(part)) {
                return true;
            }
            if (!Wildmatch.matches(part, java.util.Arrays.copyOfRange(directory, from, to), 0, true, budget)) {
                return false;
            }
            at = end + 1;
            from = to + 1;
        }
        return true;
    }

    private static boolean isTwoStars(byte[] part) {
        return part.length == 2 && part[0] == '*' && part[1] == '*';
    }

    /** Where a bracket or a backslash stands, a slash need not be the end of a name. */
    private static boolean quotes(byte[] part) {
        for (byte b : part) {
            if (b == '[' || b == '\\') {
                return true;
            }
        }
        return false;
    }

    private static int slash(byte[] path, int from) {
        for (int i = from; i < path.length; i++) {
            if (path[i] == '/') {
                return i;
            }
        }
        return path.length;
    }
}
