package dev.dits.sim;

import java.util.LinkedHashMap;
import java.util.Map;

/** What one run did, or several together, in numbers. */
final class Figures {
    private final Map<String, Long> counts = new LinkedHashMap<>();

    /** A number over all turns that were taken: two runs of a seed are the same if it is. */
    private long trace;

    /** Names what will be counted, in the order in which it is told. */
    Figures(String... names) {
        for (String name : names) {
            counts.put(name, 0L);
        }
    }

    void count(String name) {
        add(name, 1);
    }

    void add(String name, long number) {
        counts.merge(name, number, Long::sum);
    }

    void addAll(Figures others) {
        others.counts.forEach(this::add);
    }

    long trace() {
        return trace;
    }

    void setTrace(long value) {
        trace = value;
    }

    /** The numbers, for people. */
    @Override
    public String toString() {
        StringBuilder said = new StringBuilder();
        counts.forEach((name, number) -> said.append(said.isEmpty() ? "" : ", ")
                .append(number)
                .append(' ')
                .append(name));
        return said.toString();
    }
}
