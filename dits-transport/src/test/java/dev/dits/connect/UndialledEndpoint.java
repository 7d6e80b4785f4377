package dev.dits.connect;

import dev.dits.net.Connection;
import dev.dits.net.Endpoint;
import java.io.Closeable;
import java.net.InetSocketAddress;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An endpoint of tests that look at what it does beside connections. */
class UndialledEndpoint implements Endpoint {
    @Override
    public Closeable register(String name, PrivateKey key, X509Certificate own, Consumer<Connection> accepted) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Connection connect(
            InetSocketAddress remote,
            String name,
            PrivateKey key,
            X509Certificate own,
            byte @Nullable [] pinned,
            Duration timeout) {
        throw new UnsupportedOperationException();
    }

    @Override
    public InetSocketAddress localAddress() {
        return new InetSocketAddress("192.168.1.10", 4433);
    }

    @Override
    public void close() {}
}
