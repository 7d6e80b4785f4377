package dev.dits.disk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/**
 * The points in writing paths at which tests stop, as {@code crash-points.txt} lists them, by what passes them. {@link CrashPointsTest} finds those that the sources have
 * and nobody lists; a test that stops at every point compares what it has passed with its part of the list.
 */
public final class CrashPoints {
    /** Other lines are words. */
    private static final String POINT = "[a-z-]+\\.[a-z-]+";

    private CrashPoints() {}

    private static String text() throws IOException {
        try (InputStream in = CrashPoints.class.getResourceAsStream("/crash-points.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** The points of one part. */
    public static Set<String> of(String part) throws IOException {
        Set<String> points = new TreeSet<>();
        boolean here = false;
        for (String line : text().split("\n")) {
            if (line.startsWith("[")) {
                here = line.equals("[" + part + "]");
            } else if (here && line.matches(POINT)) {
                points.add(line);
            }
        }
        if (points.isEmpty()) {
            throw new IllegalArgumentException("there is no part " + part);
        }
        return points;
    }

    /** All of them. */
    static Set<String> all() throws IOException {
        Set<String> points = new TreeSet<>();
        for (String line : text().split("\n")) {
            if (line.matches(POINT)) {
                points.add(line);
            }
        }
        return points;
    }
}
