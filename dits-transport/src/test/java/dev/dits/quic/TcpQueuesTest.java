package dev.dits.quic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TcpQueuesTest {
    @Test
    void oneConnectionHasRoomForItsWindowAndNoMore() {
        TcpQueues.Queue queue = new TcpQueues().new Queue();
        assertThat(TcpQueues.CONNECTION_BYTES_MAX).isGreaterThan(24 << 20);
        queue.update(TcpQueues.CONNECTION_BYTES_MAX - 1);
        assertThat(queue.hasRoom()).isTrue();
        queue.update(TcpQueues.CONNECTION_BYTES_MAX);
        assertThat(queue.hasRoom()).isFalse();
        queue.update(0);
        assertThat(queue.hasRoom()).isTrue();
    }

    @Test
    void manyThatReadNothingAreBoundedTogetherAndTheNextHasItsShare() {
        TcpQueues queues = new TcpQueues();
        List<TcpQueues.Queue> all = new ArrayList<>();
        long packet = 16_000;
        for (int i = 0; i < 512; i++) {
            TcpQueues.Queue queue = queues.new Queue();
            all.add(queue);
            long bytes = 0;
            while (queue.hasRoom()) {
                bytes += packet;
                queue.update(bytes);
            }
            assertThat(bytes).isGreaterThanOrEqualTo(TcpQueues.CONNECTION_BYTES_MIN);
        }
        assertThat(queues.totalBytes())
                .isLessThanOrEqualTo(TcpQueues.NODE_BYTES_MAX + 512 * (TcpQueues.CONNECTION_BYTES_MIN + packet));
        all.forEach(queue -> queue.update(0));
        assertThat(queues.totalBytes()).isZero();
    }
}
