package dev.dits.repo;

import java.util.Arrays;

/**
 * Ignore rules, which come with a peer's tree, and the paths of that tree. The input: {@code flags u8} (bit 0: a directory), the path up to the first NUL,
 * then the file of rules.
 *
 * <p>Every file means something, at a bounded cost. A rule that names a path exactly speaks about it.
 */
public final class IgnoreFuzzTarget {
    private IgnoreFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) {
        int end = 1;
        while (end < input.length && input[end] != 0) {
            end++;
        }
        if (end >= input.length) {
            return;
        }
        byte[] path = Arrays.copyOfRange(input, 1, end);
        int nameStart = path.length;
        while (nameStart > 0 && path[nameStart - 1] != '/') {
            nameStart--;
        }
        boolean directory = (input[0] & 1) != 0;
        byte[] file = Arrays.copyOfRange(input, end + 1, input.length);
        Boolean ignored = IgnoreRules.parse(file).match(path, nameStart, directory);
        boolean speaks = ignored != null;
        if (speaks && !directory) {
            // Every rule about files is one about directories, too; only the last that matches may be another.
            check(IgnoreRules.parse(file).match(path, nameStart, true) != null, "a directory is not spoken about");
        }
        exact(path, nameStart, directory);
    }

    private static void exact(byte[] path, int nameStart, boolean directory) {
        StringBuilder rule = new StringBuilder("/");
        for (byte b : path) {
            if (b == '\n') {
                return;
            }
            if (b != '/') {
                rule.append('\\');
            }
            rule.append((char) (b & 0xFF));
        }
        if (path.length == 0 || path[0] == '/' || path[path.length - 1] == '/' || path[path.length - 1] == '\r') {
            return;
        }
        byte[] rules = rule.toString().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        check(
                Boolean.TRUE.equals(IgnoreRules.parse(rules).match(path, nameStart, directory)),
                "a quoted path does not match itself");
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
