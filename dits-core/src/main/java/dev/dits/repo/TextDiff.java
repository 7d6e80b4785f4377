package dev.dits.repo;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How two texts differ, line by line, in groups with the lines around them: what a unified diff shows (POSIX {@code diff -u}).
 *
 * <p>Lines are bytes, whatever their encoding, and end with a newline; the last may lack it. A file with a NUL byte, or of more than {@link
 * #BYTES_MAX} bytes, does not count as text.
 *
 * @param hunks the groups, in order; none where only the files' permissions differ
 * @param addedCount lines that the later text has and the earlier lacks
 * @param removedCount lines that the earlier text has and the later lacks
 */
public record TextDiff(List<Hunk> hunks, int addedCount, int removedCount) {
    /** Largest file that is compared line by line. */
    public static final int BYTES_MAX = 1 << 20;

    /** Most lines of context. */
    public static final int CONTEXT_MAX = 1 << 20;

    /** Copies the list. */
    public TextDiff {
        hunks = List.copyOf(hunks);
    }

    /**
     * Lines that belong together.
     *
     * @param beforeStart number of the first line in the earlier text, from 1; where {@code beforeCount} is 0, of the line before
     * @param beforeCount how many of the lines are in the earlier text
     * @param afterStart number of the first line in the later text, from 1; where {@code afterCount} is 0, of the line before
     * @param afterCount how many of the lines are in the later text
     * @param lines context, removed and added lines
     */
    public record Hunk(int beforeStart, int beforeCount, int afterStart, int afterCount, List<Line> lines) {
        /** Copies the list. */
        public Hunk {
            lines = List.copyOf(lines);
        }
    }

    /** Whether a line is in both texts. */
    public enum Side {
        /** In both. */
        CONTEXT,
        /** In the earlier alone. */
        REMOVED,
        /** In the later alone. */
        ADDED
    }

    /** A line. Immutable. */
    public static final class Line {
        private final Side side;
        private final byte[] bytes;
        private final boolean terminated;

        private Line(Side side, byte[] text, int start, int end) {
            this.side = side;
            this.terminated = end > start && text[end - 1] == '\n';
            this.bytes = Arrays.copyOfRange(text, start, terminated ? end - 1 : end);
        }

        /**
         * Returns where the line is.
         *
         * @return the side
         */
        public Side side() {
            return side;
        }

        /**
         * Returns the line without its newline.
         *
         * @return new bytes
         */
        public byte[] bytes() {
            return bytes.clone();
        }

        /**
         * Tells whether the line ends with a newline, as all do but maybe a text's last.
         *
         * @return whether there is one
         */
        public boolean terminated() {
            return terminated;
        }
    }

    /** A text and where its lines start; the last start is its end. */
    private static final class Lines {
        private final byte[] text;
        private final int[] starts;

        private Lines(byte[] text, int[] starts) {
            this.text = text;
            this.starts = starts;
        }

        static Lines of(byte[] text) {
            int[] starts = new int[16];
            int count = 0;
            int start = 0;
            while (start < text.length) {
                if (count + 2 > starts.length) {
                    starts = Arrays.copyOf(starts, starts.length * 2);
                }
                starts[count++] = start;
                while (start < text.length && text[start] != '\n') {
                    start++;
                }
                start++;
            }
            starts[count] = text.length;
            return new Lines(text, Arrays.copyOf(starts, count + 1));
        }

        int count() {
            return starts.length - 1;
        }

        Line line(Side side, int index) {
            return new Line(side, text, starts[index], starts[index + 1]);
        }

        /** A number for each line, the same for equal ones. The map's keys are ordered, so that a text made to collide costs no more. */
        int[] classes(Map<ByteBuffer, Integer> known) {
            int[] classes = new int[count()];
            for (int i = 0; i < classes.length; i++) {
                ByteBuffer line = ByteBuffer.wrap(text, starts[i], starts[i + 1] - starts[i]);
                classes[i] = known.computeIfAbsent(line, unknown -> known.size());
            }
            return classes;
        }
    }

    static boolean isText(byte[] bytes) {
        for (byte b : bytes) {
            if (b == 0) {
                return false;
            }
        }
        return true;
    }

    /** Compares two texts. */
    static TextDiff of(byte[] before, byte[] after, int context) {
        if (context < 0 || context > CONTEXT_MAX) {
            throw new IllegalArgumentException("lines of context are 0 to " + CONTEXT_MAX + ", not " + context);
        }
        Lines a = Lines.of(before);
        Lines b = Lines.of(after);
        Map<ByteBuffer, Integer> known = new HashMap<>();
        int[] classesA = a.classes(known);
        int[] classesB = b.classes(known);
        LineDiff.Result diff = LineDiff.compare(classesA, classesB, known.size());
        return new Grouping(a, b, diff.removed(), diff.added(), context).group();
    }

    private static final class Grouping {
        private final Lines a;
        private final Lines b;
        private final boolean[] removed;
        private final boolean[] added;
        private final int context;
        private final List<Hunk> hunks = new ArrayList<>();
        private int removedCount;
        private int addedCount;
        /** Where we are in the one text, in the other, and where the last hunk ended in the one. */
        private int i;

        private int j;
        private int ended;

        Grouping(Lines a, Lines b, boolean[] removed, boolean[] added, int context) {
            this.a = a;
            this.b = b;
            this.removed = removed;
            this.added = added;
            this.context = context;
        }

        private boolean changed() {
            return (i < removed.length && removed[i]) || (j < added.length && added[j]);
        }

        private boolean atEnd() {
            return i == removed.length && j == added.length;
        }

        TextDiff group() {
            while (!atEnd()) {
                if (changed()) {
                    hunk();
                } else {
                    i++;
                    j++;
                }
            }
            return new TextDiff(hunks, addedCount, removedCount);
        }

        private void hunk() {
            // Since the last hunk both texts went on in step.
            int lead = Math.min(context, i - ended);
            int startA = i - lead;
            int startB = j - lead;
            List<Line> lines = new ArrayList<>();
            for (int line = startA; line < i; line++) {
                lines.add(a.line(Side.CONTEXT, line));
            }
            while (true) {
                while (i < removed.length && removed[i]) {
                    lines.add(a.line(Side.REMOVED, i++));
                    removedCount++;
                }
                while (j < added.length && added[j]) {
                    lines.add(b.line(Side.ADDED, j++));
                    addedCount++;
                }
                int same = 0;
                int from = i;
                // Two changes with no more between them than would follow the one and lead to the other are one.
                while (!atEnd() && !changed() && same < 2 * context) {
                    same++;
                    i++;
                    j++;
                }
                boolean more = !atEnd() && changed();
                int shown = more ? same : Math.min(same, context);
                for (int line = from; line < from + shown; line++) {
                    lines.add(a.line(Side.CONTEXT, line));
                }
                if (!more) {
                    i -= same - shown;
                    j -= same - shown;
                    break;
                }
            }
            int countA = i - startA;
            int countB = j - startB;
            hunks.add(new Hunk(
                    countA == 0 ? startA : startA + 1, countA, countB == 0 ? startB : startB + 1, countB, lines));
            ended = i;
        }
    }
}
