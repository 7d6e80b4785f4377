package dev.dits.tracker;

import java.time.Instant;

/**
 * A registered peer.
 *
 * @param id what it calls itself
 * @param ip where it can be reached, as a literal
 * @param port TCP or UDP port there
 * @param hostname what its machine is called
 * @param seenAt its last sign of life
 * @param online whether that was not long ago
 */
public record TrackedPeer(String id, String ip, int port, String hostname, Instant seenAt, boolean online) {}
