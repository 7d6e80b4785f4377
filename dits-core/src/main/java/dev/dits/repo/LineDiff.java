package dev.dits.repo;

import java.util.Arrays;

/**
 * Finds which elements of one sequence were removed and which of another were added, by the linear-space algorithm of E. Myers, "An O(ND)
 * Difference Algorithm and Its Variations", 1986.
 *
 * <p>Elements that the other side lacks altogether are taken out first; they can not be part of what both have in common. Where two sequences have
 * little in common the algorithm is quadratic, so each split is given up after a number of edits that follows the square root of the length, and goes to
 * the point reached furthest: the result is still right, and maybe not the shortest.
 */
final class LineDiff {
    private static final int EDITS_MIN = 256;
    private static final int UNREACHED = Integer.MIN_VALUE;
    private static final int BEYOND = Integer.MAX_VALUE;

    private final int[] a;
    private final int[] b;
    private final boolean[] removed;
    private final boolean[] added;
    private final int editsMax;
    /** Furthest x on each diagonal x - y, shifted so that the lowest has index 0; forward from the start, backward from the end. */
    private final int[] forward;

    private final int[] backward;
    private final int shift;

    private LineDiff(int[] a, int[] b) {
        this.a = a;
        this.b = b;
        this.removed = new boolean[a.length];
        this.added = new boolean[b.length];
        this.shift = b.length + 1;
        int diagonals = a.length + b.length + 3;
        this.forward = new int[diagonals];
        this.backward = new int[diagonals];
        this.editsMax = Math.max(EDITS_MIN, (int) Math.sqrt(diagonals));
    }

    /** What differs. */
    static final class Result {
        private final boolean[] removed;
        private final boolean[] added;

        private Result(boolean[] removed, boolean[] added) {
            this.removed = removed;
            this.added = added;
        }

        /** For each element of the one sequence, whether it is not in the other. */
        boolean[] removed() {
            return removed;
        }

        /** For each element of the other sequence, whether it was not in the one. */
        boolean[] added() {
            return added;
        }
    }

    /**
     * Compares.
     *
     * @param a the one sequence: equal elements have equal numbers, from 0 to {@code classes - 1}
     * @param b the other
     * @param classes how many different elements there are
     */
    static Result compare(int[] a, int[] b, int classes) {
        int[] keptA = occurring(a, b, classes);
        int[] keptB = occurring(b, a, classes);
        LineDiff diff = new LineDiff(pick(a, keptA), pick(b, keptB));
        diff.compare(0, keptA.length, 0, keptB.length);
        return new Result(spread(diff.removed, keptA, a.length), spread(diff.added, keptB, b.length));
    }

    /** Indexes of the elements that the other side has as well. */
    private static int[] occurring(int[] of, int[] in, int classes) {
        boolean[] has = new boolean[classes];
        for (int element : in) {
            has[element] = true;
        }
        int[] indexes = new int[of.length];
        int count = 0;
        for (int i = 0; i < of.length; i++) {
            if (has[of[i]]) {
                indexes[count++] = i;
            }
        }
        return Arrays.copyOf(indexes, count);
    }

    private static int[] pick(int[] of, int[] indexes) {
        int[] picked = new int[indexes.length];
        for (int i = 0; i < indexes.length; i++) {
            picked[i] = of[indexes[i]];
        }
        return picked;
    }

    /** What was not compared differs. */
    private static boolean[] spread(boolean[] changed, int[] indexes, int length) {
        boolean[] all = new boolean[length];
        Arrays.fill(all, true);
        for (int i = 0; i < indexes.length; i++) {
            all[indexes[i]] = changed[i];
        }
        return all;
    }

