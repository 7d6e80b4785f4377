package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.Role;
import dev.dits.object.EntryName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which names a target can hold. A name that it can not hold is refused, never changed; neither is one that the target takes for {@code .git}
 * or {@code .dits}, by whatever folding some target applies: a tree travels on.
 *
 * @param windows whether Win32 rules apply: reserved devices, forbidden characters, final dots and spaces
 * @param foldsCase whether names that differ in case alone are one
 * @param foldsForm whether names that differ in Unicode normalisation alone are one
 * @param trackGit whether {@code .git} itself may be written
 */
record NameRules(boolean windows, boolean foldsCase, boolean foldsForm, boolean trackGit) {
    private static final Set<String> DEVICES = Set.of(
            "con",
            "prn",
            "aux",
            "nul",
            "conin$",
            "conout$",
            "clock$",
            "com0",
            "com1",
            "com2",
            "com3",
            "com4",
            "com5",
            "com6",
            "com7",
            "com8",
            "com9",
            "com\u00b9",
            "com\u00b2",
            "com\u00b3",
            "lpt0",
            "lpt1",
            "lpt2",
            "lpt3",
            "lpt4",
            "lpt5",
            "lpt6",
            "lpt7",
            "lpt8",
            "lpt9",
            "lpt\u00b9",
            "lpt\u00b2",
            "lpt\u00b3");
    private static final String WINDOWS_FORBIDDEN = "<>:\"/\\|?*";
    private static final int WINDOWS_CHARS_MAX = 255;

    /** Finds out what a directory's file system does, by trying. */
    static NameRules probe(Disk disk, Path directory, boolean trackGit) throws IOException {
        boolean windows = directory.getFileSystem().getSeparator().equals("\\");
        Path lower = AtomicFile.temporary(directory, "probe");
        boolean foldsCase = twins(
                disk, lower, directory.resolve(lower.getFileName().toString().toUpperCase(Locale.ROOT)));
        boolean foldsForm;
        try {
            byte[] nfc = (lower.getFileName() + "\u00e9").getBytes(StandardCharsets.UTF_8);
            byte[] nfd = (lower.getFileName() + "e\u0301").getBytes(StandardCharsets.UTF_8);
            foldsForm = twins(
                    disk,
                    PathNames.resolve(directory, EntryName.of(nfc)),
                    PathNames.resolve(directory, EntryName.of(nfd)));
        } catch (InvalidPathException e) {
            foldsForm = false;
        }
        return new NameRules(windows, foldsCase, foldsForm, trackGit);
    }

    private static boolean twins(Disk disk, Path a, Path b) throws IOException {
        try {
            disk.makeDirectory(Role.PROBE, a);
        } catch (FileAlreadyExistsException e) {
            return false;
        }
        try {
            return Files.exists(b, LinkOption.NOFOLLOW_LINKS);
        } finally {
            boolean unused = disk.delete(Role.PROBE, a);
        }
    }

    /** Whether two names of one directory can be one to this target, so that they have to be compared by {@link #fold}. */
    boolean folds() {
        return windows || foldsCase || foldsForm;
    }

    /** Names with the same result are one to this target. */
    String fold(EntryName name) {
        String text = new String(name.bytes(), StandardCharsets.UTF_8);
        if (foldsForm) {
            text = Normalizer.normalize(text, Normalizer.Form.NFD);
        }
        if (foldsCase || windows) {
            // Up first: sharp s and its like have several lower forms.
            text = text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
            if (foldsForm) {
                text = Normalizer.normalize(text, Normalizer.Form.NFD);
            }
        }
        return text;
    }

    /** Why the target can not hold a name; null if it can. */
    @Nullable
    String problem(EntryName name) {
        byte[] bytes = name.bytes();
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return windows ? "the name is not UTF-8" : null;
        }
        String disguised = disguise(text);
        if (disguised != null && !(trackGit && text.equals(".git"))) {
            return "the name stands for " + disguised + " on some systems";
        }
        return windows ? windowsProblem(text) : null;
    }

    private static @Nullable String windowsProblem(String text) {
        if (text.length() > WINDOWS_CHARS_MAX) {
            return "the name is longer than " + WINDOWS_CHARS_MAX + " characters";
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x20 || WINDOWS_FORBIDDEN.indexOf(c) >= 0) {
                return "the name has a character that Windows does not allow";
            }
        }
        if (text.endsWith(".") || text.endsWith(" ")) {
            return "Windows drops the dot or space at the end of the name";
        }
        int dot = text.indexOf('.');
        String stem = (dot < 0 ? text : text.substring(0, dot)).stripTrailing().toLowerCase(Locale.ROOT);
        if (DEVICES.contains(stem)) {
            return "the name is a device on Windows";
        }
        return isShortName(text) ? "the name looks like a short name that Windows gives to another file" : null;
    }

    /** NAME~1 and its like: on NTFS they may already mean a longer name. */
    private static boolean isShortName(String text) {
        return text.matches("(?i)[^.~]{1,6}~[0-9]{1,6}(\\.[^.]{0,3})?");
    }

    /** The reserved name that some file system takes this one for; null if none. */
    private static @Nullable String disguise(String text) {
        StringBuilder visible = new StringBuilder(text.length());
        text.codePoints().filter(c -> !isIgnoredByHfs(c)).forEach(visible::appendCodePoint);
        String folded = Normalizer.normalize(visible, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        int colon = folded.indexOf(':');
        if (colon >= 0) {
            folded = folded.substring(0, colon);
        }
        int end = folded.length();
        while (end > 0 && (folded.charAt(end - 1) == '.' || folded.charAt(end - 1) == ' ')) {
            end--;
        }
        folded = folded.substring(0, end);
        if (folded.equals(".git") || folded.matches("git~[0-9]+")) {
            return ".git";
        }
        return folded.equals(".dits") || folded.matches("dits~[0-9]+") ? ".dits" : null;
    }

    /** Code points that HFS+ skips when it compares names. */
    private static boolean isIgnoredByHfs(int c) {
        return (c >= 0x200B && c <= 0x200F)
                || (c >= 0x202A && c <= 0x202E)
                || (c >= 0x2060 && c <= 0x206F)
                || c == 0xFEFF
                || c == 0x00AD;
    }
}
