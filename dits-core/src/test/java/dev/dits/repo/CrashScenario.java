package dev.dits.repo;

import dev.dits.chunk.ChunkProfile;
import dev.dits.disk.Disk;
import dev.dits.disk.FaultDisk;
import dev.dits.error.RepositoryBusyException;
import dev.dits.error.RepositoryNotFoundException;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreePath;
import dev.dits.store.PackStore;
import dev.dits.store.RecordType;
import dev.dits.store.StoreOptions;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Something that a user does with a repository, which can be stopped at any point, and then done again.
 *
 * @param name what it is called
 * @param before makes the directory that it starts from
 * @param action does it, from opening the repository to closing it; done again, it goes on or finds nothing to do
 */
record CrashScenario(String name, Step before, Step action) {
    /** Works on a directory through a disk. */
    interface Step {
        void run(Path root, Disk disk) throws IOException;
    }

    /** Works on an open repository. */
    interface Work {
        void run(Repository repository) throws IOException;
    }

    private static final Instant TIME = Instant.ofEpochSecond(1_700_000_000L);

    /** Of which a file of 100,000 bytes has several chunks, so that packs change and runs merge. */
    static final ChunkProfile PROFILE = ChunkProfile.byName("project").orElseThrow();

    /** Draws the same key each time, so that commits of one run can be compared with those of another. */
    private static final class FixedRandom extends java.security.SecureRandom {
        private static final long serialVersionUID = 1L;

        @Override
        public void nextBytes(byte[] bytes) {
            java.util.Arrays.fill(bytes, (byte) 7);
        }
    }

    static RepositoryOptions options(Disk disk) {
        return RepositoryOptions.defaults()
                .withThreads(1)
                .withProfile(PROFILE)
                .withAuthor("Ada")
                .withClock(Clock.fixed(TIME, ZoneOffset.UTC))
                .withKeyRandom(new FixedRandom())
                .withLockTimeout(Duration.ofMinutes(1))
                .withStore(StoreOptions.defaults()
                        .withPackBytesMax(StoreOptions.PACK_BYTES_MIN)
                        .withFlushRecords(12)
                        .withLockTimeout(Duration.ofSeconds(5)))
                .withDisk(disk);
    }

    static CheckoutOptions oneByOne() {
        return CheckoutOptions.defaults().withFilesInFlight(1);
    }

    /** Closes the repository whatever happens; after a kill nothing that this does reaches the disk. */
    static void open(Path root, Disk disk, Work work) throws IOException {
        Repository repository;
        try {
            repository = Repository.open(root, options(disk));
        } catch (FaultDisk.Killed e) {
            ((FaultDisk) disk).bury();
            throw e;
        }
        try (repository) {
            work.run(repository);
        } finally {
            if (disk instanceof FaultDisk fault && fault.dead()) {
                fault.bury();
            }
        }
    }

    static void write(Path file, String text, int mode) throws IOException {
        Trees.write(file, text.getBytes(StandardCharsets.UTF_8), mode, TIME.minusSeconds(text.length()));
    }

    static void first(Path root) throws IOException {
        write(root.resolve("a.txt"), "one", 0644);
        write(root.resolve("gone.txt"), "soon", 0644);
        write(root.resolve("run.sh"), "#!/bin/sh\n", 0755);
        write(root.resolve("read-only"), "r", 0444);
        write(root.resolve("empty"), "", 0600);
        Trees.write(root.resolve("large.bin"), Trees.random(1, 100_000), 0644, TIME);
        write(root.resolve("deep/er/file"), "deep", 0644);
        write(root.resolve("swap/inside"), "a directory that becomes a file", 0644);
        write(root.resolve("becomes-directory"), "a file that becomes one", 0644);
        Files.createSymbolicLink(root.resolve("link"), Path.of("a.txt"));
        times(root);
    }

    static void second(Path root) throws IOException {
        write(root.resolve("a.txt"), "two", 0644);
        Files.delete(root.resolve("gone.txt"));
        Files.setPosixFilePermissions(root.resolve("run.sh"), PosixFilePermissions.fromString("rw-r--r--"));
        Files.delete(root.resolve("read-only"));
        write(root.resolve("read-only"), "changed all the same", 0444);
        byte[] large = Trees.random(1, 100_000);
        large[50_000]++;
        Trees.write(root.resolve("large.bin"), large, 0644, TIME.plusSeconds(1));
        Files.delete(root.resolve("swap/inside"));
        Files.delete(root.resolve("swap"));
        write(root.resolve("swap"), "a file now", 0644);
        Files.delete(root.resolve("becomes-directory"));
        write(root.resolve("becomes-directory/x/y"), "in it", 0644);
        write(root.resolve("new/one"), "new", 0640);
        write(root.resolve("twin-a"), "the same", 0644);
        write(root.resolve("twin-b"), "the same", 0644);
        Files.delete(root.resolve("link"));
        Files.createSymbolicLink(root.resolve("link"), Path.of("deep"));
        times(root);
    }

