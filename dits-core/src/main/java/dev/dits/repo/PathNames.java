package dev.dits.repo;

import dev.dits.object.EntryName;
import dev.dits.object.LinkTarget;
import dev.dits.object.TreePath;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Names of files as the bytes that the file system has, whatever the locale of the JVM.
 *
 * <p>JDK 17 decodes names with the locale's charset, and under {@code LANG=C} everything beyond ASCII becomes a replacement
 * character in the text of a {@link Path}. The path itself still holds the bytes, and its URI shows each of them. On file
 * systems that have no bytes (Windows, in memory) names are UTF-8.
 *
 * <p>All methods are pure and safe for use by several threads.
 */
public final class PathNames {
    private static final boolean UNIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("unix");
    private static final Path ROOT = Path.of("/");
    private static final String SAFE = "-_.!~*'()@$&+,;=:";
    private static final String HEX = "0123456789ABCDEF";

    private PathNames() {}

    /**
     * Returns the bytes of a path's last name.
     *
     * @param path a path with a name
     * @return 1 byte or more
     */
    public static byte[] lastName(Path path) {
        Path name = path.getFileName();
        if (name == null) {
            throw new IllegalArgumentException("a root has no name");
        }
        return bytes(name);
    }

    /**
     * Returns the name of an entry.
     *
     * @param path a path with a name
     * @return the name, or null if no entry can have it ({@code .dits}, or over 255 bytes)
     */
    static @Nullable EntryName entryName(Path path) {
        byte[] bytes = lastName(path);
        return EntryName.problem(bytes) == null ? EntryName.of(bytes) : null;
    }

    /**
     * Returns the bytes of a relative path, of one name or several, or of an absolute one.
     *
     * @param path any path
     * @return its bytes as the file system has them
     */
    static byte[] bytes(Path path) {
        String text = path.toString();
        if (!isRaw(path.getFileSystem()) || isAscii(text)) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        if (path.isAbsolute()) {
            return trimSlash(decode(path.toUri().getRawPath()), text);
        }
        // toUri makes a path absolute first; resolved against the root, the prefix to cut is one slash.
        byte[] absolute = trimSlash(decode(ROOT.resolve(path).toUri().getRawPath()), text);
        byte[] relative = new byte[absolute.length - 1];
        System.arraycopy(absolute, 1, relative, 0, relative.length);
        return relative;
    }

    /** The JDK adds a slash where the path happens to be a directory now. */
    private static byte[] trimSlash(byte[] bytes, String text) {
        if (text.endsWith("/") || bytes.length == 0 || bytes[bytes.length - 1] != '/') {
            return bytes;
        }
        return java.util.Arrays.copyOf(bytes, bytes.length - 1);
    }

    /**
     * Returns the path of an entry in a directory.
     *
     * @param directory the directory
     * @param name the entry's name
     * @return the path
     * @throws InvalidPathException if the file system has no such name (never on a POSIX file system)
     */
    public static Path resolve(Path directory, EntryName name) {
        return directory.resolve(relative(directory.getFileSystem(), name.bytes()));
    }

    /**
     * Returns the path of something in a working tree.
     *
     * @param root the tree's directory
     * @param path where in it
     * @return the path
     * @throws InvalidPathException if the file system has no such name (never on a POSIX file system)
     */
    public static Path resolve(Path root, TreePath path) {
        return path.isRoot() ? root : root.resolve(relative(root.getFileSystem(), path.bytes()));
    }

    /** A relative path of the bytes given; slashes separate names. Repeated and final slashes vanish: the JDK has none. */
    static Path relative(FileSystem fileSystem, byte[] bytes) {
        if (isAscii(bytes)) {
            return fileSystem.getPath(new String(bytes, StandardCharsets.US_ASCII));
        }
        if (!isRaw(fileSystem)) {
            return fileSystem.getPath(new String(bytes, StandardCharsets.UTF_8));
        }
        return ROOT.relativize(Path.of(URI.create("file:///" + encode(bytes))));
    }

    /** The target of a symbolic link as a path that a link can be made with. */
    static Path linkTarget(FileSystem fileSystem, LinkTarget target) {
        byte[] bytes = target.bytes();
        if (isAscii(bytes) || !isRaw(fileSystem)) {
            return fileSystem.getPath(new String(bytes, StandardCharsets.UTF_8));
        }
        Path absolute = Path.of(URI.create("file:///" + encode(bytes)));
        return bytes[0] == '/' ? absolute : ROOT.relativize(absolute);
    }

    private static boolean isRaw(FileSystem fileSystem) {
        return UNIX && fileSystem == FileSystems.getDefault();
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAscii(byte[] bytes) {
        for (byte b : bytes) {
            if (b < 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] decode(String rawPath) {
        byte[] out = new byte[rawPath.length()];
        int length = 0;
        for (int i = 0; i < rawPath.length(); i++) {
            char c = rawPath.charAt(i);
            if (c == '%') {
                out[length++] = (byte) Integer.parseInt(rawPath, i + 1, i + 3, 16);
                i += 2;
            } else {
                out[length++] = (byte) c;
            }
        }
        return java.util.Arrays.copyOf(out, length);
    }

    private static String encode(byte[] bytes) {
        StringBuilder out = new StringBuilder(bytes.length * 3);
        for (byte b : bytes) {
            boolean plain = (b >= 'a' && b <= 'z')
                    || (b >= 'A' && b <= 'Z')
                    || (b >= '0' && b <= '9')
                    || b == '/'
                    || (b > 0 && SAFE.indexOf(b) >= 0);
            if (plain) {
                out.append((char) b);
            } else {
                out.append('%').append(HEX.charAt((b >> 4) & 15)).append(HEX.charAt(b & 15));
            }
        }
        return out.toString();
    }
}
