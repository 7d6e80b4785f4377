package dev.dits.repo;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a file, a link or a directory looked like at a moment: what it is, its size, permissions, times and number. Where two of them are equal, nothing was written in between, as far as
 * the file system tells.
 *
 * <p>Immutable.
 */
public final class FileStamp {
    private final FileStat stat;

    FileStamp(FileStat stat) {
        this.stat = stat;
    }

    FileStat stat() {
        return stat;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FileStamp stamp && stat.mode() == stamp.stat.mode() && stat.sameContent(stamp.stat);
    }

    @Override
    public int hashCode() {
        return Objects.hash(stat.size(), stat.mtime(), stat.inode());
    }
}
