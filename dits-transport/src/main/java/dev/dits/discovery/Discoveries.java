package dev.dits.discovery;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;

/** Several ways to find peers, as one. Closing it closes none of them. Safe for use by several threads where they are. */
public final class Discoveries implements PeerDiscovery {
    private final List<PeerDiscovery> all;

    /**
     * @param all asked together
     */
    public Discoveries(List<PeerDiscovery> all) {
        this.all = List.copyOf(all);
    }

    private interface Step {
        Closeable by(PeerDiscovery one) throws TagTakenException;
    }

    private Closeable each(Step step) throws TagTakenException {
        List<Closeable> begun = new ArrayList<>();
        boolean done = false;
        try {
            for (PeerDiscovery one : all) {
                begun.add(step.by(one));
            }
            done = true;
        } finally {
            if (!done) {
                end(begun);
            }
        }
        return () -> end(begun);
    }

    private static void end(List<Closeable> begun) {
        for (Closeable one : begun) {
            try {
                one.close();
            } catch (IOException e) {
                LoggerFactory.getLogger(Discoveries.class).debug("one did not end", e);
            }
        }
    }

    @Override
    public Closeable announce(byte[] tag, int port) {
        try {
            return each(one -> one.announce(tag, port));
        } catch (TagTakenException e) {
            throw new IllegalStateException("such a tag is everybody's", e);
        }
    }

    @Override
    public Closeable announceAlone(byte[] tag, int port) throws TagTakenException {
        return each(one -> one.announceAlone(tag, port));
    }

    @Override
    public boolean isKnownAfar(byte[] tag) {
        return all.stream().anyMatch(one -> one.isKnownAfar(tag));
    }

    @Override
    public Closeable search(byte[] tag, Consumer<Candidate> found) {
        return search(tag, found, problem -> {});
    }

    @Override
    public Closeable search(byte[] tag, Consumer<Candidate> found, Consumer<String> failed) {
        try {
            return each(one -> one.search(tag, found, failed));
        } catch (TagTakenException e) {
            throw new IllegalStateException("a search takes no tag", e);
        }
    }

    @Override
    public String describe() {
        return all.stream().map(PeerDiscovery::describe).collect(Collectors.joining(", "));
    }

    @Override
    public void close() {}
}
