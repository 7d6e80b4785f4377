package dev.dits.net;

/** What carries the packets of a connection. */
public enum Way {
    /** Datagrams, from socket to socket. */
    UDP,
    /** A TCP connection, from machine to machine. */
    TCP,
    /** A relay; see {@link CarriedAddress}. */
    RELAY
}
