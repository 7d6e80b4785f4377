package dev.dits.sim;

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

/** Runs a {@link Campaign} in a process of its own: what it rewrites and how it draws randomness is nobody else's business. */
final class CampaignProcess {
    private CampaignProcess() {}

    /**
     * What came of it.
     *
     * @param status 0 if every seed passed
     * @param said what it printed
     */
    record Outcome(int status, String said) {
        /** The figures. */
        String lastLine() {
            return said.lines().reduce("", (a, b) -> b);
        }
    }

    /**
     * Runs one.
     *
     * @param directory where the agent is made, and the disks where there is no memory for them
     * @param options system properties
     * @param first the first seed, or several and their count does not matter
     * @param count how many
     * @param seconds when no more are begun
     */
    static Outcome run(Path directory, List<String> options, String first, long count, long seconds) throws Exception {
        Path agent = agent(directory);
        Path disks = disks(directory);
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
                disks.toString(),
                Long.toString(seconds)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (InputStream out = process.getInputStream()) {
            process.getOutputStream().close();
            String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            return new Outcome(process.waitFor(), said);
        } finally {
            process.destroyForcibly();
            World.deleteTree(disks);
        }
    }

    /** In memory where that can be had: the disk that counts is the simulated one. */
    private static Path disks(Path directory) throws IOException {
        Path memory = Path.of("/dev/shm");
        if (!Files.isWritable(memory)) {
            return Files.createDirectory(directory.resolve("disks"));
        }
        return Files.createTempDirectory(memory, "dits-sim");
    }

    private static Path agent(Path directory) throws IOException {
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
}
