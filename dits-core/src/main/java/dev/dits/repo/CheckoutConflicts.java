package dev.dits.repo;

import dev.dits.error.LocalChangesException;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.EntryName;
import dev.dits.object.Escaper;
import dev.dits.object.TreeEntry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The first pass of a checkout: does nothing, and finds what would be in the way. */
class CheckoutConflicts implements TreeDiffer.Actions {
    static final int SHOWN_MAX = 5;

    private final boolean uncommittedStays;
    private final List<String> paths = new ArrayList<>();
    private long count;

    /** Whether what is in no commit is in the way even where the walk would overwrite it. */
    CheckoutConflicts(boolean uncommittedStays) {
        this.uncommittedStays = uncommittedStays;
    }

    void refuseIfAny() throws LocalChangesException {
        if (count == 0) {
            return;
        }
        String shown = String.join(", ", paths.subList(0, Math.min(SHOWN_MAX, paths.size())));
        throw new LocalChangesException(
                "changes that are in no commit would be overwritten: " + shown
                        + (count > SHOWN_MAX ? " and " + (count - SHOWN_MAX) + " more" : "")
                        + "; commit them or move them away, then repeat this (nothing was changed)",
                paths);
    }

    @Override
    public boolean conflict(byte[] path, @Nullable TreeEntry target) {
        count++;
        if (paths.size() < LocalChangesException.PATHS_MAX) {
            paths.add(Escaper.escape(path));
        }
        return false;
    }

    @Override
    public void enter(byte[] path, EntryName name, @Nullable FileStat seen) {
        // Nothing is done in this pass; so below.
    }

    @Override
    public void exit(byte[] path, DirectoryEntry entry) {
        // As above.
    }

    @Override
    public void leave(byte[] path, EntryName name) {
        // As above.
    }

    @Override
    public void exitAndDelete(byte[] path, EntryName name) {
        // As above.
    }

    @Override
    public void delete(byte[] path, EntryName name, FileStat seen) {
        // As above.
    }

    @Override
    public void write(byte[] path, TreeEntry entry, @Nullable FileStat seen) {
        // As above.
    }

    @Override
    public void replace(byte[] path, TreeEntry entry, FileStat seen) {
        if (uncommittedStays) {
            boolean unused = conflict(path, null);
        }
    }

    @Override
    public void remove(byte[] path, EntryName name, FileStat seen) {
        if (uncommittedStays) {
            boolean unused = conflict(path, null);
        }
    }

    @Override
    public void adjust(byte[] path, TreeEntry entry, FileStat seen) {
        // As above.
    }

    @Override
    public void respell(byte[] path, EntryName name) {
        // As above.
    }

    @Override
    public void refuse(byte[] path, String reason) {
        // As above.
    }
}
