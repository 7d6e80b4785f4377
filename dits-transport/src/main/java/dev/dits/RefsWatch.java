package dev.dits;

import dev.dits.object.ObjectId;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Notices what moved among the references of a repository, whichever process moved it. For one thread at a time. */
final class RefsWatch {
    private final Repository repository;
    private long generation;
    private SortedMap<RefName, ObjectId> branches;
    private Optional<RefName> current;

    /**
     * Notices what moves from now on.
     *
     * @param repository whose
     * @throws IOException if it can not be read
     */
    RefsWatch(Repository repository) throws IOException {
        this.repository = repository;
        // Read in this order: what moves in between is noticed twice rather than never.
        this.generation = repository.refsGeneration();
        this.branches = Collections.unmodifiableSortedMap(new TreeMap<>(repository.branches()));
        this.current = repository.currentBranch();
    }

    /**
     * Looks.
     *
     * @return whether anything was written since, be it to the same value
     * @throws IOException if it can not be read; then the next look notices it
     */
    boolean look() throws IOException {
        long now = repository.refsGeneration();
        if (now == generation) {
            return false;
        }
        branches = Collections.unmodifiableSortedMap(new TreeMap<>(repository.branches()));
        current = repository.currentBranch();
        generation = now;
        return true;
    }

    /** The branches, as they were at the last look. */
    SortedMap<RefName, ObjectId> branches() {
        return branches;
    }

    /** The one that was checked out at the last look. */
    Optional<RefName> current() {
        return current;
    }
}
