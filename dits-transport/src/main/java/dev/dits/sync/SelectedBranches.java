package dev.dits.sync;

import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which branches of its share a mount follows, as its configuration says: whichever process of it pulls next. */
public final class SelectedBranches {
    /** Names, with spaces between, which no name has. */
    private static final String KEY = "remote." + Pull.REMOTE + ".branches";

    private final Set<String> names;

    private SelectedBranches(Set<String> names) {
        this.names = names;
    }

    /**
     * Reads them, and what other processes wrote.
     *
     * @param repository the mount
     * @return the branches
     * @throws IOException if the configuration can not be read
     */
    public static SelectedBranches of(Repository repository) throws IOException {
        return new SelectedBranches(repository
                .reloadConfig()
                .get(KEY)
                .map(value -> Set.of(value.split(" ")))
                .orElse(Set.of()));
    }

    /**
     * Changes them.
     *
     * @param repository the mount
     * @param names none for all
     * @throws IOException if the configuration can not be written
     */
    public static void select(Repository repository, Collection<String> names) throws IOException {
        names.forEach(RefName::branch);
        String value = String.join(" ", new java.util.TreeSet<>(names));
        repository.configure(Map.of(KEY, names.isEmpty() ? Optional.empty() : Optional.of(value)));
    }

    /**
     * Tells whether a branch is among them.
     *
     * @param branch its name
     * @return whether it is; always, where all are
     */
    public boolean has(String branch) {
        return names.isEmpty() || names.contains(branch);
    }

    /**
     * Tells whether every branch is among them.
     *
     * @return whether nothing was chosen
     */
    public boolean areAll() {
        return names.isEmpty();
    }

    /**
     * Lists them.
     *
     * @return sorted; empty for all
     */
    public List<String> names() {
        return names.stream().sorted().toList();
    }
}
