package dev.dits.repo;

import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectLimits;
import dev.dits.object.Signatures;
import dev.dits.object.SignerKey;
import dev.dits.object.Tag;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Whose keys sign for which names in one copy of a repository, as it was when this was read ({@link Repository#signers}). A key is bound to an author's name when it is
 * the first that is seen for it on what a peer sent, or the copy's own; another key for the same name is told apart until somebody {@linkplain #trust trusts} it.
 *
 * <h2>Security guarantees</h2>
 *
 * <p>{@link Verification.State#VERIFIED} says that the holder of a known key made the commit, exactly as it is, after its parents. It does not say that
 * the first key seen for a name was the right person's; compare {@link SignerKey#hex} by another way where that counts.
 *
 * <p>Immutable but for what {@link #trust} and {@link #forget} write; safe for use by several threads.
 */
public final class Signers {
    /** Commits that one thread checks at a time. */
    private static final int SLICE = 8;

    private final SignerBook book;
    private final Executor executor;
    private final List<Signer> list;
    private final @Nullable SignerKey own;
    private final Map<String, Set<SignerKey>> trusted = new HashMap<>();

    Signers(SignerBook book, Executor executor) throws IOException {
        this.book = book;
        this.executor = executor;
        this.list = List.copyOf(book.read());
        this.own = book.ownKey();
        for (Signer signer : list) {
            if (signer.trusted()) {
                trusted.computeIfAbsent(signer.name(), name -> new HashSet<>()).add(signer.key());
            }
        }
    }

    /**
     * Lists the keys that were seen.
     *
     * @return in the order of first sight, 4,096 at most
     */
    public List<Signer> list() {
        return list;
    }

    /**
     * Returns the key by which this copy signs.
     *
     * @return the public key; nothing before the first commit
     */
    public Optional<SignerKey> own() {
        return Optional.ofNullable(own);
    }

    /**
     * Checks who made a commit; about a millisecond of processor time, unless the open repository has checked it before.
     *
     * @param commit which
     * @return what is known
     */
    public Verification verify(Commit commit) {
        return verification(book.signatures.check(commit), commit.author());
    }

    /**
     * Checks who made each of some commits, on the threads of the repository, which must be open.
     *
     * @param commits which
     * @return what is known of each, in their order
     * @throws IOException if it is interrupted
     */
    public List<Verification> verifyAll(List<Commit> commits) throws IOException {
        List<FutureTask<List<Verification>>> slices = new ArrayList<>();
        for (int from = 0; from < commits.size(); from += SLICE) {
            List<Commit> slice = commits.subList(from, Math.min(commits.size(), from + SLICE));
            slices.add(new FutureTask<>(() -> slice.stream().map(this::verify).toList()));
        }
        slices.stream().skip(1).forEach(executor::execute);
        List<Verification> found = new ArrayList<>(commits.size());
        try {
            for (FutureTask<List<Verification>> slice : slices) {
                slice.run(); // which does nothing where another thread was first
                found.addAll(OrderedPipeline.get(slice));
            }
        } finally {
            slices.forEach(slice -> slice.cancel(false));
        }
        return found;
    }

    /**
     * Checks who made a tag; about a millisecond of processor time, unless the open repository has checked it before.
     *
     * @param tag which
     * @return what is known
     */
    public Verification verify(Tag tag) {
        return verification(book.signatures.check(tag), tag.author());
    }

    private Verification verification(Signatures.Check check, String name) {
        SignerKey key = check.key().orElse(null);
        if (key == null) {
            return new Verification(
                    check.state() == Signatures.State.UNSIGNED
                            ? Verification.State.UNSIGNED
                            : Verification.State.INVALID,
                    Optional.empty(),
                    false);
        }
        if (key.equals(own)) {
            return new Verification(Verification.State.VERIFIED, check.key(), true);
        }
        Set<SignerKey> keys = name.isEmpty() ? null : trusted.get(name);
        Verification.State state = keys == null
                ? Verification.State.UNKNOWN_KEY
                : keys.contains(key) ? Verification.State.VERIFIED : Verification.State.NEW_KEY;
        return new Verification(state, check.key(), false);
    }

    /**
     * Binds a key that was seen, beside those that are bound to its name already: another device of the same person.
     *
     * @param key which; every name that it was seen to sign for
     * @return how many names it was bound to by this; 0 if it was bound already
     * @throws dev.dits.error.DitsException if it was never seen
     * @throws IOException if the file system fails
     */
    public int trust(SignerKey key) throws IOException {
        int bound = 0;
        boolean seen = false;
        for (Signer signer : list) {
            if (signer.key().equals(key)) {
                seen = true;
                if (!signer.trusted()) {
                    book.trust(signer.name(), key, signer.commit());
                    bound++;
                }
            }
        }
        if (!seen) {
            throw new dev.dits.error.DitsException("no commit or tag here was seen to be signed by " + key.abbreviated()
                    + "; 'dits signers' lists the keys");
        }
        return bound;
    }

    /**
     * Binds a key to a name before anything signed by it is seen, as when somebody told it by another way.
     *
     * @param name the author's name, 1 to 255 bytes of UTF-8
     * @param key the key
     * @throws IllegalArgumentException if the name is empty or too long
     * @throws dev.dits.error.DitsException if there is no room for more
     * @throws IOException if the file system fails
     */
    public void trust(String name, SignerKey key) throws IOException {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length < 1 || length > ObjectLimits.AUTHOR_BYTES_MAX) {
            throw new IllegalArgumentException("an author's name has 1 to " + ObjectLimits.AUTHOR_BYTES_MAX + " bytes");
        }
        book.trust(name, key, ObjectId.ofWords(0, 0, 0, 0));
    }

    /**
     * Forgets a key, with all its names. The next key that is seen for such a name is bound to it, unless another still is.
     *
     * @param key which
     * @return how many entries went
     * @throws IOException if the file system fails
     */
    public int forget(SignerKey key) throws IOException {
        return book.forget(key);
    }
}
