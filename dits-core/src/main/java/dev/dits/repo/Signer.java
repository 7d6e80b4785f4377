package dev.dits.repo;

import dev.dits.object.ObjectId;
import dev.dits.object.SignerKey;
import java.time.Instant;

/**
 * A key that was seen to sign in somebody's name.
 *
 * @param name the author's name as the commits have it; from outside, so escape it before showing
 * @param key the key
 * @param trusted whether the key is bound to the name here: it was the first one seen for it, is this copy's own, or somebody said so. A key that is not signs
 *     for a name that another key is bound to
 * @param since when it was first seen, to the second
 * @param commit the commit or tag it was first seen on
 */
public record Signer(String name, SignerKey key, boolean trusted, Instant since, ObjectId commit) {}
