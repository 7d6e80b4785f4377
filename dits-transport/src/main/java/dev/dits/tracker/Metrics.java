package dev.dits.tracker;

import java.util.concurrent.atomic.LongAdder;

/** Counts since the start. Safe for use by several threads. */
final class Metrics {
    final LongAdder connections = new LongAdder();
    final LongAdder connectionsRefused = new LongAdder();
    final LongAdder requests = new LongAdder();
    final LongAdder requestsRefused = new LongAdder();
    final LongAdder attemptsRefused = new LongAdder();
    final LongAdder stunRequests = new LongAdder();
    final LongAdder pongs = new LongAdder();
    final LongAdder roomsOpened = new LongAdder();
    final LongAdder relayPackets = new LongAdder();
    final LongAdder relayBytes = new LongAdder();
    final LongAdder relayPacketsDropped = new LongAdder();

    /** All of them in the text format of Prometheus, version 0.0.4. */
    String text(Hub hub, TrackerStore.Counts counts) {
        StringBuilder out = new StringBuilder(2_048);
        gauge(out, "connections", "Open connections.", hub.connections());
        gauge(out, "peers", "Registered peers.", counts.peers());
        gauge(out, "peers_online", "Registered peers that gave a sign of life.", counts.peersOnline());
        gauge(out, "files", "Announced files.", counts.files());
        gauge(out, "tags", "Tags held by shares.", hub.rendezvous.tagCount());
        gauge(
                out,
                "relay_rooms",
                "Rooms of the relay, those included that wait for their second member.",
                hub.rendezvous.roomCount());
        gauge(out, "relay_queued_bytes", "Bytes waiting to be relayed.", hub.relayQueuedBytes.get());
        counter(out, "connections_total", "Connections accepted.", connections);
        counter(out, "connections_refused_total", "Connections refused by limits.", connectionsRefused);
        counter(out, "requests_total", "HTTP requests, WebSocket handshakes included.", requests);
        counter(out, "requests_refused_total", "HTTP requests refused before they were looked into.", requestsRefused);
        counter(out, "attempts_refused_total", "Rooms refused by limits.", attemptsRefused);
        counter(out, "stun_requests_total", "STUN requests answered.", stunRequests);
        counter(out, "pongs_total", "Signs of life that WebSockets gave when they were asked.", pongs);
        counter(out, "relay_rooms_total", "Rooms in which two members met.", roomsOpened);
        counter(out, "relay_packets_total", "Packets relayed.", relayPackets);
        counter(out, "relay_bytes_total", "Bytes of packets relayed.", relayBytes);
        counter(out, "relay_packets_dropped_total", "Packets dropped by rates and full queues.", relayPacketsDropped);
        return out.toString();
    }

    private static void gauge(StringBuilder out, String name, String help, long value) {
        metric(out, name, help, "gauge", value);
    }

    private static void counter(StringBuilder out, String name, String help, LongAdder value) {
        metric(out, name, help, "counter", value.sum());
    }

    private static void metric(StringBuilder out, String name, String help, String type, long value) {
        String full = "dits_tracker_" + name;
        out.append("# HELP ").append(full).append(' ').append(help).append('\n');
        out.append("# TYPE ").append(full).append(' ').append(type).append('\n');
        out.append(full).append(' ').append(value).append('\n');
    }
}
