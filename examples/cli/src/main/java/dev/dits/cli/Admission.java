package dev.dits.cli;

import dev.dits.Peer;
import dev.dits.RunningNode;
import dev.dits.RunningShare;
import dev.dits.ShareAccess;
import dev.dits.error.DitsException;
import dev.dits.error.RepositoryNotFoundException;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who may enter a share: asked of the process that runs it or, where none does, of what the repository keeps. */
interface Admission {
    List<Peer> peers() throws IOException, InterruptedException;

    boolean revoke(String peerId) throws IOException, InterruptedException;

    /** Draws a new code; null where the share does not run, and will draw one when it does. */
    @Nullable
    String rearm() throws IOException, InterruptedException;

    /** What it is about, for messages. */
    Path root();

    /**
     * Finds it.
     *
     * @throws DitsException if it neither runs nor is kept
     */
    static Admission choose(Context context, ShareChoice choice) throws IOException, InterruptedException {
        List<RunningNode> nodes = Held.nodes(context);
        Path kept = kept(context, choice.target());
        if (kept == null
                || Held.shares(nodes).stream().anyMatch(share -> share.root().equals(kept))) {
            return new Running(choice.choose(context));
        }
        Held.warnOfSilent(context, nodes);
        return new Kept(kept, ShareAccess.of(kept));
    }

    /** The repository that is named, or stands around; null if there is none. */
    private static @Nullable Path kept(Context context, @Nullable String target) throws IOException {
        try {
            if (target == null) {
                return Repository.find(context.here()).toRealPath();
            }
            Path named = context.path(Path.of(target));
            return Files.isDirectory(named.resolve(Repository.DIRECTORY)) ? named.toRealPath() : null;
        } catch (RepositoryNotFoundException | java.nio.file.InvalidPathException e) {
            return null;
        }
    }

    /** Of a process. */
    record Running(RunningShare share) implements Admission {
        @Override
        public List<Peer> peers() throws IOException, InterruptedException {
            return share.peers();
        }

        @Override
        public boolean revoke(String peerId) throws IOException, InterruptedException {
            return share.revoke(peerId);
        }

        @Override
        public String rearm() throws IOException, InterruptedException {
            return share.rearm();
        }

        @Override
        public Path root() {
            return share.root();
        }
    }

    /** Of nobody at the moment. */
    record Kept(Path root, ShareAccess access) implements Admission {
        @Override
        public List<Peer> peers() throws IOException {
            return access.peers();
        }

        @Override
        public boolean revoke(String peerId) throws IOException {
            return access.revoke(peerId);
        }

        @Override
        public @Nullable String rearm() throws IOException {
            access.rearm();
            return null;
        }
    }
}
