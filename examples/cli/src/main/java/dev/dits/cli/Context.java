package dev.dits.cli;

import dev.dits.DitsOptions;
import dev.dits.object.Escaper;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** All that a command sees of its process, so that a test can be the process. */
final class Context {
    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;
    private final Terminal terminal;
    private final LongSupplier nanoClock;
    private final Interruption interruption;
    private Path directory;
    private boolean plain;
    private boolean debug;
    private @Nullable String resumeHint;

    Context(
            InputStream in,
            PrintStream out,
            PrintStream err,
            Map<String, String> environment,
            Path directory,
            Terminal terminal,
            LongSupplier nanoClock,
            Interruption interruption) {
        this.in = in;
        this.out = out;
        this.err = err;
        this.environment = environment;
        this.directory = directory;
        this.terminal = terminal;
        this.nanoClock = nanoClock;
        this.interruption = interruption;
    }

    static Context ofProcess(Interruption interruption, OutputStream out) {
        Map<String, String> environment = System.getenv();
        return new Context(
                System.in,
                // Names are UTF-8 whatever the locale says; JDK 17 would write question marks under LANG=C.
                utf8(out),
                utf8(new FileOutputStream(FileDescriptor.err)),
                environment,
                Path.of(""),
                Terminal.ofProcess(environment),
                System::nanoTime,
                interruption);
    }

    private static PrintStream utf8(OutputStream out) {
        return new PrintStream(out, true, StandardCharsets.UTF_8);
    }

    void directory(Path value) {
        directory = directory.resolve(value);
    }

    void plain(boolean value) {
        plain = value;
    }

    void debug(boolean value) {
        debug = value;
    }

    boolean debug() {
        return debug;
    }

    PrintStream out() {
        return out;
    }

    PrintStream err() {
        return err;
    }

    Terminal terminal() {
        return terminal;
    }

    LongSupplier nanoClock() {
        return nanoClock;
    }

    Interruption interruption() {
        return interruption;
    }

    /** An environment variable; nothing if it is blank. */
    Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }

    /** All environment variables. */
    Map<String, String> environment() {
        return environment;
    }

    /** A path as the user wrote it, seen from where the command runs. */
    Path path(@Nullable Path written) {
        return written == null ? directory : directory.resolve(written);
    }

    /** Whether signs and colour are welcome on standard output. */
    boolean fancy() {
        return fancy(terminal.output());
    }

    /** Whether a bar may be drawn on standard error. */
    boolean drawsBars() {
        return terminal.error() && !plain && !environment.containsKey("CI");
    }

    // NO_COLOR: https://no-color.org, any value that is not empty.
    private boolean fancy(boolean onTerminal) {
        return onTerminal && !plain && environment.getOrDefault("NO_COLOR", "").isEmpty();
    }

    /** Where the command runs, for messages as well. */
    Path here() {
        return directory.toAbsolutePath();
    }

    void say(String line) {
        out.println(line);
    }

    void say(Icon icon, String line) {
        out.println(fancy() ? icon.sign() + line : line);
    }

    void warn(String line) {
        err.println((fancy(terminal.error()) ? Icon.WARNING.sign() : "") + "dits: " + line);
    }

    /** Text for standard output in bold, where that is welcome. */
    String bold(String text) {
        return styled("1", text);
    }

    String red(String text) {
        return styled("31", text);
    }

    String green(String text) {
        return styled("32", text);
    }

    String cyan(String text) {
        return styled("36", text);
    }

    /** Select Graphic Rendition, ECMA-48. */
    private String styled(String code, String text) {
        return fancy() && !text.isEmpty() ? "\u001B[" + code + "m" + text + "\u001B[0m" : text;
    }

    /** What the user is told when they stop the command from here on. */
    void resumeHint(@Nullable String hint) {
        resumeHint = hint;
    }

    @Nullable
    String resumeHint() {
        return resumeHint;
    }

    /** Reads one line of standard input; nothing at its end. */
    Optional<String> readLine() throws IOException {
        return Optional.ofNullable(
                        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8), 1024).readLine())
                .map(String::strip)
                .filter(line -> !line.isEmpty());
    }

    /** Asks the user; nothing if there is nobody to ask. */
    Optional<String> ask(String question) throws IOException {
        if (!terminal.input()) {
            return Optional.empty();
        }
        err.print(question);
        err.flush();
        return readLine();
    }

    /** A path as it is shown: the way it was written, and harmless. */
    static String show(Path path) {
        String text = path.toString();
        return text.isEmpty() ? "." : Escaper.escape(text);
    }

    /** The node's settings, as the environment has them. */
    DitsOptions ditsOptions() {
        DitsOptions options = DitsOptions.defaults();
        Optional<String> home = variable("DITS_HOME");
        if (home.isPresent()) {
            options = options.withHome(Path.of(home.get()));
        }
        options = variable("DITS_LAN").map(options::withLanInterfaces).orElse(options);
        Optional<String> tracker = variable("DITS_TRACKER");
        if (tracker.isPresent()) {
            try {
                options = options.withTracker(tracker.get());
            } catch (IllegalArgumentException e) {
                throw new Usage("DITS_TRACKER: " + e.getMessage());
            }
        }
        return variable("DITS_TRACKER_KEY").map(options::withTrackerKey).orElse(options);
    }
}
