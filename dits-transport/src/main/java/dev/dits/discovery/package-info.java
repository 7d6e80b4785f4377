/**
 * Who is where: ways to turn a public tag into addresses worth dialling.
 *
 * <p>A {@link dev.dits.discovery.PeerDiscovery} lets a share be found under a tag and lets a mount search for one. What
 * it reports is a {@link dev.dits.discovery.Candidate}: a hint and nothing more. Anyone can answer a search; whether a
 * peer is the right one is decided by SPAKE2 or a pinned certificate after dialling it, and a wrong candidate costs no
 * more than that dial.
 *
 * <p>{@link dev.dits.discovery.LanDiscovery} asks on the local network by multicast, with broadcast beside it for
 * networks that filter multicast. Shares only ever answer, and only to a tag that they know: a listener learns of no share
 * whose nameplate it does not already have.
 */
@org.jspecify.annotations.NullMarked
package dev.dits.discovery;
