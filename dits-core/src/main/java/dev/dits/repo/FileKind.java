package dev.dits.repo;

/** What lies at a path of the working tree. */
enum FileKind {
    FILE,
    DIRECTORY,
    LINK,
    /** A socket, pipe or device: never stored, and reported. */
    OTHER
}
