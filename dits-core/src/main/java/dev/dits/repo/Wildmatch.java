package dev.dits.repo;

/**
 * Shell patterns on bytes, with the meaning that git gives them: {@code *} and {@code ?} stop at a slash, {@code **}
 * between slashes crosses them, brackets with ranges, negation and POSIX classes, backslash quotes.
 */
final class Wildmatch {
    /**
     * Work that one match may cost. A pattern of many stars is exponential in the worst case and comes from whoever wrote
     * the file; past this it does not match.
     */
    private static final int STEPS_MAX = 1 << 18;

    /** Stars that may wait for each other, each on the stack. A pattern that needs more does not match. */
    private static final int DEPTH_MAX = 500;

    private static final int MATCH = 0;
    private static final int NO_MATCH = 1;
    private static final int ABORT_ALL = 2;
    private static final int ABORT_TO_STAR_STAR = 3;

    private final byte[] pattern;
    private final byte[] text;
    private final boolean pathname;
    private final int first;
    private int steps;
    private int depth;

    private Wildmatch(byte[] pattern, int first, byte[] text, boolean pathname, int steps) {
        this.steps = steps;
        this.first = first;
        this.pattern = pattern;
        this.text = text;
        this.pathname = pathname;
    }

    /** What the matches of one text against many patterns may cost together. Not safe for use by several threads. */
    static final class Budget {
        private int steps;

        Budget(int steps) {
            this.steps = steps;
        }
    }

    /**
     * Matches.
     *
     * @param pattern the pattern
     * @param text the text
     * @param start where the text starts
     * @param pathname whether slashes are special
     * @param budget what is left of it; a match that needs more fails
     * @return whether all of the text matches
     */
    static boolean matches(byte[] pattern, byte[] text, int start, boolean pathname, Budget budget) {
        int literal = 0;
        if (pathname) {
            // As in git, what stands before the first wildcard is compared by itself, so that "**" right after it
            // counts as
            // if it stood at the start.
            while (literal < pattern.length && !isSpecial(pattern[literal])) {
                if (start + literal >= text.length || pattern[literal] != text[start + literal]) {
                    return false;
                }
                literal++;
            }
        }
        int steps = Math.min(STEPS_MAX, budget.steps);
        Wildmatch match = new Wildmatch(pattern, literal, text, pathname, steps);
        boolean matches = match.match(literal, start + literal) == MATCH;
        budget.steps -= steps - Math.max(0, match.steps);
        return matches;
    }

    private static boolean isSpecial(byte b) {
        return b == '*' || b == '?' || b == '[' || b == '\\';
    }

    private int match(int patternStart, int textStart) {
        int p = patternStart;
        int t = textStart;
        for (; p < pattern.length; p++, t++) {
            if (--steps < 0) {
                return ABORT_ALL;
            }
            int pc = pattern[p] & 0xFF;
            if (t >= text.length && pc != '*') {
                return ABORT_ALL;
            }
            switch (pc) {
                case '\\' -> {
                    p++;
                    // A backslash at the end quotes nothing, and nothing equals that.
                    if (p >= pattern.length || pattern[p] != text[t]) {
                        return NO_MATCH;
                    }
                }
                case '?' -> {
                    if (pathname && text[t] == '/') {
                        return NO_MATCH;
                    }
                }
                case '*' -> {
                    if (depth == DEPTH_MAX) {
                        return ABORT_ALL;
                    }
                    depth++;
                    int result = star(p, t);
                    depth--;
                    return result;
                }
                case '[' -> {
                    int end = bracket(p, text[t] & 0xFF);
                    if (end < 0) {
                        return end == -1 ? NO_MATCH : ABORT_ALL;
                    }
                    p = end;
                }
                default -> {
                    if (pattern[p] != text[t]) {
                        return NO_MATCH;
                    }
                }
            }
        }
        return t < text.length ? NO_MATCH : MATCH;
    }

