package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Two homes behind routers and a tracker between them, made of network namespaces ({@code src/test/natlab/natlab}), and the processes of {@link NatLabHost} in them. */
final class NatLab implements AutoCloseable {
    static final String TRACKER = "203.0.113.10:8080";

    private static final Path SCRIPT = Path.of("src/test/natlab/natlab").toAbsolutePath();
    private static final long END_SECONDS = 20;

    private final List<Process> processes = new ArrayList<>();

    private NatLab() {}

    /** Makes a repository of one random file. */
    static Path project(Path directory, int bytes) throws IOException {
        Path project = directory.resolve("project");
        Trees.random(project.resolve("large"), 1, bytes);
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", null, CommitProgress.NONE);
        }
        return project;
    }

    /** Builds it, in place of one that is there. */
    static NatLab up(String... options) throws IOException, InterruptedException {
        NatLab lab = new NatLab();
        List<String> command = new ArrayList<>(List.of("up"));
        command.addAll(List.of(options));
        lab.run(command.toArray(String[]::new));
        return lab;
    }

    /** Runs a command of the script, and returns what it said. */
    String run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("bash", SCRIPT.toString()));
        command.addAll(List.of(arguments));
        Process process = builder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private static ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .put("NATLAB_PREFIX", "dits-nat-" + ProcessHandle.current().pid());
        builder.environment().remove("DITS_LAN");
        return builder;
    }

    /** A process of {@link NatLabHost}, and the lines that it says. */
    final class Host {
        private final Process process;
        private final BufferedReader lines;

        private Host(Process process) {
            this.process = process;
            this.lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        /** The next line, which begins with a word; what follows it. */
        String says(String word) throws IOException {
            String line = lines.readLine();
            assertThat(line).as("a line that begins with " + word).startsWith(word + " ");
            return line.substring(word.length() + 1);
        }

        /** Lets it go on where it waits for that. */
        void goOn() throws IOException {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        }

        void kill() throws InterruptedException {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            assertThat(process.waitFor(END_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Starts one on a host. */
    Host start(String host, String... arguments) throws IOException {
        return start(host, List.of(), arguments);
    }

    /** Starts one on a host, with options for Java. */
    Host start(String host, List<String> options, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "bash",
                SCRIPT.toString(),
                "exec",
                host,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m"));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), NatLabHost.class.getName()));
        command.addAll(List.of(arguments));
        Process process =
                builder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        processes.add(process);
        return new Host(process);
    }

    /** Starts the tracker, and waits until it listens. */
    Host tracker() throws IOException {
        Host tracker = start("tracker", "tracker");
        tracker.says("TRACKER");
        return tracker;
    }

    @Override
    public void close() throws IOException {
        try {
            for (Process process : processes) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                assertThat(process.destroyForcibly().waitFor(END_SECONDS, TimeUnit.SECONDS))
                        .isTrue();
            }
            run("down");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