    /** So that what is committed does not depend on when. */
    private static void times(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult postVisitDirectory(Path directory, java.io.IOException e) throws IOException {
                Files.setLastModifiedTime(directory, FileTime.from(TIME));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isSymbolicLink()) {
                    SafeDirectory.setByPath(file, -1, dev.dits.object.Mtime.of(TIME));
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void commit(Repository repository, String message) throws IOException {
        repository.commit(message, null, CommitProgress.NONE);
    }

    private static void twoCommits(Path root, Disk disk) throws IOException {
        Files.createDirectories(root);
        first(root);
        Repository.init(root, options(disk)).close();
        open(root, disk, repository -> {
            commit(repository, "one");
            repository.createBranch("one", "HEAD");
            second(root);
            commit(repository, "two");
        });
    }

    /** Two branches that have changed the same file; the tree is on the one, the other is main. */
    private static void twoSides(Path root, Disk disk) throws IOException {
        Files.createDirectories(root);
        write(root.resolve("a.txt"), "one", 0644);
        write(root.resolve("d/kept"), "kept", 0644);
        times(root);
        Repository.init(root, options(disk)).close();
        open(root, disk, repository -> {
            commit(repository, "one");
            repository.createBranch("one", "HEAD");
            write(root.resolve("a.txt"), "as main has it", 0644);
            write(root.resolve("d/of main"), "new", 0644);
            times(root);
            commit(repository, "main's");
            repository.checkout("one", oneByOne());
            write(root.resolve("a.txt"), "as one has it", 0644);
            times(root);
            commit(repository, "one's");
            write(root.resolve("mine"), "in no commit", 0644);
        });
    }

    private static void select(Repository repository, String... globs) throws IOException {
        Selection selection = Selection.of(List.of(globs));
        repository.select(before -> selection, oneByOne());
    }

    private static boolean has(Repository repository, RefName name) throws IOException {
        return repository.ref(name).isPresent();
    }

    /** A source as a pull has it: chunks come from elsewhere, some are there already. */
    private static FileSource from(ObjectSource elsewhere) {
        FileTree trees = new FileTree(elsewhere);
        return (path, content, part) -> {
            FileTree.Cursor cursor = trees.chunks(content);
            for (FileTree.Chunk chunk = cursor.next(); chunk != null; chunk = cursor.next()) {
                if (!part.has(chunk)) {
                    part.write(chunk.offset(), ByteBuffer.wrap(elsewhere.require(chunk.id())));
                }
            }
            return CompletableFuture.completedFuture(null);
        };
    }

    /** What a pull does on disk: nodes into the packs, the remote's branch, files by way of part files, the branch. */
    private static void pull(Path root, Disk disk) throws IOException {
        try (PackStore there = PackStore.open(root.resolveSibling("elsewhere/.dits/packs"), StoreOptions.defaults())) {
            open(root, disk, repository -> {
                ObjectId tip = ObjectId.fromHex(Files.readString(root.resolveSibling("elsewhere/.dits/refs/heads/main"))
                        .strip());
                repository.keep("pull", List.of(tip));
                repository.configure(Map.of("remote.origin.url", Optional.of("elsewhere")));
                RefName remote = new RefName("refs/remotes/origin/main");
                RefName branch = RefName.branch("main");
                try (StoreWriter writer = repository.store().newWriter()) {
                    there.forEach((id, type, plain, stored) -> {
                        if (type == RecordType.OBJECT && !repository.store().contains(id)) {
                            writer.putStored(id, there.readStored(id));
                        }
                    });
                    writer.flush();
                    if (repository.ref(remote).isEmpty()) {
                        repository.updateRef(remote, null, tip);
                    }
                }
                repository.updateWorkingTree(tip, oneByOne().withSource(from(there)));
                if (repository.ref(branch).isEmpty()) {
                    repository.updateRef(branch, null, tip);
                }
                repository.release("pull");
            });
        }
    }

    /** Garbage, several packs, and a writer that comes and goes while it is collected. */
    private static void collect(Path root, Disk disk, boolean busy) throws IOException {
        open(root, disk, repository -> {
            AtomicBoolean done = new AtomicBoolean(!busy);
            Thread other = new Thread(() -> {
                for (int i = 0; i < 2 && !done.get(); i++) {
                    byte[] bytes = ("written meanwhile " + i).getBytes(StandardCharsets.UTF_8);
                    try (StoreWriter writer = repository.store().newWriter()) {
                        writer.put(RecordType.CHUNK, ObjectId.hash(bytes), bytes, 0, bytes.length);
                        writer.flush();
                    } catch (RepositoryBusyException e) {
                        continue;
                    } catch (IOException | Error e) {
                        return; // it shares the other's fate
                    }
                    Thread.yield();
                }
            });
            other.start();
            try {
                repository.gc();
            } finally {
                done.set(true);
                boolean interrupted = false;
                while (other.isAlive()) {
                    try {
                        other.join();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        });
    }

    /** All of them. */
    static List<CrashScenario> all() {
        return List.of(
                new CrashScenario(
                        "init",
                        (root, disk) -> {
                            Files.createDirectories(root);
                            first(root);
                        },
                        (root, disk) -> {
                            try {
                                open(root, disk, repository -> {});
                            } catch (RepositoryNotFoundException e) {
                                try {
                                    Repository.init(root, options(disk)).close();
                                } catch (FaultDisk.Killed killed) {
                                    ((FaultDisk) disk).bury();
                                    throw killed;
                                }
                            }
                        }),
                new CrashScenario(
                        "first commit",
                        (root, disk) -> {
                            Files.createDirectories(root);
                            first(root);
                            Repository.init(root, options(disk)).close();
                        },
                        (root, disk) -> open(root, disk, repository -> commit(repository, "one"))),
                new CrashScenario(
                        "second commit",
                        (root, disk) -> {
                            Files.createDirectories(root);
                            first(root);
                            Repository.init(root, options(disk)).close();
                            open(root, disk, repository -> commit(repository, "one"));
                            second(root);
                        },
                        (root, disk) -> open(root, disk, repository -> commit(repository, "two"))),
                new CrashScenario(
                        "references",
                        CrashScenario::twoCommits,
                        (root, disk) -> open(root, disk, repository -> {
                            if (!has(repository, RefName.branch("b/c/d"))) {
                                repository.createBranch("b/c/d", "HEAD~1");
                            }
                            if (!has(repository, RefName.tag("v1"))) {
                                repository.createTag("v1", "HEAD", "why");
                            }
                            if (has(repository, RefName.branch("one"))) {
                                repository.deleteBranch("one");
                            }
                            if (!has(repository, RefName.branch("one/two"))) {
                                repository.createBranch("one/two", "HEAD");
                            }
                            repository.configure(Map.of("user.author", Optional.of("Grace")));
                            repository.status();
                        })),
                new CrashScenario(
                        "deletions",
                        (root, disk) -> {
                            twoCommits(root, disk);
                            open(root, disk, repository -> {
                                repository.createBranch("a/b/c", "HEAD");
                                repository.createTag("t", "HEAD", "");
                            });
                        },
                        (root, disk) -> open(root, disk, repository -> {
                            if (has(repository, RefName.branch("a/b/c"))) {
                                repository.deleteBranch("a/b/c");
                            }
                            if (has(repository, RefName.tag("t"))) {
                                repository.deleteTag("t");
                            }
                            if (!has(repository, RefName.branch("a"))) {
                                repository.createBranch("a", "HEAD");
                            }
                        })),
                new CrashScenario(
                        "checkout back",
                        CrashScenario::twoCommits,
                        (root, disk) -> open(root, disk, repository -> repository.checkout("one", oneByOne()))),
                new CrashScenario(
                        "checkout forward",
                        (root, disk) -> {
                            twoCommits(root, disk);
                            open(root, disk, repository -> {
                                repository.checkout("one", oneByOne());
                                write(root.resolve("mine"), "in no commit", 0644);
                                write(root.resolve("deep/mine too"), "in no commit", 0644);
                            });
                        },
                        (root, disk) -> open(root, disk, repository -> repository.checkout("main", oneByOne()))),
                new CrashScenario(
                        "select a part",
                        (root, disk) -> {
                            twoCommits(root, disk);
                            write(root.resolve("deep/mine"), "in no commit", 0644);
                        },
                        (root, disk) ->
                                open(root, disk, repository -> select(repository, "deep/**", "*.bin", "!/new/"))),
                new CrashScenario(
                        "select more",
                        (root, disk) -> {
                            twoCommits(root, disk);
                            open(root, disk, repository -> select(repository, "deep/**", "/link"));
                            write(root.resolve("deep/mine"), "in no commit", 0644);
                        },
                        (root, disk) -> open(root, disk, repository -> select(repository, "*", "!deep/**"))),
                new CrashScenario(
                        "merge",
                        CrashScenario::twoSides,
                        (root, disk) -> open(root, disk, repository -> {
                            MergeOptions options = MergeOptions.defaults().withCheckout(oneByOne());
                            if (repository.merge("main", options).checkout().isEmpty()) {
                                repository.checkout("one", oneByOne()); // sweeps what was fetched for the one before
                            }
                        })),
                new CrashScenario(
                        "commit in a lagging tree",
                        (root, disk) -> {
                            twoSides(root, disk);
                            open(root, disk, repository -> {
                                // Somebody pushes, while the owner works.
                                repository.mergeInto(
                                        RefName.branch("one"), repository.resolve("main"), MergeOptions.defaults());
                                write(root.resolve("a.txt"), "changed once more", 0644);
                                times(root);
                            });
                        },
                        (root, disk) -> open(root, disk, repository -> {
                            if (repository.unfinished().isEmpty()) {
                                commit(repository, "three");
                            }
                            if (repository.follow(oneByOne()).isEmpty()) {
                                repository.checkout("one", oneByOne());
                            }
                        })),
                new CrashScenario(
                        "reset",
                        CrashScenario::twoSides,
                        (root, disk) -> open(
                                root,
                                disk,
                                repository -> repository.reset(
                                        "main~1", ResetOptions.defaults().withCheckout(oneByOne())))),
                new CrashScenario(
                        "restore",
                        (root, disk) -> {
                            twoCommits(root, disk);
                            write(root.resolve("a.txt"), "in no commit", 0644);
                            write(root.resolve("mine"), "neither", 0644);
                            times(root);
                        },
                        (root, disk) -> open(
                                root,
                                disk,
                                repository -> repository.restore(
                                        List.of(TreePath.ROOT),
                                        RestoreOptions.defaults()
                                                .withUncommitted(RestoreOptions.Uncommitted.DISCARD)
                                                .withSource(repository.resolve("one"))
                                                .withWriting(oneByOne())))),
                new CrashScenario(
                        "pull",
                        (root, disk) -> {
                            twoCommits(root.resolveSibling("elsewhere"), Disk.system());
                            Files.createDirectories(root);
                            write(root.resolve("mine"), "in no commit", 0644);
                            Repository.init(root, options(disk)).close();
                        },
                        CrashScenario::pull),
                new CrashScenario(
                        "gc",
                        (root, disk) -> {
                            twoCommits(root, disk);
                            open(root, disk, repository -> {
                                repository.checkout("one", oneByOne());
                                repository.updateRef(
                                        RefName.branch("main"),
                                        repository.ref(RefName.branch("main")).orElseThrow(),
                                        null);
                            });
                        },
                        (root, disk) -> collect(root, disk, false)),
                new CrashScenario(
                        "gc beside a writer", CrashScenario::twoCommits, (root, disk) -> collect(root, disk, true)));
    }

    /** Path to kind and content of all but {@code .dits}; with the modes of files, if asked for. */
    static Map<String, String> describe(Path root, boolean modes) throws IOException {
        Map<String, String> found = new TreeMap<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                if (directory.equals(root)) {
                    return FileVisitResult.CONTINUE;
                }
                if (directory.getFileName().toString().equals(Repository.DIRECTORY)) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                found.put(root.relativize(directory).toString(), "directory");
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                found.put(
                        root.relativize(file).toString(),
                        attributes.isSymbolicLink()
                                ? "link " + Files.readSymbolicLink(file)
                                : "file "
                                        + ObjectId.hash(Files.readAllBytes(file))
                                                .abbreviated()
                                        + (modes
                                                ? " "
                                                        + PosixFilePermissions.toString(Files.getPosixFilePermissions(
                                                                file, LinkOption.NOFOLLOW_LINKS))
                                                : ""));
                return FileVisitResult.CONTINUE;
            }
        });
        return found;
    }

    /** Files that are there for a moment only, and none of which may stay. */
    static List<String> leftovers(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root.resolve(Repository.DIRECTORY))) {
            Set<Path> kept = Set.of();
            return paths.filter(path -> path.toString().endsWith(".tmp")
                            || path.getParent()
                                    .equals(root.resolve(Repository.DIRECTORY).resolve("tmp")))
                    .filter(path -> !kept.contains(path))
                    .map(path -> root.relativize(path).toString())
                    .toList();
        }
    }
}
