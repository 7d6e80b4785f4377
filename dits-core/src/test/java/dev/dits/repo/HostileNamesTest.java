package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import com.google.common.jimfs.PathNormalization;
import dev.dits.chunk.ChunkProfile;
import dev.dits.chunk.Chunker;
import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.object.Content;
import dev.dits.object.DirectoryBuilder;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.EntryName;
import dev.dits.object.FileEntry;
import dev.dits.object.LinkEntry;
import dev.dits.object.LinkTarget;
import dev.dits.object.MemoryObjects;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole write-outs of trees whose names mean harm, on targets that fold, reserve or follow links. */
class HostileNamesTest {
    private static final Mtime TIME = Mtime.of(Instant.ofEpochSecond(1_700_000_000));

    private final MemoryObjects objects = new MemoryObjects();

    @TempDir
    Path temp;

    private FileEntry file(String name, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new FileEntry(
                EntryName.ofUtf8(name), 0644, TIME, new Content.SingleChunk(objects.put(bytes), bytes.length));
    }

    private DirectoryRef tree(List<TreeEntry> entries) throws IOException {
        DirectoryBuilder builder = new DirectoryBuilder(objects);
        TreeMap<EntryName, TreeEntry> sorted = new TreeMap<>();
        entries.forEach(entry -> sorted.put(entry.name(), entry));
        for (TreeEntry entry : sorted.values()) {
            builder.add(entry);
        }
        return builder.finish();
    }

    /** A tree of files whose content is their name, at the top and once more a level down. */
    private DirectoryRef treeOf(Iterable<String> names) throws IOException {
        List<TreeEntry> entries = new ArrayList<>();
        for (String name : names) {
            entries.add(file(name, "I am " + name));
        }
        DirectoryRef below = tree(entries);
        entries.add(new DirectoryEntry(EntryName.ofUtf8("zz below"), 0755, TIME, below));
        return tree(entries);
    }

    /** Writes in the plainest way, and fails where something is there already. */
    private class Plain implements TreeDiffer.Actions {
        final List<Path> stack = new ArrayList<>();
        final List<String> refused = new ArrayList<>();

        Plain(Path root) {
            stack.add(root);
        }

        private Path child(EntryName name) {
            return PathNames.resolve(stack.get(stack.size() - 1), name);
        }

        @Override
        public void enter(byte[] path, EntryName name, FileStat seen) throws IOException {
            if (seen == null) {
                Files.createDirectory(child(name));
            }
            stack.add(child(name));
        }

        @Override
        public void exit(byte[] path, DirectoryEntry entry) {
            stack.remove(stack.size() - 1);
        }

        @Override
        public void respell(byte[] path, EntryName name) {
            throw new AssertionError("nothing was there before");
        }

        @Override
        public void exitAndDelete(byte[] path, EntryName name) {
            throw new AssertionError("nothing is to be deleted");
        }

        @Override
        public void delete(byte[] path, EntryName name, FileStat seen) {
            throw new AssertionError("nothing is to be deleted");
        }

        @Override
        public void write(byte[] path, TreeEntry entry, FileStat seen) throws IOException {
            assertThat(seen).as(TreePath.of(path).display()).isNull();
            FileEntry file = (FileEntry) entry;
            Files.write(
                    child(entry.name()),
                    objects.read(((Content.SingleChunk) file.content()).id()),
                    StandardOpenOption.CREATE_NEW);
        }

        @Override
        public void leave(byte[] path, EntryName name) {
            throw new AssertionError("everything is looked at");
        }

        @Override
        public void replace(byte[] path, TreeEntry entry, FileStat seen) {
            throw new AssertionError(
                    "nothing is there yet: " + TreePath.of(path).display());
        }

        @Override
        public void remove(byte[] path, EntryName name, FileStat seen) {
            throw new AssertionError("nothing is to be deleted");
        }

        @Override
        public void adjust(byte[] path, TreeEntry entry, FileStat seen) {
            throw new AssertionError(
                    "nothing is there yet: " + TreePath.of(path).display());
        }

        @Override
        public void refuse(byte[] path, String reason) {
            refused.add(TreePath.of(path).display());
        }

