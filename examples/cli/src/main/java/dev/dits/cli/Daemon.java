package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.RunningNode;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A {@code dits} command that goes on in a process of its own when this one ends: in a session of its own, deaf to the terminal's closing, with a log file of its
 * owner's instead of the terminal.
 */
final class Daemon {
    /**
     * Java can not begin a session. {@code setsid} is there on every Linux, {@code perl} on macOS; both replace the shell, so that the process id stays the same.
     * Where there is neither, being deaf to hangups has to do.
     */
    private static final String DETACH =
            "trap '' HUP; if command -v setsid >/dev/null 2>&1; then exec setsid \"$@\"; fi; "
                    + "if command -v perl >/dev/null 2>&1; then exec perl -MPOSIX=setsid -e 'setsid(); exec @ARGV or die' \"$@\"; fi; "
                    + "trap '' INT; exec \"$@\"";

    private static final long LOOK_MILLIS = 50;

    /** Logs that are kept; those of the oldest processes go. */
    private static final int LOGS_MAX = 50;

    private static final int LOG_BYTES_SHOWN_MAX = 64 << 10;
    private static final int LINES_SHOWN_MAX = 20;

    private final Process process;
    private final Path home;
    private final Path log;

    private Daemon(Process process, Path home, Path log) {
        this.process = process;
        this.home = home;
        this.log = log;
    }

    /** It ended before it was ready; what it said is this command's failure. */
    static final class Failed extends IOException {
        private static final long serialVersionUID = 1L;

        private final int code;
        private final String[] lines;

        private Failed(int code, List<String> lines) {
            super("the background process ended with exit code " + code);
            this.code = code;
            this.lines = lines.toArray(String[]::new);
        }

        /** An {@link ExitCode}. */
        int code() {
            return code;
        }

        List<String> lines() {
            return List.of(lines);
        }
    }

    /**
     * Starts.
     *
     * @param context the home and the environment; but for join codes, which have no business in another process's
     * @param name what the log file begins with
     * @param arguments of the command; paths in them are absolute
     */
    static Daemon start(Context context, String name, List<String> arguments) throws IOException {
        Path home = context.ditsOptions().home().toAbsolutePath();
        Path logs = home.resolve("log");
        Path log = log(logs, name);
        List<String> command = new ArrayList<>();
        boolean posix = File.separatorChar == '/';
        if (posix) {
            command.addAll(List.of("/bin/sh", "-c", DETACH, "dits"));
        }
        command.addAll(DitsProcess.command(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                // Not where the user stands: that may have to be unmounted, or deleted.
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new File(posix ? "/dev/null" : "NUL")))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        Map<String, String> environment = builder.environment();
        environment.putAll(context.environment());
        environment.remove(Target.JOIN_CODE);
        environment.remove(Target.TICKET);
        environment.put("DITS_HOME", home.toString());
        return new Daemon(builder.start(), home, log);
    }

    private static Path log(Path logs, String name) throws IOException {
        Path log;
        try {
            log = OwnerFile.create(logs, name + "-", ".log");
        } catch (FileAlreadyExistsException e) {
            // The directory: another command was faster.
            log = OwnerFile.create(logs, name + "-", ".log");
        }
        List<Path> all = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(logs, "*.log")) {
            files.forEach(all::add);
        }
        if (all.size() > LOGS_MAX) {
            all.sort(Comparator.comparing(Daemon::modified));
            for (Path old : all.subList(0, all.size() - LOGS_MAX)) {
                Files.deleteIfExists(old);
            }
        }
        return log;
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }

    long pid() {
        return process.pid();
    }

    Path log() {
        return log;
    }

    /**
     * Waits until the process says by its control socket that it does what it was started for. Interrupted, it ends the process.
     *
     * @param ready finds that in what its node says
     * @throws Failed if it ends before
     */
    <T> T await(Function<RunningNode, Optional<T>> ready) throws IOException, InterruptedException {
        boolean done = false;
        try {
            while (true) {
                boolean alive = process.isAlive();
                for (RunningNode node : Dits.running(home)) {
                    Optional<T> found = node.pid() == process.pid() ? ready.apply(node) : Optional.empty();
                    if (found.isPresent()) {
                        done = true;
                        return found.get();
                    }
                }
                if (!alive) {
                    throw failed();
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        } finally {
            if (!done) {
                process.destroy();
            }
        }
    }

    private Failed failed() throws IOException {
        byte[] bytes = Files.readAllBytes(log);
        int from = Math.max(0, bytes.length - LOG_BYTES_SHOWN_MAX);
        List<String> lines = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8)
                .lines()
                .toList();
        List<String> said =
                lines.stream().filter(line -> line.startsWith("dits: ")).toList();
        List<String> shown = said.isEmpty() ? lines : said;
        int code = process.exitValue();
        // Ended by a signal, as by whoever kills what needs too much memory.
        return new Failed(
                code == ExitCode.OK || code > 128 ? ExitCode.FAILURE : code,
                shown.isEmpty()
                        ? List.of("dits: the background process ended with exit code " + code
                                + " and said nothing; log: " + Context.show(log))
                        : shown.subList(Math.max(0, shown.size() - LINES_SHOWN_MAX), shown.size()));
    }
}
