package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RateTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "off, 0",
        "none, 0",
        "1, 1",
        "1000000, 1000000",
        "500k, 500000",
        "2M, 2000000",
        "1.5M, 1500000",
        "2MB/s, 2000000",
        "1g, 1000000000",
        "0.5k, 500",
        "10kb, 10000"
    })
    void readsRates(String text, long bytesPerSecond) {
        assertThat(Rate.parse("--up", text)).isEqualTo(bytesPerSecond);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "fast", "1.5", "1 M", "M", "1.55M", "9999999999", "1e6", "2Mbit"})
    void refusesWhatIsNone(String text) {
        assertThatThrownBy(() -> Rate.parse("--up", text))
                .isInstanceOf(Usage.class)
                .hasMessageContaining("--up");
    }
}
