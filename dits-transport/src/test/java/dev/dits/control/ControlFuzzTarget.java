package dev.dits.control;

import dev.dits.error.ProtocolException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.concurrent.CancellationException;

/**
 * What a process of the same user may say on a control socket, or answer there. The input: {@code which u8}, then a request's line (0), an answer's line (1), a stream
 * of lines in pieces (2).
 *
 * <p>A line is read or refused by {@link ProtocolException}; what is read is written the same way again; a failure that is told arrives as itself a second time.
 */
public final class ControlFuzzTarget {
    private static final int LINE_BYTES_MAX = 64;

    private ControlFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] rest = Arrays.copyOfRange(input, 1, input.length);
        try {
            switch (input[0] & 3) {
                case 0 -> request(rest);
                case 1 -> answer(rest);
                default -> lines(rest);
            }
        } catch (ProtocolException e) {
            return;
        }
    }

    /** Reads an object that is in the middle of a message, for targets elsewhere. */
    public static Fields fields(byte[] json) throws ProtocolException {
        return new Fields(dev.dits.json.Json.read(json));
    }

    private static byte[] withoutEnd(byte[] line) {
        check(line[line.length - 1] == '\n', "a line does not end");
        byte[] text = Arrays.copyOf(line, line.length - 1);
        for (byte one : text) {
            check(one != '\n', "a line ends early");
        }
        return text;
    }

    private static void request(byte[] line) throws ProtocolException {
        ControlProtocol.Request request = ControlProtocol.readRequest(line);
        ControlProtocol.Request again = ControlProtocol.readRequest(
                withoutEnd(ControlProtocol.request(request.operation(), request.arguments())));
        check(again.operation().equals(request.operation()), "another operation");
        check(again.arguments().values().equals(request.arguments().values()), "other arguments");
    }

    private static void answer(byte[] line) throws ProtocolException {
        Fields answer;
        try {
            answer = ControlProtocol.readAnswer(line);
        } catch (IOException | CancellationException | IllegalArgumentException e) {
            told(e);
            return;
        }
        try {
            Fields again = ControlProtocol.readAnswer(withoutEnd(ControlProtocol.answer(answer)));
            check(again.values().equals(answer.values()), "another answer");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void told(Exception failure) {
        try {
            Fields unused = ControlProtocol.readAnswer(withoutEnd(ControlProtocol.failure(failure)));
            throw new AssertionError("a failure is an answer");
        } catch (IOException | CancellationException | IllegalArgumentException e) {
            check(e.getClass() == failure.getClass(), "a failure of another class");
            check(String.valueOf(e.getMessage()).equals(failure.getMessage()), "a failure with another message");
        }
    }

    /** Like the lines that are in it, however it comes in; never more in memory than a line may have. */
    private static void lines(byte[] bytes) throws ProtocolException {
        LineReader lines = new LineReader(LINE_BYTES_MAX);
        int begins = 0;
        try (ReadableByteChannel from = Channels.newChannel(new ByteArrayInputStream(bytes))) {
            for (byte[] line = lines.take(from); line != null; line = lines.take(from)) {
                check(
                        Arrays.equals(line, Arrays.copyOfRange(bytes, begins, begins + line.length)),
                        "a line is not what was sent");
                begins += line.length + 1;
                check(bytes[begins - 1] == '\n', "a line ends where none does");
            }
        } catch (ProtocolException e) {
            throw e;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        check(lines.ended(), "what is over goes on");
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
