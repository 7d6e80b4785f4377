/**
 * One authenticated conversation with one peer.
 *
 * <p>A {@link dev.dits.session.Dialer} dials and joins, a {@link dev.dits.session.ShareAcceptor} answers; between them runs the exchange of {@code docs/wire.md}
 * section 4 ({@link dev.dits.session.MountHandshake}, {@link dev.dits.session.ShareHandshake}), which needs two fingerprints and a pair of byte streams and
 * nothing else. Both end with a {@link dev.dits.session.Session}: a peer's grant, a set of connections, and requests in both directions over whichever
 * connection is best.
 */
package dev.dits.session;
