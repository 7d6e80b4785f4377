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
    /** As shells count it: 128 and the number of SIGINT. */
    static final int INTERRUPTED = 130;

    private ExitCode() {}
}
