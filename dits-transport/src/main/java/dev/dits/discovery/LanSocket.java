package dev.dits.discovery;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;

/**
 * Sends queries and answers on one link, and gets answers; bound to the link's address and any port.
 *
 * @param link where
 * @param channel the socket
 * @param multicast false to use broadcast alone
 */
record LanSocket(LanLink link, DatagramChannel channel, boolean multicast) implements Closeable {

    static LanSocket open(LanLink link, boolean multicast) throws IOException {
        DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
        boolean ready = false;
        try {
            channel.setOption(StandardSocketOptions.IP_MULTICAST_IF, link.device());
            channel.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1);
            channel.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, true);
            channel.setOption(StandardSocketOptions.SO_BROADCAST, true);
            channel.bind(new InetSocketAddress(link.address(), 0));
            channel.configureBlocking(false);
            ready = true;
            return new LanSocket(link, channel, multicast);
        } finally {
            if (!ready) {
                channel.close();
            }
        }
    }

    void send(LanMessage message, InetSocketAddress to) throws IOException {
        channel.send(message.encode(), to);
    }

    /** Asks everyone on the link; broadcast too once multicast alone has had its chance. */
    void ask(LanMessage query, InetAddress group, int port, boolean broadcastToo) throws IOException {
        InetAddress everyone = link.broadcast();
        IOException failure = null;
        if (multicast) {
            try {
                send(query, new InetSocketAddress(group, port));
            } catch (IOException e) {
                failure = e;
            }
        }
        if (everyone != null && (broadcastToo || !multicast || failure != null)) {
            send(query, new InetSocketAddress(everyone, port));
        } else if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
