package dev.dits.repo;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Interner;
import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import dev.dits.object.Signatures;
import dev.dits.object.SignerKey;
import dev.dits.object.Tag;

/**
 * What checks of signatures came to, so that a history is checked once: a check takes about a millisecond, to find it here a few microseconds. An id stands for all bytes of an object, its key
 * and signature among them, so what was found for it holds for ever. Whether the key is known and whose it is, which changes, is no part of it.
 *
 * <p>Safe for use by several threads.
 */
final class CheckedSignatures {
    /** Commits and tags that are remembered, some 3 MiB; those that were asked for lately stay. */
    static final int CHECKED_MAX = 16_384;

    private final Cache<ObjectId, Signatures.Check> checked = Caffeine.newBuilder()
            .maximumSize(CHECKED_MAX)
            .executor(Runnable::run) // no thread of a pool that belongs to the host application
            .build();

    /** Few sign many. */
    private final Interner<SignerKey> keys = Interner.newWeakInterner();

    Signatures.Check check(Commit commit) {
        return checked.get(ObjectId.hash(commit.encode()), unknown -> interned(Signatures.check(commit)));
    }

    Signatures.Check check(Tag tag) {
        return checked.get(ObjectId.hash(tag.encode()), unknown -> interned(Signatures.check(tag)));
    }

    private Signatures.Check interned(Signatures.Check check) {
        return new Signatures.Check(check.state(), check.key().map(keys::intern));
    }
}
