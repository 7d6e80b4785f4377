package dev.dits.cli;

import dev.dits.object.Escaper;
import dev.dits.object.TreePath;
import dev.dits.repo.FileDiff;
import dev.dits.repo.FileVersion;
import dev.dits.repo.TextDiff;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * Patches in git's form, that {@code git apply} and {@code patch -p1} read. Where the output is no terminal, lines are the very bytes of the
 * files; on a terminal, what could steer it is escaped.
 */
final class PatchReport implements DiffFormat.Report {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final byte[] NOT_TERMINATED = "\n\\ No newline at end of file\n".getBytes(StandardCharsets.US_ASCII);

    private final Context context;
    private final int contextLines;
    private final boolean escapes;
    private final OutputStream out;

    PatchReport(Context context, int contextLines) {
        this.context = context;
        this.contextLines = contextLines;
        this.escapes = context.terminal().output();
        this.out = new BufferedOutputStream(context.out(), BUFFER_BYTES);
    }

    private void line(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.write('\n');
    }

    @Override
    public void difference(FileDiff difference) throws IOException {
        if (isDirectory(difference.before()) || isDirectory(difference.after())) {
            directory(difference);
        } else if (difference.kind() == FileDiff.Kind.TYPE_CHANGED
                || (difference.kind() == FileDiff.Kind.MODIFIED && isLink(difference.after()))) {
            // A patch knows no change of type, nor without git's own ids that of a link: the one goes, the other comes.
            for (FileDiff part : difference.separated()) {
                patch(part);
            }
        } else {
            patch(difference);
        }
        out.flush();
        DiffFormat.ReaderGone.check(context);
    }

    private void patch(FileDiff difference) throws IOException {
        header(difference);
        if (difference.kind() != FileDiff.Kind.RENAMED && difference.kind() != FileDiff.Kind.MODE_CHANGED) {
            content(difference);
        }
    }

    private static boolean isLink(Optional<FileVersion> version) {
        return version.isPresent() && version.get().type() == FileVersion.Type.LINK;
    }

    private static boolean isDirectory(Optional<FileVersion> version) {
        return version.isPresent() && version.get().type() == FileVersion.Type.DIRECTORY;
    }

    private void directory(FileDiff difference) throws IOException {
        String what = difference.kind() == FileDiff.Kind.ADDED
                ? "New directory "
                : difference.kind() == FileDiff.Kind.DELETED ? "Deleted directory " : "Directory ";
        line(context.bold(what
                + Quoted.path(difference.path())
                + modes(difference).map(text -> ": mode " + text).orElse("")));
    }

    /** {@code 0644 -> 0755}, where both are there and differ. */
    static Optional<String> modes(FileDiff difference) {
        Optional<FileVersion> before = difference.before();
        Optional<FileVersion> after = difference.after();
        boolean same = before.isEmpty()
                || after.isEmpty()
                || before.get().type() != after.get().type()
                || before.get().mode() == after.get().mode();
        return same
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "%04o -> %04o",
                        before.get().mode(),
                        after.get().mode()));
    }

    /** As git counts: the type of the file in front of the permissions. */
    private static String gitMode(FileVersion version) {
        return version.type() == FileVersion.Type.LINK
                ? "120000"
                : String.format(Locale.ROOT, "100%03o", version.mode());
    }

    private void header(FileDiff difference) throws IOException {
        Optional<FileVersion> before = difference.before();
        Optional<FileVersion> after = difference.after();
        TreePath from = difference.from().orElse(difference.path());
        line(context.bold("diff --git " + Quoted.path("a/", from) + " " + Quoted.path("b/", difference.path())));
        if (before.isEmpty() && after.isPresent()) {
            line(context.bold("new file mode " + gitMode(after.get())));
        } else if (after.isEmpty() && before.isPresent()) {
            line(context.bold("deleted file mode " + gitMode(before.get())));
        } else if (before.isPresent()
                && after.isPresent()
                && !gitMode(before.get()).equals(gitMode(after.get()))) {
            line(context.bold("old mode " + gitMode(before.get())));
            line(context.bold("new mode " + gitMode(after.get())));
        }
        if (difference.from().isPresent()) {
            line(context.bold("similarity index 100%"));
            line(context.bold("rename from " + Quoted.path(from)));
            line(context.bold("rename to " + Quoted.path(difference.path())));
        }
    }

    private void content(FileDiff difference) throws IOException {
        String old = difference.before().isPresent() ? Quoted.path("a/", difference.path()) : "/dev/null";
        String now = difference.after().isPresent() ? Quoted.path("b/", difference.path()) : "/dev/null";
        Optional<TextDiff> text = difference.text(contextLines);
        if (text.isPresent()) {
            if (!text.get().hunks().isEmpty()) {
                line(context.bold("--- " + old));
                line(context.bold("+++ " + now));
                for (TextDiff.Hunk hunk : text.get().hunks()) {
                    hunk(hunk);
                }
            }
        } else {
            line("Binary files " + old + " and " + now + " differ: "
                    + StatReport.sizes(
                            difference, difference.after().isPresent() ? difference.chunks() : Optional.empty()));
        }
    }

    private void hunk(TextDiff.Hunk hunk) throws IOException {
        line(context.cyan("@@ -" + range(hunk.beforeStart(), hunk.beforeCount()) + " +"
                + range(hunk.afterStart(), hunk.afterCount()) + " @@"));
        for (TextDiff.Line line : hunk.lines()) {
            String sign = switch (line.side()) {
                case CONTEXT -> " ";
                case REMOVED -> "-";
                case ADDED -> "+";
            };
            if (escapes) {
                String text = sign + readable(line.bytes());
                out.write((switch (line.side()) {
                            case CONTEXT -> text;
                            case REMOVED -> context.red(text);
                            case ADDED -> context.green(text);
                        })
                        .getBytes(StandardCharsets.UTF_8));
            } else {
                out.write(sign.charAt(0));
                out.write(line.bytes());
            }
            if (line.terminated()) {
                out.write('\n');
            } else {
                out.write(NOT_TERMINATED);
            }
        }
    }

    private static String range(int start, int count) {
        return count == 1 ? String.valueOf(start) : start + "," + count;
    }

    /** Harmless on a terminal; tabs stay, as text is full of them. */
    static String readable(byte[] line) {
        StringBuilder text = new StringBuilder(line.length + 16);
        int start = 0;
        for (int i = 0; i <= line.length; i++) {
            if (i == line.length || line[i] == '\t') {
                text.append(Escaper.escape(java.util.Arrays.copyOfRange(line, start, i)));
                if (i < line.length) {
                    text.append('\t');
                }
                start = i + 1;
            }
        }
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        out.flush();
    }
}
