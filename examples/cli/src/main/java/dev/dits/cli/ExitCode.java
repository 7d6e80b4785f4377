package dev.dits.cli;

/** What the command's exit tells a script. Documented in {@code dits --help}. */
final class ExitCode {
    static final int OK = 0;
    /** It failed, or was done but for some entries that it named: this file system cannot hold them, or they changed meanwhile. */
    static final int FAILURE = 1;

    static final int USAGE = 2;
    /** The peer cannot be reached, or did not answer in time. */
    static final int UNREACHABLE = 3;

    static final int JOIN_REJECTED = 4;
    static final int NOT_A_REPOSITORY = 5;
    /** Local changes, or a branch that moved, are in the way. */
    static final int CONFLICT = 6;
    /** Somebody else listens on the port that was asked for. */
    static final int PORT_IN_USE = 7;
    /** The share does not grant it, or the operating system does not let this user at a file. */
    static final int NOT_PERMITTED = 8;
    /** There is no room on the disk, here or at the share. */
    static final int DISK_FULL = 9;
    /** As shells count it: 128 and the number of SIGINT. */
    static final int INTERRUPTED = 130;

    private ExitCode() {}
}
