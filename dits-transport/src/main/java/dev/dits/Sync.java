package dev.dits;

/** How a mount and its share come to have each other's commits. */
public enum Sync {
    /**
     * By themselves: what is committed on either side is announced, fetched, pushed, and merged where both sides went on; what is committed while there is no
     * connection travels once there is one again. Begins with the first pull: until then nothing is fetched that nobody asked for.
     */
    AUTO,

    /** When {@link Mount#pull}, {@link Mount#push} or {@link Mount#sync} is called. */
    MANUAL
}
