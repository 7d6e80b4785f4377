package dev.dits.watch;

import dev.dits.object.EntryName;
import dev.dits.object.TreePath;
import dev.dits.repo.PathNames;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystem;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent.Kind;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears what the file system tells: on Linux by inotify(7), which knows directories and not trees, each by itself.
 *
 * <p>The system follows a directory that is renamed, and goes on to tell of it under the name under which it was first listened to. So which path a key stands for is noted here, and anew
 * whenever a look finds the directory; one that no look finds again is let go.
 */
final class DirectoryChanges implements ChangeSource {
    /** Directories listened to: the system holds about a kilobyte for each, and this process a few hundred bytes. */
    static final int DIRECTORIES_MAX = 1 << 20;

    /** Paths told at once; where there are more, their directories are told. */
    static final int PATHS_MAX = 20_000;

    /** What comes together is taken together, and what never ceases does not keep this thread from ever resting. */
    private static final long GATHER_MILLIS = 50;

    private static final Kind<?>[] KINDS = {
        StandardWatchEventKinds.ENTRY_CREATE,
        StandardWatchEventKinds.ENTRY_DELETE,
        StandardWatchEventKinds.ENTRY_MODIFY,
    };
    private static final EntryName RULES = EntryName.ofUtf8(".ditsignore");
    private static final Logger LOGGER = LoggerFactory.getLogger(DirectoryChanges.class);

    private final FileSystem fileSystem;
    private final int directoriesMax;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final NavigableMap<TreePath, WatchKey> byPath = new TreeMap<>();
    private final Map<WatchKey, TreePath> byKey = new HashMap<>();

    /** Listened to, and not known under which path. */
    private final Set<WatchKey> orphans = new HashSet<>();

    /** Read by whoever closes; null where the system gives none. */
    private volatile @Nullable WatchService service;

    private @Nullable String failure;
    private boolean full;

    DirectoryChanges(FileSystem fileSystem) {
        this(fileSystem, DIRECTORIES_MAX);
    }

    DirectoryChanges(FileSystem fileSystem, int directoriesMax) {
        this.fileSystem = fileSystem;
        this.directoriesMax = directoriesMax;
        open();
    }

    private void open() {
        failure = null;
        full = false;
        try {
            service = fileSystem.newWatchService();
        } catch (IOException | UnsupportedOperationException e) {
            service = null;
            full = true;
            failure = "the system tells of no changes (" + e.getMessage()
                    + "); raise fs.inotify.max_user_instances with sysctl, or close programs that use them up";
        }
    }

    /** Directories that are listened to. */
    int size() {
        return byKey.size();
    }

    @Override
    public Changes take(long nanos) throws InterruptedException {
        WatchService from = service;
        if (from == null) {
            boolean unused = closed.await(nanos, TimeUnit.NANOSECONDS);
            return Changes.NONE;
        }
        Set<TreePath> paths = new HashSet<>();
        Set<TreePath> unheard = new HashSet<>();
        try {
            WatchKey key = from.poll(nanos, TimeUnit.NANOSECONDS);
            if (key == null || closed.await(GATHER_MILLIS, TimeUnit.MILLISECONDS)) {
                return Changes.NONE;
            }
            for (; key != null; key = from.poll()) {
                take(key, paths, unheard);
            }
        } catch (ClosedWatchServiceException e) {
            return Changes.NONE;
        }
        return new Changes(paths, unheard);
    }

    private void take(WatchKey key, Set<TreePath> paths, Set<TreePath> unheard) {
        TreePath directory = byKey.get(key);
        for (java.nio.file.WatchEvent<?> event : key.pollEvents()) {
            if (directory == null) {
                continue;
            }
            if (event.kind() == StandardWatchEventKinds.OVERFLOW || paths.size() >= PATHS_MAX) {
                unheard.add(directory);
            } else if (event.context() instanceof Path name) {
                heard(directory, name, event.kind(), paths);
            }
        }
        if (!key.reset()) {
            // Deleted, or its file system was unmounted.
            orphans.remove(key);
            byKey.remove(key);
            if (directory != null) {
                byPath.remove(directory, key);
                paths.add(directory);
            }
        }
    }

    private void heard(TreePath directory, Path name, Kind<?> kind, Set<TreePath> paths) {
        byte[] bytes = PathNames.lastName(name);
        if (EntryName.problem(bytes) != null) {
            // .dits, or what can not be committed.
            return;
        }
        EntryName entry = EntryName.of(bytes);
        TreePath path;
        try {
            path = directory.resolve(entry);
        } catch (IllegalArgumentException e) {
            LOGGER.debug("a path is too deep to be committed", e);
            return;
        }
        if (kind == StandardWatchEventKinds.ENTRY_MODIFY) {
            // A directory's own time or permissions: all below it would have to be looked at for them.
            if (!byPath.containsKey(path)) {
                paths.add(path);
            }
        } else {
            forget(path);
            paths.add(path);
        }
        if (entry.equals(RULES)) {
            // What was left out may be wanted now.
            paths.add(directory);
        }
    }

    /** What lies there may be another directory now, and this one somewhere else. */
    private void forget(TreePath path) {
        Iterator<Map.Entry<TreePath, WatchKey>> each =
                byPath.tailMap(path, true).entrySet().iterator();
        while (each.hasNext()) {
            Map.Entry<TreePath, WatchKey> next = each.next();
            if (!next.getKey().startsWith(path)) {
                break;
            }
            byKey.remove(next.getValue());
            orphans.add(next.getValue());
            each.remove();
        }
    }

    @Override
    public void watch(TreePath path, Path directory) {
        WatchService to = service;
        WatchKey known = byPath.get(path);
        if (to == null || full || (known != null && known.isValid())) {
            return;
        }
        if (byKey.size() >= directoriesMax) {
            refused("there are more than " + directoriesMax + " directories");
            return;
        }
        try {
            WatchKey key = directory.register(to, KINDS);
            orphans.remove(key);
            TreePath before = byKey.put(key, path);
            if (before != null) {
                byPath.remove(before, key);
            }
            WatchKey old = byPath.put(path, key);
            if (old != null && !old.equals(key) && byKey.remove(old, path)) {
                old.cancel();
            }
        } catch (NoSuchFileException | NotDirectoryException | ClosedWatchServiceException e) {
            LOGGER.debug("{} is gone", path, e);
        } catch (IOException e) {
            refused(String.valueOf(e.getMessage()));
        }
    }

    private void refused(String reason) {
        full = true;
        failure = "the system tells of changes in " + byKey.size() + " directories and no more (" + reason
                + "); raise fs.inotify.max_user_watches with sysctl, or leave directories out in .ditsignore";
    }

    @Override
    public void sweep() {
        orphans.forEach(WatchKey::cancel);
        orphans.clear();
    }

    @Override
    public void retry() {
        if (service != null) {
            full = false;
            failure = null;
        } else if (closed.getCount() > 0) {
            reset();
        }
    }

    @Override
    public void reset() {
        closeService();
        byPath.clear();
        byKey.clear();
        orphans.clear();
        open();
        if (closed.getCount() == 0) {
            closeService();
        }
    }

    @Override
    public Optional<String> incomplete() {
        return Optional.ofNullable(failure);
    }

    private void closeService() {
        WatchService open = service;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                LOGGER.debug("the end of a watch service", e);
            }
        }
    }

    @Override
    public void close() {
        closed.countDown();
        closeService();
    }
}
