/**
 * How the processes of one user see and steer each other's nodes: a Unix domain socket a node, in a directory that only its owner can enter, and JSON lines over
 * it.
 *
 * <p>{@link dev.dits.control.RunDirectory} says where the sockets are and whose, {@link dev.dits.control.ControlServer} answers for one node, {@link
 * dev.dits.control.ControlClient} asks. What a node has to tell and lets others do is the facade's business. The reasons, and every limit, stand in {@code
 * docs/decisions/control-socket.md}.
 */
package dev.dits.control;
