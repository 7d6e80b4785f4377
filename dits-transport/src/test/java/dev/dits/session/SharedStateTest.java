package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dits.crypto.SessionSecret;
import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import dev.dits.wire.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Grants in a directory that goes away while a share is open, and comes back. */
class SharedStateTest {
    private static final byte[] ID = new byte[Message.SHORT_ID_BYTES];

    @TempDir
    Path temporary;

    private Path directory;
    private GrantStore grants;

    @BeforeEach
    void grant() throws IOException {
        directory = temporary.resolve("share");
        grants = GrantStore.open(directory.resolve("grants"));
        grants.add(
                new Grant(
                        ID,
                        SessionSecret.fromBytes(new byte[SessionSecret.BYTES]),
                        new byte[ObjectId.BYTES],
                        "peer",
                        Access.toAll(false),
                        1),
                null);
    }

    @Test
    void whatIsGoneForAWhileIsNotTakenForEmpty() throws IOException {
        Path away = temporary.resolve("away");
        Files.move(directory, away);
        assertThatExceptionOfType(DitsException.class)
                .isThrownBy(() -> grants.find(ID))
                .withMessageContaining("grants is gone");
        assertThatExceptionOfType(DitsException.class).isThrownBy(() -> grants.generation());
        assertThatExceptionOfType(DitsException.class).isThrownBy(() -> grants.remove(ID));
        assertThat(directory).as("nothing is made where it was").doesNotExist();
        Files.move(away, directory);
        assertThat(grants.find(ID)).isPresent();
        assertThat(grants.remove(ID)).isTrue();
        assertThat(grants.find(ID)).isEmpty();
    }
}
