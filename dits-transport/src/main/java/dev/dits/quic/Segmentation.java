package dev.dits.quic;

import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.handler.codec.quic.SegmentedDatagramPacketAllocator;
import java.net.InetSocketAddress;

/**
 * Hands several packets to the kernel in one call.
 *
 * <p>Netty's own {@code EpollQuicUtils} does the same but fails on the module path, where its module does not read
 * epoll's; this one lives in a module that does.
 */
record Segmentation(int maxNumSegments) implements SegmentedDatagramPacketAllocator {
    @Override
    public DatagramPacket newPacket(ByteBuf buffer, int segmentSize, InetSocketAddress remote) {
        return new SegmentedDatagramPacket(buffer, segmentSize, remote);
    }

    static SegmentedDatagramPacketAllocator of(int segmentsMax) {
        return segmentsMax == 0 ? NONE : new Segmentation(segmentsMax);
    }
}
