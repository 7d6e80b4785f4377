package dev.dits.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.Ticket;
import dev.dits.error.DitsException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
    private static InetSocketAddress address(String host, int port) throws Exception {
        return new InetSocketAddress(InetAddress.getByName(host), port);
    }

    private static Target.ByCode code(String text) throws DitsException {
        return (Target.ByCode) Target.parse(text, null);
    }

    @Test
    void readsCodes() throws Exception {
        Target.ByCode target = code(" 7kq m4t-x9p ");
        assertThat(target.code()).isEqualTo(JoinCode.parse("7KQ-M4T-X9P"));
        assertThat(target.addresses()).isEmpty();
    }

    @Test
    void readsCodesWithAnAddress() throws Exception {
        assertThat(code("7KQ-M4T-X9P@192.0.2.7:4444").addresses()).containsExactly(address("192.0.2.7", 4_444));
        assertThat(code("7KQ-M4T-X9P@192.0.2.7").addresses())
                .containsExactly(address("192.0.2.7", Target.DEFAULT_PORT));
        assertThat(code("7KQ-M4T-X9P@[2001:db8::1]:4444").addresses()).containsExactly(address("2001:db8::1", 4_444));
        assertThat(code("7KQ-M4T-X9P@[2001:db8::1]").addresses())
                .containsExactly(address("2001:db8::1", Target.DEFAULT_PORT));
        assertThat(code("7KQ-M4T-X9P@2001:db8::1").addresses())
                .containsExactly(address("2001:db8::1", Target.DEFAULT_PORT));
    }

    @Test
    void anAddressAloneNeedsACodeFromElsewhere() throws Exception {
        assertThatThrownBy(() -> Target.parse("192.0.2.7:4433", null))
                .isInstanceOf(DitsException.class)
                .hasMessageContaining("give the join code too");
        Target.ByCode target = (Target.ByCode) Target.parse("192.0.2.7:4433", "7KQ-M4T-X9P");
        assertThat(target.code().nameplate()).isEqualTo("7KQ");
        assertThat(target.addresses()).containsExactly(address("192.0.2.7", 4_433));
    }

    @Test
    void readsTickets() throws Exception {
        Ticket ticket = Ticket.builder(new byte[32], Ticket.newSecret(new SecureRandom()), new byte[16])
                .address("192.0.2.7:4433")
                .address("[2001:db8::1]:4433")
                .build();
        for (String text : List.of(ticket.encode(), ticket.encodeUri())) {
            Target.ByTicket target = (Target.ByTicket) Target.parse(text, null);
            assertThat(target.ticket()).isEqualTo(ticket);
            assertThat(target.addresses()).containsExactly(address("192.0.2.7", 4_433), address("2001:db8::1", 4_433));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "7KQ-M4T",
                "0OO-M4T-X9P",
                "7KQ-M4T-X9P@",
                "7KQ-M4T-X9P@:4433",
                "7KQ-M4T-X9P@192.0.2.7:0",
                "7KQ-M4T-X9P@192.0.2.7:65536",
                "7KQ-M4T-X9P@192.0.2.7:x",
                "7KQ-M4T-X9P@[2001:db8::1",
                "7KQ-M4T-X9P@[2001:db8::1]x:4433",
                "7KQ-M4T-X9P@0.0.0.0:4433",
                "7KQ-M4T-X9P@239.255.77.83:4433",
                "7KQ-M4T-X9P@255.255.255.255:4433",
                "dits1xyz"
            })
    void refusesWhatIsNoTargetWithoutRepeatingIt(String text) {
        assertThatThrownBy(() -> Target.parse(text, null))
                .isInstanceOf(DitsException.class)
                .hasMessageNotContaining("X9P");
    }
}
