package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.DirectoryRef;
import dev.dits.object.ObjectId;
import dev.dits.repo.MergeWorld.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Merges of random trees against a model that knows no trees: maps from paths to versions. */
class MergeModelTest {
    private static final int SEEDS = 400;

    @Test
    void twoSidesOfOneBase() throws IOException {
        for (long seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            MergeWorld world = new MergeWorld();
            int[] count = new int[1];
            TreeMap<String, Version> base = MergeWorld.edited(new TreeMap<>(), random, count, random.nextInt(20));
            TreeMap<String, Version> a = MergeWorld.edited(base, random, count, random.nextInt(8));
            TreeMap<String, Version> b = MergeWorld.edited(base, random, count, random.nextInt(8));
            boolean related = random.nextInt(5) > 0;
            ObjectId root = world.commit(base, "Root", 1);
            ObjectId left = related ? world.commit(a, "Ada", 2, root) : world.commit(a, "Ada", 2);
            ObjectId right = related ? world.commit(b, "Bob", 3, root) : world.commit(b, "Bob", 3);
            HistoryMerge merge = world.merge(left, right);
            DirectoryRef tree = merge.tree(world);
            HistoryMerge other = world.merge(right, left);
            assertThat(other.tree(world))
                    .as("seed %d, the other way round", seed)
                    .isEqualTo(tree);
            assertThat(other.copies()).as("seed %d", seed).isEqualTo(merge.copies());
            assertIsMerged("seed " + seed, related ? base : new TreeMap<>(), a, b, world.files(tree), merge.copies());
        }
    }

    private static boolean sameContent(Version a, Version b) {
        return a == null || b == null ? a == b : a.text().equals(b.text());
    }

    private static void assertIsMerged(
            String what,
            TreeMap<String, Version> base,
            TreeMap<String, Version> a,
            TreeMap<String, Version> b,
            TreeMap<String, Version> merged,
            List<ConflictCopy> copies) {
        Set<String> texts = merged.values().stream().map(Version::text).collect(Collectors.toSet());
        Set<String> paths = new TreeSet<>(a.keySet());
        paths.addAll(b.keySet());
        paths.addAll(base.keySet());
        Set<String> clashes = new TreeSet<>();
        for (String path : paths) {
            for (String below : paths) {
                if (below.startsWith(path + "/")) {
                    clashes.add(path);
                    clashes.add(below);
                }
            }
        }
        for (String path : paths) {
            Version x = base.get(path);
            Version l = a.get(path);
            Version r = b.get(path);
            for (Version version : new Version[] {l, r}) {
                if (version != null && !sameContent(version, x)) {
                    assertThat(texts).as("%s: %s", what, path).contains(version.text());
                }
            }
            if (clashes.contains(path)) {
                continue;
            }
            Version m = merged.get(path);
            if (java.util.Objects.equals(l, r) || java.util.Objects.equals(r, x)) {
                assertThat(m).as("%s: %s", what, path).isEqualTo(l);
            } else if (java.util.Objects.equals(l, x)) {
                assertThat(m).as("%s: %s", what, path).isEqualTo(r);
            } else if (l == null || r == null) {
                Version stays = l == null ? r : l;
                boolean touched = sameContent(stays, x) && stays.mode() == x.mode();
                assertThat(m).as("%s: %s", what, path).isEqualTo(touched ? null : stays);
            } else if (sameContent(l, r)) {
                assertThat(m.text()).as("%s: %s", what, path).isEqualTo(l.text());
            } else if (sameContent(l, x) || sameContent(r, x)) {
                assertThat(m.text()).as("%s: %s", what, path).isEqualTo(sameContent(l, x) ? r.text() : l.text());
            } else {
                String later = l.mtime() > r.mtime() ? l.text() : r.mtime() > l.mtime() ? r.text() : m.text();
                assertThat(m.text()).as("%s: %s", what, path).isEqualTo(later);
                assertThat(copies.stream().map(copy -> copy.kept().display()).toList())
                        .as("%s", what)
                        .contains(path);
            }
        }
        for (Map.Entry<String, Version> each : merged.entrySet()) {
            if (!paths.contains(each.getKey())) {
                assertThat(copies.stream().map(copy -> copy.copy().display()).toList())
                        .as("%s: something that nobody made", what)
                        .contains(each.getKey());
            }
        }
    }

