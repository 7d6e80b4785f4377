package dev.dits.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.TreePath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When what changed is committed, by a clock that is set by hand. */
class PendingTest {
    private static final long QUIET = 1_000;
    private static final long LONGEST = 30_000;

    private final Pending pending = new Pending(QUIET, LONGEST, 1_000);

    private static TreePath path(String text) {
        return TreePath.ofUtf8(text);
    }

    private void found(String path, Object stamp, long now) {
        pending.beginLook();
        pending.found(path(path), stamp, now);
        pending.endLook(List.of(path(path)));
    }

    private List<String> due(long now) {
        return pending.due(now, false).stream().map(TreePath::display).toList();
    }

    @Test
    void isDueWhenItWasQuietForAWhile() {
        found("a", 1, 0);
        assertThat(due(QUIET - 1)).isEmpty();
        assertThat(pending.nextIn(QUIET - 1)).isEqualTo(1);
        assertThat(due(QUIET)).containsExactly("a");
    }

    @Test
    void waitsAnewWhenSomethingIsHeardOrFoundOtherwise() {
        found("a", 1, 0);
        pending.heard(path("a"), 900);
        assertThat(due(1_899)).isEmpty();
        found("a", 1, 1_850);
        assertThat(due(1_900)).containsExactly("a");
        found("a", 2, 1_900);
        assertThat(due(2_899)).isEmpty();
        assertThat(due(2_900)).containsExactly("a");
    }

    @Test
    void whatIsSavedTogetherIsCommittedTogether() {
        found("a", 1, 0);
        found("b", 1, 900);
        assertThat(due(1_000)).isEmpty();
        assertThat(pending.nextIn(1_000)).isEqualTo(900);
        assertThat(due(1_900)).containsExactly("a", "b");
        assertThat(pending.due(1_900, true)).isEmpty();
        assertThat(pending.due(LONGEST, true)).hasSize(2);
    }

    @Test
    void aFileThatTakesLongHoldsNothingBack() {
        found("film", 1, 0);
        found("note", 1, 100);
        for (long now = 500; now < Pending.BUSY_PERIODS * QUIET; now += 500) {
            pending.heard(path("film"), now);
            assertThat(due(now)).isEmpty();
        }
        long now = Pending.BUSY_PERIODS * QUIET;
        pending.heard(path("film"), now);
        assertThat(due(now)).containsExactly("note");
        pending.done(path("note"));
        found("note", 2, now + 10);
        pending.heard(path("film"), now + QUIET);
        assertThat(due(now + 10 + QUIET)).containsExactly("note");
    }

    @Test
    void whatIsAtRestWaitsForAStreamOfOthersNoLongerThanTheLongestWait() {
        for (int i = 0; i * 500L < LONGEST; i++) {
            found("f" + i, 1, i * 500L);
            assertThat(due(i * 500L)).isEmpty();
        }
        assertThat(pending.nextIn(LONGEST - 500)).isLessThanOrEqualTo(500);
        List<String> due = due(LONGEST);
        assertThat(due).contains("f0", "f1").hasSize((int) ((LONGEST - QUIET) / 500) + 1);
    }

    @Test
    void whatALookDoesNotFindAgainIsNothing() {
        found("d/a", 1, 0);
        found("d/b", 1, 0);
        found("e", 1, 0);
        pending.beginLook();
        pending.found(path("d/b"), 1, 10);
        pending.endLook(List.of(path("d")));
        assertThat(due(QUIET)).containsExactly("d/b", "e");
        pending.beginLook();
        pending.endLook(List.of(TreePath.ROOT));
        assertThat(pending.size()).isZero();
    }

    @Test
    void whatCanNotBeReadIsTriedAgainLaterAndLater() {
        found("a", 1, 0);
        long now = QUIET;
        for (long delay : new long[] {100, 200, 400, 800, 1_000, 1_000}) {
            assertThat(due(now)).containsExactly("a");
            pending.failed(path("a"), now, 100, 1_000);
            assertThat(due(now + delay - 1)).isEmpty();
            assertThat(pending.nextIn(now)).isEqualTo(delay);
            now += delay;
        }
        // Another time, another file: it is tried as soon as it is quiet.
        pending.failed(path("a"), now, 100, 1_000_000);
        found("a", 2, now);
        assertThat(due(now + QUIET)).containsExactly("a");
    }

    @Test
    void oneMoreThanMayWaitIsPassedOverAndRemembered() {
        for (int i = 0; i < 1_000; i++) {
            found("f" + i, 1, 0);
        }
        assertThat(pending.takeOverflowed()).isFalse();
        found("one more", 1, 0);
        found("f7", 2, 5);
        assertThat(pending.size()).isEqualTo(1_000);
        assertThat(pending.takeOverflowed()).isTrue();
        assertThat(pending.takeOverflowed()).isFalse();
    }

    /**
     * Against the definition: what is due has not changed for the quiet period; nobody who writes at least that often is ever due; whoever has come to rest is due at the latest after the longest wait; and where
     * {@link Pending#nextIn} says that there is time, nothing becomes due before.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void keepsItsPromisesWhateverHappens(long seed) {
        Random random = new Random(seed);
        Map<String, Long> changed = new HashMap<>();
        Map<String, Long> rest = new HashMap<>();
        long now = 0;
        int stamp = 0;
        long nothingBefore = 0;
        int committed = 0;
        for (int step = 0; step < 4_000; step++) {
            long due = pending.nextIn(now);
            now += random.nextInt(4) == 0 ? Math.min(due, 5_000) : random.nextInt(400);
            if (random.nextInt(3) == 0) {
                String name = "f" + random.nextInt(6);
                if (random.nextBoolean() || !changed.containsKey(name)) {
                    found(name, stamp++, now);
                } else {
                    pending.heard(path(name), now);
                }
                changed.put(name, now);
                rest.remove(name);
                nothingBefore = 0;
            }
            Set<String> taken = new HashSet<>(due(now));
            if (now < nothingBefore) {
                assertThat(taken).isEmpty();
            }
            for (Map.Entry<String, Long> each : changed.entrySet()) {
                boolean quiet = now - each.getValue() >= QUIET;
                if (taken.contains(each.getKey())) {
                    assertThat(quiet).isTrue();
                } else if (quiet) {
                    long since = rest.merge(each.getKey(), now, Math::min);
                    assertThat(now - since).isLessThan(LONGEST);
                }
            }
            new ArrayList<>(taken).forEach(name -> {
                pending.done(path(name));
                changed.remove(name);
                rest.remove(name);
            });
            committed += taken.size();
            nothingBefore = pending.nextIn(now) == Long.MAX_VALUE ? Long.MAX_VALUE : now + pending.nextIn(now);
        }
        assertThat(committed).isGreaterThan(100);
    }
}
