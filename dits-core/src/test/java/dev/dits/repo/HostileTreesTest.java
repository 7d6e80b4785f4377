package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.Commit;
import dev.dits.object.CommitTime;
import dev.dits.object.Content;
import dev.dits.object.DirectoryBuilder;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.EntryName;
import dev.dits.object.Extensions;
import dev.dits.object.FileEntry;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trees of which each object is right by itself and which no honest dits makes: refused before anything is written. */
class HostileTreesTest {
    private static final Mtime TIME = new Mtime(0, 0);

    @TempDir
    Path work;

    private static DirectoryRef chain(StoreWriter writer, DirectoryRef end, int length) throws IOException {
        DirectoryRef ref = end;
        for (int i = 0; i < length; i++) {
            DirectoryBuilder builder = new DirectoryBuilder(writer);
            builder.add(new DirectoryEntry(EntryName.ofUtf8("d"), 0755, TIME, ref));
            ref = builder.finish();
        }
        return ref;
    }

    /**
     * Each directory is met first where it is not deep, and a walk that passes over what it has met finds no way that is too deep: there are a hundred
     * chains of a hundred directories, each ending in the next.
     */
    @Test
    void directoriesThatNestTooDeepByAWayThatNobodyWentAlong() throws IOException {
        try (Repository repository =
                Repository.init(work, RepositoryOptions.defaults().withAuthor("Eve"))) {
            ObjectId id;
            try (StoreWriter writer = repository.store().newWriter()) {
                DirectoryBuilder lowest = new DirectoryBuilder(writer);
                lowest.add(new FileEntry(EntryName.ofUtf8("file"), 0644, TIME, Content.EMPTY));
                DirectoryRef end = lowest.finish();
                DirectoryBuilder top = new DirectoryBuilder(writer);
                for (int i = 0; i < 100; i++) {
                    end = chain(writer, end, 100);
                    top.add(new DirectoryEntry(EntryName.ofUtf8("chain-%03d".formatted(i)), 0755, TIME, end));
                }
                Commit commit =
                        new Commit(top.finish(), List.of(), "Eve", new CommitTime(0, 0, 0), "deep", Extensions.NONE);
                id = commit.id();
                writer.write(id, commit.encode());
                writer.flush();
            }
            assertThatThrownBy(() -> repository.updateWorkingTree(id, CheckoutOptions.defaults()))
                    .isInstanceOf(CorruptObjectException.class)
                    .hasMessageContaining("nest deeper than 128");
            try (Stream<Path> files = Files.list(work)) {
                assertThat(files.map(file -> file.getFileName().toString())).containsExactly(".dits");
            }
            assertThat(repository.status().clean()).isTrue();
        }
    }
}
