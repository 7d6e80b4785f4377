/**
 * How datagrams reach a peer.
 *
 * <p>A {@link dev.dits.path.DatagramPath} opens one Netty channel that reads and writes
 * {@link io.netty.channel.socket.DatagramPacket}s and says, for every remote address, which
 * {@link dev.dits.path.PathProfile} its packets follow: their size, how many leave in one system call, and which
 * congestion control fits. Both ends of a connection compute the profile from the address alone, so that they agree
 * without a word being exchanged, and a packet that a path cannot carry is never sent on it.
 *
 * <p>{@link dev.dits.path.UdpPath} is the real one. {@link dev.dits.path.SimulatedNetwork} stands beside it for tests:
 * an in-memory network whose delay, loss, reordering, duplication, rate and cuts are drawn from a seed, so that whole
 * QUIC nodes run over it.
 */
@org.jspecify.annotations.NullMarked
package dev.dits.path;
