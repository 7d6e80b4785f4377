package dev.dits.tracker;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is asked.
 *
 * @param method of HTTP
 * @param path decoded
 * @param query decoded
 * @param headers as they came
 * @param client where it comes from; port 0 where a proxy's word is taken, which names no port
 */
record Request(
        HttpMethod method,
        String path,
        Map<String, List<String>> query,
        HttpHeaders headers,
        InetSocketAddress client) {
    /** A parameter that is there once; null otherwise. */
    @Nullable
    String parameter(String name) {
        List<String> values = query.getOrDefault(name, List.of());
        return values.size() == 1 ? values.get(0) : null;
    }

    Source source() {
        return Source.of(client.getAddress());
    }
}
