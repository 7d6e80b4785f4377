package dev.dits.examples.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.tracker.TrackerOptions;
import dev.dits.tracker.TrackerServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What the image asks to know whether its tracker lives. */
@Timeout(60)
@EnabledOnOs(OS.LINUX)
class HealthyScriptTest {
    private static int ask(int port) throws Exception {
        Process process = new ProcessBuilder("bash", Path.of("docker/healthy").toString(), Integer.toString(port))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void itSaysWhetherATrackerAnswers() throws Exception {
        int port;
        try (TrackerServer tracker = TrackerServer.start(TrackerOptions.defaults()
                .withBind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withStunPorts(List.of()))) {
            port = tracker.port();
            assertThat(ask(port)).isZero();
        }
        assertThat(ask(port)).isNotZero();
    }
}
