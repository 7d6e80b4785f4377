package dev.dits.tracker;

import dev.dits.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a request is answered.
 *
 * @param status of HTTP
 * @param contentType of the body
 * @param body all of it
 * @param headers more fields
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares replies.
record Reply(int status, String contentType, byte[] body, Map<String, String> headers) {
    static Reply json(int status, Map<String, Object> object) {
        return new Reply(status, "application/json", Json.write(object), Map.of());
    }

    static Reply text(String contentType, String text) {
        return new Reply(200, contentType, text.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    /**
     * A refusal.
     *
     * @param message what is wrong, and nothing that a stranger said
     */
    static Reply error(int status, String message) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("success", false);
        object.put("message", message);
        return json(status, object);
    }

    Reply with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Reply(status, contentType, body, more);
    }
}
