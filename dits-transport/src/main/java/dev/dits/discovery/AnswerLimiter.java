package dev.dits.discovery;

import dev.dits.limit.RateLimit;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bounds how many answers leave, to one source and in all: token buckets. Not thread-safe; time is passed in.
 *
 * @param <K> identifies a source
 */
final class AnswerLimiter<K> {
    /** Several mounts on one machine search at once, each with a burst of four queries. */
    static final int SOURCE_BURST = 32;

    static final int SOURCE_PER_SECOND = 8;
    static final int TOTAL_BURST = 256;
    static final int TOTAL_PER_SECOND = 64;

    /** Sources that are remembered; the one unheard of for longest is forgotten first. */
    static final int SOURCES_MAX = 1_024;

    private final RateLimit total;
    private final Map<K, RateLimit> sources = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, RateLimit> eldest) {
            return size() > SOURCES_MAX;
        }
    };

    AnswerLimiter(long nowNanos) {
        this.total = new RateLimit(TOTAL_PER_SECOND, TOTAL_BURST, nowNanos);
    }

    boolean admit(K source, long nowNanos) {
        RateLimit own =
                sources.computeIfAbsent(source, key -> new RateLimit(SOURCE_PER_SECOND, SOURCE_BURST, nowNanos));
        return own.take(1, nowNanos) && total.take(1, nowNanos);
    }
}
