package dev.dits.tracker;

import dev.dits.limit.RateLimit;
import io.netty.channel.Channel;
import java.util.LinkedHashMap;
import java.util.Map;

/** A share that wants to be found: the tags that its connection holds. */
final class RendezvousConnection extends WebSocketConnection {
    private static final long VERSION = 1;

    /** What a share may say a second, lasting, and at once: all its tags. */
    private static final int MESSAGES_PER_SECOND = 16;

    private static final int MESSAGES_BURST = 4 * Rendezvous.TAGS_PER_CONNECTION_MAX;
    private static final int ECHOED_CHARS_MAX = 64;

    private final RateLimit messages;

    RendezvousConnection(Hub hub, Channel channel) {
        super(hub, channel);
        this.messages = new RateLimit(MESSAGES_PER_SECOND, MESSAGES_BURST, hub.nowNanos());
    }

    @Override
    void opened() {
        Map<String, Object> welcome = new LinkedHashMap<>();
        welcome.put("type", "welcome");
        welcome.put("version", VERSION);
        welcome.put("stun", hub.stunMessage());
        say(welcome);
    }

    @Override
    void told(String type, Map<String, Object> message) {
        if (!messages.take(1, hub.nowNanos())) {
            close(LIMIT, "too many messages");
            return;
        }
        if (!(message.get("tag") instanceof String tag)) {
            return;
        }
        if (!Rendezvous.isTag(tag)) {
            if (type.equals("claim")) {
                refused(
                        tag.substring(0, Math.min(tag.length(), ECHOED_CHARS_MAX)),
                        "a tag is 16 lower-case hex digits");
            }
            return;
        }
        switch (type) {
            case "claim" -> {
                switch (hub.rendezvous.claim(this, tag, Boolean.TRUE.equals(message.get("exclusive")))) {
                    case CLAIMED -> say(about("claimed", tag));
                    case TAKEN -> say(about("taken", tag));
                    case TOO_MANY_HERE ->
                        refused(tag, "a connection holds at most " + Rendezvous.TAGS_PER_CONNECTION_MAX + " tags");
                    case TOO_MANY -> refused(tag, "this tracker holds as many as it takes");
                }
            }
            case "release" -> hub.rendezvous.release(this, tag);
            default -> {
                // A later version's.
            }
        }
    }

    private static Map<String, Object> about(String type, String tag) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("type", type);
        message.put("tag", tag);
        return message;
    }

    private void refused(String tag, String why) {
        Map<String, Object> message = about("refused", tag);
        message.put("message", why);
        say(message);
    }

    /** Somebody wants to reach the share. A share that reads too slowly is not told, rather than left: strangers knock. */
    void knock(String tag, Room room, String source) {
        if (!channel.isWritable()) {
            return;
        }
        Map<String, Object> message = about("knock", tag);
        message.put("room", room.id);
        message.put("token", room.token);
        message.put("source", source);
        say(message);
    }

    @Override
    void closed() {
        hub.rendezvous.releaseAll(this);
    }
}
