package dev.dits.watch;

import dev.dits.object.TreePath;
import dev.dits.repo.CommitGuard;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.CommitResult;
import dev.dits.repo.Repository;
import dev.dits.repo.TreeLook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A repository's. */
final class RepositoryTree implements WatchedTree {
    private final Repository repository;
    private final @Nullable String author;
    private final CommitProgress progress;
    private final Path dits;

    /** Which directory it is, whatever its name. */
    private final @Nullable Object key;

    RepositoryTree(Repository repository, @Nullable String author, CommitProgress progress) throws IOException {
        this.repository = repository;
        this.author = author;
        this.progress = progress;
        this.dits = repository.root().resolve(Repository.DIRECTORY);
        this.key = key();
    }

    private @Nullable Object key() throws IOException {
        return Files.readAttributes(dits, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    /*
     * A directory that was deleted and put back, as from a backup, need not have the packs that this repository has open and looks objects up in: what is committed then could name
     * what is nowhere. So nothing is, until somebody opens it anew.
     */
    @Override
    public Presence presence() {
        if (!Files.isRegularFile(dits.resolve("config"), LinkOption.NOFOLLOW_LINKS)) {
            return Presence.GONE;
        }
        try {
            return Objects.equals(key(), key) ? Presence.HERE : Presence.REPLACED;
        } catch (IOException e) {
            return Presence.GONE;
        }
    }

    @Override
    public void look(Collection<TreePath> at, TreeLook look) throws IOException {
        repository.look(at, look);
    }

    @Override
    public Optional<CommitResult> commit(Collection<TreePath> only, CommitGuard guard) throws IOException {
        return repository.commit(only, guard, author, progress);
    }
}
