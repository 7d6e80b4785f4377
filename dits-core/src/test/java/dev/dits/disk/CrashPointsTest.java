package dev.dits.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every change of the file system that the sources make is at a point where some test stops. */
class CrashPointsTest {
    /** A call with a role among its arguments. */
    private static final Pattern CALL = Pattern.compile("\\.(\\w+)\\(\\s*(?:[\\w.()]+,\\s*)*Role\\.([A-Z_]+)\\b");

    /** What a call passes; writing, syncing and closing come with the file that is created or opened. */
    private static final Map<String, List<String>> OPERATIONS = new TreeMap<>();

    static {
        for (Operation operation : Operation.values()) {
            String name = operation.of(Role.TREE).substring("tree.".length());
            OPERATIONS.put(camel(name), List.of(name));
        }
        OPERATIONS.put("makeDirectories", List.of("make-directory"));
        OPERATIONS.put("makeDirectoriesDurably", List.of("make-directory", "sync-directory"));
        OPERATIONS.put("discard", List.of("delete"));
        List<String> whole = List.of("create", "write", "sync", "close", "rename", "sync-directory");
        OPERATIONS.put("replace", whole);
        // Of AtomicFile: on a file that is open it has no role.
        OPERATIONS.put("write", whole);
    }

    private static String camel(String name) {
        String[] words = name.split("-");
        return words[0]
                + Arrays.stream(words)
                        .skip(1)
                        .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
                        .collect(Collectors.joining());
    }

    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (Path module : List.of(Path.of("."), Path.of("../dits-transport"))) {
            try (Stream<Path> files = Files.walk(module.resolve("src/main/java"))) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
        }
        return sources;
    }

    @Test
    void everyChangeInTheSourcesIsListed() throws IOException {
        Set<String> listed = CrashPoints.all();
        Set<String> missing = new TreeSet<>();
        int calls = 0;
        for (Path source : sources()) {
            Matcher call = CALL.matcher(Files.readString(source));
            while (call.find()) {
                calls++;
                String role = call.group(2).toLowerCase(Locale.ROOT).replace('_', '-');
                List<String> operations = OPERATIONS.get(call.group(1));
                assertThat(operations)
                        .as("%s calls %s with a role", source, call.group(1))
                        .isNotNull();
                operations.stream()
                        .map(operation -> role + "." + operation)
                        .filter(point -> !listed.contains(point))
                        .forEach(point -> missing.add(source.getFileName() + ": " + point));
            }
        }
        assertThat(calls).as("the pattern still finds them").isGreaterThan(70);
        assertThat(missing)
                .as(
                        "a new point takes part in a scenario that is stopped at every point, and is listed in crash-points.txt")
                .isEmpty();
    }
}
