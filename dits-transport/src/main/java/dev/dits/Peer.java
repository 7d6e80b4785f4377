package dev.dits;

import dev.dits.object.Escaper;
import dev.dits.object.TreePath;
import dev.dits.session.Grant;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who has joined a share, and what they may do there, connected or not. Immutable.
 *
 * @param id names the peer in commands: 12 hexadecimal digits, no secret
 * @param name what the peer calls itself, fit to be shown; empty if it never said
 * @param connected whether it is connected now, to this share
 * @param address where it is connected from, {@code host:port}; empty while it is away
 * @param readOnly whether it may not push
 * @param branches the branches that it sees; empty for all
 * @param paths the directories and files that it sees; empty for all
 * @param joined when it joined
 * @param expires when its access ends or has ended; null for never
 */
public record Peer(
        String id,
        String name,
        boolean connected,
        String address,
        boolean readOnly,
        List<String> branches,
        List<String> paths,
        Instant joined,
        @Nullable Instant expires) {
    private static final int ID_BYTES = 6;

    /** Copies the lists. */
    public Peer {
        branches = List.copyOf(branches);
        paths = List.copyOf(paths);
    }

    static String idOf(Grant grant) {
        return HexFormat.of().formatHex(grant.sessionId(), 0, ID_BYTES);
    }

    static Peer of(Grant grant, boolean readOnlyShare, @Nullable String address) {
        return new Peer(
                idOf(grant),
                Escaper.escape(grant.deviceName()),
                address != null,
                address == null ? "" : address,
                readOnlyShare || grant.access().readOnly(),
                grant.access().branches().stream().map(Escaper::escape).toList(),
                grant.access().paths().stream().map(TreePath::display).toList(),
                Instant.ofEpochSecond(grant.createdEpochSeconds()),
                grant.access().expires());
    }
}
