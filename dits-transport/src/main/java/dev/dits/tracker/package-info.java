/**
 * The tracker: a server by which peers meet that are on no common network. {@link dev.dits.tracker.TrackerServer} is all of it, to be embedded.
 *
 * <p>One TCP port speaks HTTP: the REST API, the WebSockets {@code /rendezvous} and {@code /relay}, counters. It keeps what peers tell it while they are there, learns
 * no code, name or private address of those who only meet through it, opens no connection of its own, and relays what it cannot read. {@code docs/tracker-api.md} has
 * the protocol, {@code docs/decisions/tracker.md} the reasons.
 *
 * <p>A connection begins as an {@link dev.dits.tracker.HttpConnection}, which answers requests, or becomes a {@link dev.dits.tracker.WebSocketConnection}. What
 * connections share ({@link dev.dits.tracker.Rendezvous}, {@link dev.dits.tracker.Sources}) is safe for all event loops. Everything that ends by time is found by one
 * sweep a second, on an injected clock.
 */
@org.jspecify.annotations.NullMarked
package dev.dits.tracker;
