package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class SessionTableTest {
    private final SessionTable<AtomicBoolean> table = new SessionTable<>(AtomicBoolean::get);

    private SessionTable.Admission<AtomicBoolean> admit(String key) {
        return table.admit(key, () -> new AtomicBoolean(false));
    }

    /** Runs something on a thread of its own, and returns when that has ended or waits for a lock. */
    private static Thread until(FutureTask<?> task) {
        Thread thread = new Thread(task);
        thread.start();
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TERMINATED) {
            Thread.onSpinWait();
        }
        return thread;
    }

    @Test
    void connectionsThatArriveAtOnceMeetInOneSession() throws Exception {
        FutureTask<SessionTable.Admission<AtomicBoolean>> second = new FutureTask<>(() -> admit("a"));
        FutureTask<List<AtomicBoolean>> closing = new FutureTask<>(table::close);
        SessionTable.Admission<AtomicBoolean> first = table.admit("a", () -> {
            // Between finding no session and entering one, which is when the others come.
            until(second);
            until(closing);
            assertThat(second.isDone() || closing.isDone()).isFalse();
            return new AtomicBoolean(false);
        });
        assertThat(first.fresh()).isTrue();
        assertThat(second.get()).isEqualTo(new SessionTable.Admission<>(first.session(), false));
        assertThat(closing.get()).containsExactly(first.session());
    }

    @Test
    void anEndedSessionDoesNotTakeItsFollowerAlong() {
        AtomicBoolean first = admit("a").session();
        assertThat(admit("a")).isEqualTo(new SessionTable.Admission<>(first, false));
        first.set(true);
        AtomicBoolean second = admit("a").session();
        assertThat(second).isNotSameAs(first);
        table.remove("a", first);
        assertThat(table.find("a")).isSameAs(second);
        assertThat(table.all()).containsExactly(second);
        table.remove("a", second);
        assertThat(table.all()).isEmpty();
    }

    @Test
    void nothingComesInOnceItIsClosed() {
        AtomicBoolean there = admit("a").session();
        assertThat(table.close()).containsExactly(there);
        assertThat(admit("a")).isNull();
        assertThat(admit("b")).isNull();
        assertThat(table.find("a")).isSameAs(there);
    }
}
