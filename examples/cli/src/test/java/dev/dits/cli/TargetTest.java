package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.crypto.InvitationFormatException;
import dev.dits.crypto.Ticket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
    private static final String CODE = "7KQM-4TX-9PZ";

    private final TestContext process = new TestContext(Path.of(""));

    private Target resolve(String written, String code) throws Exception {
        return Target.resolve(process.context(), written, code);
    }

    @ParameterizedTest
    @ValueSource(strings = {CODE, "7kqm4tx9pz", " 7kqm 4tx 9pz "})
    void aCode(String written) throws Exception {
        assertThat(resolve(written, null)).isEqualTo(new Target(CODE, null, "7KQM-***-***"));
    }

    @Test
    void aCodeAndAnAddress() throws Exception {
        assertThat(resolve("7kqm-4tx-9pz@192.168.1.5:4433", null))
                .isEqualTo(new Target(CODE + "@192.168.1.5:4433", null, "7KQM-***-*** at 192.168.1.5:4433"));
        assertThat(resolve(CODE + "@[fe80::1%eth0]:4433", null).value()).isEqualTo(CODE + "@[fe80::1%eth0]:4433");
    }

    @Test
    void anAddressTakesItsCodeFromTheOptionThenTheEnvironmentThenTheUser() throws Exception {
        assertThat(resolve("host:4433", CODE)).isEqualTo(new Target("host:4433", CODE, "host:4433"));
        assertThatThrownBy(() -> resolve("host:4433", null))
                .isInstanceOf(Usage.class)
                .hasMessageContaining("--code");
        process.terminal(new Terminal(true, true, true, 80)).input(CODE + "\n");
        assertThat(resolve("host:4433", null).code()).isEqualTo(CODE);
        assertThat(process.err()).isEqualTo("Join code of host:4433: ");
        process.with("DITS_JOIN_CODE", "222-333-444");
        assertThat(resolve("host:4433", null).code()).isEqualTo("222-333-444");
        assertThat(resolve("host:4433", CODE).code()).isEqualTo(CODE);
    }

    @Test
    void standardInput() throws Exception {
        process.input("  7kqm4tx9pz \nmore\n");
        assertThat(resolve("-", null).value()).isEqualTo(CODE);
        process.input("");
        assertThatThrownBy(() -> resolve("-", null)).isInstanceOf(Usage.class);
    }

    @Test
    void theEnvironmentStandsInForTheTarget() throws Exception {
        assertThatThrownBy(() -> resolve(null, null)).isInstanceOf(Usage.class).hasMessageContaining("DITS_JOIN_CODE");
        process.with("DITS_JOIN_CODE", CODE);
        assertThat(resolve(null, null).value()).isEqualTo(CODE);
        String ticket =
                Ticket.builder(new byte[32], new byte[16], new byte[16]).build().encode();
        process.with("DITS_TICKET", ticket);
        assertThat(resolve(null, null)).isEqualTo(new Target(ticket, null, "a ticket"));
    }

    @Test
    void whatCannotBeACodeIsRefusedBeforeAnythingIsSent() {
        for (String wrong : new String[] {"7KQM-4TX-9P0", "short", "dits1zzzz", "7KQM-4TX@host:1"}) {
            assertThatThrownBy(() -> resolve(wrong, null)).as(wrong).isInstanceOf(InvitationFormatException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"host:", ":4433", "host:0", "host:65536", "fe80::1:4433", "host:port"})
    void whatCannotBeAnAddressIsRefused(String wrong) {
        assertThatThrownBy(() -> resolve(wrong, CODE)).isInstanceOf(Usage.class).hasMessageContaining("is no address");
        assertThatThrownBy(() -> resolve(CODE + "@" + wrong, null)).isInstanceOf(Usage.class);
    }

    @Test
    void nothingShownHasTheSecret() throws Exception {
        for (String written : new String[] {CODE, CODE + "@host:1"}) {
            assertThat(resolve(written, null).shown()).doesNotContain("4TX").doesNotContain("9PZ");
        }
    }
}
