package dev.dits.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.MissingObjectException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ObjectWalkTest {
    private static final class Found implements ObjectWalk.Visitor {
        final List<ObjectId> order = new ArrayList<>();
        final Set<ObjectId> objects = new LinkedHashSet<>();
        final Set<ObjectId> chunks = new HashSet<>();
        final Set<ObjectId> missing = new HashSet<>();
        boolean tolerant;

        @Override
        public void object(ObjectId id, byte[] bytes, ObjectKind kind) throws IOException {
            assertThat(ObjectId.hash(bytes)).isEqualTo(id);
            assertThat(ObjectCodec.kindOf(bytes)).isEqualTo(kind);
            order.add(id);
            objects.add(id);
        }

        @Override
        public void chunk(ObjectId id, int length) {
            chunks.add(id);
        }

        @Override
        public void missing(ObjectId id, ObjectCodec.Target target) throws IOException {
            if (!tolerant) {
                ObjectWalk.Visitor.super.missing(id, target);
            }
            missing.add(id);
        }
    }

    private final MemoryObjects objects = new MemoryObjects();

    /** What is reachable, by the plainest way there is. */
    private Set<ObjectId> reachable(List<ObjectId> from, Set<ObjectId> chunks) throws IOException {
        Set<ObjectId> seen = new HashSet<>();
        Deque<ObjectId> left = new ArrayDeque<>(from);
        while (!left.isEmpty()) {
            ObjectId id = left.remove();
            if (objects.contains(id) && seen.add(id)) {
                for (ObjectCodec.Reference child : ObjectCodec.children(objects.objects.get(id))) {
                    if (child.target() == ObjectCodec.Target.CHUNK) {
                        chunks.add(child.id());
                    } else {
                        left.add(child.id());
                    }
                }
            }
        }
        return seen;
    }

    private ObjectId commit(DirectoryRef tree, long seconds, ObjectId... parents) {
        return objects.put(
                new Commit(tree, List.of(parents), "a", new CommitTime(seconds, 0, 0), "m", Extensions.NONE).encode());
    }

    static List<Long> seeds() {
        return java.util.stream.LongStream.range(0, 12).boxed().toList();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatIsSentAndWhatWasHadMakeTheWhole(long seed) throws IOException {
        Random random = new Random(seed);
        ModelTree tree = new ModelTree();
        List<ObjectId> commits = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            tree.mutate(random, objects, i == 0 ? 400 : random.nextInt(20));
            // Clocks are wrong now and then.
            long time = random.nextInt(5) == 0 ? random.nextInt(100) : 10L * i;
            List<ObjectId> parents = new ArrayList<>();
            if (i > 0) {
                parents.add(commits.get(Math.max(0, i - 1 - random.nextInt(3))));
                if (random.nextInt(3) == 0) {
                    parents.add(commits.get(random.nextInt(i)));
                }
            }
            commits.add(commit(tree.build(objects), time, parents.toArray(ObjectId[]::new)));
        }
        for (int round = 0; round < 10; round++) {
            List<ObjectId> wants = List.of(commits.get(random.nextInt(12)), commits.get(random.nextInt(12)));
            List<ObjectId> haves =
                    random.nextInt(4) == 0 ? List.of() : List.of(commits.get(random.nextInt(12)), GoldenTest.id(round));
            Set<ObjectId> chunksWanted = new HashSet<>();
            Set<ObjectId> chunksHad = new HashSet<>();
            Set<ObjectId> wanted = reachable(wants, chunksWanted);
            Set<ObjectId> had = reachable(haves, chunksHad);
            for (ObjectWalk.Options options :
                    List.of(ObjectWalk.Options.NONE, ObjectWalk.Options.NONE.withVisited(new HashSet<>()))) {
                Found found = new Found();
                new ObjectWalk(objects, options).commits(wants, haves, found);
                assertThat(wanted).containsAll(found.objects);
                Set<ObjectId> whole = new HashSet<>(found.objects);
                whole.addAll(had);
                assertThat(whole).containsAll(wanted);
                Set<ObjectId> chunks = new HashSet<>(found.chunks);
                chunks.addAll(chunksHad);
                assertThat(chunks).containsAll(chunksWanted);
                if (options.visited() != null) {
                    assertThat(found.order).doesNotHaveDuplicates();
                }
                assertParentsFirst(found, had);
                assertNamedBefore(found, wants);
            }
            Found found = new Found();
            new ObjectWalk(objects, ObjectWalk.Options.NONE.withKnown(had::contains)).commits(wants, haves, found);
            Set<ObjectId> exact = new HashSet<>(wanted);
            exact.removeAll(had);
            assertThat(found.objects).isEqualTo(exact);
        }
    }

    /** Each object but commits and tags was named by one that came before it. */
    private void assertParentsFirst(Found found, Set<ObjectId> had) throws IOException {
        Set<ObjectId> named = new HashSet<>();
        for (ObjectId id : found.order) {
            ObjectKind kind = ObjectCodec.kindOf(objects.objects.get(id));
            if (kind != ObjectKind.COMMIT && kind != ObjectKind.TAG) {
                assertThat(named).contains(id);
            }
            ObjectCodec.children(objects.objects.get(id)).forEach(child -> named.add(child.id()));
        }
    }

    @Test
    void aSmallChangeOfALargeTreeSendsOnePathAndReadsLittle() throws IOException {
        Random random = new Random(3);
        ModelTree tree = new ModelTree();
        for (int i = 0; i < 20_000; i++) {
            EntryName name = EntryName.ofUtf8("file-" + i);
            tree.entries.put(TreePath.of(List.of(name)), DirectoryTreeTest.file(name, random));
        }
        ObjectId first = commit(tree.build(objects), 1);
        EntryName name = EntryName.ofUtf8("file-777");
        FileEntry edited = DirectoryTreeTest.file(name, random);
        tree.entries.put(TreePath.of(List.of(name)), edited);
        ObjectId second = commit(tree.build(objects), 2, first);
        objects.mark();
        Found found = new Found();
        new ObjectWalk(objects, ObjectWalk.Options.NONE).commits(List.of(second), List.of(first), found);
        assertThat(found.objects.size()).isLessThanOrEqualTo(5);
        assertThat(found.chunks).containsExactly(((Content.SingleChunk) edited.content()).id());
        assertThat(objects.reads).isLessThanOrEqualTo(20);
    }

    @Test
    void aChunkInsertedIntoALargeFileSendsFewNodes() throws IOException {
        for (long seed = 0; seed < 10; seed++) {
            Random random = new Random(seed);
            List<ObjectId> chunks = new ArrayList<>();
            for (int i = 0; i < 50_000; i++) {
                chunks.add(ObjectId.ofWords(random.nextLong(), 0, 0, random.nextLong()));
            }
            Content before = file(chunks);
            int at = seed == 0 ? 0 : random.nextInt(chunks.size());
            ObjectId fresh = ObjectId.ofWords(random.nextLong(), 0, 0, random.nextLong());
            chunks.add(at, fresh);
            objects.mark();
            Content after = file(chunks);
            Set<ObjectId> changed = new HashSet<>(objects.fresh);
            objects.mark();
            Found found = new Found();
            new ObjectWalk(objects, ObjectWalk.Options.NONE).file(after, before, found);
            assertThat(found.objects).isEqualTo(changed);
            assertThat(found.chunks).containsExactly(fresh);
            assertThat(objects.reads).isLessThanOrEqualTo(60);
        }
    }

    private Content file(List<ObjectId> chunks) throws IOException {
        FileTreeBuilder builder = new FileTreeBuilder(objects);
        for (ObjectId chunk : chunks) {
            builder.add(chunk, 1_000);
        }
        return builder.finish(GoldenTest.id(1));
    }

    /** A receiver takes no commit that it did not ask for and that none before it has as a parent. */
    private void assertNamedBefore(Found found, List<ObjectId> wants) throws IOException {
        Set<ObjectId> named = new HashSet<>(wants);
        for (ObjectId id : found.order) {
            assertThat(named).contains(id);
            ObjectCodec.children(objects.objects.get(id)).forEach(child -> named.add(child.id()));
        }
    }

    /** With wrong clocks it may be seen late that a commit is had, when its parents were taken for wanted already. */
    @Test
    void theParentsOfACommitThatIsHadDoNotComeWithoutIt() throws IOException {
        DirectoryRef tree = new DirectoryBuilder(objects).finish();
        ObjectId parent = commit(tree, 50);
        ObjectId early = commit(tree, 100, parent);
        ObjectId late = commit(tree, 5);
        ObjectId had = commit(tree, 20, early, late);
        ObjectId want = commit(tree, 200, early, late);
        Found found = new Found();
        new ObjectWalk(objects, ObjectWalk.Options.NONE).commits(List.of(want), List.of(had), found);
        assertThat(found.order).containsExactly(want);
    }

    @Test
    void aTagComesBeforeItsCommit() throws IOException {
        ObjectId commit = commit(new DirectoryBuilder(objects).finish(), 1);
        ObjectId tag = objects.put(new Tag(commit, "v1", "a", new CommitTime(2, 0, 0), "", Extensions.NONE).encode());
        Found found = new Found();
        new ObjectWalk(objects, ObjectWalk.Options.NONE).commits(List.of(tag), List.of(), found);
        assertThat(found.order).startsWith(tag, commit).hasSize(3);
        found = new Found();
        new ObjectWalk(objects, ObjectWalk.Options.NONE).commits(List.of(commit), List.of(tag), found);
        assertThat(found.order).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatIsMissingIsReportedAndTheRestStillFound(long seed) throws IOException {
        Random random = new Random(seed);
        ModelTree tree = new ModelTree();
        tree.mutate(random, objects, 500);
        ObjectId first = commit(tree.build(objects), 1);
        tree.mutate(random, objects, 50);
        ObjectId second = commit(tree.build(objects), 2, first);
        List<ObjectId> all = new ArrayList<>(reachable(List.of(second), new HashSet<>()));
        java.util.Collections.sort(all);
        java.util.Collections.shuffle(all, random);
        all.subList(0, 3).forEach(objects.objects::remove);
        Found found = new Found();
        found.tolerant = true;
        new ObjectWalk(objects, ObjectWalk.Options.NONE.withVisited(new HashSet<>()))
                .commits(List.of(second), List.of(), found);
        assertThat(found.objects).isEqualTo(reachable(List.of(second), new HashSet<>()));
        assertThat(found.missing).isNotEmpty();
        assertThat(all.subList(0, 3)).containsAll(found.missing);
        Found strict = new Found();
        assertThatThrownBy(() ->
                        new ObjectWalk(objects, ObjectWalk.Options.NONE).commits(List.of(second), List.of(), strict))
                .isInstanceOf(MissingObjectException.class);
    }
}