    private int star(int start, int textStart) {
        int p = start;
        int t = textStart;
        boolean crossSlash = !pathname;
        if (p + 1 < pattern.length && pattern[p + 1] == '*') {
            boolean slashBefore = p == first || pattern[p - 1] == '/';
            while (p + 1 < pattern.length && pattern[p + 1] == '*') {
                p++;
            }
            boolean atEnd = p + 1 >= pattern.length;
            if (pathname) {
                boolean quotedSlash = p + 2 < pattern.length && pattern[p + 1] == '\\' && pattern[p + 2] == '/';
                if (slashBefore && (atEnd || pattern[p + 1] == '/' || quotedSlash)) {
                    // "**/" also stands for no directory at all.
                    if (!atEnd && pattern[p + 1] == '/' && match(p + 2, t) == MATCH) {
                        return MATCH;
                    }
                    crossSlash = true;
                } else {
                    crossSlash = false;
                }
            }
        }
        p++;
        if (p >= pattern.length) {
            if (!crossSlash && indexOfSlash(t) >= 0) {
                return ABORT_TO_STAR_STAR;
            }
            return MATCH;
        }
        if (!crossSlash && pattern[p] == '/') {
            int slash = indexOfSlash(t);
            return slash < 0 ? ABORT_ALL : match(p, slash);
        }
        for (; t < text.length; t++) {
            int result = match(p, t);
            if (result != NO_MATCH) {
                if (!crossSlash || result != ABORT_TO_STAR_STAR) {
                    return result;
                }
            } else if (!crossSlash && text[t] == '/') {
                return ABORT_TO_STAR_STAR;
            }
        }
        return ABORT_ALL;
    }

    private int indexOfSlash(int from) {
        for (int i = from; i < text.length; i++) {
            if (text[i] == '/') {
                return i;
            }
        }
        return -1;
    }

    /** Returns the index of the closing bracket if the set holds the byte, -1 if it does not, -2 if it never closes. */
    private int bracket(int start, int c) {
        int p = start + 1;
        boolean negated = p < pattern.length && (pattern[p] == '!' || pattern[p] == '^');
        if (negated) {
            p++;
        }
        boolean found = false;
        int previous = -1;
        boolean first = true;
        while (true) {
            if (p >= pattern.length) {
                return -2;
            }
            int pc = pattern[p] & 0xFF;
            if (pc == ']' && !first) {
                break;
            }
            first = false;
            if (pc == '\\') {
                if (++p >= pattern.length) {
                    return -2;
                }
                previous = pattern[p] & 0xFF;
                found |= c == previous;
            } else if (pc == '-' && previous >= 0 && p + 1 < pattern.length && pattern[p + 1] != ']') {
                int high = pattern[++p] & 0xFF;
                if (high == '\\') {
                    if (++p >= pattern.length) {
                        return -2;
                    }
                    high = pattern[p] & 0xFF;
                }
                found |= c >= previous && c <= high;
                previous = -1;
            } else if (pc == '[' && p + 1 < pattern.length && pattern[p + 1] == ':') {
                int end = p + 2;
                while (end < pattern.length && pattern[end] != ']') {
                    end++;
                }
                if (end >= pattern.length) {
                    return -2;
                }
                if (end - p < 3 || pattern[end - 1] != ':') {
                    // No class after all: a plain bracket.
                    found |= c == '[';
                    previous = '[';
                } else {
                    String name =
                            new String(pattern, p + 2, end - 1 - (p + 2), java.nio.charset.StandardCharsets.ISO_8859_1);
                    int member = posixClass(name, c);
                    if (member < 0) {
                        return -2;
                    }
                    found |= member > 0;
                    previous = -1;
                    p = end;
                }
            } else {
                previous = pc;
                found |= c == pc;
            }
            p++;
        }
        return found == negated || (pathname && c == '/') ? -1 : p;
    }

    private static int posixClass(String name, int c) {
        boolean digit = c >= '0' && c <= '9';
        boolean upper = c >= 'A' && c <= 'Z';
        boolean lower = c >= 'a' && c <= 'z';
        boolean graph = c > 0x20 && c < 0x7F;
        return switch (name) {
            case "alnum" -> digit || upper || lower ? 1 : 0;
            case "alpha" -> upper || lower ? 1 : 0;
            case "blank" -> c == ' ' || c == '\t' ? 1 : 0;
            case "cntrl" -> c < 0x20 || c == 0x7F ? 1 : 0;
            case "digit" -> digit ? 1 : 0;
            case "graph" -> graph ? 1 : 0;
            case "lower" -> lower ? 1 : 0;
            case "print" -> graph || c == ' ' ? 1 : 0;
            case "punct" -> graph && !digit && !upper && !lower ? 1 : 0;
            case "space" -> c == ' ' || (c >= 9 && c <= 13) ? 1 : 0;
            case "upper" -> upper ? 1 : 0;
            case "xdigit" -> digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ? 1 : 0;
            default -> -1;
        };
    }
}
