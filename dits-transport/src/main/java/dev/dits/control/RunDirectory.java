package dev.dits.control;

import dev.dits.error.DitsException;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code DITS_HOME/run}: one socket a node, {@code PID-RANDOM.sock}. Where the path is longer than the system takes, or the file system holds no sockets, the socket
 * lies in an owner-only directory of its own below the temporary one, and {@code PID-RANDOM.at} has its path.
 *
 * <p>The directory is its owner's alone. That is what keeps other users out, so it is checked by both sides before anything is sent. A name occurs once: a file
 * that nobody answers on can be removed by whoever finds it, at any time.
 */
final class RunDirectory {
    /** The longest path that every system takes for a socket is 103 bytes and a NUL (macOS; Linux has four more). */
    private static final int SOCKET_PATH_BYTES_MAX = 100;

    /** Connections that wait to be taken: more than are served at once, so that a full queue means a process that hangs, not one that is busy. */
    private static final int BACKLOG = 4 * ControlServer.CONNECTIONS_MAX;

    private static final int POINTER_BYTES_MAX = 4096;
    private static final String SOCKET = ".sock";
    private static final String POINTER = ".at";

    /** A socket before it listens: until then nobody may take its silence for its end. */
    private static final String FRESH = ".new";

    /** How a directory below the temporary one begins. */
    private static final String ELSEWHERE = "dits-run-";

    private static final Pattern NAME = Pattern.compile("([0-9]{1,10})-[0-9a-f]{1,16}(\\.sock|\\.at|\\.new)");
    private static final Duration FRESH_MAX = Duration.ofMinutes(1);
    private static final Set<PosixFilePermission> OWNER = EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    private final Path directory;
    private final boolean posix;

    private RunDirectory(Path directory) throws IOException {
        this.directory = directory;
        this.posix = Files.getFileStore(directory).supportsFileAttributeView("posix");
    }

    /** A socket that listens, and what has to go with it. */
    record Bound(ServerSocketChannel channel, Entry entry) {}

    /**
     * What lies in the directory for one node.
     *
     * @param file in the directory
     * @param socket where to connect; the same, or elsewhere
     * @param pid the process that made it, as its name says
     */
    record Entry(Path file, Path socket, long pid) {}

