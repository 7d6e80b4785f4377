package dev.dits.cli;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import dev.dits.object.CommitTime;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a command reports as JSON (RFC 8259) to standard output, UTF-8, a document a line. {@code docs/guide/json.md} says what the
 * fields mean and what of them stays.
 *
 * <p>Text from others is harmless here too: whatever {@link Escaper} would change on a terminal is written as {@code \\uXXXX}, which any
 * reader turns back into the very same text. A name that is not UTF-8 is written with U+FFFD where it is not, and once more, exactly, in
 * hexadecimal: {@code "path": "caf\uFFFD", "pathHex": "636166e9"}.
 *
 * <p>Values in arrays are written by the methods without a name. What is absent is {@code null}, never left out. Not safe for use by several threads.
 */
final class JsonOutput implements AutoCloseable {
    private static final int NO_LIMIT = 0;
    private static final int ASCII_MAX = 0x7E;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            // What ends in the middle of a document must not look whole.
            .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT)
            .build();

    private final JsonGenerator json;
    private final Context context;
    private final boolean endsLine;

    private JsonOutput(Context context, boolean endsLine) throws IOException {
        this.context = context;
        this.endsLine = endsLine;
        json = FACTORY.createGenerator(context.out(), JsonEncoding.UTF8);
        json.setCharacterEscapes(new Escapes());
        json.setPrettyPrinter(new MinimalPrettyPrinter(""));
    }

    /** Starts the one document that there will be; {@link #close} ends the line. */
    static JsonOutput open(Context context) throws IOException {
        return new JsonOutput(context, true);
    }

    /** Starts any number of documents, each on a line of its own. */
    static JsonOutput lines(Context context) throws IOException {
        return new JsonOutput(context, false);
    }

    /** DEL is the one control character of ASCII that JSON allows as it is. */
    private static final class Escapes extends CharacterEscapes {
        private static final long serialVersionUID = 1L;

        private static final int DEL = 0x7F;

        @Override
        public int[] getEscapeCodesForAscii() {
            int[] codes = standardAsciiEscapesForJSON();
            codes[DEL] = ESCAPE_STANDARD;
            return codes;
        }

        @Override
        public @Nullable SerializableString getEscapeSequence(int character) {
            return null;
        }
    }

    JsonOutput object() throws IOException {
        json.writeStartObject();
        return this;
    }

    JsonOutput object(String name) throws IOException {
        json.writeObjectFieldStart(name);
        return this;
    }

    JsonOutput array() throws IOException {
        json.writeStartArray();
        return this;
    }

    JsonOutput array(String name) throws IOException {
        json.writeArrayFieldStart(name);
        return this;
    }

    /** Ends the innermost object or array. */
    JsonOutput end() throws IOException {
        if (json.getOutputContext().inArray()) {
            json.writeEndArray();
        } else {
            json.writeEndObject();
        }
        if (!endsLine && json.getOutputContext().inRoot()) {
            json.writeRaw('\n');
        }
        return this;
    }

    JsonOutput field(String name, long value) throws IOException {
        json.writeNumberField(name, value);
        return this;
    }

    /** A number with a fraction; null where it is none ({@code NaN}, infinite), which JSON cannot say. */
    JsonOutput field(String name, double value) throws IOException {
        if (Double.isFinite(value)) {
            json.writeNumberField(name, value);
        } else {
            json.writeNullField(name);
        }
        return this;
    }

    JsonOutput field(String name, boolean value) throws IOException {
        json.writeBooleanField(name, value);
        return this;
    }

    /** Text, or null. */
    JsonOutput field(String name, @Nullable String text) throws IOException {
        json.writeFieldName(name);
        return value(text);
    }

    /** All 64 digits, or null. */
    JsonOutput field(String name, @Nullable ObjectId id) throws IOException {
        return field(name, id == null ? null : id.toString());
    }

    /** All 64 digits, or null. */
    JsonOutput field(String name, Optional<ObjectId> id) throws IOException {
        return field(name, id.orElse(null));
    }

    /** A time in UTC, as in RFC 3339, or null. */
    JsonOutput field(String name, @Nullable Instant time) throws IOException {
        return field(name, time == null ? null : DateTimeFormatter.ISO_INSTANT.format(Format.instant(time)));
    }

    /** A time with its distance from UTC, as in RFC 3339. */
    JsonOutput field(String name, CommitTime time) throws IOException {
        return field(name, DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(Format.dateTime(time)));
    }

    /** Names joined by slashes; {@code .} for the top directory. */
    JsonOutput field(String name, @Nullable TreePath path) throws IOException {
        if (path == null) {
            return field(name, (String) null);
        }
        return path.isRoot() ? field(name, ".") : field(name, path.bytes());
    }

    /** Bytes that should be UTF-8: text, and {@code nameHex} as well where they are not. */
    JsonOutput field(String name, byte[] bytes) throws IOException {
        try {
            return field(
                    name,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(bytes))
                            .toString());
        } catch (CharacterCodingException e) {
            field(name, new String(bytes, StandardCharsets.UTF_8));
            return field(name + "Hex", HexFormat.of().formatHex(bytes));
        }
    }

    /** Text in an array, or null. */
    JsonOutput value(@Nullable String text) throws IOException {
        if (text == null) {
            json.writeNull();
            return this;
        }
        // Beyond ASCII only what could do harm is escaped; such a text is escaped as a whole.
        json.setHighestNonEscapedChar(text.codePoints().anyMatch(Escaper::isUnsafe) ? ASCII_MAX : NO_LIMIT);
        json.writeString(text);
        return this;
    }

    JsonOutput value(ObjectId id) throws IOException {
        return value(id.toString());
    }

    /** Whether nobody reads any more, so that a long list may end. */
    boolean readerGone() throws IOException {
        json.flush();
        return context.out().checkError();
    }

    /** Writes what is still buffered, and the end of the line. */
    @Override
    public void close() throws IOException {
        json.close();
        if (endsLine) {
            context.out().println();
        }
    }
}
