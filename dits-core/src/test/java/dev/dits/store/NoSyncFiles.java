package dev.dits.store;

import java.io.IOException;
import java.nio.file.Path;

/** The real file system without waiting for the disk, for tests that do not cut its power. */
final class NoSyncFiles implements StoreFiles {
    private final StoreFiles system = SystemFiles.INSTANCE;

    private static Appender wrap(Appender appender) {
        return new Appender() {
            @Override
            public void write(long position, byte[] bytes, int offset, int length) throws IOException {
                appender.write(position, bytes, offset, length);
            }

            @Override
            public void truncate(long length) throws IOException {
                appender.truncate(length);
            }

            @Override
            public void sync() {}

            @Override
            public void close() throws IOException {
                appender.close();
            }
        };
    }

    @Override
    public Appender create(Path file) throws IOException {
        return wrap(system.create(file));
    }

    @Override
    public Appender append(Path file) throws IOException {
        return wrap(system.append(file));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        system.rename(from, to);
    }

    @Override
    public void syncDirectory(Path directory) {}

    @Override
    public void delete(Path file) throws IOException {
        system.delete(file);
    }
}