    /** Some people who commit, and merge each other's commits in any order, crosswise too. */
    @Test
    void manySidesComeTogetherAndLoseNothing() throws IOException {
        for (long seed = 0; seed < SEEDS / 2; seed++) {
            Random random = new Random(seed);
            MergeWorld world = new MergeWorld();
            int[] count = new int[1];
            long time = 1;
            ObjectId root =
                    world.commit(MergeWorld.edited(new TreeMap<>(), random, count, 8), "Root", random.nextInt(9));
            String[] people = {"Ada", "Bob", "Cy"};
            ObjectId[] tips = {root, root, root};
            for (int step = 0; step < 14; step++) {
                int who = random.nextInt(3);
                // Clocks are wrong by more than a step.
                time = 100 + step + random.nextInt(6);
                if (random.nextInt(3) == 0) {
                    int from = (who + 1 + random.nextInt(2)) % 3;
                    ObjectId ours = tips[who];
                    ObjectId theirs = tips[from];
                    tips[who] = world.bringIn(ours, theirs, people[who], time);
                    assertNothingIsLost("seed " + seed + " step " + step, world, ours, theirs, tips[who]);
                    if (random.nextBoolean()) {
                        tips[from] = world.bringIn(theirs, ours, people[from], time + 1);
                        assertThat(world.readCommit(tips[from]).tree())
                                .as("seed %d step %d: crosswise", seed, step)
                                .isEqualTo(world.readCommit(tips[who]).tree());
                    }
                } else {
                    TreeMap<String, Version> files = new TreeMap<>(world.trees.get(tips[who]));
                    if (random.nextInt(4) == 0) {
                        // Somebody clears the copies away.
                        files.keySet().removeIf(path -> path.contains("(conflict from"));
                    }
                    files = MergeWorld.edited(files, random, count, 1 + random.nextInt(2));
                    tips[who] = world.commit(files, people[who], time, tips[who]);
                }
            }
            // Everybody merges with everybody, until all stand on the same tree.
            for (int round = 0; round < 3; round++) {
                for (int who = 0; who < 3; who++) {
                    for (int from = 0; from < 3; from++) {
                        ObjectId ours = tips[who];
                        tips[who] = world.bringIn(ours, tips[from], people[who], time++);
                        assertNothingIsLost("seed " + seed, world, ours, tips[from], tips[who]);
                    }
                }
            }
            DirectoryRef tree = world.readCommit(tips[0]).tree();
            assertThat(world.readCommit(tips[1]).tree()).as("seed %d", seed).isEqualTo(tree);
            assertThat(world.readCommit(tips[2]).tree()).as("seed %d", seed).isEqualTo(tree);
            assertCopiesAreNotCopied("seed " + seed, world.files(tree));
        }
    }

    /** What one side has, and the other never had in all its history, is in the merge. */
    private static void assertNothingIsLost(
            String what, MergeWorld world, ObjectId ours, ObjectId theirs, ObjectId merged) throws IOException {
        Set<String> texts =
                world.trees.get(merged).values().stream().map(Version::text).collect(Collectors.toSet());
        for (ObjectId[] sides : new ObjectId[][] {{ours, theirs}, {theirs, ours}}) {
            Set<String> known = new TreeSet<>();
            for (ObjectId id : world.history(sides[1])) {
                world.trees.get(id).values().forEach(version -> known.add(version.text()));
            }
            for (Map.Entry<String, Version> each : world.trees.get(sides[0]).entrySet()) {
                if (!known.contains(each.getValue().text())) {
                    assertThat(texts)
                            .as("%s: %s", what, each)
                            .contains(each.getValue().text());
                }
            }
        }
    }

    private static void assertCopiesAreNotCopied(String what, TreeMap<String, Version> files) {
        Set<String> seen = new TreeSet<>();
        files.forEach((path, version) -> {
            int at = path.indexOf(" (conflict from");
            if (at >= 0) {
                assertThat(seen.add(path.substring(0, at) + "\n" + version.text()))
                        .as("%s: two copies of one version: %s", what, files)
                        .isTrue();
            }
        });
    }

    /** The two of them merge each other's merges, again and again, and nothing grows. */
    @Test
    void mergesOfMergesStandStill() throws IOException {
        MergeWorld world = new MergeWorld();
        Random random = new Random(5);
        int[] count = new int[1];
        ObjectId root = world.commit(MergeWorld.edited(new TreeMap<>(), random, count, 10), "Root", 1);
        ObjectId a = root;
        ObjectId b = root;
        int conflicts = 0;
        for (int round = 0; round < 40; round++) {
            TreeMap<String, Version> left = new TreeMap<>(world.trees.get(a));
            TreeMap<String, Version> right = new TreeMap<>(world.trees.get(b));
            if (round % 4 == 0) {
                left.put("z", new Version("left " + round, 0644, round));
                right.put("z", new Version("right " + round, 0644, round));
                conflicts++;
            }
            ObjectId x = world.commit(left, "Ada", 10 + round * 10, a);
            ObjectId y = world.commit(right, "Bob", 11 + round * 10, b);
            a = world.bringIn(x, y, "Ada", 12 + round * 10);
            b = world.bringIn(y, x, "Bob", 13 + round * 10);
            assertThat(world.readCommit(a).tree()).isEqualTo(world.readCommit(b).tree());
            List<String> copies = new ArrayList<>(world.trees.get(a).keySet());
            copies.removeIf(path -> !path.startsWith("z (conflict"));
            assertThat(copies).hasSize(conflicts);
        }
    }
}
