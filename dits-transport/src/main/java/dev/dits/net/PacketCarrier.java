package dev.dits.net;

/** Takes packets to one peer where no socket of this machine reaches it: a relay, or a stream that carries packets. */
public interface PacketCarrier {
    /**
     * Sends a packet, or drops it: what stands above repeats what was lost. Called on the endpoint's own thread, so it never blocks.
     *
     * @param packet 1 to 65,507 bytes, the carrier's from now on
     */
    void send(byte[] packet);

    /** Told when the last connection over its route has ended, or one that was begun has failed. Called on the endpoint's own thread. */
    void unused();
}
