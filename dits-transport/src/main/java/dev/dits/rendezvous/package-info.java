/**
 * Meets peers through a tracker ({@code docs/tracker-api.md}): a share claims the tags it is found by, a mount asks for a room with whoever holds one, and the room
 * carries their packets. What goes through it is QUIC's own, encrypted end to end.
 *
 * <p>{@link dev.dits.rendezvous.TrackerClient} belongs to a node, {@link dev.dits.rendezvous.TrackerDiscovery} to one of its sockets.
 */
@org.jspecify.annotations.NullMarked
package dev.dits.rendezvous;
