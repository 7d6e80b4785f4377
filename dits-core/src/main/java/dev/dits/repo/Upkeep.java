package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Role;
import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import dev.dits.store.FileLocks;
import dev.dits.store.LockWait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** What keeps a repository sound and small: what is kept, what is checked, what goes. Safe for use by several threads. */
final class Upkeep {
    private static final Duration GC_STORE_WAIT = Duration.ofMillis(250);
    private static final Pattern KEEP_NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    private final WorkTree work;
    private final Path dits;

    Upkeep(WorkTree work) {
        this.work = work;
        this.dits = work.root.resolve(Repository.DIRECTORY);
    }

    private Path keepFile(String name) {
        if (!KEEP_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("a keep file's name is 1 to 64 letters, digits, '_' and '-'");
        }
        return dits.resolve("keep").resolve(name);
    }

    /** See {@link Repository#keep}. */
    @SuppressWarnings("try") // the lock is held, not used
    void keep(String name, java.util.Collection<ObjectId> roots) throws IOException {
        StringBuilder text = new StringBuilder();
        for (ObjectId root : roots) {
            text.append(root).append('\n');
        }
        Path file = keepFile(name);
        work.disk.makeDirectoriesDurably(Role.LAYOUT, dits.resolve("keep"));
        try (FileLocks.Held held =
                FileLocks.lock(dits.resolve(Refs.LOCK), false, LockWait.upTo(work.options.lockTimeout()))) {
            work.scratch.replace(Role.KEEP, file, text.toString().getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
    }

    /** See {@link Repository#release}. */
    void release(String name) throws IOException {
        boolean unused = work.disk.delete(Role.KEEP, keepFile(name));
    }

    private Set<ObjectId> kept() throws IOException {
        Set<ObjectId> roots = new HashSet<>();
        try (java.nio.file.DirectoryStream<Path> stream = Files.newDirectoryStream(dits.resolve("keep"))) {
            for (Path file : stream) {
                byte[] bytes = AtomicFile.read(file);
                if (bytes == null) {
                    continue;
                }
                String text = new String(bytes, java.nio.charset.StandardCharsets.US_ASCII);
                for (String line : text.split("\n", -1)) {
                    if (!line.isEmpty()) {
                        try {
                            roots.add(ObjectId.fromHex(line));
                        } catch (IllegalArgumentException e) {
                            throw new dev.dits.error.CorruptObjectException(
                                    file + " holds something that is no id; delete it if no transfer is under way", e);
                        }
                    }
                }
            }
        } catch (java.nio.file.NoSuchFileException e) {
            return roots;
        }
        return roots;
    }

    /** What must stay: everything that anything in .dits names. What is under way need not be here yet: it is left out where that counts. */
    private Set<ObjectId> localRoots(boolean underWay) throws IOException {
        Set<ObjectId> roots = underWay ? kept() : new HashSet<>();
        work.refs.list(RefName.HEADS).values().forEach(roots::add);
        work.refs.list(RefName.TAGS).values().forEach(roots::add);
        Refs.Head head = work.refs.head();
        BaseState state = BaseState.read(work.baseFile());
        ObjectId target = underWay ? state.target() : null;
        // A first pull writes the tip's files before the history has come, and makes the branch at last.
        boolean pulling = head.branch() != null && work.refs.read(head.branch()).isEmpty();
        ObjectId base = underWay || !pulling ? state.commit() : null;
        for (ObjectId id : new ObjectId[] {head.commit(), base, state.next(), target}) {
            if (id != null) {
                roots.add(id);
            }
        }
        return roots;
    }

    /** See {@link Repository#fsck}. */
    FsckReport fsck(java.util.function.LongConsumer progress) throws IOException {
        List<String> problems = new ArrayList<>();
        dev.dits.store.VerifyReport packs = work.store.verify(progress);
        Set<ObjectId> local = new HashSet<>();
        Set<ObjectId> remote = new HashSet<>();
        try {
            local.addAll(localRoots(false));
            remote.addAll(work.refs.list(RefName.REMOTES).values());
            work.state(work.refs.head());
        } catch (DitsException e) {
            problems.add(e.getMessage());
        }
        return new Reachability(work.objects).check(packs, local, remote, problems, work.signaturesRequired());
    }

    /** See {@link Repository#gc}. */
    @SuppressWarnings("try")
    dev.dits.store.CompactReport gc() throws IOException {
        // A first pull holds the store and then asks for the tree. Whoever waited here for the store with the tree held
        // would wait for a pull that waits for it: so this never waits long, and lets go of the tree in between.
        LockWait patience = LockWait.upTo(work.options.lockTimeout());
        for (int attempt = 1; ; attempt++) {
            try (FileLocks.Held lock = work.lock()) {
                return collect(LockWait.upTo(GC_STORE_WAIT));
            } catch (dev.dits.error.RepositoryBusyException e) {
                try {
                    if (!patience.pause(attempt)) {
                        throw e;
                    }
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    throw e;
                }
            }
        }
    }

    private dev.dits.store.CompactReport collect(LockWait wait) throws IOException {
        try {
            // Marked when compact asks for the first object: it holds the store's exclusive lock then, so that no
            // writer can count on an object that is about to go, and every finished writer has moved its reference.
            IdSet[] live = new IdSet[1];
            return work.store.compact(
                    id -> {
                        IdSet marked = live[0];
                        if (marked == null) {
                            try {
                                Set<ObjectId> roots = localRoots(true);
                                work.refs.list(RefName.REMOTES).values().forEach(roots::add);
                                marked = new Reachability(work.objects).mark(roots);
                                live[0] = marked;
                            } catch (IOException e) {
                                throw new java.io.UncheckedIOException(e);
                            }
                        }
                        return marked.contains(id);
                    },
                    wait);
        } catch (java.io.UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
