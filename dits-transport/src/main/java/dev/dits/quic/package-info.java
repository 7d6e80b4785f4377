/**
 * QUIC for worker threads: the only code that names Netty's QUIC codec.
 *
 * <p>A {@link dev.dits.quic.QuicNode} owns one event loop and one datagram channel (a UDP socket, or whatever a
 * {@link dev.dits.path.DatagramPath} opens) and uses it in both roles: it accepts connections for any number of
 * registered certificates, told apart by the server name a client sends, and it dials out. A
 * {@link dev.dits.quic.QuicConnection} is mutually authenticated TLS 1.3 between two self-signed P-256 certificates;
 * nothing here decides whether a peer may be trusted, it only says, in SHA-256 fingerprints, who it is. A
 * {@link dev.dits.quic.QuicStream} is a pair of blocking byte streams with back-pressure at both ends.
 *
 * <p>A packet's way: the socket hands it to {@code PacketDemux}, which looks at the first byte of the destination
 * connection id (server ids begin with a one bit, client ids with a zero) and at the sender's address (which fixes the
 * packet size, see {@link dev.dits.path.PathProfile}), and passes it to the codec of that role and size. The codec
 * decrypts on the loop; stream bytes go into the bounded queue of their {@code QuicStream}, where a worker takes them
 * out. On the way out a worker fills buffers of 128 KiB and hands them to the loop, at most a few MiB ahead of what
 * congestion and flow control let go.
 *
 * <p>No callback runs on the loop: accepted connections and streams are handed to the executor the node was given.
 */
@org.jspecify.annotations.NullMarked
package dev.dits.quic;
