/**
 * Frames and messages, as {@code docs/wire.md} gives them, and their codec; nothing else.
 *
 * <p>A {@link dev.dits.wire.FrameReader} and a {@link dev.dits.wire.FrameWriter} sit on the two directions of a stream. What a message means is
 * the business of {@code session} (the join, the control stream) and {@code sync} (requests).
 */
package dev.dits.wire;
