/** Paths, QUIC, sessions, sync and the Share/Mount facade: the one dependency of a host application. */
@org.jspecify.annotations.NullMarked
module dev.dits.transport {
    exports dev.dits;
    exports dev.dits.discovery;
    exports dev.dits.tracker;

    requires static transitive org.jspecify;
    requires transitive dev.dits.core;
    requires transitive dev.dits.crypto;
    requires com.github.benmanes.caffeine;
    requires org.slf4j;
    // Lines of the control socket.
    requires com.fasterxml.jackson.core;
    // Without it Netty falls back to heap buffers, and every packet is copied once more.
    requires jdk.unsupported;
    requires io.netty.buffer;
    requires io.netty.common;
    requires io.netty.transport;
    requires io.netty.handler;
    requires io.netty.codec;
    requires io.netty.codec.classes.quic;
    requires io.netty.codec.http;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.unix.common;
    // Only the natives of every platform; nothing else would put them into a host's module graph.
    requires io.netty.codec.quic.linux.aarch_64;
    requires io.netty.codec.quic.linux.x86_64;
    requires io.netty.codec.quic.osx.aarch_64;
    requires io.netty.codec.quic.osx.x86_64;
    requires io.netty.codec.quic.windows.x86_64;
    requires io.netty.transport.epoll.linux.aarch_64;
    requires io.netty.transport.epoll.linux.x86_64;
}
