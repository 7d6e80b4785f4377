package dev.dits.tracker;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How things look in JSON: the field names of {@code docs/openapi.yaml}. */
final class Views {
    private Views() {}

    static Map<String, Object> peer(TrackedPeer peer) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("peer_id", peer.id());
        view.put("ip", peer.ip());
        view.put("port", (long) peer.port());
        view.put("hostname", peer.hostname());
        view.put("status", peer.online() ? "online" : "offline");
        view.put("last_seen", peer.seenAt().toString());
        return view;
    }

    static Map<String, Object> file(TrackedFile file) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("hash", file.hash());
        view.put("name", file.name());
        view.put("size", file.size());
        view.put("added_at", file.addedAt().toString());
        return view;
    }

    static Map<String, Object> count(TrackerStore.FileCount count) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("hash", count.file().hash());
        view.put("name", count.file().name());
        view.put("size", count.file().size());
        view.put("seeders", (long) count.seeders());
        view.put("leechers", (long) count.leechers());
        view.put("added_at", count.file().addedAt().toString());
        return view;
    }

    static List<Object> chunks(ChunkList chunks) {
        List<Object> list = new ArrayList<>(chunks.count());
        for (int i = 0; i < chunks.count(); i++) {
            Map<String, Object> chunk = new LinkedHashMap<>();
            chunk.put("index", (long) i);
            chunk.put("hash", chunks.hash(i));
            chunk.put("size", (long) chunks.size(i));
            list.add(chunk);
        }
        return list;
    }

    static Map<String, Object> holder(TrackerStore.Holder holder, int chunkCount) {
        Map<String, Object> view = peer(holder.peer());
        List<Object> available = new ArrayList<>();
        int[] part = holder.chunksAvailable();
        if (part == null) {
            for (long i = 0; i < chunkCount; i++) {
                available.add(i);
            }
        } else {
            for (int index : part) {
                available.add((long) index);
            }
        }
        view.put("chunks_available", available);
        view.put("is_seeder", holder.isSeeder());
        return view;
    }

    static Map<String, Object> stats(Hub hub, TrackerStore.Counts counts) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("peers", (long) counts.peers());
        view.put("peers_online", (long) counts.peersOnline());
        view.put("files", (long) counts.files());
        view.put("relays", (long) hub.rendezvous.roomCount());
        view.put("relay_packets", hub.metrics.relayPackets.sum());
        view.put("relay_bytes", hub.metrics.relayBytes.sum());
        view.put("relay_packets_dropped", hub.metrics.relayPacketsDropped.sum());
        return view;
    }
}
