package dev.dits.repo;

import dev.dits.object.SignerKey;
import java.util.Optional;

/**
 * What is known of who made a commit or tag.
 *
 * @param state how far its author is who it says
 * @param key the key that signed it; nothing where there is no valid signature
 * @param own whether that key is this copy's own
 */
public record Verification(State state, Optional<SignerKey> key, boolean own) {
    /** How far the author is who the commit says. */
    public enum State {
        /** Signed by this copy's own key, or by one that is bound to the author's name here. */
        VERIFIED,
        /** Signed, but by a key that is not the one bound to the author's name here: another device of the same person, or somebody else. */
        NEW_KEY,
        /** Signed, by a key of which nothing is known here: none is bound to the author's name, or it has no name. */
        UNKNOWN_KEY,
        /** Not signed. */
        UNSIGNED,
        /** The signature does not hold: it was changed after it was signed. */
        INVALID
    }
}
