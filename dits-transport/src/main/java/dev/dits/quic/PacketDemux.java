package dev.dits.quic;

import dev.dits.net.CarriedAddress;
import dev.dits.path.PathProfile;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelOutboundHandler;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Gives each packet of the one socket to the codec it belongs to.
 *
 * <p>There is a server and a client codec for every {@link PathProfile}, because the size of packets is a property of a
 * codec. Which of them a packet is for follows from its destination connection id (role) and its sender (profile).
 * Anything whose two top bits are zero is no QUIC packet (RFC 9443) and goes to {@link RawPackets}; what is too short is
 * dropped, and what {@link ServerPackets} does not let pass.
 */
final class PacketDemux extends ChannelDuplexHandler {
    /** Long header: flags, 4 bytes version, 1 byte id length, id. */
    private static final int LONG_HEADER_ID_OFFSET = 6;

    private static final int SHORT_HEADER_ID_OFFSET = 1;
    private static final int LONG_HEADER_BIT = 0x80;
    private static final int QUIC_BITS = 0xC0;

    private final Function<InetSocketAddress, PathProfile> profiles;
    private final CarriedRoutes routes;
    private final TcpRoutes tcp;
    private final SpareSockets spares;
    private final ServerPackets serverPackets;
    private final RawPackets raw;
    private final List<Codec> servers = new ArrayList<>();
    private final List<Codec> clients = new ArrayList<>();
    private @Nullable PathProfile dialling;
    private final Queue<Runnable> deferred = new ArrayDeque<>();
    private boolean inPass;

    /**
     * @param profiles the profile of packets to and from an address
     * @param routes to peers that the socket does not reach
     * @param tcp connections that carry packets beside the socket
     * @param spares sockets that lead to peers which the node's own does not reach
     * @param serverPackets what a server takes and says
     * @param raw takes what is not QUIC's
     */
    PacketDemux(
            Function<InetSocketAddress, PathProfile> profiles,
            CarriedRoutes routes,
            TcpRoutes tcp,
            SpareSockets spares,
            ServerPackets serverPackets,
            RawPackets raw) {
        this.profiles = profiles;
        this.routes = routes;
        this.tcp = tcp;
        this.spares = spares;
        this.serverPackets = serverPackets;
        this.raw = raw;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        raw.attach(ctx);
    }

    private record Codec(
            boolean server, PathProfile profile, ChannelHandlerContext context, ChannelInboundHandler handler) {
        static Codec add(ChannelPipeline pipeline, boolean server, PathProfile profile, ChannelHandler handler) {
            pipeline.addLast(handler);
            return new Codec(server, profile, pipeline.context(handler), (ChannelInboundHandler) handler);
        }
    }

    void addServer(ChannelPipeline pipeline, PathProfile profile, ChannelHandler codec) {
        servers.add(Codec.add(pipeline, true, profile, codec));
    }

    void addClient(ChannelPipeline pipeline, PathProfile profile, ChannelHandler codec) {
        clients.add(Codec.add(pipeline, false, profile, codec));
    }

    /** To be added after all codecs: connects come from the end of the pipeline. */
    ChannelHandler dialler() {
        return new Dialler();
    }

    /** On the loop: names the profile of the connect that the given step issues before it returns. */
    void dial(PathProfile profile, Runnable connect) {
        dialling = profile;
        try {
            connect.run();
        } finally {
            dialling = null;
        }
    }

    /**
     * On the loop: runs something at the end of this pass over the socket, before acknowledgements leave.
     *
     * @return false if there is no pass, and so no end
     */
    boolean atPassEnd(Runnable task) {
        return inPass && deferred.add(task);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        DatagramPacket packet = (DatagramPacket) message;
        if (TcpRoutes.has(packet.sender())) {
            // Forged: no network has such an address.
            packet.release();
            return;
        }
        read(packet, route(packet));
    }

    /**
     * On the loop: takes a packet that did not come by the socket, as if it had. A pass of them ends with {@link #readComplete} as well.
     *
     * @param packet released in any case
     * @param toServer to which role packets lead that come this way
     * @return whether a codec took it
     */
    boolean read(DatagramPacket packet, boolean toServer) throws Exception {
        Codec codec = route(packet);
        return read(packet, codec != null && codec.server == toServer ? codec : null);
    }

    private boolean read(DatagramPacket packet, @Nullable Codec codec) throws Exception {
        inPass = true;
        if (codec == null) {
            packet.release();
            return false;
        }
        codec.handler.channelRead(codec.context, packet);
        return true;
    }

    private @Nullable Codec route(DatagramPacket packet) {
        ByteBuf content = packet.content();
        int length = content.readableBytes();
        if (length <= LONG_HEADER_ID_OFFSET) {
            return null;
        }
        int start = content.readerIndex();
        int flags = content.getUnsignedByte(start);
        if ((flags & QUIC_BITS) == 0) {
            raw.received(packet);
            return null;
        }
        int idOffset = (flags & LONG_HEADER_BIT) != 0 ? LONG_HEADER_ID_OFFSET : SHORT_HEADER_ID_OFFSET;
        boolean toServer = ConnectionIds.leadsToServer(content.getByte(start + idOffset));
        if (toServer && !serverPackets.admit(packet)) {
            return null;
        }
        return find(toServer ? servers : clients, profiles.apply(packet.sender()));
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) throws Exception {
        if (message instanceof DatagramPacket packet && !serverPackets.mayLeave(packet)) {
            packet.release();
            promise.setSuccess();
            return;
        }
        if (message instanceof DatagramPacket packet && CarriedAddress.is(packet.recipient())) {
            // Such an address means nothing on the network, with a route or without.
            try {
                routes.send(packet.recipient(), packet.content());
                promise.setSuccess();
            } finally {
                packet.release();
            }
            return;
        }
        if (message instanceof DatagramPacket packet && TcpRoutes.has(packet.recipient())) {
            tcp.send(packet.recipient(), packet.content());
            promise.setSuccess();
            return;
        }
        if (message instanceof DatagramPacket packet && spares.send(packet)) {
            promise.setSuccess();
            return;
        }
        super.write(ctx, message, promise);
    }

    @Override
    public void flush(ChannelHandlerContext ctx) throws Exception {
        tcp.flush();
        spares.flush();
        super.flush(ctx);
    }

    private static @Nullable Codec find(List<Codec> codecs, PathProfile profile) {
        for (Codec codec : codecs) {
            if (codec.profile.equals(profile)) {
                return codec;
            }
        }
        return null;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        readComplete();
    }

    /** On the loop: a pass has ended, over the socket or over another way. */
    void readComplete() throws Exception {
        inPass = false;
        Runnable task;
        while ((task = deferred.poll()) != null) {
            task.run();
        }
        for (Codec codec : servers) {
            codec.handler.channelReadComplete(codec.context);
        }
        for (Codec codec : clients) {
            codec.handler.channelReadComplete(codec.context);
        }
    }

    private final class Dialler extends ChannelOutboundHandlerAdapter {
        @Override
        public void connect(
                ChannelHandlerContext ctx, SocketAddress remote, @Nullable SocketAddress local, ChannelPromise promise)
                throws Exception {
            PathProfile profile = dialling;
            Codec codec = profile == null ? null : find(clients, profile);
            if (codec == null) {
                promise.setFailure(new IllegalStateException("a connect outside of a dial"));
                return;
            }
            ((ChannelOutboundHandler) codec.handler).connect(codec.context, remote, local, promise);
        }
    }
}
