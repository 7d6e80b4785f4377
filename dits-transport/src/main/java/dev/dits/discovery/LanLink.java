package dev.dits.discovery;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One IPv4 address on one network interface: a network whose members can be asked.
 *
 * @param device the interface
 * @param address this machine's address on it
 * @param prefixBits how much of the address all members share
 * @param broadcast reaches all members; null on point-to-point links and the loopback interface
 */
record LanLink(
        NetworkInterface device,
        InetAddress address,
        int prefixBits,
        @Nullable InetAddress broadcast) {

    /** The links that the options choose, as they are now. */
    static List<LanLink> choose(LanOptions options) throws SocketException {
        if (!options.enabled()) {
            return List.of();
        }
        InetAddress bind = options.bind();
        List<LanLink> all = new ArrayList<>();
        for (NetworkInterface device : devices()) {
            all.addAll(linksOf(device));
        }
        if (bind != null && !bind.isAnyLocalAddress()) {
            return all.stream().filter(link -> link.address.equals(bind)).toList();
        }
        if (!options.interfaces().isEmpty()) {
            return all.stream()
                    .filter(link -> options.interfaces().contains(link.device.getName()))
                    .toList();
        }
        List<LanLink> real = new ArrayList<>();
        for (LanLink link : all) {
            if (!link.address.isLoopbackAddress() && link.device.supportsMulticast()) {
                real.add(link);
            }
        }
        return real.isEmpty()
                ? all.stream().filter(link -> link.address.isLoopbackAddress()).toList()
                : real;
    }

    private static List<NetworkInterface> devices() throws SocketException {
        Enumeration<NetworkInterface> devices = NetworkInterface.getNetworkInterfaces();
        List<NetworkInterface> up = new ArrayList<>();
        for (NetworkInterface device : Collections.list(devices)) {
            if (device.isUp()) {
                up.add(device);
            }
        }
        return up;
    }

    private static List<LanLink> linksOf(NetworkInterface device) {
        List<LanLink> links = new ArrayList<>();
        for (InterfaceAddress address : device.getInterfaceAddresses()) {
            if (address.getAddress() instanceof Inet4Address own) {
                links.add(new LanLink(device, own, address.getNetworkPrefixLength(), address.getBroadcast()));
            }
        }
        return links;
    }

    /** Whether an address belongs to this network. */
    boolean contains(InetAddress other) {
        byte[] mine = address.getAddress();
        byte[] theirs = other.getAddress();
        if (mine.length != theirs.length) {
            return false;
        }
        for (int bit = 0; bit < prefixBits; bit++) {
            int mask = 0x80 >>> bit % 8;
            if (((mine[bit / 8] ^ theirs[bit / 8]) & mask) != 0) {
                return false;
            }
        }
        return true;
    }
}
