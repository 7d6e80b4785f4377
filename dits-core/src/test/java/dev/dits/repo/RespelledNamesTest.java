package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Feature;
import com.google.common.jimfs.Jimfs;
import com.google.common.jimfs.PathNormalization;
import dev.dits.chunk.ChunkProfile;
import dev.dits.chunk.Chunker;
import dev.dits.disk.PlainDisk;
import dev.dits.error.LocalChangesException;
import dev.dits.object.Content;
import dev.dits.object.DirectoryBuilder;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.EntryName;
import dev.dits.object.FileEntry;
import dev.dits.object.MemoryObjects;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Renames that change only the spelling of a name, on a target to which both spellings are one: as on macOS and Windows. */
class RespelledNamesTest {
    private static final Mtime TIME = Mtime.of(Instant.ofEpochSecond(1_700_000_000));

    private final MemoryObjects objects = new MemoryObjects();
    private final ExecutorService workers = Executors.newFixedThreadPool(2);

    private FileSystem target;
    private Path root;
    private Scratch scratch;

    @BeforeEach
    void makeTarget() throws IOException {
        target = Jimfs.newFileSystem(Configuration.unix().toBuilder()
                .setNameCanonicalNormalization(PathNormalization.NFD, PathNormalization.CASE_FOLD_ASCII)
                .setAttributeViews("basic", "owner", "posix")
                // As on macOS before JDK 24 and on Windows, directories can not be held open.
                .setSupportedFeatures(Feature.LINKS, Feature.SYMBOLIC_LINKS, Feature.FILE_CHANNEL)
                .build());
        root = Files.createDirectories(target.getPath("/work/tree"));
        scratch = new Scratch(new PlainDisk(), Files.createDirectories(target.getPath("/work/scratch")));
    }

    @AfterEach
    void close() throws IOException {
        workers.shutdownNow();
        target.close();
    }

    /** A tree of files: path, with directories before slashes, and content. */
    private DirectoryRef tree(String... pathsAndContents) throws IOException {
        SortedMap<String, String> files = new TreeMap<>();
        for (int i = 0; i < pathsAndContents.length; i += 2) {
            files.put(pathsAndContents[i], pathsAndContents[i + 1]);
        }
        return tree(files);
    }

    private DirectoryRef tree(SortedMap<String, String> files) throws IOException {
        TreeMap<EntryName, TreeEntry> entries = new TreeMap<>();
        Map<String, SortedMap<String, String>> below = new TreeMap<>();
        for (Map.Entry<String, String> file : files.entrySet()) {
            int slash = file.getKey().indexOf('/');
            if (slash > 0) {
                below.computeIfAbsent(file.getKey().substring(0, slash), any -> new TreeMap<>())
                        .put(file.getKey().substring(slash + 1), file.getValue());
            } else {
                byte[] bytes = file.getValue().getBytes(StandardCharsets.UTF_8);
                EntryName name = EntryName.ofUtf8(file.getKey());
                entries.put(
                        name,
                        new FileEntry(name, 0644, TIME, new Content.SingleChunk(objects.put(bytes), bytes.length)));
            }
        }
        for (Map.Entry<String, SortedMap<String, String>> directory : below.entrySet()) {
            EntryName name = EntryName.ofUtf8(directory.getKey());
            entries.put(name, new DirectoryEntry(name, 0755, TIME, tree(directory.getValue())));
        }
        DirectoryBuilder builder = new DirectoryBuilder(objects);
        for (TreeEntry entry : entries.values()) {
            builder.add(entry);
        }
        return builder.finish();
    }

    /** Checks out as a repository does: looks for what is in the way, then writes. */
    private CheckoutReport checkout(DirectoryRef old, DirectoryRef interrupted, DirectoryRef next) throws IOException {
        NameRules rules = NameRules.probe(scratch.disk(), scratch.directory(), false);
        assertThat(rules.folds()).isTrue();
        TreeDiffer differ = new TreeDiffer(
                root,
                objects,
                new ContentReader(new Chunker(ChunkProfile.PROJECT), Runnable::run, 1),
                rules,
                LinkPolicy.AS_IS,
                new TreeSet<>());
        Path none = target.getPath("/work/no cache");
        CheckoutConflicts conflicts = new CheckoutConflicts(true);
        try (StatCache.Cursor cache = StatCache.open(none).cursor()) {
            differ.walk(old, interrupted, next, cache, conflicts);
        }
        conflicts.refuseIfAny();
        try (StatCache.Cursor during = StatCache.open(none).cursor();
                StatCacheUpdate cache = StatCacheUpdate.ofSome(StatCache.open(none), scratch);
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
            differ.walk(old, interrupted, next, during, writer);
            writer.finish();
            return writer.report(ObjectId.hash(new byte[0]));
        }
    }

