package dev.dits.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.sim.boot.Hook;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole nodes on simulated network, clock and disk. See {@code docs/decisions/simulation.md}.
 *
 * <p>One seed again: {@code mvn -pl dits-transport -am test -Dtest=SimulationTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Ddits.sim.first=SEED -Ddits.sim.count=1}; what happened, turn by turn, goes to {@code -Ddits.sim.log=DIRECTORY}. Many:
 * {@code -Ddits.sim.count=1000 -Ddits.sim.seconds=600}.
 */
class SimulationTest {
    /**
     * Seeds that failed once. What they showed has tests of its own, as a seed means another run after every change of what it
     * runs; that they pass is the least. 21104: a user who took the share's version by hand of a file in the way of his first
     * pull, and that one was old by then. 23054: a first pull that was stopped between its files and its branch.
     */
    private static final String FAILED_ONCE = "21104,23054";

    @TempDir
    private Path directory;

    private final List<Path> inMemory = new ArrayList<>();

    @AfterEach
    void clean() throws IOException {
        for (Path one : inMemory) {
            World.deleteTree(one);
        }
    }

    private record Outcome(int status, String said) {}

    /** A process of its own: what it rewrites and how it draws randomness is nobody else's business. */
    private Outcome campaign(List<String> options, long first, long count, long seconds) throws Exception {
        return campaign(options, Long.toString(first), count, seconds);
    }

    private Outcome campaign(List<String> options, String first, long count, long seconds) throws Exception {
        Path agent = agent();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-javaagent:" + agent,
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                // The order in which a set of objects without a hash code of their own is gone through.
                "-XX:+UnlockExperimentalVMOptions",
                "-XX:hashCode=2",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"));
        command.addAll(options);
        String log = System.getProperty("dits.sim.log");
        if (log != null) {
            command.add("-Ddits.sim.log=" + log);
        }
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                Campaign.class.getName(),
                first,
                Long.toString(count),
                disks().toString(),
                Long.toString(seconds)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (InputStream out = process.getInputStream()) {
            process.getOutputStream().close();
            String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            return new Outcome(process.waitFor(), said);
        } finally {
            process.destroyForcibly();
        }
    }

    /** In memory where that can be had: the disk that counts is the simulated one. */
    private Path disks() throws IOException {
        Path memory = Path.of("/dev/shm");
        if (!Files.isWritable(memory)) {
            return directory;
        }
        Path made = Files.createTempDirectory(memory, "dits-sim");
        inMemory.add(made);
        return made;
    }

    private Path agent() throws IOException {
        Path hooks = directory.resolve("hooks.jar");
        try (OutputStream file = Files.newOutputStream(hooks);
                JarOutputStream jar = new JarOutputStream(file)) {
            for (Class<?> type : List.of(Hook.class, Hook.Control.class, Hook.MachineClock.class)) {
                add(jar, type);
            }
        }
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Premain-Class", SimulationAgent.class.getName());
        attributes.putValue("Can-Retransform-Classes", "true");
        attributes.putValue("Boot-Class-Path", hooks.getFileName().toString());
        Path agent = directory.resolve("agent.jar");
        try (OutputStream file = Files.newOutputStream(agent);
                JarOutputStream jar = new JarOutputStream(file, manifest)) {
            jar.finish();
        }
        return agent;
    }

    private static void add(JarOutputStream jar, Class<?> type) throws IOException {
        String name = type.getName().replace('.', '/') + ".class";
        jar.putNextEntry(new ZipEntry(name));
        try (InputStream bytes = type.getClassLoader().getResourceAsStream(name)) {
            bytes.transferTo(jar);
        }
        jar.closeEntry();
    }

    @Test
    void nothingThatWasAcknowledgedIsLostAndAllConvergesWhenItIsQuiet() throws Exception {
        long first = Long.getLong("dits.sim.first", 1);
        long count = Long.getLong("dits.sim.count", 1_000);
        long seconds = Long.getLong("dits.sim.seconds", System.getProperty("dits.sim.count") == null ? 12 : 3_600);
        // Each tenth is run twice, and has to take the same turns.
        Outcome outcome = campaign(List.of("-Ddits.sim.twice=10"), first, count, seconds);
        System.out.println(outcome.said.lines().reduce("", (a, b) -> b));
        assertThat(outcome.status).as(outcome.said).isZero();
    }

    @Test
    void whatFailedOncePasses() throws Exception {
        Outcome outcome = campaign(List.of(), FAILED_ONCE, 0, 3_600);
        assertThat(outcome.status).as(outcome.said).isZero();
    }

    /** One seed again: {@code -Ddits.sim.live.first=SEED -Ddits.sim.live.count=1}. */
    @Test
    void aShareAndThreeMountsThatKeepInStepConverge() throws Exception {
        long first = Long.getLong("dits.sim.live.first", 1);
        long count = Long.getLong("dits.sim.live.count", 1_000);
        long seconds = Long.getLong("dits.sim.seconds", System.getProperty("dits.sim.live.count") == null ? 5 : 3_600);
        Outcome outcome = campaign(List.of("-Ddits.sim.world=live", "-Ddits.sim.twice=10"), first, count, seconds);
        System.out.println(outcome.said.lines().reduce("", (a, b) -> b));
        assertThat(outcome.status).as(outcome.said).isZero();
    }

    /** A simulation that finds nothing may be one that can not find anything. */
    @Test
    void aDiskThatForgetsAndANetworkThatMixesUpAreFound() throws Exception {
        Outcome forgets = campaign(List.of("-Ddits.sim.fault=forget"), 1, 200, 60);
        assertThat(forgets.status).as(forgets.said).isEqualTo(1);
        assertThat(forgets.said).contains("was acknowledged and is gone");
        Outcome mixes = campaign(List.of("-Ddits.sim.fault=reorder"), 1, 200, 60);
        assertThat(mixes.status).as(mixes.said).isEqualTo(1);
    }
}
