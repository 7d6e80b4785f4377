package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineDiffTest {
    /** What stays must be the same on both sides, in the same order. Returns how much differs. */
    private static int check(int[] a, int[] b, int classes) {
        LineDiff.Result diff = LineDiff.compare(a, b, classes);
        int[] keptA = kept(a, diff.removed());
        int[] keptB = kept(b, diff.added());
        assertThat(keptA).as("%s %s", Arrays.toString(a), Arrays.toString(b)).isEqualTo(keptB);
        return a.length + b.length - 2 * keptA.length;
    }

    private static int[] kept(int[] of, boolean[] changed) {
        int[] kept = new int[of.length];
        int count = 0;
        for (int i = 0; i < of.length; i++) {
            if (!changed[i]) {
                kept[count++] = of[i];
            }
        }
        return Arrays.copyOf(kept, count);
    }

    /** The textbook's table, to compare with. */
    private static int shortest(int[] a, int[] b) {
        int[][] common = new int[a.length + 1][b.length + 1];
        for (int i = a.length - 1; i >= 0; i--) {
            for (int j = b.length - 1; j >= 0; j--) {
                common[i][j] = a[i] == b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        return a.length + b.length - 2 * common[0][0];
    }

    @Test
    void isAsShortAsCanBe() {
        Random random = new Random(11);
        for (int round = 0; round < 20_000; round++) {
            int classes = 1 + random.nextInt(6);
            int[] a = random.ints(random.nextInt(24), 0, classes).toArray();
            int[] b = random.ints(random.nextInt(24), 0, classes).toArray();
            assertThat(check(a, b, classes)).isEqualTo(shortest(a, b));
        }
    }

    @Test
    void anEditOfALongSequenceIsFoundExactly() {
        int[] a = new Random(12).ints(200_000, 0, 5_000).toArray();
        int[] b = a.clone();
        b[100_000] = 5_000;
        int[] shifted = new int[b.length + 1];
        System.arraycopy(b, 0, shifted, 0, 50_000);
        shifted[50_000] = 5_001;
        System.arraycopy(b, 50_000, shifted, 50_001, b.length - 50_000);
        assertThat(check(a, shifted, 5_002)).isEqualTo(3);
    }

    @Test
    void whatHasLittleInCommonIsStillRightAndDoesNotTakeForever() {
        Random random = new Random(13);
        int[] a = random.ints(60_000, 0, 300).toArray();
        int[] b = random.ints(50_000, 0, 300).toArray();
        // With every split exact these would be quadratic.
        assertThat(check(a, b, 300)).isBetween(10_000, 110_000);
        int[] rising = new int[30_000];
        int[] falling = new int[30_000];
        for (int i = 0; i < rising.length; i++) {
            rising[i] = i;
            falling[i] = rising.length - 1 - i;
        }
        check(rising, falling, rising.length);
    }
}
