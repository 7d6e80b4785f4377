package dev.dits;

/** Whether a share's join code lets peers in. Those who have joined, and tickets, do not depend on it. */
public enum CodeState {
    /** It does. */
    OPEN,
    /** A thousand wrong codes were tried; {@link Share#rearm} makes a new one. */
    LOCKED,
    /** Its time is over; {@link Share#rearm} makes a new one. */
    EXPIRED,
    /** It was for one peer, who has joined; {@link Share#rearm} makes a new one. */
    USED
}
