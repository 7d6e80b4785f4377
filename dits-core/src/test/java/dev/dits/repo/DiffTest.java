package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiffTest {
    @TempDir
    private Path work;

    private Repository repository;

    @BeforeEach
    void make() throws IOException {
        repository = Repository.init(
                work, RepositoryOptions.defaults().withAuthor("Ada").withClock(new RepositoryTest.StepClock()));
    }

    @AfterEach
    void close() throws IOException {
        repository.close();
    }

    private void write(String path, String content) throws IOException {
        write(path, content.getBytes(StandardCharsets.UTF_8));
    }

    private void write(String path, byte[] content) throws IOException {
        Path file = work.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    private ObjectId commit() throws IOException {
        return repository.commit("x", null, CommitProgress.NONE).orElseThrow().id();
    }

    private List<FileDiff> inTree(DiffOptions options) throws IOException {
        List<FileDiff> found = new ArrayList<>();
        repository.diffWorkingTree(repository.base().orElse(null), options, found::add);
        return found;
    }

    private List<String> words(ObjectId before, ObjectId after) throws IOException {
        return words(before, after, DiffOptions.defaults());
    }

    private List<String> words(ObjectId before, ObjectId after, DiffOptions options) throws IOException {
        List<String> found = new ArrayList<>();
        repository.diff(before, after, options, difference -> found.add(difference.toString()));
        return found;
    }

    /** What the working tree shows must be what its commit will show. */
    private List<String> bothWays() throws IOException {
        ObjectId before = repository.base().orElse(null);
        List<String> shown =
                inTree(DiffOptions.defaults()).stream().map(FileDiff::toString).toList();
        assertThat(words(before, commit())).isEqualTo(shown);
        return shown;
    }

    @Test
    void everyKindOfDifference() throws IOException {
        write("changed", "1");
        write("deleted", "2");
        write("directory/below/x", "3");
        write("directory/y", "4");
        write("mode", "5");
        write("moved/here", "six");
        write("to-directory", "7");
        write("to-file/x", "8");
        write("to-link", "9");
        Files.createSymbolicLink(work.resolve("link"), Path.of("a"));
        Files.createDirectory(work.resolve("empty-before"));
        assertThat(bothWays())
                .containsExactly(
                        "ADDED changed",
                        "ADDED deleted",
                        "ADDED directory/below/x",
                        "ADDED directory/y",
                        "ADDED empty-before",
                        "ADDED link",
                        "ADDED mode",
                        "ADDED moved/here",
                        "ADDED to-directory",
                        "ADDED to-file/x",
                        "ADDED to-link");

        write("changed", "one");
        Files.delete(work.resolve("deleted"));
        Files.delete(work.resolve("directory/below/x"));
        Files.delete(work.resolve("directory/below"));
        Files.delete(work.resolve("directory/y"));
        Files.delete(work.resolve("directory"));
        Files.delete(work.resolve("empty-before"));
        Files.delete(work.resolve("link"));
        Files.createSymbolicLink(work.resolve("link"), Path.of("b"));
        Files.setPosixFilePermissions(work.resolve("mode"), SafeDirectory.permissions(0755));
        Files.createDirectory(work.resolve("mo"));
        Files.move(work.resolve("moved/here"), work.resolve("mo/there"));
        Files.delete(work.resolve("to-directory"));
        write("to-directory/x", "in it");
        Files.delete(work.resolve("to-file/x"));
        Files.delete(work.resolve("to-file"));
        write("to-file", "now a file");
        Files.delete(work.resolve("to-link"));
        Files.createSymbolicLink(work.resolve("to-link"), Path.of("a"));
        Files.createDirectory(work.resolve("to-link-not"));
        assertThat(bothWays())
                .containsExactly(
                        "MODIFIED changed",
                        "DELETED deleted",
                        "DELETED directory/below/x",
                        "DELETED directory/y",
                        "DELETED empty-before",
                        "MODIFIED link",
                        "RENAMED moved/here -> mo/there",
                        "MODE_CHANGED mode",
                        "DELETED to-directory",
                        "ADDED to-directory/x",
                        "ADDED to-file",
                        "DELETED to-file/x",
                        "TYPE_CHANGED to-link",
                        "ADDED to-link-not");
    }

    @Test
    void whatWasOnlyTouchedDoesNotDiffer() throws IOException {
        write("a", "1");
        ObjectId one = commit();
        write("a", "2");
        commit();
        write("a", "1");
        Files.setLastModifiedTime(work.resolve("a"), java.nio.file.attribute.FileTime.fromMillis(0));
        assertThat(words(one, commit())).isEmpty();
        Files.setLastModifiedTime(work.resolve("a"), java.nio.file.attribute.FileTime.fromMillis(1));
        assertThat(inTree(DiffOptions.defaults())).isEmpty();
    }

    @Test
    void againstAnyCommitAndNone() throws IOException {
        assertThat(inTree(DiffOptions.defaults())).isEmpty();
        write("a", "1");
        assertThat(inTree(DiffOptions.defaults()))
                .extracting(FileDiff::toString)
                .containsExactly("ADDED a");
        ObjectId one = commit();
        write("a", "2");
        write("b", "3");
        ObjectId two = commit();
        assertThat(words(null, two)).containsExactly("ADDED a", "ADDED b");
        assertThat(words(two, null)).containsExactly("DELETED a", "DELETED b");
        assertThat(words(two, one)).containsExactly("MODIFIED a", "DELETED b");
        List<String> found = new ArrayList<>();
        repository.diffWorkingTree(one, DiffOptions.defaults(), difference -> found.add(difference.toString()));
        assertThat(found).containsExactly("MODIFIED a", "ADDED b");
    }

    @Test
    void renamesArePairedByContentAndRatherByName() throws IOException {
        write("a/one", "same");
        write("a/two", "same");
        write("b/three", "other");
        write("empty", "");
        ObjectId before = commit();
        Files.createDirectory(work.resolve("c"));
        Files.move(work.resolve("a/two"), work.resolve("c/two"));
        Files.move(work.resolve("a/one"), work.resolve("c/uno"));
        Files.move(work.resolve("b/three"), work.resolve("b/Three"));
        Files.move(work.resolve("empty"), work.resolve("void"));
        Files.createSymbolicLink(work.resolve("link"), Path.of("x"));
        assertThat(bothWays())
                .containsExactly(
                        "RENAMED b/three -> b/Three",
                        "RENAMED a/two -> c/two",
                        "RENAMED a/one -> c/uno",
                        "DELETED empty",
                        "ADDED link",
                        "ADDED void");
        assertThat(words(
                        before,
                        repository.base().orElseThrow(),
                        DiffOptions.defaults().withRenames(false)))
                .containsExactly(
                        "DELETED a/one",
                        "DELETED a/two",
                        "ADDED b/Three",
                        "DELETED b/three",
                        "ADDED c/two",
                        "ADDED c/uno",
                        "DELETED empty",
                        "ADDED link",
                        "ADDED void");
    }

    @Test
    void onlyThePathsAskedFor() throws IOException {
        write("a/x", "1");
        write("a-b", "2");
        write("b", "3");
        ObjectId before = commit();
        Files.delete(work.resolve("a/x"));
        Files.delete(work.resolve("a"));
        write("a-b", "4");
        write("b", "5");
        DiffOptions options = DiffOptions.defaults().withPaths(List.of(TreePath.ofUtf8("a"), TreePath.ofUtf8("b")));
        assertThat(inTree(options)).extracting(FileDiff::toString).containsExactly("DELETED a/x", "MODIFIED b");
        assertThat(words(before, commit(), options)).containsExactly("DELETED a/x", "MODIFIED b");
        DiffOptions below = options.withPaths(List.of(TreePath.ofUtf8("a/x")));
        assertThat(words(before, repository.base().orElseThrow(), below)).containsExactly("DELETED a/x");

        DiffOptions misspelt = options.withPaths(List.of(TreePath.ofUtf8("c")));
        assertThatThrownBy(() -> inTree(misspelt))
                .isInstanceOf(DitsException.class)
                .hasMessageContaining("there is no c,");
        assertThatThrownBy(() -> words(before, before, misspelt)).isInstanceOf(DitsException.class);
    }

    @Test
    void beyondTheBoundNothingIsHeldBack() throws IOException {
        for (int i = 0; i < 20; i++) {
            write("a/" + i, "content " + i);
        }
        ObjectId before = commit();
        Files.move(work.resolve("a"), work.resolve("b"));
        ObjectId after = commit();
        for (int max : new int[] {5, 39, 40, 41}) {
            TreeSet<String> found = new TreeSet<>();
            new Comparison(
                            work,
                            repository.objects(),
                            null,
                            DiffOptions.defaults(),
                            difference -> found.add(difference.toString()),
                            max)
                    .trees(
                            repository.readCommit(before).tree(),
                            repository.readCommit(after).tree());
            assertThat(found).as("max %d", max).hasSize(max < 40 ? 40 : 20);
            assertThat(found.first()).startsWith(max < 40 ? "ADDED" : "RENAMED");
        }
    }

    @Test
    void chunksTellHowMuchOfALargeFileIsNew() throws IOException {
        byte[] content = Trees.random(3, 6_000_000);
        write("video", content);
        ObjectId before = commit();
        Arrays.fill(content, 3_000_000, 3_000_100, (byte) 7);
        write("video", content);
        FileDiff inTree = inTree(DiffOptions.defaults()).get(0);
        ChunkDiff shown = inTree.chunks().orElseThrow();
        assertThat(shown.chunksBefore()).isGreaterThan(40);
        assertThat(shown.chunksNew()).isBetween(1L, 3L);
        assertThat(shown.bytesAfter()).isEqualTo(6_000_000);
        assertThat(shown.bytesNew()).isBetween(16L << 10, 768L << 10);
        assertThat(shown.newShare()).isBetween(0.002, 0.13);
        assertThat(inTree.text(3)).isEmpty();
        List<FileDiff> committed = new ArrayList<>();
        repository.diff(before, commit(), DiffOptions.defaults(), committed::add);
        assertThat(committed.get(0).chunks()).contains(shown);

        write("new", Trees.random(4, 100_000));
        ChunkDiff added = inTree(DiffOptions.defaults()).get(0).chunks().orElseThrow();
        assertThat(added.chunksBefore()).isZero();
        assertThat(added.chunksNew()).isEqualTo(added.chunksAfter()).isPositive();
        assertThat(added.newShare()).isEqualTo(1);
    }

    @Test
    void textIsComparedLineByLine() throws IOException {
        write("a", "one\ntwo\nthree\n");
        commit();
        write("a", "one\n2\nthree\nfour");
        write("bin", "a\0b");
        write("large", "x".repeat(TextDiff.BYTES_MAX + 1));
        write("largest", "x".repeat(TextDiff.BYTES_MAX));
        List<FileDiff> found = inTree(DiffOptions.defaults());
        TextDiff text = found.get(0).text(1).orElseThrow();
        assertThat(text.addedCount()).isEqualTo(2);
        assertThat(text.removedCount()).isEqualTo(1);
        assertThat(text.hunks()).hasSize(1);
        assertThat(render(text)).isEqualTo("@@ -1,3 +1,4 @@\n one\n-two\n+2\n three\n+four\\\n");
        assertThat(found.get(1).text(1)).isEmpty();
        assertThat(found.get(2).text(1)).isEmpty();
        assertThat(found.get(3).text(1)).isPresent();
    }

    static String render(TextDiff text) {
        StringBuilder out = new StringBuilder();
        for (TextDiff.Hunk hunk : text.hunks()) {
            out.append("@@ -" + hunk.beforeStart() + "," + hunk.beforeCount() + " +" + hunk.afterStart() + ","
                    + hunk.afterCount() + " @@\n");
            for (TextDiff.Line line : hunk.lines()) {
                out.append(" -+".charAt(line.side().ordinal()))
                        .append(new String(line.bytes(), StandardCharsets.ISO_8859_1))
                        .append(line.terminated() ? "\n" : "\\\n");
            }
        }
        return out.toString();
    }

    /** Applies a patch by its line numbers alone. */
    private static byte[] apply(byte[] before, TextDiff diff) {
        List<String> lines = new ArrayList<>();
        String text = new String(before, StandardCharsets.ISO_8859_1);
        int start = 0;
        while (start < text.length()) {
            int end = text.indexOf('\n', start) + 1;
            end = end == 0 ? text.length() : end;
            lines.add(text.substring(start, end));
            start = end;
        }
        StringBuilder out = new StringBuilder();
        int at = 0;
        int written = 0;
        for (TextDiff.Hunk hunk : diff.hunks()) {
            int first = hunk.beforeCount() == 0 ? hunk.beforeStart() : hunk.beforeStart() - 1;
            while (at < first) {
                out.append(lines.get(at++));
                written++;
            }
            assertThat(written).isEqualTo(hunk.afterCount() == 0 ? hunk.afterStart() : hunk.afterStart() - 1);
            int old = 0;
            int now = 0;
            for (TextDiff.Line line : hunk.lines()) {
                String content =
                        new String(line.bytes(), StandardCharsets.ISO_8859_1) + (line.terminated() ? "\n" : "");
                if (line.side() != TextDiff.Side.ADDED) {
                    assertThat(lines.get(at)).isEqualTo(content);
                    at++;
                    old++;
                }
                if (line.side() != TextDiff.Side.REMOVED) {
                    out.append(content);
                    written++;
                    now++;
                }
            }
            assertThat(old).isEqualTo(hunk.beforeCount());
            assertThat(now).isEqualTo(hunk.afterCount());
        }
        while (at < lines.size()) {
            out.append(lines.get(at++));
        }
        return out.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void anyTextDiffLeadsFromTheOneTextToTheOther() {
        Random random = new Random(5);
        for (int round = 0; round < 20_000; round++) {
            byte[] a = text(random);
            byte[] b = text(random);
            int context = random.nextInt(5);
            TextDiff diff = TextDiff.of(a, b, context);
            assertThat(apply(a, diff)).isEqualTo(b);
            for (TextDiff.Hunk hunk : diff.hunks()) {
                List<TextDiff.Line> lines = hunk.lines();
                int trail = 0;
                while (lines.get(lines.size() - 1 - trail).side() == TextDiff.Side.CONTEXT) {
                    trail++;
                }
                int lead = 0;
                while (lines.get(lead).side() == TextDiff.Side.CONTEXT) {
                    lead++;
                }
                assertThat(Math.max(lead, trail)).isLessThanOrEqualTo(context);
            }
        }
    }

    private static byte[] text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(30); i > 0; i--) {
            text.append((char) ('a' + random.nextInt(4))).append('\n');
        }
        if (random.nextBoolean()) {
            text.append((char) ('a' + random.nextInt(2)));
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void aCommittedFileIsReadAsItWas() throws IOException {
        byte[] content = Trees.random(9, 1_000_000);
        write("a", content);
        write("e", "");
        ObjectId commit = commit();
        dev.dits.object.DirectoryTree trees = new dev.dits.object.DirectoryTree(repository.objects());
        for (String name : new String[] {"a", "e"}) {
            dev.dits.object.FileEntry entry = (dev.dits.object.FileEntry)
                    trees.resolve(repository.readCommit(commit).tree(), TreePath.ofUtf8(name));
            try (InputStream in = repository.read(entry.content())) {
                assertThat(in.readAllBytes()).isEqualTo(Files.readAllBytes(work.resolve(name)));
            }
            try (InputStream in = repository.read(entry.content())) {
                int one = in.read();
                assertThat(one).isEqualTo(name.equals("a") ? content[0] & 0xFF : -1);
            }
        }
    }
}