    /** The directory of a home, made if it is missing. */
    static RunDirectory make(Path home) throws IOException {
        Path directory = home.resolve("run").toAbsolutePath();
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(home);
            try {
                Files.createDirectory(directory, ownerOnly(home, "rwx------"));
            } catch (FileAlreadyExistsException e) {
                // Another process was faster; or it is no directory, which the check tells.
            }
        }
        RunDirectory made = new RunDirectory(directory);
        made.checkOwner();
        return made;
    }

    /** The directory of a home; null if no node has ever made one. */
    static @Nullable RunDirectory find(Path home) throws IOException {
        Path directory = home.resolve("run").toAbsolutePath();
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        RunDirectory found = new RunDirectory(directory);
        found.checkOwner();
        return found;
    }

    private static FileAttribute<?>[] ownerOnly(Path where, String permissions) throws IOException {
        return Files.getFileStore(where).supportsFileAttributeView("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /** Whoever else could write here could offer sockets of their own, and read the join codes that are sent to it. */
    private void checkOwner() throws IOException {
        if (!posix) {
            if (!Files.isDirectory(directory)) {
                throw new DitsException(directory + " is no directory; remove it, dits makes it anew");
            }
            return;
        }
        PosixFileAttributes attributes = attributes(directory);
        if (!attributes.isDirectory()) {
            throw new DitsException(directory + " is no directory; remove it, dits makes it anew");
        }
        if (!OWNER.containsAll(attributes.permissions())) {
            throw new DitsException(directory + " is open to other users ("
                    + PosixFilePermissions.toString(attributes.permissions())
                    + "), who could steer your shares; end dits, remove that directory, and start again");
        }
        // Java tells nobody who they are; whose file it is that we make tells it.
        Path probe;
        try {
            probe = Files.createTempFile(directory, ".whoami-", null);
        } catch (AccessDeniedException e) {
            throw notYours(attributes);
        }
        try {
            if (!Files.getOwner(probe, LinkOption.NOFOLLOW_LINKS).equals(attributes.owner())) {
                throw notYours(attributes);
            }
        } finally {
            Files.deleteIfExists(probe);
        }
    }

    private DitsException notYours(PosixFileAttributes attributes) {
        return new DitsException(directory + " belongs to " + attributes.owner().getName()
                + ", not to you; set DITS_HOME to a directory of your own");
    }

    private static PosixFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    /** Listens on a new socket. */
    Bound bind() throws IOException {
        String name = ProcessHandle.current().pid() + "-"
                + Long.toHexString(ThreadLocalRandom.current().nextLong());
        Path here = directory.resolve(name + SOCKET);
        IOException failure = null;
        if (fits(here)) {
            try {
                return new Bound(bindAt(here, directory.resolve(name + FRESH)), entry(here, here));
            } catch (IOException e) {
                // Some file systems (of Windows disks, of some networks) hold no sockets.
                failure = e;
            }
        }
        try {
            return bindElsewhere(name);
        } catch (IOException e) {
            if (failure != null) {
                e.addSuppressed(failure);
            }
            throw e;
        }
    }

    private Bound bindElsewhere(String name) throws IOException {
        Path base = Path.of(System.getProperty("java.io.tmpdir", "/tmp")).toAbsolutePath();
        if (!fits(base.resolve(ELSEWHERE + "1234567890123456789").resolve("s" + FRESH))) {
            base = Path.of("/tmp");
        }
        Path own = Files.createTempDirectory(base, ELSEWHERE, ownerOnly(base, "rwx------"));
        Path pointer = directory.resolve(name + POINTER);
        ServerSocketChannel channel = null;
        boolean done = false;
        try {
            Path socket = own.resolve("s");
            channel = bindAt(socket, own.resolve("s" + FRESH));
            Path fresh = directory.resolve(name + FRESH);
            Files.createFile(fresh, ownerOnly(directory, "rw-------"));
            Files.writeString(fresh, socket + "\n");
            Files.move(fresh, pointer, StandardCopyOption.ATOMIC_MOVE);
            done = true;
            return new Bound(channel, entry(pointer, socket));
        } finally {
            if (!done) {
                if (channel != null) {
                    channel.close();
                }
                remove(new Entry(pointer, own.resolve("s"), 0));
            }
        }
    }

    private static boolean fits(Path socket) {
        return socket.toString().getBytes(StandardCharsets.UTF_8).length <= SOCKET_PATH_BYTES_MAX;
    }

    private ServerSocketChannel bindAt(Path socket, Path fresh) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        boolean done = false;
        try {
            channel.bind(UnixDomainSocketAddress.of(fresh), BACKLOG);
            if (Files.getFileStore(fresh.toAbsolutePath().getParent()).supportsFileAttributeView("posix")) {
                Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
            }
            Files.move(fresh, socket, StandardCopyOption.ATOMIC_MOVE);
            done = true;
            return channel;
        } finally {
            if (!done) {
                channel.close();
                Files.deleteIfExists(fresh);
            }
        }
    }

    private static Entry entry(Path file, Path socket) {
        Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
        return new Entry(file, socket, name.matches() ? Long.parseLong(name.group(1)) : 0);
    }

    /** Lists the sockets, the living and the dead. */
    List<Entry> entries(Instant now) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
                if (!name.matches()) {
                    continue;
                }
                switch (name.group(2)) {
                    case SOCKET -> entries.add(entry(file, file));
                    case POINTER -> {
                        Path socket = follow(file);
                        if (socket != null) {
                            entries.add(entry(file, socket));
                        }
                    }
                    default -> sweepFresh(file, now);
                }
            }
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        return entries;
    }

    /** Reads where a socket is; null, and removes the pointer, if it leads nowhere that can be trusted. */
    private @Nullable Path follow(Path pointer) throws IOException {
        try (InputStream in = Files.newInputStream(pointer)) {
            byte[] bytes = in.readNBytes(POINTER_BYTES_MAX);
            Path socket = Path.of(new String(bytes, StandardCharsets.UTF_8).strip());
            Path parent = socket.getParent();
            if (parent != null
                    && String.valueOf(parent.getFileName()).startsWith(ELSEWHERE)
                    && (!posix || isOurs(parent))) {
                return socket;
            }
        } catch (NoSuchFileException e) {
            return null; // its node has just ended
        } catch (java.nio.file.InvalidPathException e) {
            // Not written by us; it goes.
        }
        Files.deleteIfExists(pointer);
        return null;
    }

    private boolean isOurs(Path own) throws IOException {
        try {
            PosixFileAttributes attributes = attributes(own);
            UserPrincipal us = attributes(directory).owner();
            return attributes.isDirectory()
                    && attributes.owner().equals(us)
                    && OWNER.containsAll(attributes.permissions());
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static void sweepFresh(Path file, Instant now) throws IOException {
        try {
            if (Files.getLastModifiedTime(file).toInstant().plus(FRESH_MAX).isBefore(now)) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            // It listens by now.
        }
    }

    /** Removes what is left of a node, or of this one at its end. */
    void remove(Entry entry) throws IOException {
        Files.deleteIfExists(entry.file());
        if (entry.file().equals(entry.socket())) {
            return;
        }
        Path own = entry.socket().getParent();
        if (own != null && Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS) && (!posix || isOurs(own))) {
            Files.deleteIfExists(entry.socket());
            Files.deleteIfExists(own);
        }
    }
}
