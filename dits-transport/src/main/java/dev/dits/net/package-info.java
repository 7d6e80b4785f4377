/**
 * What a conversation stands on: an endpoint that dials and is dialled, connections, byte streams, and how they fail.
 *
 * <p>Interfaces only, with the meaning that QUIC (RFC 9000) gives them. {@code dev.dits.quic} implements them on a
 * datagram socket; the simulation in the tests implements them in memory, where a seed decides what is slow, silent or
 * cut.
 */
@org.jspecify.annotations.NullMarked
package dev.dits.net;
