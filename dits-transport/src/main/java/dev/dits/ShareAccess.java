package dev.dits;

import dev.dits.error.RepositoryNotFoundException;
import dev.dits.repo.Repository;
import dev.dits.session.Grant;
import dev.dits.session.GrantStore;
import dev.dits.session.GuessLimiter;
import dev.dits.session.KeptTicket;
import dev.dits.session.ShareIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Who may enter a repository, seen and changed without sharing it. Shares of the same repository that run meanwhile, in this or in another process,
 * follow within a second: whose access was revoked loses its connections.
 *
 * <p>Holds nothing open; each call reads what is there. Safe for use by several threads and processes.
 */
public final class ShareAccess {
    private final ShareFiles files;
    private final GrantStore grants;
    private final GuessLimiter guesses;

    private ShareAccess(ShareFiles files) throws IOException {
        this.files = files;
        this.grants = GrantStore.open(files.grants());
        this.guesses = GuessLimiter.open(files.guesses(), InstantSource.system());
    }

    /**
     * Looks at a repository.
     *
     * @param directory its top directory
     * @return its access; empty where it was never shared
     * @throws RepositoryNotFoundException if it is no repository
     * @throws IOException if what was granted can not be read
     */
    public static ShareAccess of(Path directory) throws IOException {
        if (!Files.isDirectory(directory.resolve(Repository.DIRECTORY))) {
            throw new RepositoryNotFoundException(
                    directory + " is not a dits repository; 'dits init' makes one, 'dits p2p share' shares it");
        }
        return new ShareAccess(ShareFiles.of(directory));
    }

    /**
     * Lists everybody who has joined and may come back.
     *
     * @return in the order in which they joined; none of them as connected, which only the {@link Share} knows
     * @throws IOException if it can not be read
     */
    public List<Peer> peers() throws IOException {
        return grants.list().stream().map(grant -> Peer.of(grant, false, null)).toList();
    }

    /**
     * Ends a peer's access, durably. Its connections to running shares end within a second.
     *
     * @param peerId as {@link #peers} lists it
     * @return whether there was such a peer
     * @throws IOException if it can not be written; then the access stays
     */
    public boolean revoke(String peerId) throws IOException {
        boolean revoked = false;
        for (Grant grant : grants.list()) {
            if (Peer.idOf(grant).equals(peerId)) {
                revoked |= grants.remove(grant.sessionId());
            }
        }
        return revoked;
    }

    /**
     * Lists the tickets that are kept for shares that persist; used and expired ones too, until they are withdrawn.
     *
     * @return with their secrets, and without addresses, which only a running share knows: such a ticket finds its share on the LAN
     * @throws IOException if they can not be read
     */
    public List<Invite> invites() throws IOException {
        List<KeptTicket> tickets = grants.tickets();
        Optional<ShareIdentity> identity = ShareIdentity.read(files.identity());
        return identity.isEmpty()
                ? List.of()
                : tickets.stream()
                        .map(ticket -> Invitations.invite(ticket, identity.get(), List.of()))
                        .toList();
    }

    /**
     * Ends a kept ticket. Those who joined by it stay.
     *
     * @param inviteId as {@link #invites} lists it
     * @return whether there was such a ticket
     * @throws IOException if it can not be written; then it stays
     */
    public boolean withdraw(String inviteId) throws IOException {
        byte[] tag = Invitations.tagOf(inviteId);
        return tag != null && grants.forget(tag);
    }

    /**
     * Has every running share of the repository draw a new join code within a second, as {@link Share#rearm} does; each tells its listeners by
     * {@link DitsEvent.CodeChanged}. A share that is not running draws a new one when it starts anyway.
     *
     * @throws IOException if it can not be written
     */
    public void rearm() throws IOException {
        guesses.rearm();
    }
}
