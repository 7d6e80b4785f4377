package dev.dits.repo;

import dev.dits.object.EntryName;
import dev.dits.object.Escaper;
import dev.dits.object.TreePath;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which part of the tree a working tree holds: all of it, or what patterns name. Their syntax and meaning are those of a line of {@code .ditsignore} in the top directory, which are
 * gitignore(5)'s: {@code takes/} or {@code takes/**} for a directory with all below it, {@code *.mov} for files of that name anywhere, {@code /*.txt} for those in the top directory, {@code !takes/raw/} to
 * take something back; the last pattern that matches decides, and what none matches is as the directory that holds it. Case matters.
 *
 * <p>Immutable.
 */
public final class Selection {
    /** Most patterns. */
    public static final int GLOBS_MAX = 1_024;

    /** Most bytes of all patterns together. */
    public static final int GLOB_BYTES_MAX = 1 << 16;

    private static final Selection ALL = new Selection(List.of(), IgnoreRules.NONE);

    private final List<String> globs;
    private final IgnoreRules rules;

    private Selection(List<String> globs, IgnoreRules rules) {
        this.globs = globs;
        this.rules = rules;
    }

    /**
     * Returns the selection of everything.
     *
     * @return it
     */
    public static Selection all() {
        return ALL;
    }

    /**
     * Makes a selection of patterns.
     *
     * @param globs the patterns, in the order in which they count; one that is there already comes again only if it decides otherwise then. None for everything
     * @return the selection
     * @throws IllegalArgumentException if one can not be a pattern or can match nothing, or they are too many or too long
     */
    public static Selection of(Collection<String> globs) {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        List<String> kept = new ArrayList<>();
        for (String glob : globs) {
            String problem = problem(glob);
            if (problem != null) {
                throw new IllegalArgumentException(
                        "'" + Escaper.escape(glob) + "' can not be a pattern of paths: " + problem);
            }
            if (!kept.isEmpty() && kept.get(kept.size() - 1).equals(glob)) {
                continue;
            }
            kept.add(glob);
            lines.writeBytes(glob.getBytes(StandardCharsets.UTF_8));
            lines.write('\n');
        }
        if (kept.size() > GLOBS_MAX || lines.size() > GLOB_BYTES_MAX) {
            throw new IllegalArgumentException("a selection has at most " + GLOBS_MAX + " patterns and "
                    + GLOB_BYTES_MAX + " bytes; name directories instead of files");
        }
        if (kept.isEmpty()) {
            return ALL;
        }
        if (kept.stream().allMatch(glob -> glob.startsWith("!"))) {
            throw new IllegalArgumentException(
                    "patterns that begin with '!' take back what others have selected; put '*' before them to start with everything");
        }
        return new Selection(List.copyOf(kept), IgnoreRules.parse(lines.toByteArray()));
    }

    private static @Nullable String problem(String glob) {
        byte[] bytes = glob.getBytes(StandardCharsets.UTF_8);
        if (!new String(bytes, StandardCharsets.UTF_8).equals(glob)) {
            return "it has an unpaired surrogate";
        }
        if (glob.chars().anyMatch(c -> c == '\n' || c == '\r' || c == 0)) {
            return "it has a line break or a zero in it";
        }
        if (!IgnoreRules.parse(bytes).areAll(1)) {
            return "it is empty or a comment; write '\\#' for a name that begins with '#'";
        }
        String path = glob.startsWith("!") ? glob.substring(1) : glob;
        if (path.startsWith("/")) {
            path = path.substring(1);
        }
        if (path.endsWith("/")) {
            path = path.substring(0, path.length() - 1);
        }
        for (String part : path.split("/", -1)) {
            String impossible = part.isEmpty() || part.equals(".") || part.equals("..")
                    ? EntryName.problem(part.getBytes(StandardCharsets.UTF_8))
                    : null;
            if (impossible != null) {
                return "no path of a repository has a part '" + part
                        + "'; write it from the top directory, as in 'takes/day1/'";
            }
        }
        return null;
    }

    /**
     * Returns the patterns.
     *
     * @return in the order in which they count; empty for everything
     */
    public List<String> globs() {
        return globs;
    }

    /**
     * Tells whether everything is selected.
     *
     * @return whether there are no patterns
     */
    public boolean isAll() {
        return globs.isEmpty();
    }

    /**
     * Tells whether a file or link is selected.
     *
     * @param file its path
     * @return whether it is
     */
    public boolean selects(TreePath file) {
        return scope(PathSet.NONE).at(file, false) == Scope.Whole.ALL;
    }

    /** As it is for the top directory, with further paths that are selected whatever the patterns say. */
    Scope scope(PathSet kept) {
        return isAll() ? Scope.Whole.ALL : new Scope.Part(rules, kept, false);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Selection selection && globs.equals(selection.globs);
    }

    @Override
    public int hashCode() {
        return globs.hashCode();
    }

    @Override
    public String toString() {
        return isAll() ? "everything" : Escaper.escape(String.join(" ", globs));
    }
}
