package dev.dits;

import dev.dits.json.Json;
import dev.dits.path.StunMessage;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tracker that a test may make lie ({@code docs/tracker-api.md}): as it is it brings peers together honestly, and keeps every byte that they say to it. What subclasses
 * override is called on its only thread.
 */
class ScriptedTracker implements AutoCloseable {
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel server;
    private final Channel stun;
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();

    /** On the loop. */
    private final Map<String, Socket> holders = new HashMap<>();

    private final Map<String, Socket> waiting = new HashMap<>();
    private long rooms;

    /** A peer's WebSocket. */
    static final class Socket {
        private final Channel channel;
        private @Nullable Socket other;

        private Socket(Channel channel) {
            this.channel = channel;
        }

        void text(String text) {
            channel.writeAndFlush(new TextWebSocketFrame(text));
        }

        void packet(byte[] packet) {
            channel.writeAndFlush(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(packet)));
        }

        /** Who is in its room, as far as it was brought together with anybody. */
        @Nullable
        Socket other() {
            return other;
        }

        void close() {
            channel.close();
        }
    }

    ScriptedTracker() throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        server = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel made) {
                        made.pipeline()
                                .addLast(
                                        new HttpServerCodec(),
                                        new HttpObjectAggregator(64 << 10),
                                        new Recorder(),
                                        new WebSocketServerProtocolHandler("/", null, false, 1 << 20, false, true),
                                        new Peer());
                    }
                })
                .bind(any)
                .syncUninterruptibly()
                .channel();
        stun = new Bootstrap()
                .group(loop)
                .channel(NioDatagramChannel.class)
                .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
                        keep(ByteBufUtil.getBytes(packet.content()));
                        InetSocketAddress seen = mapped(packet.sender());
                        byte[] answer = seen == null
                                ? null
                                : StunMessage.answer(packet.content().nioBuffer(), seen);
                        if (answer != null) {
                            ctx.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(answer), packet.sender()));
                        }
                    }
                })
                .bind(any)
                .syncUninterruptibly()
                .channel();
    }

    /** Keeps the request line and the fields of what is asked. */
    private final class Recorder extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            keep((request.method() + " " + request.uri() + "\n").getBytes(StandardCharsets.UTF_8));
            request.headers()
                    .forEach(field ->
                            keep((field.getKey() + ": " + field.getValue() + "\n").getBytes(StandardCharsets.UTF_8)));
            keep(ByteBufUtil.getBytes(request.content()));
            ctx.fireChannelRead(ReferenceCountUtil.retain(request));
        }
    }

    private final class Peer extends SimpleChannelInboundHandler<WebSocketFrame> {
        private @Nullable Socket socket;

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof WebSocketServerProtocolHandler.HandshakeComplete done) {
                Socket made = new Socket(ctx.channel());
                socket = made;
                QueryStringDecoder uri = new QueryStringDecoder(done.requestUri());
                Map<String, List<String>> query = uri.parameters();
                if (uri.path().equals("/rendezvous")) {
                    welcome(made);
                } else if (query.containsKey("tag")) {
                    ask(made, query.get("tag").get(0));
                } else {
                    enter(made, query.get("room").get(0));
                }
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) throws Exception {
            byte[] bytes = ByteBufUtil.getBytes(frame.content());
            keep(bytes);
            Socket from = socket;
            if (from == null) {
                return;
            }
            if (frame instanceof BinaryWebSocketFrame) {
                packet(from, bytes);
            } else if (frame instanceof TextWebSocketFrame) {
                Map<String, Object> message = Json.read(bytes);
                if ("claim".equals(message.get("type"))) {
                    claim(from, String.valueOf(message.get("tag")), Boolean.TRUE.equals(message.get("exclusive")));
                }
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            Socket gone = socket;
            if (gone != null) {
                holders.values().removeIf(gone::equals);
                Socket other = gone.other;
                if (other != null) {
                    other.close();
                }
            }
        }
    }

    private void keep(byte[] bytes) {
        synchronized (heard) {
            heard.writeBytes(bytes);
            heard.write('\n');
        }
    }

    /** Everything that was said to it so far, by all peers. */
    byte[] heard() {
        synchronized (heard) {
            return heard.toByteArray();
        }
    }

    int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    int stunPort() {
        return ((InetSocketAddress) stun.localAddress()).getPort();
    }

    /** Where a socket is said to be seen; null for no answer. */
    @Nullable
    InetSocketAddress mapped(InetSocketAddress sender) {
        return sender;
    }

    void welcome(Socket share) {
        share.text("{\"type\":\"welcome\",\"version\":1,\"stun\":[" + stunPort() + "]}");
    }

    void claim(Socket share, String tag, boolean exclusive) {
        holders.put(tag, share);
        share.text("{\"type\":\"claimed\",\"tag\":\"" + tag + "\"}");
    }

    /** A mount wants to reach whoever has a tag. */
    void ask(Socket mount, String tag) {
        Socket share = holders.get(tag);
        if (share == null) {
            mount.text("{\"type\":\"nobody\"}");
            mount.close();
        } else {
            knock(mount, share, tag);
        }
    }

    /** Calls a share to a room with a mount. */
    void knock(Socket mount, Socket share, String tag) {
        String room = String.format(Locale.ROOT, "%032x", ++rooms);
        waiting.put(room, mount);
        share.text("{\"type\":\"knock\",\"tag\":\"" + tag + "\",\"room\":\"" + room + "\",\"token\":\""
                + "ab".repeat(32) + "\",\"source\":\"" + String.format(Locale.ROOT, "%012x", rooms) + "\"}");
    }

    void enter(Socket share, String room) {
        Socket mount = waiting.remove(room);
        if (mount == null) {
            share.close();
            return;
        }
        share.other = mount;
        mount.other = share;
        ready(mount);
        ready(share);
    }

    void ready(Socket one) {
        one.text("{\"type\":\"ready\",\"observed\":\"203.0.113.7:50123\",\"stun\":[" + stunPort() + "]}");
    }

    void packet(Socket from, byte[] packet) {
        Socket to = from.other();
        if (to != null) {
            to.packet(packet);
        }
    }

    @Override
    public void close() {
        server.close().syncUninterruptibly();
        stun.close().syncUninterruptibly();
        loop.shutdownGracefully(0, 5, java.util.concurrent.TimeUnit.SECONDS).syncUninterruptibly();
    }
}