        @Override
        public boolean conflict(byte[] path, TreeEntry target) {
            throw new AssertionError(
                    "nothing is in the way: " + TreePath.of(path).display());
        }
    }

    private Plain writeOut(Path root, NameRules rules, DirectoryRef tree) throws IOException {
        Plain plain = new Plain(root);
        TreeDiffer differ = new TreeDiffer(
                root,
                objects,
                new ContentReader(new Chunker(ChunkProfile.PROJECT), Runnable::run, 1),
                rules,
                LinkPolicy.AS_IS,
                new TreeSet<>());
        try (StatCache.Cursor none = StatCache.open(temp.resolve("no cache")).cursor()) {
            differ.walk(null, null, tree, none, plain);
        }
        return plain;
    }

    /** What is there is what was let through, under its own name and with its own content. */
    private static void everythingIsItself(Path root, Iterable<String> names, List<String> refused) throws IOException {
        int written = 0;
        for (String name : names) {
            for (String path : List.of(name, "zz below/" + name)) {
                if (!refused.contains(TreePath.ofUtf8(path).display())) {
                    Path file = path.equals(name)
                            ? root.resolve(name)
                            : root.resolve("zz below").resolve(name);
                    assertThat(Files.readString(file)).as(path).isEqualTo("I am " + name);
                    written++;
                }
            }
        }
        try (Stream<Path> all = Files.walk(root)) {
            assertThat(all.filter(Files::isRegularFile)).hasSize(written);
        }
    }

