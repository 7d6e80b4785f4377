package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import java.io.File;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolvedModule;
import java.lang.reflect.Method;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What a modular host gets that names {@code dev.dits.transport} and gives no flags: the natives, and with them epoll and
 * segmentation offload. See {@code docs/decisions/natives-on-the-module-path.md}.
 */
class ModulePathTest {
    private static ModuleLayer.Controller controller;

    @BeforeAll
    static void resolve() throws ReflectiveOperationException {
        Path[] classPath = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .toArray(Path[]::new);
        Configuration configuration = ModuleLayer.boot()
                .configuration()
                .resolve(
                        ModuleFinder.of(classPath),
                        ModuleFinder.of(),
                        // The second only keeps SLF4J from saying that it has no provider.
                        Set.of("dev.dits.transport", "org.slf4j.nop"));
        controller = ModuleLayer.defineModulesWithOneLoader(
                configuration, List.of(ModuleLayer.boot()), ClassLoader.getPlatformClassLoader());
        if (Runtime.version().feature() >= 24) {
            // What --enable-native-access does for a host; without it there is a warning, and no more than that.
            ModuleLayer.Controller.class
                    .getMethod("enableNativeAccess", Module.class)
                    .invoke(
                            controller,
                            controller.layer().findModule("io.netty.common").orElseThrow());
        }
    }

    private static Class<?> load(String module, String name) throws ClassNotFoundException {
        return Class.forName(name, true, controller.layer().findLoader(module));
    }

    @Test
    void nativesOfEveryPlatformAreResolved() {
        assertThat(controller.layer().configuration().modules().stream().map(ResolvedModule::name))
                .contains(
                        "io.netty.codec.quic.linux.aarch_64",
                        "io.netty.codec.quic.linux.x86_64",
                        "io.netty.codec.quic.osx.aarch_64",
                        "io.netty.codec.quic.osx.x86_64",
                        "io.netty.codec.quic.windows.x86_64",
                        "io.netty.transport.epoll.linux.aarch_64",
                        "io.netty.transport.epoll.linux.x86_64");
    }

    @Test
    void nothingIsAnAutomaticModule() {
        // One of those would be read by its file name, and would pull every other automatic module of a host in.
        assertThat(controller.layer().configuration().modules())
                .noneMatch(module -> module.reference().descriptor().isAutomatic());
    }

    @Test
    void quicIsAvailable() throws ReflectiveOperationException {
        Class<?> quic = load("io.netty.codec.classes.quic", "io.netty.handler.codec.quic.Quic");
        assertThat(quic.getModule().isNamed()).isTrue();
        assertThat(quic.getMethod("unavailabilityCause").invoke(null)).isNull();
        assertThat(quic.getMethod("isAvailable").invoke(null)).isEqualTo(true);
    }

    @Test
    void epollSegmentsPackets() throws ReflectiveOperationException {
        assumeTrue(System.getProperty("os.name").startsWith("Linux"));
        Class<?> epoll = load("io.netty.transport.classes.epoll", "io.netty.channel.epoll.Epoll");
        assertThat(epoll.getMethod("unavailabilityCause").invoke(null)).isNull();

        Class<?> segmentation = load("dev.dits.transport", "dev.dits.quic.Segmentation");
        controller.addOpens(
                segmentation.getModule(), "dev.dits.quic", getClass().getModule());
        Method of = segmentation.getDeclaredMethod("of", int.class);
        of.setAccessible(true);
        Object allocator = of.invoke(null, 4);
        Class<?> buffer = load("io.netty.buffer", ByteBuf.class.getName());
        Class<?> unpooled = load("io.netty.buffer", "io.netty.buffer.Unpooled");
        Method newPacket = segmentation.getDeclaredMethod("newPacket", buffer, int.class, InetSocketAddress.class);
        newPacket.setAccessible(true);
        Object packet = newPacket.invoke(
                allocator, unpooled.getField("EMPTY_BUFFER").get(null), 1_350, new InetSocketAddress("127.0.0.1", 9));
        assertThat(packet.getClass().getMethod("segmentSize").invoke(packet)).isEqualTo(1_350);
    }
}
