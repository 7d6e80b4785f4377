package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.EntryName;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Keys that a peer chose so that they collide, in whatever takes keys from a peer: operations are counted. */
class HashFloodingTest {
    private static final int KEYS = 100_000;

    /** Different ids with one hash code. */
    private static List<ObjectId> collidingIds() {
        List<ObjectId> ids = new ArrayList<>();
        for (long i = 0; i < KEYS; i++) {
            // The hash is that of a ^ rotl(b, 17) ^ ...: what a changes, b takes back.
            ids.add(ObjectId.ofWords(i + 1, Long.rotateRight(i + 1, 17), 0, 0));
        }
        assertThat(ids.stream().mapToInt(ObjectId::hashCode).distinct().count()).isEqualTo(1);
        return ids;
    }

    @Test
    void aSetOfIdsIsLinearInIdsOfOneHashCode() {
        IdSet set = new IdSet();
        List<ObjectId> ids = collidingIds();
        for (ObjectId id : ids) {
            assertThat(set.add(id)).isTrue();
        }
        for (ObjectId id : ids) {
            assertThat(set.contains(id)).isTrue();
        }
        // Both passes, and the growing in between; a table that is two thirds full looks at two slots on average.
        assertThat(set.probes()).isLessThan(20L * KEYS);
    }

    @Test
    void aSetOfIdsIsLinearInIdsOfOneSlot() {
        // As could be found among real content: equal in all bits but some of one word, or counting up.
        for (int word = 0; word < 4; word++) {
            for (int shift : new int[] {0, 20, 40}) {
                IdSet set = new IdSet();
                for (long i = 1; i <= KEYS; i++) {
                    long[] words = new long[4];
                    words[word] = i << shift;
                    assertThat(set.add(ObjectId.ofWords(words[0], words[1], words[2], words[3])))
                            .isTrue();
                }
                assertThat(set.probes()).as("word %s, shift %s", word, shift).isLessThan(20L * KEYS);
            }
        }
    }

    /** Compares like a key from a peer, and counts. */
    private static final class Counted implements Comparable<Counted> {
        static long operations;
        private final int value;

        Counted(int value) {
            this.value = value;
        }

        @Override
        public int hashCode() {
            return 7;
        }

        @Override
        public boolean equals(Object other) {
            operations++;
            return other instanceof Counted counted && value == counted.value;
        }

        @Override
        public int compareTo(Counted other) {
            operations++;
            return Integer.compare(value, other.value);
        }
    }

    @Test
    void theHashTablesOfThePlatformSurviveComparableKeys() {
        Counted.operations = 0;
        Set<Counted> set = new HashSet<>();
        Set<Counted> concurrent = java.util.concurrent.ConcurrentHashMap.newKeySet();
        for (int i = 0; i < KEYS; i++) {
            set.add(new Counted(i));
            concurrent.add(new Counted(i));
        }
        for (int i = 0; i < KEYS; i++) {
            assertThat(set.contains(new Counted(i)) && concurrent.contains(new Counted(i)))
                    .isTrue();
        }
        // Two tables, two passes, at most some 17 levels each; a list would take ten thousand million.
        assertThat(Counted.operations).isLessThan(200L * KEYS);
    }

    /** They do so only if a key's class itself says that it is comparable to itself. */
    @Test
    void allThatAPeerChoosesAndThatIsHashedIsComparable() {
        for (Class<?> key : List.of(ObjectId.class, EntryName.class, TreePath.class, RefName.class, String.class)) {
            assertThat(key.getGenericInterfaces())
                    .as(key.getName())
                    .anyMatch(type -> type.getTypeName().equals("java.lang.Comparable<" + key.getName() + ">"));
        }
        assertThat(ByteBuffer.wrap(new byte[0]).getClass().getGenericInterfaces())
                .as("a buffer is not: it is to be sorted, not hashed")
                .isEmpty();
    }
}