    private static List<String> reservedOnWindows() {
        List<String> names = new ArrayList<>();
        List<String> devices = new ArrayList<>(List.of("con", "prn", "aux", "nul", "conin$", "conout$", "clock$"));
        for (String digit : List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\u00b9", "\u00b2", "\u00b3")) {
            devices.add("com" + digit);
            devices.add("lpt" + digit);
        }
        for (String device : devices) {
            for (String extension : List.of("", ".txt", ".tar.gz", ".", " ", " .txt", ":stream")) {
                String name = device + extension;
                names.add(name);
                names.add(name.toUpperCase(Locale.ROOT));
                names.add(name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1));
            }
        }
        names.addAll(List.of(
                "C:",
                "C:evil",
                "a:b",
                "file:$DATA",
                "\\\\server\\share",
                "..\\up",
                "a\\b",
                "x.",
                "x ",
                "x. .",
                "PROGRA~1",
                "progra~2.txt",
                "a<b",
                "a>b",
                "a\"b",
                "a|b",
                "a?b",
                "a*b",
                "tab\tname",
                "new\nline",
                "bell\u0007",
                "\u0001",
                "n".repeat(254) + ".",
                "aux.c:zone"));
        return names;
    }

    private static final List<String> FINE = List.of(
            "console", "com", "com10", "lpt", "nulls.txt", "a-b.txt", ".hidden", "caf\u00e9", "x.y.z", "~", "a~b");

    /** Names that some file system takes for .git or .dits; from git's own tests of HFS+ and NTFS, and the same for ours. */
    private static List<String> disguised() {
        List<String> names = new ArrayList<>();
        for (String reserved : List.of("git", "dits")) {
            names.addAll(List.of(
                    "." + reserved.toUpperCase(Locale.ROOT),
                    "." + reserved.substring(0, 1).toUpperCase(Locale.ROOT) + reserved.substring(1),
                    "." + reserved + ".",
                    "." + reserved + " ",
                    "." + reserved + " . .",
                    "." + reserved + "::$INDEX_ALLOCATION",
                    "." + reserved + ":x",
                    reserved + "~1",
                    reserved.toUpperCase(Locale.ROOT) + "~1",
                    reserved + "~12"));
            for (int ignored : new int[] {
                0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x206a, 0x206b, 0x206c, 0x206d,
                0x206e, 0x206f, 0xfeff
            }) {
                String skipped = Character.toString(ignored);
                names.add("." + reserved.charAt(0) + skipped + reserved.substring(1));
                names.add(skipped + "." + reserved);
                names.add("." + reserved + skipped);
            }
        }
        names.add(".git");
        return names;
    }

    @Test
    void noReservedNameIsWrittenOnWindows() throws IOException {
        List<String> hostile = reservedOnWindows();
        List<String> names = new ArrayList<>(hostile);
        names.addAll(FINE);
        names.addAll(disguised());
        try (FileSystem windows = Jimfs.newFileSystem(Configuration.windows())) {
            Path root = Files.createDirectories(windows.getPath("C:\\work\\tree"));
            Plain plain = writeOut(root, NameRules.probe(Disk.system(), root, false), treeOf(names));
            // Case twins among the hostile are refused for both reasons; of each at least the name stands.
            for (String name : hostile) {
                assertThat(plain.refused).contains(TreePath.ofUtf8(name).display());
                assertThat(plain.refused)
                        .contains(TreePath.ofUtf8("zz below/" + name).display());
            }
            everythingIsItself(root, FINE, plain.refused);
            assertThat(plain.refused).doesNotContainAnyElementsOf(FINE);
            try (Stream<Path> beside = Files.list(windows.getPath("C:\\work"))) {
                assertThat(beside).containsExactly(root);
            }
        }
    }

    @Test
    void disguisesOfGitAndDitsAreWrittenNowhere() throws IOException {
        List<String> names = new ArrayList<>(disguised());
        names.addAll(FINE);
        Configuration folding = Configuration.osX().toBuilder()
                .setNameCanonicalNormalization(PathNormalization.NFD, PathNormalization.CASE_FOLD_ASCII)
                .build();
        for (Configuration configuration : List.of(Configuration.windows(), folding, Configuration.unix())) {
            try (FileSystem target = Jimfs.newFileSystem(configuration)) {
                Path root = Files.createDirectories(target.getPath("work"));
                Files.createDirectories(root.resolve(".git"));
                Files.createDirectories(root.resolve(".dits"));
                Plain plain = writeOut(root, NameRules.probe(Disk.system(), root, false), treeOf(names));
                assertThat(plain.refused)
                        .containsAll(disguised().stream()
                                .map(name -> TreePath.ofUtf8(name).display())
                                .toList());
                for (String kept : List.of(".git", ".dits")) {
                    try (Stream<Path> inside = Files.list(root.resolve(kept))) {
                        assertThat(inside).isEmpty();
                    }
                }
                everythingIsItself(root, FINE, plain.refused);
            }
        }
    }

    /** Of names that are one to the target the first is written, whole, and the others are named. */
    @Test
    void twinsAreRefusedAndTheFirstIsIntact() throws IOException {
        List<String> names = List.of(
                "A",
                "a",
                "README",
                "ReadMe",
                "readme",
                "\u00c9t\u00e9",
                "\u00e9t\u00e9",
                "e\u0301te\u0301",
                "stra\u00dfe",
                "STRASSE",
                "Strasse",
                "\u03a3",
                "\u03c3",
                "\u03c2",
                "\u212a",
                "k",
                "K",
                "I",
                "i",
                "\u0131x",
                "only");
        for (boolean form : new boolean[] {true, false}) {
            Configuration.Builder builder = Configuration.osX().toBuilder();
            Configuration configuration = form
                    ? builder.setNameCanonicalNormalization(PathNormalization.NFD, PathNormalization.CASE_FOLD_ASCII)
                            .build()
                    : builder.setNameCanonicalNormalization(PathNormalization.CASE_FOLD_ASCII)
                            .build();
            try (FileSystem target = Jimfs.newFileSystem(configuration)) {
                Path root = Files.createDirectories(target.getPath("/work"));
                NameRules rules = NameRules.probe(Disk.system(), root, false);
                assertThat(rules.foldsCase()).isTrue();
                assertThat(rules.foldsForm()).isEqualTo(form);
                Plain plain = writeOut(root, rules, treeOf(names));
                // CREATE_NEW in the writer would have failed on a twin that was let through.
                everythingIsItself(root, names, plain.refused);
                assertThat(plain.refused).contains("a", "zz below/a", "readme").doesNotContain("only");
            }
        }
    }

    /** The same tables through the real writer, on a native file system under the rules of Windows. */
    @Test
    void aWholeCheckoutRefusesEntryByEntryAndWritesTheRest() throws Exception {
        Path root = Files.createDirectories(temp.resolve("work"));
        Path tmp = Files.createDirectories(temp.resolve("tmp"));
        Scratch scratch = new Scratch(Disk.system(), tmp);
        List<String> hostile = new ArrayList<>(reservedOnWindows());
        hostile.addAll(disguised());
        List<String> names = new ArrayList<>(hostile);
        names.addAll(FINE);
        names.add("twin");
        names.add("TWIN");
        NameRules rules = new NameRules(true, true, true, false);
        ExecutorService workers = Executors.newFixedThreadPool(2);
        CheckoutReport report;
        try (StatCache.Cursor during = StatCache.open(temp.resolve("no cache")).cursor();
                StatCacheUpdate cache = StatCacheUpdate.ofSome(StatCache.open(temp.resolve("no cache")), scratch);
                WorkTreeWriter writer = new WorkTreeWriter(
                        root,
                        scratch,
                        WorkTreeWriter.fromObjects(objects, workers),
                        workers,
                        workers,
                        4,
                        cache,
                        CommitProgress.NONE,
                        Instant.EPOCH.atZone(ZoneOffset.UTC))) {
            new TreeDiffer(
                            root,
                            objects,
                            new ContentReader(new Chunker(ChunkProfile.PROJECT), Runnable::run, 1),
                            rules,
                            LinkPolicy.AS_IS,
                            new TreeSet<>())
                    .walk(null, null, treeOf(names), during, writer);
            writer.finish();
            report = writer.report(ObjectId.hash(new byte[0]));
        } finally {
            workers.shutdownNow();
        }
        TreeSet<String> distinct = new TreeSet<>(hostile);
        assertThat(report.refusedCount()).isEqualTo(2L * (distinct.size() + 1));
        List<String> written = new ArrayList<>(FINE);
        written.add("TWIN");
        everythingIsItself(root, written, List.of());
        assertThat(report.filesWritten()).isEqualTo(2L * written.size());
    }

    /** The racer of threat 4: a directory and a link to the outside change places while entries are moved in, set and deleted. */
    @Test
    void aHundredThousandSwapsLeadNobodyOutside() throws Exception {
        Path root = Files.createDirectories(temp.resolve("work"));
        Path tmp = Files.createDirectories(temp.resolve("tmp"));
        Path outside = Files.createDirectories(temp.resolve("outside"));
        Files.writeString(outside.resolve("keep"), "kept");
        Files.writeString(outside.resolve("victim"), "kept");
        Object before = Files.getLastModifiedTime(outside.resolve("victim"));
        Path directory = Files.createDirectory(root.resolve("d"));
        Path parked = temp.resolve("parked");
        Path link = Files.createSymbolicLink(temp.resolve("link"), outside);
        AtomicInteger swaps = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        Thread racer = new Thread(() -> {
            try {
                while (swaps.get() < 100_000 && !stop.get()) {
                    Files.move(directory, parked);
                    Files.move(link, directory);
                    swaps.incrementAndGet();
                    Files.move(directory, link);
                    Files.move(parked, directory);
                    swaps.incrementAndGet();
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        EntryName name = EntryName.ofUtf8("d");
        EntryName victim = EntryName.ofUtf8("victim");
        int entered = 0;
        int written = 0;
        racer.start();
        try (SafeDirectory top = SafeDirectory.open(Disk.system(), root, tmp)) {
            while (racer.isAlive()) {
                try (SafeDirectory inside = top.enter(name)) {
                    entered++;
                    Path made = Files.createFile(AtomicFile.temporary(tmp, "part"));
                    inside.moveIn(made, victim);
                    inside.setAttributes(victim, 0600, TIME);
                    written++;
                    inside.deleteFile(victim);
                } catch (IOException e) {
                    // A link in its place, or nothing: refused.
                    continue;
                }
            }
        } finally {
            stop.set(true);
            racer.join();
        }
        assertThat(swaps).hasValueGreaterThanOrEqualTo(100_000);
        assertThat(entered).isPositive();
        assertThat(written).isPositive();
        assertThat(Files.readString(outside.resolve("victim"))).isEqualTo("kept");
        assertThat((Object) Files.getLastModifiedTime(outside.resolve("victim")))
                .isEqualTo(before);
        try (Stream<Path> files = Files.list(outside)) {
            assertThat(files).hasSize(2);
        }
    }

    /** Without open directories there is a moment between check and use (documented); a link that stays is still refused. */
    @Test
    void whereDirectoriesCanNotBeHeldALinkIsStillRefused() throws Exception {
        try (FileSystem windows = Jimfs.newFileSystem(Configuration.windows())) {
            Path root = Files.createDirectories(windows.getPath("C:\\work"));
            Path tmp = Files.createDirectories(windows.getPath("C:\\tmp"));
            Path outside = Files.createDirectories(windows.getPath("C:\\outside"));
            Files.createSymbolicLink(root.resolve("d"), outside);
            Files.createDirectory(root.resolve("e"));
            try (SafeDirectory top = SafeDirectory.open(Disk.system(), root, tmp)) {
                assertThatCode(() -> top.enter(EntryName.ofUtf8("d"))).isInstanceOf(IOException.class);
                try (SafeDirectory inside = top.enter(EntryName.ofUtf8("e"))) {
                    Path made = Files.createFile(tmp.resolve("part"));
                    inside.moveIn(made, EntryName.ofUtf8("file"));
                    assertThat(root.resolve("e").resolve("file")).exists();
                    // Replaced by a link while it is in use.
                    Files.move(root.resolve("e"), root.resolve("moved"));
                    Files.createSymbolicLink(root.resolve("e"), outside);
                    Path more = Files.createFile(tmp.resolve("more"));
                    assertThatCode(() -> inside.moveIn(more, EntryName.ofUtf8("file")))
                            .isInstanceOf(IOException.class);
                    assertThatCode(() -> inside.deleteFile(EntryName.ofUtf8("file")))
                            .isInstanceOf(IOException.class);
                    assertThatCode(() -> inside.setAttributes(EntryName.ofUtf8("file"), 0600, TIME))
                            .isInstanceOf(IOException.class);
                }
            }
            try (Stream<Path> files = Files.list(outside)) {
                assertThat(files).isEmpty();
            }
        }
    }

    @Test
    void onlySoManyEntriesCanBeHeldBack() throws IOException {
        TreeDiffer.checkHeld(BaseState.HELD_MAX);
        assertThatCode(() -> TreeDiffer.checkHeld(BaseState.HELD_MAX + 1))
                .isInstanceOf(dev.dits.error.DitsException.class)
                .hasMessageContaining("1048576 entries");
    }

    /** Links to anywhere are made as links, or not at all, and never gone through. */
    @Test
    void aLinkAndADirectoryOfTheSameNameDoNotMeet() throws Exception {
        Path root = Files.createDirectories(temp.resolve("work"));
        Path outside = Files.createDirectories(temp.resolve("outside"));
        // Folding target: the link "D" comes first, then the directory "d" whose file would go through it.
        DirectoryRef below = tree(List.of(file("through", "no")));
        DirectoryRef tree = tree(List.of(
                new LinkEntry(EntryName.ofUtf8("D"), 0777, TIME, LinkTarget.ofUtf8(outside.toString())),
                new DirectoryEntry(EntryName.ofUtf8("d"), 0755, TIME, below)));
        Plain plain = new Plain(root) {
            @Override
            public void write(byte[] path, TreeEntry entry, FileStat seen) throws IOException {
                if (entry instanceof LinkEntry link) {
                    Files.createSymbolicLink(root.resolve("D"), outside);
                    assertThat(link.target()).isEqualTo(LinkTarget.ofUtf8(outside.toString()));
                } else {
                    super.write(path, entry, seen);
                }
            }
        };
        TreeDiffer differ = new TreeDiffer(
                root,
                objects,
                new ContentReader(new Chunker(ChunkProfile.PROJECT), Runnable::run, 1),
                new NameRules(false, true, true, false),
                LinkPolicy.AS_IS,
                new TreeSet<>());
        try (StatCache.Cursor none = StatCache.open(temp.resolve("no cache")).cursor()) {
            differ.walk(null, null, tree, none, plain);
        }
        assertThat(plain.refused).containsExactly("d");
        assertThat(Files.isSymbolicLink(root.resolve("D"))).isTrue();
        assertThat(Files.exists(root.resolve("d"), LinkOption.NOFOLLOW_LINKS)).isFalse();
        try (Stream<Path> files = Files.list(outside)) {
            assertThat(files).isEmpty();
        }
    }
}