    private void compare(int fromA, int toA, int fromB, int toB) {
        int x0 = fromA;
        int x1 = toA;
        int y0 = fromB;
        int y1 = toB;
        while (true) {
            while (x0 < x1 && y0 < y1 && a[x0] == b[y0]) {
                x0++;
                y0++;
            }
            while (x0 < x1 && y0 < y1 && a[x1 - 1] == b[y1 - 1]) {
                x1--;
                y1--;
            }
            if (x0 == x1 || y0 == y1) {
                Arrays.fill(removed, x0, x1, true);
                Arrays.fill(added, y0, y1, true);
                return;
            }
            long point = split(x0, x1, y0, y1);
            int x = (int) (point >> 32);
            int y = (int) point;
            compare(x0, x, y0, y);
            x0 = x;
            y0 = y;
        }
    }

    private static long point(int x, int y) {
        return (long) x << 32 | y;
    }

    /**
     * A point on a shortest path from (x0, y0) to (x1, y1), or on a good one: paths grow from both ends, an edit at a time, until they meet. It is
     * neither end, as the first elements differ and so do the last.
     */
    private long split(int x0, int x1, int y0, int y1) {
        int lowest = x0 - y1;
        int highest = x1 - y0;
        int start = x0 - y0;
        int end = x1 - y1;
        boolean odd = ((end - start) & 1) != 0;
        int forwardLow = start;
        int forwardHigh = start;
        int backwardLow = end;
        int backwardHigh = end;
        forward[start + shift] = x0;
        backward[end + shift] = x1;
        for (int edits = 1; ; edits++) {
            if (forwardLow > lowest) {
                forward[--forwardLow - 1 + shift] = UNREACHED;
            } else {
                forwardLow++;
            }
            if (forwardHigh < highest) {
                forward[++forwardHigh + 1 + shift] = UNREACHED;
            } else {
                forwardHigh--;
            }
            for (int k = forwardLow; k <= forwardHigh; k += 2) {
                int x = stepForward(k, x1, y1);
                if (x != UNREACHED) {
                    while (x < x1 && x - k < y1 && a[x] == b[x - k]) {
                        x++;
                    }
                }
                forward[k + shift] = x;
                if (odd && k >= backwardLow && k <= backwardHigh && x >= backward[k + shift]) {
                    return point(x, x - k);
                }
            }
            if (backwardLow > lowest) {
                backward[--backwardLow - 1 + shift] = BEYOND;
            } else {
                backwardLow++;
            }
            if (backwardHigh < highest) {
                backward[++backwardHigh + 1 + shift] = BEYOND;
            } else {
                backwardHigh--;
            }
            for (int k = backwardLow; k <= backwardHigh; k += 2) {
                int x = stepBackward(k, x0, y0);
                if (x != BEYOND) {
                    while (x > x0 && x - k > y0 && a[x - 1] == b[x - k - 1]) {
                        x--;
                    }
                }
                backward[k + shift] = x;
                if (!odd && k >= forwardLow && k <= forwardHigh && x <= forward[k + shift]) {
                    return point(x, x - k);
                }
            }
            if (edits >= editsMax) {
                return furthest(forwardLow, forwardHigh);
            }
        }
    }

    /** Where one more edit leads on a diagonal: a removal from the one below, or an addition from the one above. */
    private int stepForward(int k, int x1, int y1) {
        int removal = forward[k - 1 + shift];
        int addition = forward[k + 1 + shift];
        int x = removal != UNREACHED && removal < x1 ? removal + 1 : UNREACHED;
        return addition != UNREACHED && addition - k <= y1 ? Math.max(x, addition) : x;
    }

    private int stepBackward(int k, int x0, int y0) {
        int removal = backward[k + 1 + shift];
        int addition = backward[k - 1 + shift];
        int x = removal != BEYOND && removal > x0 ? removal - 1 : BEYOND;
        return addition != BEYOND && addition - k >= y0 ? Math.min(x, addition) : x;
    }

    private long furthest(int low, int high) {
        int bestX = UNREACHED;
        int bestY = 0;
        for (int k = low; k <= high; k += 2) {
            int x = forward[k + shift];
            if (x != UNREACHED && (bestX == UNREACHED || x + x - k > bestX + bestY)) {
                bestX = x;
                bestY = x - k;
            }
        }
        return point(bestX, bestY);
    }
}