    /** What is there, under the names that the file system shows. */
    private Map<String, String> files() throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(root)) {
            for (Path path : walk.filter(Files::isRegularFile).toList()) {
                found.put(root.relativize(path).toString(), Files.readString(path));
            }
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(strings = {"same", "edited with it"})
    void aFileGetsItsNewSpelling(String content) throws IOException {
        DirectoryRef old = tree("readme", "same", "other", "o");
        checkout(null, null, old);
        CheckoutReport report = checkout(old, null, tree("README", content, "other", "o"));
        assertThat(files()).isEqualTo(Map.of("README", content, "other", "o"));
        assertThat(report.refused()).isEmpty();
        assertThat(report.kept()).isEmpty();
    }

    @Test
    void andBackWhateverOrderTheNamesHave() throws IOException {
        DirectoryRef upper = tree("README", "same");
        DirectoryRef lower = tree("readme", "same");
        checkout(null, null, upper);
        checkout(upper, null, lower);
        assertThat(files()).isEqualTo(Map.of("readme", "same"));
        checkout(lower, null, upper);
        assertThat(files()).isEqualTo(Map.of("README", "same"));
    }

    @Test
    void normalisationIsASpellingToo() throws IOException {
        DirectoryRef composed = tree("caf\u00e9", "x");
        DirectoryRef decomposed = tree("cafe\u0301", "x");
        checkout(null, null, composed);
        CheckoutReport report = checkout(composed, null, decomposed);
        assertThat(files().values()).containsExactly("x");
        assertThat(report.refused()).isEmpty();
    }

    @Test
    void aDirectoryGetsItsNewSpellingAndKeepsWhatIsInIt() throws IOException {
        DirectoryRef old = tree("data/a", "1", "data/gone", "2", "data/deep/Name", "3");
        checkout(null, null, old);
        Files.writeString(root.resolve("data/mine"), "in no commit");
        DirectoryRef next = tree("Data/a", "1 edited", "Data/new", "4", "Data/Deep/name", "3");
        CheckoutReport report = checkout(old, null, next);
        assertThat(files())
                .isEqualTo(Map.of(
                        "Data/a", "1 edited", "Data/new", "4", "Data/Deep/name", "3", "Data/mine", "in no commit"));
        assertThat(report.kept()).isEmpty();
    }

    @Test
    void aFileBecomesADirectoryOfAnotherSpellingAndBack() throws IOException {
        DirectoryRef file = tree("thing", "file");
        DirectoryRef directory = tree("Thing/inside", "directory");
        checkout(null, null, file);
        checkout(file, null, directory);
        assertThat(files()).isEqualTo(Map.of("Thing/inside", "directory"));
        checkout(directory, null, file);
        assertThat(files()).isEqualTo(Map.of("thing", "file"));
    }

    @Test
    void aLocalEditIsInTheWayAsAlways() throws IOException {
        DirectoryRef old = tree("readme", "same");
        checkout(null, null, old);
        Files.writeString(root.resolve("readme"), "mine");
        assertThatExceptionOfType(LocalChangesException.class)
                .isThrownBy(() -> checkout(old, null, tree("README", "theirs")));
        assertThat(files()).isEqualTo(Map.of("readme", "mine"));
        // Where only the name changes, what is local stays, under the new name.
        checkout(old, null, tree("README", "same"));
        assertThat(files()).isEqualTo(Map.of("README", "mine"));
    }

    @Test
    void anInterruptedRespellingIsFinished() throws IOException {
        DirectoryRef old = tree("data/a", "1", "readme", "same");
        DirectoryRef next = tree("DATA/a", "1", "README", "new");
        checkout(null, null, old);
        // The first name was done, the second not, when the process was killed.
        DirectoryRef half = tree("DATA/a", "1", "readme", "same");
        checkout(old, null, half);
        checkout(old, next, next);
        assertThat(files()).isEqualTo(Map.of("DATA/a", "1", "README", "new"));
        checkout(old, next, next);
        assertThat(files()).isEqualTo(Map.of("DATA/a", "1", "README", "new"));
    }

    @Test
    void spellingsThatChangePlacesAreTwinsAndTheFirstIsWritten() throws IOException {
        DirectoryRef old = tree("A", "upper", "b", "b");
        checkout(null, null, old);
        CheckoutReport report = checkout(old, null, tree("A", "upper", "a", "lower", "b", "b"));
        assertThat(files()).isEqualTo(Map.of("A", "upper", "b", "b"));
        assertThat(report.refusedCount()).isEqualTo(1);
    }
}
