package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs every fuzz target on its corpus: {@code src/test/resources/fuzz/CLASS/}, one input a file. {@code .ci/fuzz} looks for more of them; each finding is kept there.
 */
class FuzzCorpusTest {
    /** A chunk's worth several times over, and less than any length that an input can declare beyond its limits. */
    private static final long ALLOCATED_BYTES_MAX = 8 << 20;

    /** By reflection, since no module of this project reads the platform's management. */
    private static long allocatedBytes() throws ReflectiveOperationException {
        Object threads = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        return (long) Class.forName("com.sun.management.ThreadMXBean")
                .getMethod("getCurrentThreadAllocatedBytes")
                .invoke(threads);
    }

    private static Path corpus() throws Exception {
        return Path.of(FuzzCorpusTest.class.getResource("/fuzz").toURI());
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    @TestFactory
    Stream<DynamicTest> everyInputIsTakenOrRefused() throws Exception {
        return list(corpus()).stream()
                .map(directory ->
                        DynamicTest.dynamicTest(directory.getFileName().toString(), () -> replay(directory)));
    }

    private static void replay(Path directory) throws Exception {
        Method target = Class.forName(directory.getFileName().toString()).getMethod("fuzzerTestOneInput", byte[].class);
        List<Path> inputs = list(directory);
        assertThat(inputs).isNotEmpty();
        target.invoke(null, (Object) new byte[0]); // whatever a first call sets up
        target.invoke(null, (Object) Files.readAllBytes(inputs.get(0)));
        for (Path input : inputs) {
            byte[] bytes = Files.readAllBytes(input);
            long before = allocatedBytes();
            try {
                target.invoke(null, (Object) bytes);
            } catch (InvocationTargetException e) {
                throw new AssertionError("input " + input, e.getCause());
            }
            assertThat(allocatedBytes() - before)
                    .as("bytes allocated for the input %s", input)
                    .isLessThan(ALLOCATED_BYTES_MAX);
        }
    }

    @Test
    void everyTargetHasItsCorpus() throws Exception {
        Path classes = Path.of(FuzzCorpusTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            List<String> targets = files.filter(file -> file.toString().endsWith("FuzzTarget.class"))
                    .map(file -> classes.relativize(file).toString())
                    .map(file -> file.replace(".class", "").replace(file.indexOf('\\') < 0 ? '/' : '\\', '.'))
                    .sorted()
                    .toList();
            assertThat(list(corpus()))
                    .extracting(path -> path.getFileName().toString())
                    .containsExactlyElementsOf(targets);
        }
    }
}
