package dev.dits.cli;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A {@code dits} command in a process of its own, started with this one's JVM and class path. */
final class DitsProcess implements AutoCloseable {
    private static final String CODE = "Join code: ";
    /** No output line holds a NUL. */
    private static final String END = "\0end";

    private static final long STOP_SECONDS = 10;

    private final Process process;
    private final List<String> seen = new ArrayList<>();
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private DitsProcess(Process process) {
        this.process = process;
        Thread reader = new Thread(this::read, "dits-process-output");
        reader.setDaemon(true);
        reader.start();
    }

    static DitsProcess start(Path directory, Map<String, String> environment, List<String> arguments)
            throws IOException {
        List<String> command = command(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return new DitsProcess(builder.start());
    }

    /** The command line of such a process, with this one's JVM and its options. */
    static List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // The memory limit and the like of this process, for the other as well; not a debugger's port or an agent.
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("-X")
                        && !option.startsWith("-XX:ArchiveClassesAtExit")
                        && !option.startsWith("-Xrun")
                        && !option.startsWith("-Xdebug"))
                .forEach(command::add);
        command.addAll(List.of("-cp", classPath(), Main.class.getName()));
        command.addAll(arguments);
        return command;
    }

    /** Surefire hides the class path behind a jar of its own. Whole paths, as the process may run elsewhere. */
    private static String classPath() {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Arrays.stream(path.split(File.pathSeparator, -1))
                .filter(entry -> !entry.isEmpty())
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private void read() {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            // The stream closes under the reader when the process is destroyed; the end is told below either way.
            lines.add("(output lost: " + e.getMessage() + ")");
        } finally {
            lines.add(END);
        }
    }

    /**
     * Waits for a line.
     *
     * @param start what it begins with
     * @return what stands behind that; nothing if the process ended or the time is up
     * @throws InterruptedException if interrupted
     */
    Optional<String> await(String start, long seconds) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (true) {
            String line = lines.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null || line.equals(END)) {
                return Optional.empty();
            }
            seen.add(line);
            if (line.startsWith(start)) {
                return Optional.of(line.substring(start.length()));
            }
        }
    }

    Optional<String> joinCode(long seconds) throws InterruptedException {
        return await(CODE, seconds).map(String::strip);
    }

    /** What it has said so far, for the report of a failure. */
    String output() {
        return String.join("\n", seen);
    }

    Process process() {
        return process;
    }

    /** Ends it as {@code kill} does, and if that does not help as {@code kill -9}. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
