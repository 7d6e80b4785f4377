package dev.dits.sync;

import dev.dits.error.HistoryRewrittenException;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectId;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * What a mount does about a share's branch that does not continue what it was: nothing, until the user says that the new tip is the right one. That choice is
 * one commit, kept in the configuration, so that it holds for whichever process pulls next and for no later rewriting.
 */
public final class RewrittenHistory {
    /** Names the tip that the user chose. */
    private static final String KEY_ACCEPT = "remote." + Pull.REMOTE + ".accept";

    private static final String SAVED = "-before-";

    private RewrittenHistory() {}

    /**
     * Chooses the share's new history of a branch.
     *
     * @param repository the mount
     * @param tip the new tip, as {@link HistoryRewrittenException} names it
     * @throws IOException if the configuration can not be written
     */
    public static void accept(Repository repository, ObjectId tip) throws IOException {
        repository.configure(Map.of(KEY_ACCEPT, Optional.of(tip.toString())));
    }

    /** Whether the user chose this tip; reads what other processes wrote. */
    static boolean isAccepted(Repository repository, ObjectId tip) throws IOException {
        repository.configure(Map.of());
        return repository.config().get(KEY_ACCEPT).equals(Optional.of(tip.toString()));
    }

    /** The choice was carried out. */
    static void done(Repository repository) throws IOException {
        repository.configure(Map.of(KEY_ACCEPT, Optional.empty()));
    }

    /**
     * Keeps a branch under another name before it gives way. It is noted as one that the share had, so that keeping in step does not send the old history
     * back.
     */
    static void save(Repository repository, RefName branch, ObjectId mine, ObjectId tip) throws IOException {
        if (repository.isAncestor(mine, tip)) {
            return;
        }
        String name = branch.shortName() + SAVED + tip.abbreviated();
        RefName saved = RefName.branch(name);
        if (repository.ref(saved).isEmpty()) {
            RefName remote = RefName.remote(Pull.REMOTE, name);
            ShareRefs.move(repository, remote, repository.ref(remote).orElse(null), mine);
            ShareRefs.move(repository, saved, null, mine);
        }
    }

    static HistoryRewrittenException refusal(String branch, ObjectId before, ObjectId tip) {
        String shown = Escaper.escape(branch);
        return new HistoryRewrittenException(
                branch,
                "the share's branch " + shown + " was rewritten: its tip " + tip.abbreviated() + " does not continue "
                        + before.abbreviated()
                        + ", which it had before. Nothing was taken, and what you have stays. Ask"
                        + " whoever keeps the share; 'dits pull --accept " + tip
                        + "' takes the new history, and keeps yours as " + shown + SAVED + tip.abbreviated());
    }
}
