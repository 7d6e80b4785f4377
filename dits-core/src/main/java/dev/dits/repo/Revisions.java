package dev.dits.repo;

import dev.dits.error.DitsException;
import dev.dits.object.Commit;
import dev.dits.object.ObjectCodec;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectKind;
import dev.dits.object.Tag;
import dev.dits.store.PackStore;
import dev.dits.store.RecordType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds commits by what people call them. Safe for use by several threads. */
final class Revisions {
    private static final int PREFIX_DIGITS_MIN = 6;

    private final Refs refs;
    private final PackStore store;
    private final RepositoryObjects objects;

    Revisions(Refs refs, PackStore store, RepositoryObjects objects) {
        this.refs = refs;
        this.store = store;
        this.objects = objects;
    }

    /** Where HEAD stands; nothing before the first commit. */
    Optional<ObjectId> head() throws IOException {
        Refs.Head head = refs.head();
        return head.branch() != null ? refs.read(head.branch()) : Optional.ofNullable(head.commit());
    }

    /** See {@link Repository#resolve}. */
    ObjectId resolve(String revision) throws IOException {
        int end = 0;
        while (end < revision.length() && revision.charAt(end) != '~' && revision.charAt(end) != '^') {
            end++;
        }
        ObjectId id = peel(resolveName(revision.substring(0, end)));
        int at = end;
        while (at < revision.length()) {
            boolean ancestor = revision.charAt(at) == '~';
            int digits = ++at;
            while (at < revision.length() && Character.digit(revision.charAt(at), 10) >= 0) {
                at++;
            }
            if (at - digits > 6
                    || (at < revision.length() && revision.charAt(at) != '~' && revision.charAt(at) != '^')) {
                throw noRevision(revision);
            }
            int number = digits == at ? 1 : Integer.parseInt(revision, digits, at, 10);
            for (int i = 0; i < (ancestor ? number : Math.min(number, 1)); i++) {
                List<ObjectId> parents = Commit.decode(objects.require(id)).parents();
                int parent = ancestor ? 0 : number - 1;
                if (parent >= parents.size()) {
                    throw new DitsException(
                            "'" + revision + "' goes beyond the first commit; 'dits log' shows how many there are");
                }
                id = parents.get(parent);
            }
        }
        return id;
    }

    private ObjectId resolveName(String name) throws IOException {
        if (name.equals("HEAD") || name.equals("@")) {
            return head().orElseThrow(() -> new DitsException("there is no commit yet; 'dits commit' makes the first"));
        }
        for (String candidate : List.of(
                name.startsWith("refs/") ? name : RefName.TAGS + name, RefName.HEADS + name, RefName.REMOTES + name)) {
            try {
                Optional<ObjectId> found = refs.read(new RefName(candidate));
                if (found.isPresent()) {
                    return found.get();
                }
            } catch (IllegalArgumentException e) {
                // Not a name a reference can have; it may still be an id.
            }
        }
        if (name.length() >= PREFIX_DIGITS_MIN
                && name.length() <= 2 * ObjectId.BYTES
                && name.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 0x80)) {
            return resolvePrefix(name.toLowerCase(java.util.Locale.ROOT));
        }
        throw noRevision(name);
    }

    private static DitsException noRevision(String name) {
        return new DitsException("there is no commit, branch or tag '" + dev.dits.object.Escaper.escape(name)
                + "'; 'dits log' and 'dits branch' list them");
    }

    private ObjectId resolvePrefix(String prefix) throws IOException {
        if (prefix.length() == 2 * ObjectId.BYTES) {
            ObjectId id = ObjectId.fromHex(prefix);
            if (!objects.contains(id)) {
                throw noRevision(prefix);
            }
            return id;
        }
        List<ObjectId> found = new ArrayList<>();
        store.forEach((id, type, plain, stored) -> {
            if (type == RecordType.OBJECT && id.toString().startsWith(prefix)) {
                ObjectKind kind = ObjectCodec.kindOf(objects.require(id));
                if (kind == ObjectKind.COMMIT || kind == ObjectKind.TAG) {
                    found.add(id);
                }
            }
        });
        if (found.size() > 1) {
            throw new DitsException("'" + prefix + "' is the start of " + found.size() + " ids; give more digits");
        }
        if (found.isEmpty()) {
            throw noRevision(prefix);
        }
        return found.get(0);
    }

    /** The commit that a tag names, or the commit itself. */
    ObjectId peel(ObjectId id) throws IOException {
        byte[] bytes = objects.require(id);
        return switch (ObjectCodec.kindOf(bytes)) {
            case COMMIT -> id;
            case TAG -> Tag.decode(bytes).target();
            default -> throw new DitsException(id.abbreviated() + " is not a commit; 'dits log' lists them");
        };
    }
}
