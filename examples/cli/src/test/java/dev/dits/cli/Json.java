package dev.dits.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;

/** Reads what commands wrote as another program would. */
final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(com.fasterxml.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Json() {}

    /** The one document, on a line of its own. */
    static JsonNode document(String text) throws JsonProcessingException {
        if (!text.endsWith("\n") || text.indexOf('\n') != text.length() - 1) {
            throw new AssertionError("not one line: " + text);
        }
        return MAPPER.readTree(text);
    }

    static List<JsonNode> lines(String text) throws JsonProcessingException {
        List<JsonNode> documents = new ArrayList<>();
        for (String line : text.lines().toList()) {
            documents.add(document(line + "\n"));
        }
        return documents;
    }
}
