package dev.dits.error;

import java.util.List;

/** The operation would overwrite changes of the working tree that are in no commit; nothing was changed. */
public final class LocalChangesException extends DitsException {
    private static final long serialVersionUID = 1L;

    /** Longest list of paths that is kept. */
    public static final int PATHS_MAX = 1_000;

    private final String[] paths;

    /**
     * @param message what happened, to what, and what to do next
     * @param paths where the changes are, escaped for showing; the first {@link #PATHS_MAX} are kept
     */
    public LocalChangesException(String message, List<String> paths) {
        super(message);
        this.paths = paths.stream().limit(PATHS_MAX).toArray(String[]::new);
    }

    /**
     * Returns where the changes are.
     *
     * @return paths, escaped for showing
     */
    public List<String> paths() {
        return List.of(paths);
    }
}
