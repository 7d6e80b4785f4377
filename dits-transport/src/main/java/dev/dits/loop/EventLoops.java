package dev.dits.loop;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Event loops on daemon threads of a name, which are gone when they have been stopped. Safe for use by several threads. */
public final class EventLoops {
    private static final Duration STOP_TIME = Duration.ofSeconds(2);

    private final EventLoopGroup group;
    private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();

    /**
     * Makes them; threads start when they are needed.
     *
     * @param name of the threads, before a dash and a number
     * @param count how many loops
     * @param io what they wait for
     */
    public EventLoops(String name, int count, IoHandlerFactory io) {
        AtomicInteger numbers = new AtomicInteger();
        this.group = new MultiThreadIoEventLoopGroup(
                count,
                task -> {
                    Thread thread = new FastThreadLocalThread(task, name + "-" + numbers.incrementAndGet());
                    thread.setDaemon(true);
                    threads.add(thread);
                    return thread;
                },
                io);
    }

    /** What channels are registered with. */
    public EventLoopGroup group() {
        return group;
    }

    /**
     * Ends the loops, and waits until their threads are gone, some seconds at most. Not to be called on one of them.
     *
     * @return false if the thread was interrupted; the waiting is cut short then, the stopping is not
     */
    public boolean stop() {
        boolean undisturbed = await(
                group.shutdownGracefully(0, STOP_TIME.toMillis(), TimeUnit.MILLISECONDS), STOP_TIME.multipliedBy(2));
        try {
            // The group is terminated a moment before its threads are gone.
            for (Thread thread : threads) {
                thread.join(STOP_TIME.toMillis());
            }
            return undisturbed;
        } catch (InterruptedException e) {
            return false;
        }
    }

    /**
     * Waits for something to end, however it does.
     *
     * @param future of it
     * @param timeout at most
     * @return false if the thread was interrupted; its flag is cleared
     */
    public static boolean await(Future<?> future, Duration timeout) {
        try {
            future.await(timeout.toMillis());
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }
}
