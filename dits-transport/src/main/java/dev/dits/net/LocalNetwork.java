package dev.dits.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.util.Collections;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells which machines are on a network that this one is on too. */
public final class LocalNetwork {
    private static final Logger LOG = LoggerFactory.getLogger(LocalNetwork.class);

    private LocalNetwork() {}

    /**
     * Tells whether packets reach an address without a router. Asks the system: a millisecond or less.
     *
     * @param host any
     * @return whether an interface that is up has an address of the same subnet; false for loopback addresses
     */
    public static boolean has(InetAddress host) {
        if (host.isLoopbackAddress()) {
            return false;
        }
        try {
            for (NetworkInterface one : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                if (!one.isUp() || one.isLoopback()) {
                    continue;
                }
                for (InterfaceAddress own : one.getInterfaceAddresses()) {
                    if (sameSubnet(own.getAddress().getAddress(), host.getAddress(), own.getNetworkPrefixLength())) {
                        return true;
                    }
                }
            }
        } catch (IOException e) {
            LOG.debug("the interfaces can not be listed", e);
        }
        return false;
    }

    /** Whether two addresses of one family begin with the same bits; a prefix of none says nothing. */
    static boolean sameSubnet(byte[] one, byte[] other, int prefixBits) {
        if (one.length != other.length || prefixBits <= 0 || prefixBits > one.length * Byte.SIZE) {
            return false;
        }
        int whole = prefixBits / Byte.SIZE;
        for (int i = 0; i < whole; i++) {
            if (one[i] != other[i]) {
                return false;
            }
        }
        int left = prefixBits % Byte.SIZE;
        return left == 0 || (one[whole] ^ other[whole]) >>> (Byte.SIZE - left) << (Integer.SIZE - left) == 0;
    }
}
