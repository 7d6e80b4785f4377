package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.Role;
import dev.dits.object.EntryName;
import dev.dits.store.FileLocks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What killed processes left in {@code .dits/tmp}. The start of a name says under which lock such a file is made: whoever holds that lock knows that nobody is at it.
 */
final class Leftovers {
    /** Made while the working tree is locked, and of no use later. */
    private static final List<String> OF_TREE =
            List.of("base-", "head-", "index-", "probe-", "clock-", "dir-", "link-", "part-twin-");

    /** Made while the references are locked. */
    private static final List<String> OF_REFS = List.of("ref-", "keep-");

    /** Made while the configuration is locked. */
    private static final List<String> OF_CONFIG = List.of("config-", "identity-", "signers-");

    private static final String ASIDE = "aside";
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd HHmmss", Locale.ROOT);

    private final Path root;
    private final Path dits;
    private final Scratch scratch;

    Leftovers(Path root, Path dits, Scratch scratch) {
        this.root = root;
        this.dits = dits;
        this.scratch = scratch;
    }

    /** Sweeps. The working tree is locked. */
    void sweep(ZonedDateTime now) throws IOException {
        List<Path> ofRefs = new ArrayList<>();
        List<Path> ofConfig = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(scratch.directory())) {
            for (Path path : stream) {
                String name = String.valueOf(path.getFileName());
                if (startsWith(name, OF_TREE)) {
                    delete(path);
                } else if (name.startsWith(ASIDE + "-")) {
                    recover(path, name, now);
                } else if (startsWith(name, OF_REFS)) {
                    ofRefs.add(path);
                } else if (startsWith(name, OF_CONFIG)) {
                    ofConfig.add(path);
                }
            }
        } catch (NoSuchFileException e) {
            return;
        }
        // Listed before the lock is taken: what is being made right now has a holder, what comes later is not listed.
        deleteUnder(dits.resolve(Refs.LOCK), ofRefs);
        deleteUnder(dits.resolve("config.lock"), ofConfig);
    }

    /** Sweeps what attempts to make this repository left; there is none yet that could be at work. */
    static void sweepAll(Scratch scratch) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(scratch.directory())) {
            for (Path path : stream) {
                AtomicFile.discard(scratch.disk(), Role.PART, path);
            }
        }
    }

    private static boolean startsWith(String name, List<String> prefixes) {
        return prefixes.stream().anyMatch(name::startsWith);
    }

    @SuppressWarnings("try") // the lock is held, not used
    private void deleteUnder(Path lockFile, List<Path> paths) throws IOException {
        if (paths.isEmpty()) {
            return;
        }
        try (FileLocks.Held held = FileLocks.tryLock(lockFile, false)) {
            if (held != null) {
                for (Path path : paths) {
                    delete(path);
                }
            }
        }
    }

    private void delete(Path path) throws IOException {
        FileStat stat = FileStat.of(path);
        if (stat != null && stat.kind() == FileKind.DIRECTORY) {
            // Not empty where a power cut took its move into the working tree back, and not what was written into it
            // then:
            // copies of what is in a commit.
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(path)) {
                for (Path child : stream) {
                    delete(child);
                }
            }
        }
        try {
            boolean unused = scratch.disk().delete(Role.PART, path);
        } catch (FileSystemException e) {
            // Somebody put something in there; it is not ours.
        }
    }

    /** A name for a file that is set aside, which tells what it was like when it was known to be in a commit. */
    static Path aside(Scratch scratch, FileStat seen) {
        return scratch.name(ASIDE + "-" + state(seen));
    }

    private static String state(FileStat stat) {
        return stat.size() + "_" + stat.mtime().seconds() + "_" + stat.mtime().nanos();
    }

    /**
     * A checkout was killed after it had set this file aside. It was in a commit then. If a program that had it open has written into it since, this is the only name of what
     * it wrote: it comes back into the working tree.
     */
    private void recover(Path aside, String name, ZonedDateTime now) throws IOException {
        FileStat stat = FileStat.of(aside);
        if (stat == null || stat.kind() != FileKind.FILE || name.startsWith(ASIDE + "-" + state(stat) + "-")) {
            delete(aside);
            return;
        }
        Disk disk = scratch.disk();
        String date = DATE.format(now);
        for (int number = 1; ; number++) {
            EntryName copy = EntryName.of(
                    ("recovered from an interrupted checkout (" + date + (number == 1 ? "" : " " + number) + ")")
                            .getBytes(StandardCharsets.US_ASCII));
            Path target = PathNames.resolve(root, copy);
            if (FileStat.of(target) == null) {
                disk.rename(Role.ASIDE, aside, target);
                disk.syncDirectory(Role.TREE, root);
                return;
            }
        }
    }
}
