package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dits.error.LocalChangesException;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The working tree of a share after somebody pushed to its branch. */
class FollowTest {
    private static final RefName MAIN = RefName.branch("main");

    @TempDir
    Path temp;

    private Repository repository;
    private ObjectId first;
    private ObjectId pushed;

    @BeforeEach
    void open() throws IOException {
        repository = Repository.init(temp.resolve("work"), RepositoryOptions.defaults());
        first = commit("file", "one");
        pushed = commit("file", "two");
        // As if the second commit had been made elsewhere and only now came in.
        repository.updateRef(MAIN, pushed, first);
        repository.follow(CheckoutOptions.defaults());
        assertThat(repository.root().resolve("file")).hasContent("one");
        repository.updateRef(MAIN, first, pushed);
    }

    @AfterEach
    void close() throws IOException {
        repository.close();
    }

    private ObjectId commit(String file, String content) throws IOException {
        Files.writeString(repository.root().resolve(file), content);
        return repository
                .commit(content, "a", CommitProgress.NONE)
                .orElseThrow()
                .id();
    }

    @Test
    void itGoesWhereTheBranchIs() throws IOException {
        assertThat(repository.follow(CheckoutOptions.defaults()).orElseThrow().commit())
                .isEqualTo(pushed);
        assertThat(repository.root().resolve("file")).hasContent("two");
        assertThat(repository.status().clean()).isTrue();
        assertThat(repository.follow(CheckoutOptions.defaults())).isEmpty();
    }

    @Test
    void itDoesNotGoBackFromWhatTheOwnerMadeMeanwhile() throws IOException {
        repository.checkout("main", CheckoutOptions.defaults());
        ObjectId next = commit("other", "three");
        assertThat(repository.follow(CheckoutOptions.defaults())).isEmpty();
        assertThat(repository.base()).contains(next);
        assertThat(repository.root().resolve("other")).hasContent("three");
    }

    @Test
    void itOverwritesNothingAndStaysOffOtherBranches() throws IOException {
        Files.writeString(repository.root().resolve("file"), "mine");
        assertThatExceptionOfType(LocalChangesException.class)
                .isThrownBy(() -> repository.follow(CheckoutOptions.defaults()));
        assertThat(repository.root().resolve("file")).hasContent("mine");
        Files.writeString(repository.root().resolve("file"), "one");
        repository.checkout(first.toString(), CheckoutOptions.defaults());
        assertThat(repository.follow(CheckoutOptions.defaults())).isEmpty();
        assertThat(repository.base()).isEqualTo(Optional.of(first));
    }
}
