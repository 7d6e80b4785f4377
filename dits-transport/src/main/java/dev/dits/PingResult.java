package dev.dits;

import java.time.Duration;

/**
 * One answered ping: a full round trip through the encrypted session.
 *
 * @param sequence 1 for the first
 * @param roundTrip time until the answer
 * @param bytes size of the frame sent, header included
 */
public record PingResult(int sequence, Duration roundTrip, int bytes) {}
