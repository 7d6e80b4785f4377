package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.error.DiskFullException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ErrorCodesTest {
    @Test
    void aFullDiskIsToldAsWhatItIsAndWithoutTheOwnersPaths() {
        DiskFullException failure = new DiskFullException(
                "the disk is full: could not write /home/somebody/secret; free some space", new IOException("no"));
        assertThat(ErrorCodes.of(failure)).isEqualTo(ErrorCodes.NO_SPACE);
        assertThat(ErrorCodes.textOf(failure)).contains("disk there is full").doesNotContain("somebody");
        assertThat(ErrorCodes.exception(ErrorCodes.NO_SPACE, ErrorCodes.textOf(failure)))
                .hasMessageContaining("the other side says: the disk there is full");
    }
}
