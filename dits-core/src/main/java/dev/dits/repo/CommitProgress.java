package dev.dits.repo;

/**
 * How far a commit or checkout is. Called often, from several threads, one after the other as far as each field goes up.
 */
@FunctionalInterface
public interface CommitProgress {
    /** Tells nobody. */
    CommitProgress NONE = (files, bytes, newBytes) -> {};

    /**
     * Tells how far it is.
     *
     * @param files files that are done
     * @param bytes bytes of files read (commit) or written (checkout); unchanged files count when they are recognised
     * @param newBytes bytes among them that the repository did not have (commit) or that had to be written (checkout)
     */
    void update(long files, long bytes, long newBytes);
}
