package dev.dits.repo;

import dev.dits.error.BranchMovedException;
import dev.dits.error.DiskFullException;
import dev.dits.object.Commit;
import dev.dits.object.DirectoryRef;
import dev.dits.object.Extensions;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectLimits;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Brings two lines of history together. Works on objects and branches alone, and takes no lock of the tree. */
final class Merging {
    /** How often a branch that others move as well is tried. */
    static final int ATTEMPTS_MAX = 100;

    private final WorkTree work;

    Merging(WorkTree work) {
        this.work = work;
    }

    /** See {@link Repository#mergeInto}. */
    MergeReport into(RefName branch, ObjectId theirs, MergeOptions options) throws IOException {
        if (!branch.isBranch()) {
            throw new IllegalArgumentException(branch + " is no branch; only a branch can be merged into");
        }
        for (int attempt = 1; ; attempt++) {
            ObjectId ours = work.refs.read(branch).orElse(null);
            try (StoreWriter writer = work.store.newWriter()) {
                MergeReport report = ours == null
                        ? new MergeReport(MergeReport.Kind.FAST_FORWARD, theirs, List.of())
                        : join(ours, theirs, branch.shortName(), options, writer);
                if (report.kind() != MergeReport.Kind.NOTHING) {
                    work.refs.compareAndSet(branch, ours, report.commit());
                }
                return report;
            } catch (BranchMovedException e) {
                if (attempt == ATTEMPTS_MAX) {
                    throw e;
                }
            }
        }
    }

    /**
     * Makes the commit that two lead to, if neither leads to the other, and makes it durable. The writer is the caller's, who holds it until something names the commit.
     *
     * @param ours the first parent
     */
    MergeReport join(ObjectId ours, ObjectId theirs, String into, MergeOptions options, StoreWriter writer)
            throws IOException {
        HistoryMerge merge = new HistoryMerge(work::readCommit, work.objects, ours, theirs);
        if (merge.kind() != MergeReport.Kind.MERGED) {
            ObjectId stays = merge.kind() == MergeReport.Kind.NOTHING ? ours : theirs;
            return new MergeReport(merge.kind(), stays, List.of());
        }
        try {
            DirectoryRef tree = merge.tree(writer);
            List<ConflictCopy> copies = merge.copies();
            Commit commit = work.signers.sign(new Commit(
                    tree,
                    List.of(ours, theirs),
                    work.author(options.author()),
                    work.now(),
                    message(options.message(), theirs, into, copies),
                    Extensions.NONE));
            ObjectId id = WorkTree.writeLast(writer, commit.encode());
            return new MergeReport(MergeReport.Kind.MERGED, id, copies);
        } catch (DiskFullException e) {
            writer.abandon();
            throw e;
        }
    }

    /** Names every conflict, as far as there is room in a message. */
    private static String message(@Nullable String given, ObjectId theirs, String into, List<ConflictCopy> copies) {
        StringBuilder text =
                new StringBuilder(given != null ? given : "Merge " + theirs.abbreviated() + " into " + into);
        if (copies.isEmpty()) {
            return text.toString();
        }
        text.append("\n\nBoth sides had changed these; what lost the name is beside it:\n");
        int bytes = text.toString().getBytes(StandardCharsets.UTF_8).length;
        for (int i = 0; i < copies.size(); i++) {
            ConflictCopy copy = copies.get(i);
            String line = "  " + copy.kept().display() + " -> " + copy.copy().display() + "\n";
            int more = line.getBytes(StandardCharsets.UTF_8).length;
            // Room for the line that counts the others.
            if (bytes + more > ObjectLimits.MESSAGE_BYTES_MAX - 64) {
                String rest = "  and " + (copies.size() - i) + " more\n";
                if (bytes + rest.length() <= ObjectLimits.MESSAGE_BYTES_MAX) {
                    text.append(rest);
                }
                break;
            }
            text.append(line);
            bytes += more;
        }
        return text.toString();
    }
}
