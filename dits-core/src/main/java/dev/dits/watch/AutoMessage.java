package dev.dits.watch;

import dev.dits.object.TreePath;
import dev.dits.repo.CommitChanges;
import java.util.List;
import java.util.Locale;

/** Says in a line what a commit changes: {@code Auto: 3 added, 1 changed (a.mov, b.txt, ...)}. */
final class AutoMessage {
    /** Paths that are named. */
    static final int NAMED_MAX = 3;

    /** Characters of a path that are shown; of a longer one, its end. */
    static final int PATH_CHARS_MAX = 60;

    private AutoMessage() {}

    static String of(CommitChanges changes) {
        StringBuilder text = new StringBuilder("Auto:");
        count(text, changes.added(), "added");
        count(text, changes.changed(), "changed");
        count(text, changes.deleted(), "deleted");
        List<TreePath> paths = changes.paths();
        if (paths.isEmpty()) {
            return text.append(" directories").toString();
        }
        int named = Math.min(NAMED_MAX, paths.size());
        for (int i = 0; i < named; i++) {
            text.append(i == 0 ? " (" : ", ").append(shown(paths.get(i)));
        }
        return text.append(paths.size() > named ? ", ...)" : ")").toString();
    }

    private static void count(StringBuilder text, long count, String what) {
        if (count > 0) {
            text.append(text.charAt(text.length() - 1) == ':' ? " " : ", ")
                    .append(String.format(Locale.ROOT, "%,d", count))
                    .append(' ')
                    .append(what);
        }
    }

    private static String shown(TreePath path) {
        String text = path.display();
        int length = text.codePointCount(0, text.length());
        return length <= PATH_CHARS_MAX
                ? text
                : "..." + text.substring(text.offsetByCodePoints(0, length - PATH_CHARS_MAX + 3));
    }
}
