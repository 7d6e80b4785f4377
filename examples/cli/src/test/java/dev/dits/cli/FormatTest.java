package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormatTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "999, 999 B",
        "1000, 1.00 kB",
        "9994, 9.99 kB",
        "9996, 10.0 kB",
        "99940, 99.9 kB",
        "99960, 100 kB",
        "999499, 999 kB",
        "999500, 1.00 MB",
        "270400000, 270 MB",
        "4294967296, 4.29 GB",
        "9223372036854775807, 9.22 EB"
    })
    void bytes(long bytes, String text) {
        assertThat(Format.bytes(bytes)).isEqualTo(text);
    }

    @Test
    void counts() {
        assertThat(Format.count(1, "file")).isEqualTo("1 file");
        assertThat(Format.count(5_881, "file")).isEqualTo("5,881 files");
        assertThat(Format.count(2, "branch")).isEqualTo("2 branches");
        assertThat(Format.count(2, "directory")).isEqualTo("2 directories");
    }

    @ParameterizedTest
    @CsvSource({"0, 0.0 s", "9.94, 9.9 s", "59, 59 s", "60, 1 min 00 s", "3599, 59 min 59 s", "3661, 1 h 01 min"})
    void durations(double seconds, String text) {
        assertThat(Format.duration(Duration.ofMillis(Math.round(seconds * 1000))))
                .isEqualTo(text);
    }

    @Test
    void textFromOutsideIsHarmless() {
        assertThat(Format.safe("a\u001B[2Jb\nc\u202Ed")).isEqualTo("a\\u001b[2Jb\nc\\u202ed");
    }
}
