package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Ignore files come with a peer's tree, and so do the names that they are matched with. */
class HostileIgnoreRulesTest {
    private static Boolean match(String rules, String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        return IgnoreRules.parse(rules.getBytes(StandardCharsets.UTF_8)).match(bytes, path.lastIndexOf('/') + 1, false);
    }

    @Test
    void starsWithoutEndDoNotExhaustTheStack() {
        String path = ("a".repeat(255) + "/").repeat(127) + "a".repeat(255);
        for (String piece : new String[] {"*a", "**/*a", "*?", "*[a]", "**/"}) {
            assertThat(match("/" + piece.repeat(30_000), path)).as(piece).isNull();
        }
        // Others still speak.
        assertThat(match("a*\n/" + "*a".repeat(30_000), path)).isTrue();
    }

    @Test
    void manyStarsStillMatch() {
        assertThat(match("*a".repeat(100), "a".repeat(255))).isTrue();
        assertThat(match("/" + "**/".repeat(100) + "x", "d/".repeat(100) + "x")).isTrue();
    }

    @Test
    void thousandsOfCostlyRulesAreGivenUpTogether() {
        // Each alone takes all the steps that one rule may; without a bound on all, one name would take minutes.
        String costly = "/" + "**/a*".repeat(20) + "b\n";
        String path = "a/".repeat(127) + "a";
        assertThat(match("a\n" + costly.repeat(40_000), path)).isNull();
        assertThat(match(costly + "a\n", path)).isTrue();
    }
}
