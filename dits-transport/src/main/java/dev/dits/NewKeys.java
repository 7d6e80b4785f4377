package dev.dits;

import dev.dits.object.Escaper;
import dev.dits.repo.Repository;
import dev.dits.repo.Signer;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says, once each as long as this runs, which keys sign for a name that another key is bound to. Safe for use by several threads. */
final class NewKeys {
    private static final Logger LOG = LoggerFactory.getLogger(NewKeys.class);

    private final Repository repository;
    private final Consumer<DitsEvent> events;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    NewKeys(Repository repository, Consumer<DitsEvent> events) {
        this.repository = repository;
        this.events = events;
    }

    /** Looks after commits came in. */
    void look() {
        try {
            for (Signer signer : repository.signers().list()) {
                if (!signer.trusted() && told.add(signer.key().hex() + signer.name())) {
                    events.accept(new DitsEvent.NewKey(Escaper.escape(signer.name()), signer.key(), signer.commit()));
                }
            }
        } catch (IOException e) {
            // What came in was checked all the same, and 'log' shows it.
            LOG.debug("the signers can not be read", e);
        }
    }
}
