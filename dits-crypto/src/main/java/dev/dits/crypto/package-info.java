/**
 * What two strangers need to become one session: codes, tickets, SPAKE2, certificates, derived keys.
 *
 * <h2>The story of a join</h2>
 *
 * <ol>
 *   <li>The share makes a {@link dev.dits.crypto.PeerCertificate}, fresh for this share, and draws a
 *       {@link dev.dits.crypto.JoinCode}. The code's first characters are the <em>nameplate</em>, under which the share can be
 *       found; the last six are the <em>secret</em>, which never leaves the machine. On the LAN not even the nameplate is said,
 *       only its {@link dev.dits.crypto.NameplateTag}. Where nobody can be asked, a {@link dev.dits.crypto.Ticket} carries
 *       certificate, addresses and a 128-bit secret instead.
 *   <li>A person carries the code to the mount, which makes a certificate of its own and connects. TLS shows each side the
 *       certificate of whoever ended the connection, which may be someone in between.
 *   <li>Both turn the code into a {@link dev.dits.crypto.Spake2Password} (Argon2id for a code, HKDF for a ticket), and both
 *       write what they see into a {@link dev.dits.crypto.Spake2Context}: the two certificates, and everything negotiated
 *       before. Then SPAKE2 (RFC 9382) runs: {@link dev.dits.crypto.Spake2Mount} sends its point,
 *       {@link dev.dits.crypto.Spake2Share} answers with its own, the mount confirms, and only a valid confirmation gets the
 *       share's. Whoever sits in between made the certificates differ, so both confirmations fail; whoever guesses gets one
 *       guess a connection, learns nothing but "wrong", and pays for it at the share.
 *   <li>Both hold the same {@link dev.dits.crypto.SessionSecret}. Every further connection of the session opens with a
 *       {@link dev.dits.crypto.ConnectionProof} made with it, on top of the certificates that are now pinned.
 * </ol>
 *
 * <h2>Rules of the package</h2>
 *
 * <p>Failures that a peer or a typing hand can cause are {@link java.security.GeneralSecurityException}s; the caller's own
 * mistakes are {@link java.lang.IllegalArgumentException} and {@link java.lang.IllegalStateException}. Secrets are in no
 * {@code toString} and no message; the methods that hand them out begin with {@code expose}, so that one search finds every
 * use ({@link dev.dits.crypto.JoinCode#display()}, {@link dev.dits.crypto.Ticket#encode()} and
 * {@link dev.dits.crypto.PeerCertificate#toBytes()} are secrets too, and exist to be shown or stored). No JCA provider is
 * registered and nothing here keeps static state. Values are immutable and safe for several threads; the SPAKE2 state
 * machines belong to one thread at a time and serve one attempt.
 */
package dev.dits.crypto;
