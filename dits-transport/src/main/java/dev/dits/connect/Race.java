package dev.dits.connect;

import dev.dits.discovery.Candidate;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.error.PeerUnreachableException;
import dev.dits.net.CarriedAddress;
import dev.dits.net.ConnectionLostException;
import dev.dits.net.Way;
import dev.dits.session.Dialer;
import dev.dits.session.ShareAcceptor;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Dials everything that may be the share, and hands out connections as they come, until it is closed or its time is over.
 *
 * <p>Known addresses are dialled a little apart (as in RFC 8305, so that the first is not beaten by mere noise), and again
 * after failures, because the share may be about to start. What discovery tells is a hint of a stranger and is dialled
 * once, up to {@link #CANDIDATES_MAX} of them.
 */
final class Race implements AutoCloseable {
    /** Answers of discovery that are dialled, beside the known addresses. */
    static final int CANDIDATES_MAX = 8;

    private static final Duration STAGGER = Duration.ofMillis(75);

    /** How long one dial may take. */
    private static final Duration DIAL_TIMEOUT = Duration.ofSeconds(5);

    /**
     * By how much UDP is ahead of TCP at one address: over a WAN it is the better way, and it mostly is there by then (RFC 8305 gives the first address this).
     */
    private static final Duration TCP_BEHIND = Duration.ofMillis(250);

    /** From the end of a failed dial of a known address to the next: this, doubled up to that. */
    private static final Duration DIAL_AGAIN_MIN = Duration.ofMillis(250);

    private static final Duration DIAL_AGAIN_MAX = Duration.ofSeconds(4);

    private static final int FAILURES_MAX = 16;

    /** An address that has not answered for this long is looked at more closely, once. */
    private static final Duration DIAGNOSE_AFTER = Duration.ofSeconds(1);

    private static final Duration DIAGNOSE_TIME = Duration.ofMillis(1_500);

    /** Dials one address. */
    interface Dial {
        Dialer.Reached to(InetSocketAddress address, Way way, Duration timeout) throws IOException;

        /** Whether there is a way by TCP. */
        boolean hasTcp();

        /** Half a sentence on why an address does not answer. */
        String diagnose(InetSocketAddress address, Duration timeout) throws IOException;
    }

    /** An address, and how it is dialled. */
    private record Place(InetSocketAddress address, Way way) {
        @Override
        public String toString() {
            return way == Way.RELAY ? "the tracker's relay" : way + " " + CarriedAddress.describe(address);
        }
    }

    /** What became of one place. With the lock held. */
    private static final class Attempt {
        private int dials;
        private @Nullable String failure;
        private @Nullable String diagnosis;
        private boolean answered;

        String text(Place place, String time) {
            String why = answered
                    ? failure == null ? "answered, and was given up" : failure
                    : diagnosis != null ? diagnosis : failure == null ? "no answer" : failure;
            return place + ": " + why + " (" + dials + (dials == 1 ? " try" : " tries") + " in " + time + ")";
        }
    }

    private final Executor workers;
    private final Dial dial;
    private final String discovery;
    private final long startNanos;
    private final long deadlineNanos;
    private final BlockingQueue<Dialer.Reached> reached = new LinkedBlockingQueue<>();
    private final CountDownLatch over = new CountDownLatch(1);

    private final ReentrantLock lock = new ReentrantLock();
    private final Set<InetSocketAddress> dialled = new HashSet<>();
    private final Map<Place, Attempt> attempts = new LinkedHashMap<>();
    private final Set<String> failures = new LinkedHashSet<>();
    private int candidates;
    private @Nullable Closeable search;

    private Race(Executor workers, PeerDiscovery discovery, Duration timeout, Dial dial) {
        this.workers = workers;
        this.discovery = discovery.describe();
        this.dial = dial;
        this.startNanos = System.nanoTime();
        this.deadlineNanos = System.nanoTime() + timeout.toNanos();
    }

    /** Starts to dial and to search; closed by the caller. */
    static Race start(
            PeerDiscovery discovery,
            Executor workers,
            byte[] tag,
            List<InetSocketAddress> addresses,
            Duration timeout,
            Dial dial) {
        Race race = new Race(workers, discovery, timeout, dial);
        boolean started = false;
        try {
            int place = 0;
            for (InetSocketAddress address : addresses) {
                race.dialRepeatedly(address, STAGGER.multipliedBy(place++));
            }
            race.search = discovery.search(tag, race::found, race::failed);
            started = true;
        } finally {
            if (!started) {
                race.close();
            }
        }
        return race;
    }

    private void found(Candidate candidate) {
        lock.lock();
        try {
            if (candidates >= CANDIDATES_MAX || !dialled.add(candidate.address())) {
                return;
            }
            candidates++;
        } finally {
            lock.unlock();
        }
        run(() -> dial(byDatagrams(candidate.address())));
        if (dialsTcp(candidate.address())) {
            run(() -> {
                if (!isOverAfter(TCP_BEHIND) && !answersUdp(candidate.address())) {
                    dial(new Place(candidate.address(), Way.TCP));
                }
            });
        }
    }

    /** Whether UDP got through to an address: a second connection there only takes a place among those who join. */
    private boolean answersUdp(InetSocketAddress address) {
        lock.lock();
        try {
            Attempt attempt = attempts.get(byDatagrams(address));
            return attempt != null && attempt.answered;
        } finally {
            lock.unlock();
        }
    }

    private static Place byDatagrams(InetSocketAddress address) {
        return new Place(address, CarriedAddress.is(address) ? Way.RELAY : Way.UDP);
    }

    private boolean dialsTcp(InetSocketAddress address) {
        return dial.hasTcp() && !CarriedAddress.is(address);
    }

    private void dialRepeatedly(InetSocketAddress address, Duration delay) {
        lock.lock();
        try {
            if (!dialled.add(address)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        run(() -> diagnose(address, delay.plus(DIAGNOSE_AFTER)));
        dialRepeatedly(byDatagrams(address), delay);
        if (dialsTcp(address)) {
            dialRepeatedly(new Place(address, Way.TCP), delay.plus(TCP_BEHIND));
        }
    }

    private void dialRepeatedly(Place place, Duration delay) {
        run(() -> {
            Duration pause = DIAL_AGAIN_MIN;
            boolean ended = isOverAfter(delay);
            while (!ended && ((place.way == Way.TCP && answersUdp(place.address)) || !dial(place))) {
                ended = isOverAfter(pause);
                Duration doubled = pause.multipliedBy(2);
                pause = doubled.compareTo(DIAL_AGAIN_MAX) < 0 ? doubled : DIAL_AGAIN_MAX;
            }
        });
    }

    /** Looks more closely at a known address that does not answer; strangers' hints get no more packets than the dial. */
    private void diagnose(InetSocketAddress address, Duration delay) {
        if (isOverAfter(delay)) {
            return;
        }
        lock.lock();
        try {
            Attempt attempt = attempts.get(byDatagrams(address));
            if (attempt == null || attempt.answered) {
                return;
            }
        } finally {
            lock.unlock();
        }
        String found;
        try {
            found = dial.diagnose(address, left().compareTo(DIAGNOSE_TIME) < 0 ? left() : DIAGNOSE_TIME);
        } catch (IOException e) {
            found = "no answer, and it can not be probed: " + e.getMessage();
        }
        lock.lock();
        try {
            attempts.computeIfAbsent(byDatagrams(address), any -> new Attempt()).diagnosis = found;
        } finally {
            lock.unlock();
        }
    }

    private void run(Runnable task) {
        try {
            workers.execute(task);
        } catch (RejectedExecutionException e) {
            failed("this node is closing");
        }
    }

    /** Waits; true if the race has ended by then. */
    private boolean isOverAfter(Duration time) {
        try {
            return over.await(time.toNanos(), TimeUnit.NANOSECONDS) || left().isZero();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** True if there is nothing to be gained by dialling again. */
    private boolean dial(Place place) {
        Duration left = left();
        if (over.getCount() == 0 || left.isZero()) {
            return true;
        }
        lock.lock();
        try {
            attempts.computeIfAbsent(place, any -> new Attempt()).dials++;
        } finally {
            lock.unlock();
        }
        try {
            reached.add(dial.to(place.address, place.way, left.compareTo(DIAL_TIMEOUT) < 0 ? left : DIAL_TIMEOUT));
            ended(place, true, null);
            if (over.getCount() == 0) {
                drain();
            }
            return true;
        } catch (IOException e) {
            // A refusal is an answer, and a better one than what a probe can find.
            ended(place, e instanceof ConnectionLostException, DialFailures.explain(e, place.way));
            return false;
        }
    }

    private void ended(Place place, boolean answered, @Nullable String failure) {
        lock.lock();
        try {
            Attempt attempt = attempts.computeIfAbsent(place, any -> new Attempt());
            attempt.answered |= answered;
            attempt.failure = failure;
        } finally {
            lock.unlock();
        }
    }

    /** Notes why a way did not lead to the share. */
    void failed(String why) {
        lock.lock();
        try {
            if (failures.size() < FAILURES_MAX) {
                failures.add(why);
            }
        } finally {
            lock.unlock();
        }
    }

    Duration left() {
        return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
    }

    /** How long to wait for each answer of a join: a share gives the whole of it no longer. */
    Duration answerTimeout() {
        Duration left = left();
        return left.compareTo(ShareAcceptor.JOIN_TIME) < 0 ? left : ShareAcceptor.JOIN_TIME;
    }

    /** Waits for a connection, at most as long as there is time left; null if none came. */
    Dialer.@Nullable Reached next(Duration wait) throws InterruptedException {
        Duration left = left();
        return reached.poll((wait.compareTo(left) < 0 ? wait : left).toNanos(), TimeUnit.NANOSECONDS);
    }

    PeerUnreachableException unreachable(String what) {
        lock.lock();
        try {
            String time = String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - startNanos) / 1e9);
            List<String> ways = new ArrayList<>(failures);
            attempts.forEach((place, attempt) -> ways.add(attempt.text(place, time)));
            if (candidates == 0) {
                ways.add(discovery + ": nobody answered within " + time);
            }
            return new PeerUnreachableException(
                    what,
                    ways,
                    "Check that it still runs ('dits p2p status' there) and that the code is right; from another"
                            + " network give its address as CODE@HOST:PORT, and see that no firewall blocks UDP and TCP");
        } finally {
            lock.unlock();
        }
    }

    private void drain() {
        for (Dialer.Reached left = reached.poll(); left != null; left = reached.poll()) {
            left.close();
        }
    }

    /** Ends dialling and searching, and gives up every connection that was not taken. */
    @Override
    public void close() {
        over.countDown();
        Closeable current = search;
        if (current != null) {
            try {
                current.close();
            } catch (IOException e) {
                failed("the search did not end: " + e.getMessage());
            }
        }
        drain();
    }
}
