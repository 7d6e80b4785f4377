package dev.dits.discovery;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

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

    private final Bucket total = new Bucket(TOTAL_BURST, TOTAL_PER_SECOND);
    private final Map<K, Bucket> sources = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, Bucket> eldest) {
            return size() > SOURCES_MAX;
        }
    };

    boolean admit(K source, long nowNanos) {
        Bucket own = sources.computeIfAbsent(source, key -> new Bucket(SOURCE_BURST, SOURCE_PER_SECOND));
        return own.take(nowNanos) && total.take(nowNanos);
    }

    private static final class Bucket {
        private final double burst;
        private final double perNano;
        private double tokens;
        private long filledAtNanos;
        private boolean used;

        Bucket(int burst, int perSecond) {
            this.burst = burst;
            this.perNano = (double) perSecond / TimeUnit.SECONDS.toNanos(1);
            this.tokens = burst;
        }

        boolean take(long nowNanos) {
            if (used) {
                tokens = Math.min(burst, tokens + (nowNanos - filledAtNanos) * perNano);
            }
            used = true;
            filledAtNanos = nowNanos;
            if (tokens < 1) {
                return false;
            }
            tokens--;
            return true;
        }
    }
}
