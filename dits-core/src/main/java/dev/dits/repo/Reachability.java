package dev.dits.repo;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.Commit;
import dev.dits.object.ObjectCodec;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectKind;
import dev.dits.object.ObjectSource;
import dev.dits.object.ObjectWalk;
import dev.dits.object.Signatures;
import dev.dits.object.Tag;
import dev.dits.store.VerifyReport;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What references reach: marks it for {@code gc}, checks it for {@code fsck}. Not safe for use by several threads. */
final class Reachability {
    private final ObjectSource objects;

    Reachability(ObjectSource objects) {
        this.objects = objects;
    }

    /** Everything that roots reach, as far as it is here; what is missing is nobody's to drop. */
    IdSet mark(Collection<ObjectId> roots) throws IOException {
        IdSet live = new IdSet();
        ObjectWalk.Visitor visitor = new ObjectWalk.Visitor() {
            @Override
            public void object(ObjectId id, byte[] bytes, ObjectKind kind) {
                // The walk itself adds it.
            }

            @Override
            public void chunk(ObjectId id, int length) {
                live.add(id);
            }

            @Override
            public void missing(ObjectId id, ObjectCodec.Target target) {
                live.add(id);
            }
        };
        walk(roots, live, visitor);
        return live;
    }

    private void walk(Collection<ObjectId> roots, IdSet visited, ObjectWalk.Visitor visitor) throws IOException {
        List<ObjectId> commits = new ArrayList<>();
        Deque<ObjectId> others = new ArrayDeque<>();
        for (ObjectId root : roots) {
            byte[] bytes;
            try {
                bytes = objects.read(root);
            } catch (CorruptObjectException | UnsupportedFormatException e) {
                visitor.damaged(root, e);
                continue;
            }
            if (bytes == null) {
                visitor.missing(root, ObjectCodec.Target.COMMIT);
                continue;
            }
            ObjectKind kind = kindOrNull(bytes);
            if (kind == ObjectKind.COMMIT || kind == ObjectKind.TAG) {
                commits.add(root);
            } else if (kind != null) {
                others.add(root);
            } else {
                // A chunk that is kept by itself.
                visitor.chunk(root, bytes.length);
            }
        }
        new ObjectWalk(objects, ObjectWalk.Options.NONE.withVisited(visited)).commits(commits, List.of(), visitor);
        while (!others.isEmpty()) {
            ObjectId id = others.removeLast();
            if (!visited.add(id)) {
                continue;
            }
            List<ObjectCodec.Reference> children;
            try {
                byte[] bytes = objects.read(id);
                if (bytes == null) {
                    visitor.missing(id, ObjectCodec.Target.DIRECTORY_NODE);
                    continue;
                }
                children = ObjectCodec.children(bytes);
            } catch (CorruptObjectException | UnsupportedFormatException e) {
                visitor.damaged(id, e);
                continue;
            }
            for (ObjectCodec.Reference reference : children) {
                if (reference.target() == ObjectCodec.Target.CHUNK) {
                    visitor.chunk(reference.id(), 0);
                } else {
                    others.addLast(reference.id());
                }
            }
        }
    }

    private static @Nullable ObjectKind kindOrNull(byte[] bytes) {
        try {
            return ObjectCodec.kindOf(bytes);
        } catch (DitsException e) {
            return null;
        }
    }

    /** Checks that all that local roots reach is here, or promised because a remote's reference reaches it too. */
    FsckReport check(
            VerifyReport packs,
            Collection<ObjectId> local,
            Collection<ObjectId> remote,
            List<String> problems,
            boolean signaturesRequired)
            throws IOException {
        IdSet visited = new IdSet();
        IdSet promised = new IdSet();
        long[] counts = new long[2];
        List<ObjectId> lost = new ArrayList<>();
        long[] lostCount = new long[1];
        IdSet damagedSeen = new IdSet();
        Counting promising = new Counting(counts, damagedSeen, problems, signaturesRequired) {
            @Override
            void gone(ObjectId id) {
                promised.add(id);
            }
        };
        walk(remote, visited, promising);
        IdSet lostSeen = new IdSet();
        Counting owning = new Counting(counts, damagedSeen, problems, signaturesRequired) {
            @Override
            void gone(ObjectId id) {
                if (!promised.contains(id) && lostSeen.add(id)) {
                    lostCount[0]++;
                    if (lost.size() < FsckReport.LISTED_MAX) {
                        lost.add(id);
                    }
                }
            }
        };
        walk(local, visited, owning);
        return new FsckReport(packs, counts[0], counts[1], promised.size(), lost, lostCount[0], problems);
    }

    private abstract class Counting implements ObjectWalk.Visitor {
        private final long[] counts;
        private final IdSet damagedSeen;
        private final List<String> problems;
        private final boolean signaturesRequired;

        Counting(long[] counts, IdSet damagedSeen, List<String> problems, boolean signaturesRequired) {
            this.counts = counts;
            this.damagedSeen = damagedSeen;
            this.problems = problems;
            this.signaturesRequired = signaturesRequired;
        }

        abstract void gone(ObjectId id);

        @Override
        public void object(ObjectId id, byte[] bytes, ObjectKind kind) throws IOException {
            counts[0]++;
            if (kind == ObjectKind.COMMIT || kind == ObjectKind.TAG) {
                String problem = signatureProblem(bytes, kind);
                if (problem != null && problems.size() < FsckReport.LISTED_MAX) {
                    problems.add((kind == ObjectKind.TAG ? "tag " : "commit ") + id.abbreviated()
                            + " is not to be trusted: " + problem);
                }
            }
        }

        private @Nullable String signatureProblem(byte[] bytes, ObjectKind kind) throws IOException {
            if (kind == ObjectKind.TAG) {
                Signatures.Check check = Signatures.check(Tag.decode(bytes));
                return Admission.problem(check, signaturesRequired);
            }
            Commit commit = Commit.decode(bytes);
            try {
                return Admission.problem(
                        commit,
                        Signatures.check(commit),
                        signaturesRequired,
                        parent -> Commit.decode(objects.require(parent)));
            } catch (DitsException e) {
                return null; // a parent that is damaged or not here is told of by itself
            }
        }

        @Override
        public void chunk(ObjectId id, int length) throws IOException {
            counts[1]++;
            if (!objects.contains(id)) {
                gone(id);
            }
        }

        @Override
        public void missing(ObjectId id, ObjectCodec.Target target) {
            gone(id);
        }

        @Override
        public void damaged(ObjectId id, DitsException problem) {
            if (damagedSeen.add(id) && problems.size() < FsckReport.LISTED_MAX) {
                problems.add("object " + id.abbreviated() + " is damaged, and what only it names is not known: "
                        + problem.getMessage());
            }
        }
    }
}
