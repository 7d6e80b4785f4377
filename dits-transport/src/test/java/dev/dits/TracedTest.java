package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** No secret in anything that is logged, printed, thrown, or that an object says of itself, in {@link TracedLife}. */
@Timeout(180)
class TracedTest {
    private static final HexFormat HEX = HexFormat.of();

    @TempDir
    Path directory;

    private static Secrets secrets(List<String> lines) {
        Secrets secrets = new Secrets();
        for (String line : lines) {
            String[] parts = line.split("\t");
            byte[] secret = HEX.parseHex(parts[2]);
            if (parts[1].equals("text")) {
                secrets.text(parts[0], new String(secret, StandardCharsets.UTF_8));
            } else {
                secrets.bytes(parts[0], secret);
            }
        }
        return secrets;
    }

    @Test
    void noSecretIsSaidInAWholeLife() throws Exception {
        Path said = directory.resolve("said");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dslf4j.provider=" + TracedLogs.class.getName(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        TracedLife.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            assertThat(process.waitFor(150, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String printed = Files.readString(said);
        assertThat(process.exitValue()).as(printed).isZero();
        List<String> lines = Files.readAllLines(directory.resolve(TracedLife.SECRETS));
        String trace = Files.readString(directory.resolve(TracedLife.TRACE)) + printed;
        assertThat(trace)
                .as("all of it was listened to")
                .contains("mounter joined", "TRACE", "io.netty", "JoinRejectedException", "BranchMoved[", "MountSync");
        assertThat(lines.stream().map(line -> line.replaceAll(" ?[0-9]*\t.*", "")))
                .contains(
                        "the code",
                        "the ticket, its secret",
                        "a wrong code, its secret part",
                        "an invited code, the SPAKE2 password",
                        "the key of a session",
                        "the private key of a mount",
                        "the share's private key",
                        "the key that signs commits",
                        "the content of a file");
        TreeSet<String> planted = new TreeSet<>();
        lines.stream()
                .map(line -> line.substring(0, line.indexOf('\t')))
                .filter(what -> what.startsWith(TracedLife.PLANTED))
                .forEach(planted::add);
        assertThat(planted).hasSize(8);
        assertThat(secrets(lines).foundIn(trace))
                .as("what was planted, and nothing else")
                .isEqualTo(planted);
    }

    @Test
    void aSecretIsFoundHoweverItIsWritten() {
        Secrets secrets = new Secrets();
        byte[] key = HEX.parseHex("00ff7a10b3c4d5e6f7a8b9cadbecfd0e");
        secrets.bytes("a key", key);
        for (String written : secrets.written()) {
            assertThat(secrets.foundIn("before " + written + " after")).containsExactly("a key");
        }
        for (String written : List.of(
                "00FF7A10B3C4D5E6F7A8B9CADBECFD0E",
                java.util.Base64.getEncoder().encodeToString(key),
                "xx" + java.util.Base64.getUrlEncoder().encodeToString(key),
                java.util.Arrays.toString(key),
                new java.math.BigInteger(1, key).toString())) {
            assertThat(secrets.foundIn("before" + written + "after"))
                    .as(written)
                    .containsExactly("a key");
        }
        assertThat(secrets.foundIn("00ff7a10b3, and 7a10b3")).isEmpty();
    }
}
