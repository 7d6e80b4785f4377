package dev.dits.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class LocalNetworkTest {
    private static boolean same(String one, String other, int prefix) throws UnknownHostException {
        return LocalNetwork.sameSubnet(
                InetAddress.getByName(one).getAddress(),
                InetAddress.getByName(other).getAddress(),
                prefix);
    }

    @Test
    void subnetsAreToldByTheirFirstBits() throws Exception {
        assertThat(same("192.168.1.10", "192.168.1.200", 24)).isTrue();
        assertThat(same("192.168.1.10", "192.168.2.10", 24)).isFalse();
        assertThat(same("10.0.31.1", "10.0.16.1", 20)).isTrue();
        assertThat(same("10.0.31.1", "10.0.32.1", 20)).isFalse();
        assertThat(same("192.0.2.129", "192.0.2.128", 25)).isTrue();
        assertThat(same("192.0.2.127", "192.0.2.128", 25)).isFalse();
        assertThat(same("192.0.2.1", "192.0.2.1", 32)).isTrue();
        assertThat(same("192.0.2.1", "192.0.2.0", 32)).isFalse();
        assertThat(same("fd00:1::1", "fd00:1::ffff", 64)).isTrue();
        assertThat(same("fd00:1::1", "fd00:2::1", 64)).isFalse();
        assertThat(same("fd00:1::1", "192.0.2.1", 8)).isFalse();
    }

    /** A prefix of no bits would make every machine a neighbour; one past the longest is none. */
    @Test
    void aPrefixThatIsNoneSaysNothing() throws Exception {
        assertThat(same("192.0.2.1", "192.0.2.1", 0)).isFalse();
        assertThat(same("192.0.2.1", "192.0.2.1", -1)).isFalse();
        assertThat(same("192.0.2.1", "192.0.2.1", 33)).isFalse();
        assertThat(same("fd00::1", "fd00::1", 128)).isTrue();
        assertThat(same("fd00::1", "fd00::1", 129)).isFalse();
    }

    @Test
    void thisMachineIsNotItsOwnNeighbourByLoopback() {
        assertThat(LocalNetwork.has(InetAddress.getLoopbackAddress())).isFalse();
    }
}
