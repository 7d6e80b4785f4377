package dev.dits.control;

import dev.dits.error.ProtocolException;
import dev.dits.json.Json;
import java.util.Map;

/**
 * The lines: {@code {"dits":1,"do":OPERATION,"with":{...}}}, answered in turn by {@code {"dits":1,"is":{...}}} or {@code {"dits":1,"failed":{...}}}.
 *
 * <p>The version counts what is not compatible; names that the other end does not know are ignored, operations that it does not know fail as such.
 */
final class ControlProtocol {
    static final int VERSION = 1;

    /** Longest request: the options of an invitation are the largest. */
    static final int REQUEST_BYTES_MAX = 64 << 10;

    /** Longest answer: 1,000 shares with 1,000 peers each are not told. */
    static final int ANSWER_BYTES_MAX = 8 << 20;

    private static final String DITS = "dits";
    private static final String DO = "do";
    private static final String WITH = "with";
    private static final String IS = "is";
    private static final String FAILED = "failed";

    private ControlProtocol() {}

    record Request(String operation, Fields arguments) {}

    private static byte[] line(Fields message) {
        byte[] text = Json.write(message.values());
        byte[] line = java.util.Arrays.copyOf(text, text.length + 1);
        line[text.length] = '\n';
        return line;
    }

    static byte[] request(String operation, Fields arguments) {
        return line(Fields.NONE.with(DITS, VERSION).with(DO, operation).with(WITH, arguments));
    }

    static byte[] answer(Fields fields) {
        return line(Fields.NONE.with(DITS, VERSION).with(IS, fields));
    }

    static byte[] failure(Throwable failure) {
        return line(Fields.NONE.with(DITS, VERSION).with(FAILED, ControlErrors.toFields(failure)));
    }

    private static Fields read(byte[] line) throws ProtocolException {
        Map<String, Object> values = Json.read(line);
        Fields message = new Fields(values);
        long version = message.number(DITS, 0);
        if (version < 1) {
            throw new ProtocolException("a control message says its version first: {\"dits\":1, ...}");
        }
        if (version > VERSION) {
            throw new ProtocolException("the other process speaks version " + version
                    + " of the control protocol, this one up to " + VERSION + "; use one version of dits for both");
        }
        return message;
    }

    static Request readRequest(byte[] line) throws ProtocolException {
        Fields message = read(line);
        return new Request(message.text(DO), message.fields(WITH));
    }

    /** Reads an answer; throws what it reports. */
    static Fields readAnswer(byte[] line) throws java.io.IOException {
        Fields message = read(line);
        if (message.has(FAILED)) {
            throw ControlErrors.toException(message.fields(FAILED));
        }
        if (!message.has(IS)) {
            throw new ProtocolException("the other process gave no answer that this version understands");
        }
        return message.fields(IS);
    }
}
