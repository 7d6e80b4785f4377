package dev.dits.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JoinCodeTest {
    private static final String SHOWN = "7KQ-M4T-X9P";

    @Test
    void alphabetHas32CharactersAndNoneThatIsMistaken() {
        assertThat(JoinCode.ALPHABET).hasSize(32).doesNotContain("0", "1", "I", "O");
        assertThat(JoinCode.ALPHABET.chars().distinct().count()).isEqualTo(32);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "7KQ-M4T-X9P",
                "7kqm4tx9p",
                " 7kq m4t x9p\n",
                "7-K-Q--M4TX9P",
                "7KQ\u2011M4T\u2013X9P",
                "7KQ\u2014M4T\u2212X9P",
                "7KQ\u00a0M4T\u2009X9P",
                "\t7Kq - m4T - X9p"
            })
    void caseSpacesAndDashesDoNotMatter(String typed) throws Exception {
        JoinCode code = JoinCode.parse(typed);
        assertThat(code.display()).isEqualTo(SHOWN);
        assertThat(code.nameplate()).isEqualTo("7KQ");
        assertThat(new String(code.exposeSecret(), StandardCharsets.US_ASCII)).isEqualTo("M4TX9P");
        assertThat(code).isEqualTo(JoinCode.parse(SHOWN)).hasSameHashCodeAs(JoinCode.parse(SHOWN));
        assertThat(JoinCode.looksLikeCode(typed)).isTrue();
    }

    @Test
    void oneAndIReadAsL() throws Exception {
        assertThat(JoinCode.parse("1Ii-LlA-BCD").display()).isEqualTo("LLL-LLA-BCD");
    }

    @Test
    void nameplatesGrowAtTheFront() throws Exception {
        assertThat(JoinCode.parse("7KQM4TX9PZ").display()).isEqualTo("7KQM-4TX-9PZ");
        JoinCode longest = JoinCode.parse("ABCDEFGHJKLMNP");
        assertThat(longest.nameplate()).isEqualTo("ABCDEFGH");
        assertThat(longest.display()).isEqualTo("ABCDEFGH-JKL-MNP");
    }

    @ParameterizedTest
    @ValueSource(strings = {"7KQ-M0T-X9P", "7KQ-MOT-X9P", "7kq-mot-x9p"})
    void zeroAndOAreRefusedByName(String typed) {
        assertThatExceptionOfType(InvitationFormatException.class)
                .isThrownBy(() -> JoinCode.parse(typed))
                .withMessageContaining("Character 6 ")
                .withMessageContaining("zero or the letter O")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("7KQ", "7kq", "X9P", "x9p"));
        assertThat(JoinCode.looksLikeCode(typed)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"7KQ-M!T-X9P", "7KQ-M\u00c4T-X9P", "7KQ-M\u212aT-X9P", "7KQ-M/T-X9P", "7KQ-M_T-X9P"})
    void otherCharactersAreRefusedByPlaceWithoutEcho(String typed) {
        assertThatExceptionOfType(InvitationFormatException.class)
                .isThrownBy(() -> JoinCode.parse(typed))
                .withMessageStartingWith("Character 6 ")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("7KQ", "X9P", typed.substring(5, 6)));
        assertThat(JoinCode.looksLikeCode(typed)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "---", "7KQM4TX9", "ABCDEFGHJKLMNPQ"})
    void otherLengthsAreRefused(String typed) {
        assertThatExceptionOfType(InvitationFormatException.class)
                .isThrownBy(() -> JoinCode.parse(typed))
                .withMessageContaining("9 to 14")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("7KQM", "ABCDEF"));
        assertThat(JoinCode.looksLikeCode(typed)).isFalse();
    }

    @Test
    void inputIsBounded() throws Exception {
        String padded = SHOWN + " ".repeat(JoinCode.INPUT_CHARS_MAX - SHOWN.length());
        assertThat(JoinCode.parse(padded).display()).isEqualTo(SHOWN);
        assertThatExceptionOfType(InvitationFormatException.class).isThrownBy(() -> JoinCode.parse(padded + " "));
        assertThat(JoinCode.looksLikeCode(padded + " ")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost", "192.0.2.7:4433", "dits://join/dits1abc", "my-laptop-01", "./share", "host.example"
            })
    void otherTargetsDoNotLookLikeCodes(String target) {
        assertThat(JoinCode.looksLikeCode(target)).isFalse();
    }

    @Test
    void generatedCodesReadBackAndUseEveryCharacterEverywhere() throws Exception {
        SeededRandom random = new SeededRandom(30);
        for (int chars = JoinCode.NAMEPLATE_CHARS_MIN; chars <= JoinCode.NAMEPLATE_CHARS_MAX; chars++) {
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < 1_000; i++) {
                JoinCode code = JoinCode.generate(random, chars);
                assertThat(code.nameplate()).hasSize(chars);
                assertThat(JoinCode.isNameplate(code.nameplate())).isTrue();
                assertThat(JoinCode.parse(code.display())).isEqualTo(code);
                String characters = code.display().replace("-", "");
                for (int at = 0; at < characters.length(); at++) {
                    seen.add(at + ":" + characters.charAt(at));
                }
            }
            assertThat(seen).hasSize((chars + JoinCode.SECRET_CHARS) * 32);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> JoinCode.generate(random, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> JoinCode.generate(random, 9));
    }

    @Test
    void everyCharacterCounts() throws Exception {
        JoinCode code = JoinCode.parse("7KQM4TX9P");
        for (int at = 0; at < 9; at++) {
            StringBuilder other = new StringBuilder("7KQM4TX9P").replace(at, at + 1, "Z");
            assertThat(JoinCode.parse(other.toString())).isNotEqualTo(code);
        }
        // The same characters, divided differently, are different codes.
        assertThat(JoinCode.parse("7KQMM4TX9P")).isNotEqualTo(code);
    }

    @Test
    void exposedSecretIsACopy() throws Exception {
        JoinCode code = JoinCode.parse(SHOWN);
        code.exposeSecret()[0] = 'Z';
        assertThat(code.display()).isEqualTo(SHOWN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7K", "7kq", "7K0", "7KI", "ABCDEFGHJ", "7K-"})
    void nameplatesAreCanonical(String text) {
        assertThat(JoinCode.isNameplate(text)).isFalse();
    }
}
