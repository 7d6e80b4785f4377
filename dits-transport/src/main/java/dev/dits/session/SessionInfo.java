package dev.dits.session;

import dev.dits.object.Escaper;
import java.util.HexFormat;

/**
 * What a session is about. Holds no secret.
 *
 * @param sessionId 16 bytes
 * @param shareId 16 bytes
 * @param repositoryId 16 bytes
 * @param profile name of the chunk profile
 * @param readOnly whether the dialler may only read
 * @param shareName what the share calls itself; from the peer, so escape it before showing it
 * @param branch the branch that a new mount checks out; empty if there is none yet
 * @param peerName what the peer calls itself: the device on the share's side, the share on the mount's; from the peer
 */
@SuppressWarnings("ArrayRecordComponent") // ids of 16 bytes; compared by nobody
public record SessionInfo(
        byte[] sessionId,
        byte[] shareId,
        byte[] repositoryId,
        String profile,
        boolean readOnly,
        String shareName,
        String branch,
        String peerName) {
    /** The ids, and names fit to be shown. */
    @Override
    public String toString() {
        return "session " + HexFormat.of().formatHex(sessionId, 0, 4) + " with " + Escaper.escape(peerName);
    }
}
