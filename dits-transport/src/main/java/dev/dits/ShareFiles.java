package dev.dits;

import dev.dits.repo.Repository;
import java.nio.file.Path;

/**
 * Where a repository keeps what makes it a share ({@code docs/format.md}, section 6).
 *
 * @param identity id and certificate
 * @param grants who has joined, and the tickets that are kept
 * @param guesses wrong codes
 */
record ShareFiles(Path identity, Path grants, Path guesses) {
    static ShareFiles of(Path root) {
        Path directory = root.resolve(Repository.DIRECTORY).resolve("share");
        return new ShareFiles(directory.resolve("identity"), directory.resolve("grants"), directory.resolve("guesses"));
    }
}
