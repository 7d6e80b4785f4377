package dev.dits.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkProfileTest {
    @Test
    void findsTheNamedOnes() {
        assertThat(ChunkProfile.byName("project")).contains(ChunkProfile.PROJECT);
        assertThat(ChunkProfile.byName("default")).contains(new ChunkProfile("default", 16_384, 65_536, 262_144));
        assertThat(ChunkProfile.byName("media")).contains(ChunkProfile.MEDIA);
        assertThat(ChunkProfile.byName("Media")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"a,64,256,1024", "a-1,1048576,4194304,16777216", "x,1024,1024,1024"})
    void takesTheEdges(String name, int min, int average, int max) {
        assertThatCode(() -> new ChunkProfile(name, min, average, max)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "a,62,256,1024",
        "a,64,254,1024",
        "a,64,256,1022",
        "a,1048578,4194304,16777216",
        "a,1048576,4194306,16777216",
        "a,1048576,4194304,16777218",
        "a,65,256,1024",
        "a,64,257,1024",
        "a,64,256,1025",
        "a,512,256,1024",
        "a,64,2048,1024",
        "'',64,256,1024",
        "A,64,256,1024",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,64,256,1024",
    })
    void refusesWhatIsOnePast(String name, int min, int average, int max) {
        assertThatThrownBy(() -> new ChunkProfile(name, min, average, max))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
