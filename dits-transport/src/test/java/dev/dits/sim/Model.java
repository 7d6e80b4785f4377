package dev.dits.sim;

import dev.dits.object.Commit;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What all users together have written, as far as somebody tried to commit it: for each attempt, which contents it brings in, and which its user knew and
 * replaced or deleted. As nothing is ever written twice, a content stands for one act of one user.
 *
 * <p>From that follows what a branch must hold, whatever was merged with what and by whom: each content that one of its commits brought in, unless
 * another of its commits knew and replaced it. Attempts are told by the commit's message, so one whose end nobody lived to see counts as soon as its commit turns up.
 *
 * <p>Contents are named by their SHA-256.
 */
final class Model {
    /** An attempt to commit. */
    record Attempt(int host, Set<ObjectId> wrote, Set<ObjectId> replaced) {}

    private final Map<String, Attempt> attempts = new LinkedHashMap<>();

    /** Whose commits made from then on must not come to the share. */
    private final Map<Integer, Set<String>> confined = new TreeMap<>();

    // What is named by its hash never changes.
    private final Map<ObjectId, Commit> commits = new HashMap<>();
    private final Map<ObjectId, Map<String, ObjectId>> trees = new HashMap<>();

    /** The share's first commit, which its user made before anybody looked. */
    void first(World.Host share) throws IOException {
        if (attempts.isEmpty()) {
            ObjectId head = share.repository().head().orElseThrow();
            attempts.put(
                    World.FIRST,
                    new Attempt(share.number, Set.copyOf(tree(share, head).values()), Set.of()));
            share.kept.add(head);
        }
    }

    /** A user is about to commit what is in the working tree; returns the message that it has to be done with. */
    String attempt(World.Host host) {
        String message = host.log + " attempt " + attempts.size();
        Set<ObjectId> wrote = new TreeSet<>();
        host.dirty.values().forEach(bytes -> wrote.add(ObjectId.hash(bytes)));
        attempts.put(message, new Attempt(host.number, wrote, Set.copyOf(host.replaced)));
        Set<String> secret = confined.get(host.number);
        if (secret != null) {
            secret.add(message);
        }
        return message;
    }

    /** What a host commits from now on must not come to the share. */
    void confine(World.Host host) {
        confined.putIfAbsent(host.number, new TreeSet<>());
    }

    /** It may again, with all that it made meanwhile. */
    void release(World.Host host) {
        confined.remove(host.number);
    }

    // ---- what there is

    private static ObjectSource objects(World.Host host) {
        ObjectSource own = host.repository().objects();
        return host.shares() || host.sharer.repository() == null
                ? own
                : World.either(own, host.sharer.repository().objects());
    }

    Commit commit(World.Host host, ObjectId id) throws IOException {
        Commit known = commits.get(id);
        if (known == null) {
            known = Commit.decode(objects(host).require(id));
            commits.put(id, known);
        }
        return known;
    }

    /** The files of a commit, by path. */
    Map<String, ObjectId> tree(World.Host host, ObjectId id) throws IOException {
        DirectoryRef top = commit(host, id).tree();
        Map<String, ObjectId> known = trees.get(top.id());
        if (known == null) {
            known = new TreeMap<>();
            list(objects(host), "", top, known);
            trees.put(top.id(), known);
        }
        return known;
    }

    private static void list(ObjectSource objects, String above, DirectoryRef directory, Map<String, ObjectId> found)
            throws IOException {
        DirectoryTree.Cursor entries = new DirectoryTree(objects).iterate(directory);
        for (TreeEntry entry = entries.next(); entry != null; entry = entries.next()) {
            String path = above + new String(entry.name().bytes(), StandardCharsets.UTF_8);
            if (entry instanceof DirectoryEntry below) {
                list(objects, path + "/", below.ref(), found);
            } else if (entry instanceof FileEntry file) {
                found.put(path, new FileTree(objects).sha256(file.content()));
            }
        }
    }

    /** Everything that some commits continue, and they themselves. */
    Map<ObjectId, Commit> history(World.Host host, Collection<ObjectId> tips) throws IOException {
        Map<ObjectId, Commit> found = new LinkedHashMap<>();
        Deque<ObjectId> left = new ArrayDeque<>(tips);
        while (!left.isEmpty()) {
            ObjectId id = left.removeLast();
            if (!found.containsKey(id)) {
                Commit commit = commit(host, id);
                found.put(id, commit);
                left.addAll(commit.parents());
            }
        }
        return found;
    }

    // ---- what has to be

    /** Sees that each branch of a host holds what its history brought into it. */
    void checkNothingLost(World.Host host) throws IOException {
        for (Map.Entry<dev.dits.repo.RefName, ObjectId> branch :
                host.repository().branches().entrySet()) {
            Map<ObjectId, String> missing = new TreeMap<>();
            Set<ObjectId> replaced = new TreeSet<>();
            for (Commit commit : history(host, Set.of(branch.getValue())).values()) {
                Attempt attempt = attempts.get(commit.message());
                if (attempt != null) {
                    attempt.wrote.forEach(content -> missing.put(content, commit.message()));
                    replaced.addAll(attempt.replaced);
                }
            }
            missing.keySet().removeAll(replaced);
            missing.keySet().removeAll(tree(host, branch.getValue()).values());
            if (!missing.isEmpty()) {
                throw new AssertionError(host.log + ": " + branch.getKey() + " has lost what these brought into it: "
                        + missing.values());
            }
        }
    }

    /** Sees that nothing came to the share from those who may not write to it. */
    void checkConfined(World.Host share) throws IOException {
        Set<String> messages = new TreeSet<>();
        for (Commit commit :
                history(share, share.repository().branches().values()).values()) {
            messages.add(commit.message());
        }
        confined.forEach((host, made) -> made.forEach(message -> {
            if (messages.contains(message)) {
                throw new AssertionError(share.log + " has '" + message + "' of one who may not write");
            }
        }));
    }
}
