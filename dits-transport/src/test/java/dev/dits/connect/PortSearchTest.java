package dev.dits.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PortSearchTest {
    private static final InetSocketAddress PEER = new InetSocketAddress("203.0.113.1", 40_000);
    private static final byte[] THEIRS = new byte[12];
    private static final byte[] OURS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

    private final Clockwork timer = new Clockwork();
    private final Sockets sockets = new Sockets();
    private final PortSearchLimits limits = new PortSearchLimits();
    private final PortSearch.Parts parts = new PortSearch.Parts(sockets, timer, Runnable::run, new Random(7), limits);

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    /** Runs what is due when the test says so. */
    private static final class Clockwork extends ScheduledThreadPoolExecutor {
        private record Task(long dueMillis, Runnable run, boolean[] cancelled) {}

        private final List<Task> tasks = new ArrayList<>();
        private long nowMillis;

        Clockwork() {
            super(0);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            Task task = new Task(nowMillis + unit.toMillis(delay), command, new boolean[1]);
            tasks.add(task);
            return new Scheduled(task.cancelled);
        }

        void advance(long millis) {
            long until = nowMillis + millis;
            while (true) {
                Task next = tasks.stream()
                        .filter(task -> task.dueMillis <= until)
                        .min(java.util.Comparator.comparingLong(Task::dueMillis))
                        .orElse(null);
                if (next == null) {
                    nowMillis = until;
                    return;
                }
                tasks.remove(next);
                nowMillis = next.dueMillis;
                if (!next.cancelled[0]) {
                    next.run.run();
                }
            }
        }
    }

    private record Scheduled(boolean[] cancelled) implements ScheduledFuture<Object> {
        @Override
        public long getDelay(TimeUnit unit) {
            return 0;
        }

        @Override
        public int compareTo(Delayed other) {
            return 0;
        }

        @Override
        public boolean cancel(boolean interrupt) {
            cancelled[0] = true;
            return true;
        }

        @Override
        public boolean isCancelled() {
            return cancelled[0];
        }

        @Override
        public boolean isDone() {
            return false;
        }

        @Override
        public Object get() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Object get(long timeout, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }
    }

    /** Notes what is asked of it. */
    private static final class Sockets extends UndialledEndpoint {
        private final List<InetSocketAddress> probed = new ArrayList<>();
        private final List<String> spread = new ArrayList<>();

        @Override
        public void probe(InetSocketAddress remote, byte[] token) {
            assertThat(token).isSameAs(THEIRS);
            probed.add(remote);
        }

        @Override
        public Closeable spread(
                InetSocketAddress remote,
                byte[] token,
                byte[] expected,
                int count,
                Consumer<InetSocketAddress> through) {
            assertThat(token).isSameAs(THEIRS);
            assertThat(expected).isSameAs(OURS);
            spread.add("open " + count + " to " + remote);
            return () -> spread.add("close");
        }
    }

    private static Whereabouts at(Whereabouts.Nat nat, InetSocketAddress... addresses) {
        return new Whereabouts(List.of(addresses), nat);
    }

    private PortSearch start(Whereabouts own, Whereabouts there) {
        return start(own, there, new boolean[1]);
    }

    private PortSearch start(Whereabouts own, Whereabouts there, boolean[] heard) {
        return PortSearch.start(parts, own, there, THEIRS, OURS, () -> heard[0], found -> {});
    }

    private static final Whereabouts EVEN = at(Whereabouts.Nat.EVEN, PEER);
    private static final Whereabouts SYMMETRIC = at(Whereabouts.Nat.SYMMETRIC, PEER);

    @Test
    void oneSideSpreadsAndTheOtherGuesses() {
        assertThat(PortSearch.role(SYMMETRIC, EVEN)).isEqualTo(PortSearch.Role.SPREAD);
        assertThat(PortSearch.role(EVEN, SYMMETRIC)).isEqualTo(PortSearch.Role.GUESS);
        assertThat(PortSearch.role(EVEN, EVEN)).isEqualTo(PortSearch.Role.NONE);
        assertThat(PortSearch.role(SYMMETRIC, SYMMETRIC)).isEqualTo(PortSearch.Role.NONE);
        for (Whereabouts.Nat nat : List.of(Whereabouts.Nat.UNKNOWN, Whereabouts.Nat.SILENT)) {
            assertThat(PortSearch.role(EVEN, at(nat, PEER))).isEqualTo(PortSearch.Role.NONE);
            assertThat(PortSearch.role(at(nat, PEER), SYMMETRIC)).isEqualTo(PortSearch.Role.NONE);
        }
    }

    @Test
    void nobodyIsSearchedInANetworkOfOnesOwnOrWhereNobodyIs() {
        for (String host : List.of(
                "192.168.1.20",
                "10.1.2.3",
                "127.0.0.1",
                "169.254.1.1",
                "239.255.77.83",
                "255.255.255.255",
                "0.0.0.0")) {
            InetSocketAddress there = new InetSocketAddress(host, 4433);
            PortSearch search = start(EVEN, at(Whereabouts.Nat.SYMMETRIC, there, PEER));
            assertThat(search.role()).as(host).isEqualTo(PortSearch.Role.NONE);
            start(SYMMETRIC, at(Whereabouts.Nat.EVEN, there, PEER));
        }
        start(EVEN, at(Whereabouts.Nat.SYMMETRIC));
        timer.advance(PortSearch.TIME_MILLIS);
        assertThat(sockets.probed).isEmpty();
        assertThat(sockets.spread).isEmpty();
    }

    @Test
    void guessesArePacedAndEndAndGoToOneAddress() {
        PortSearch search = start(EVEN, SYMMETRIC);
        timer.advance(PortSearch.DELAY_MILLIS - 1);
        assertThat(sockets.probed).isEmpty();
        timer.advance(1);
        assertThat(sockets.probed).hasSize(PortSearch.PROBES_A_TICK);
        timer.advance(1_000);
        assertThat(sockets.probed).hasSize(PortSearch.PROBES_A_TICK * 21);
        timer.advance(3_600_000);
        assertThat(sockets.probed).hasSize(PortSearch.PROBES_MAX);
        assertThat(new HashSet<>(sockets.probed)).hasSize(PortSearch.PROBES_MAX);
        assertThat(sockets.probed).allSatisfy(to -> {
            assertThat(to.getAddress()).isEqualTo(PEER.getAddress());
            assertThat(to.getPort()).isGreaterThanOrEqualTo(1_024);
        });
        assertThat(search.described()).contains("1024 of random ports");
        search.close();
    }

    @Test
    void whoIsHeardIsNotSearchedAnyMore() {
        boolean[] heard = {true};
        start(EVEN, SYMMETRIC, heard);
        timer.advance(PortSearch.TIME_MILLIS);
        assertThat(sockets.probed).isEmpty();
        boolean[] later = {false};
        start(EVEN, SYMMETRIC, later);
        timer.advance(PortSearch.DELAY_MILLIS);
        later[0] = true;
        timer.advance(PortSearch.TIME_MILLIS);
        assertThat(sockets.probed).hasSize(PortSearch.PROBES_A_TICK);
        PortSearch closed = start(EVEN, SYMMETRIC);
        timer.advance(PortSearch.DELAY_MILLIS);
        closed.close();
        closed.close();
        timer.advance(PortSearch.TIME_MILLIS);
        assertThat(sockets.probed).hasSize(2 * PortSearch.PROBES_A_TICK);
    }

    @Test
    void oneMoreThanANodeSearchesAtOnceWaitsForAnotherTime() {
        List<PortSearch> all = new ArrayList<>();
        for (int i = 0; i <= PortSearchLimits.SEARCHES_MAX; i++) {
            all.add(start(EVEN, SYMMETRIC));
        }
        timer.advance(PortSearch.DELAY_MILLIS);
        assertThat(sockets.probed).hasSize(PortSearchLimits.SEARCHES_MAX * PortSearch.PROBES_A_TICK);
        all.forEach(PortSearch::close);
        assertThat(limits.begin()).isTrue();
        limits.end();
    }

    @Test
    void soManySearchesAnHour() {
        int begun = 0;
        for (int i = 0; i < 2 * PortSearchLimits.SEARCHES_BURST; i++) {
            if (limits.begin()) {
                begun++;
                limits.end();
            }
        }
        assertThat(begun).isEqualTo(PortSearchLimits.SEARCHES_BURST);
    }

    @Test
    void theSymmetricSideOpensItsSocketsAndClosesThem() {
        PortSearch search = start(SYMMETRIC, EVEN);
        timer.advance(PortSearch.DELAY_MILLIS - 1);
        assertThat(sockets.spread).isEmpty();
        timer.advance(1);
        assertThat(sockets.spread).containsExactly("open " + PortSearch.SOCKETS + " to " + PEER);
        assertThat(search.described()).contains("each of 256 sockets");
        search.close();
        assertThat(sockets.spread).hasSize(2);
        timer.advance(PortSearch.TIME_MILLIS);
        assertThat(sockets.spread).hasSize(2);
        assertThat(sockets.probed).isEmpty();
    }
}
