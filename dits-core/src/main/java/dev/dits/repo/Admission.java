package dev.dits.repo;

import dev.dits.error.DitsException;
import dev.dits.error.InvalidSignatureException;
import dev.dits.object.Commit;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectCodec;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectKind;
import dev.dits.object.ObjectWalk;
import dev.dits.object.Signatures;
import dev.dits.object.Tag;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether what a peer sent may be named by a reference ({@code docs/format.md}, section 6.3). Every commit is looked at that no reference reaches yet, however it
 * came into the store: an earlier attempt that was refused leaves objects, and they have to be refused again.
 */
final class Admission {
    /** Commits that are checked by one task. */
    private static final int SLICE = 256;

    /** What was found, oldest commit first. */
    record Result(List<SignerBook.Sighting> sightings, long commits, boolean allSigned) {}

    private record Slice(List<SignerBook.Sighting> sightings, boolean allSigned) {}

    private final WorkTree work;
    private final boolean required;

    Admission(WorkTree work, boolean required) {
        this.work = work;
        this.required = required;
    }

    /** Checks what tips reach and what the references here do not. */
    Result check(Collection<ObjectId> tips) throws IOException {
        Set<ObjectId> haves = new LinkedHashSet<>(work.refs.list("refs/").values());
        List<SignerBook.Sighting> ofTags = new ArrayList<>();
        boolean allSigned = true;
        List<ObjectId> wants = new ArrayList<>();
        for (ObjectId tip : new LinkedHashSet<>(tips)) {
            if (haves.contains(tip)) {
                continue;
            }
            byte[] bytes = work.objects.require(tip);
            ObjectKind kind = ObjectCodec.kindOf(bytes);
            if (kind == ObjectKind.TAG) {
                Tag tag = Tag.decode(bytes);
                SignerBook.@Nullable Sighting sighting = tag(tip, tag);
                if (sighting == null) {
                    allSigned = false;
                } else {
                    ofTags.add(sighting);
                }
                wants.add(tag.target());
            } else if (kind == ObjectKind.COMMIT) {
                wants.add(tip);
            } else {
                throw new DitsException("object " + tip.abbreviated() + " is no commit");
            }
        }
        List<ObjectId> news = new ObjectWalk(work.objects, ObjectWalk.Options.NONE).listCommits(wants, haves);
        List<SignerBook.Sighting> sightings = new ArrayList<>();
        for (Slice slice : slices(news)) {
            sightings.addAll(slice.sightings());
            allSigned &= slice.allSigned();
        }
        // The walk lists the newest first; the first key of a name is the oldest one.
        java.util.Collections.reverse(sightings);
        sightings.addAll(ofTags);
        return new Result(sightings, news.size(), allSigned);
    }

    private List<Slice> slices(List<ObjectId> commits) throws IOException {
        if (commits.size() <= SLICE) {
            return List.of(slice(commits));
        }
        List<Future<Slice>> tasks = new ArrayList<>();
        List<Slice> slices = new ArrayList<>();
        try {
            for (int from = 0; from < commits.size(); from += SLICE) {
                List<ObjectId> part = commits.subList(from, Math.min(commits.size(), from + SLICE));
                tasks.add(work.workers.submit(() -> slice(part)));
            }
            for (Future<Slice> task : tasks) {
                slices.add(task.get());
            }
            return slices;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted while signatures were checked");
        } finally {
            tasks.forEach(task -> task.cancel(false));
        }
    }

    private Slice slice(List<ObjectId> commits) throws IOException {
        List<SignerBook.Sighting> sightings = new ArrayList<>(commits.size());
        boolean allSigned = true;
        for (ObjectId id : commits) {
            Commit commit = work.readCommit(id);
            Signatures.Check check = work.signers.signatures.check(commit);
            String problem = problem(commit, check, required, work::readCommit);
            if (problem != null) {
                throw new InvalidSignatureException("commit " + id.abbreviated() + ", which names "
                        + Escaper.escape(commit.author()) + " as its author, was refused: " + problem);
            }
            if (check.key().isPresent()) {
                sightings.add(
                        new SignerBook.Sighting(commit.author(), check.key().get(), id));
            } else {
                allSigned = false;
            }
        }
        return new Slice(sightings, allSigned);
    }

    private SignerBook.@Nullable Sighting tag(ObjectId id, Tag tag) throws IOException {
        Signatures.Check check = work.signers.signatures.check(tag);
        String problem = problem(check, required);
        if (problem != null) {
            throw new InvalidSignatureException("the tag " + Escaper.escape(tag.name()) + " was refused: " + problem);
        }
        return check.key()
                .map(key -> new SignerBook.Sighting(tag.author(), key, id))
                .orElse(null);
    }

    /** Reads commits. */
    interface Reader {
        Commit read(ObjectId id) throws IOException;
    }

    /** What is wrong with a commit's signature; null for nothing. */
    static @Nullable String problem(Commit commit, Signatures.Check check, boolean required, Reader reader)
            throws IOException {
        String problem = problem(check, required);
        if (problem == null && check.state() == Signatures.State.UNSIGNED) {
            // From the first signed commit on a history stays signed, or a signature could be stripped with what is
            // built on it.
            for (ObjectId parent : commit.parents()) {
                if (Signatures.isSigned(reader.read(parent))) {
                    return "it is not signed, but its parent " + parent.abbreviated()
                            + " is; whoever made it has to sign it";
                }
            }
        }
        return problem;
    }

    /** What is wrong with a signature by itself; null for nothing. */
    static @Nullable String problem(Signatures.Check check, boolean required) {
        return switch (check.state()) {
            case INVALID -> "its signature does not hold, so it was changed after it was signed";
            case UNSIGNED -> required ? "it is not signed, and this repository takes signed ones only" : null;
            case VALID -> null;
        };
    }
}
