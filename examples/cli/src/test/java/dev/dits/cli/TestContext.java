package dev.dits.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A process made of memory: runs commands and keeps what they say. */
final class TestContext {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Map<String, String> environment = new HashMap<>();
    private final Path directory;
    private String input = "";
    private Terminal terminal = Terminal.NONE;
    private long nanos;

    TestContext(Path directory) {
        this.directory = directory;
    }

    TestContext with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    TestContext input(String text) {
        input = text;
        return this;
    }

    TestContext terminal(Terminal value) {
        terminal = value;
        return this;
    }

    void passNanos(long passed) {
        nanos += passed;
    }

    Context context() {
        return new Context(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                environment,
                directory,
                terminal,
                () -> nanos,
                new Interruption());
    }

    /** Runs a command line; what it says replaces what the one before said. */
    int run(String... args) {
        out.reset();
        err.reset();
        return DitsCommand.run(context(), args);
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    byte[] rawOut() {
        return out.toByteArray();
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
