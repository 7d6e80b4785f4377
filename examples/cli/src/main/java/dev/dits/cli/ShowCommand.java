package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.error.DitsException;
import dev.dits.error.MissingObjectException;
import dev.dits.object.Commit;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.LinkEntry;
import dev.dits.object.ObjectId;
import dev.dits.object.Tag;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import dev.dits.repo.DiffOptions;
import dev.dits.repo.LogEntry;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.Signers;
import dev.dits.repo.Verification;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "show",
        description = {
            "Show a commit and what it changed, a tag, or a file or directory as of a commit.",
            "A file's bytes go to standard output as they are, unless that is a terminal."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits show                          the latest commit",
            "  dits show --stat v1                a tagged commit, in short",
            "  dits show HEAD~2:notes.txt         a file as it was two commits ago",
            "  dits show v1:footage/a.mov >a.mov  and a large one, into a file",
            "  dits show v1:footage               a directory",
            "  dits show v1:./a.txt               a path from here, not from the top"
        })
final class ShowCommand extends RepositoryCommand {
    private static final int BUFFER_BYTES = 1 << 18;
    private static final int RANGE_BYTES = 1 << 22;

    @Parameters(
            arity = "0..1",
            paramLabel = "REVISION[:PATH]",
            defaultValue = "HEAD",
            description = "What to show. PATH is from the top of the repository unless it starts with a dot.")
    private String object = "HEAD";

    @Mixin
    private DiffFormat format = new DiffFormat();

    /** For a mount, where content may have to come from the share. */
    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    ShowCommand(Context context) {
        super(context);
    }

    @Override
    void checkUsage() {
        format.checkUsage();
    }

    @Override
    boolean readsContent() {
        return true;
    }

    @Override
    int run(Repository repository) throws IOException, InterruptedException {
        int colon = object.indexOf(':');
        if (colon < 0) {
            commit(repository, object);
            return ExitCode.OK;
        }
        String revision = colon == 0 ? "HEAD" : object.substring(0, colon);
        ObjectId commit = repository.resolve(revision);
        TreePath path = path(repository, object.substring(colon + 1));
        return entry(repository, commit, revision, path);
    }

    private TreePath path(Repository repository, String written) throws IOException {
        if (written.startsWith("./") || written.startsWith("../") || written.equals(".") || written.equals("..")) {
            return TreePaths.of(context, repository, written);
        }
        return TreePaths.of(
                context, repository, repository.root().resolve(written).toString());
    }

    // ---- commits and tags ----

    private void commit(Repository repository, String revision) throws IOException {
        Optional<RefName> ref = tagNamed(repository, revision);
        ObjectId id = repository.resolve(revision);
        Commit commit = repository.readCommit(id);
        Signers signers = repository.signers();
        @Nullable
        ObjectId before = commit.parents().isEmpty() ? null : commit.parents().get(0);
        DiffOptions options = DiffOptions.defaults().withRenames(format.renames());
        if (format.json()) {
            try (JsonOutput out = JsonOutput.open(context)) {
                out.object().field("type", "commit");
                if (ref.isPresent()) {
                    ObjectId named = repository.ref(ref.get()).orElseThrow();
                    TagCommand.write(out.object("tag"), ref.get(), named, repository.readTag(named), signers);
                    out.end();
                } else {
                    out.field("tag", (String) null);
                }
                LogCommand.write(out, new LogEntry(id, commit), signers);
                out.array("changes");
                repository.diff(before, id, options, difference -> format.write(out, difference));
                out.end().end();
            }
            return;
        }
        if (ref.isPresent()) {
            Optional<Tag> tag = repository.readTag(repository.ref(ref.get()).orElseThrow());
            if (tag.isPresent()) {
                say(ref.get(), tag.get(), signers.verify(tag.get()));
            }
        }
        context.say(context.bold("commit " + id));
        if (commit.parents().size() > 1) {
            context.say("Merge:  "
                    + String.join(
                            " ",
                            commit.parents().stream().map(ObjectId::abbreviated).toList())
                    + " (changes are shown from the first)");
        }
        LogCommand.say(context, commit, signers.verify(commit));
        context.say("");
        try (DiffFormat.Report report = format.text(context)) {
            repository.diff(before, id, options, report);
        } catch (DiffFormat.ReaderGone e) {
            // Nothing is left to do for nobody.
            return;
        }
    }

    /** The tag of that name, where the name is nothing but that; as {@link Repository#resolve} has it, a tag wins over a branch. */
    private static Optional<RefName> tagNamed(Repository repository, String name) throws IOException {
        try {
            RefName ref = name.startsWith("refs/") ? new RefName(name) : RefName.tag(name);
            return ref.isTag() && repository.ref(ref).isPresent() ? Optional.of(ref) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private void say(RefName ref, Tag tag, Verification verification) {
        context.say(context.bold("tag " + Format.safe(ref.shortName())));
        context.say("Author: " + Format.safe(tag.author()));
        context.say("Date:   " + Format.time(tag.time()));
        SignatureReport.say(context, verification);
        context.say("");
        Format.safe(tag.message()).lines().forEach(line -> context.say("    " + line));
        context.say("");
    }

    // ---- what a commit holds ----

    private int entry(Repository repository, ObjectId commit, String revision, TreePath path)
            throws IOException, InterruptedException {
        DirectoryRef top = repository.readCommit(commit).tree();
        TreeEntry entry = path.isRoot() ? null : new DirectoryTree(repository.objects()).resolve(top, path);
        if (entry == null && !path.isRoot()) {
            throw new DitsException("there is no " + path.display() + " in " + revision + "; 'dits show " + revision
                    + ":' lists what is there");
        }
        if (format.json()) {
            try (JsonOutput out = JsonOutput.open(context)) {
                out.object().field("commit", commit).field("path", path);
                if (entry == null) {
                    directory(out.field("type", "directory"), repository, top);
                } else {
                    write(out, repository, entry);
                    if (entry instanceof DirectoryEntry directory) {
                        directory(out, repository, directory.ref());
                    }
                }
                out.end();
            }
            return ExitCode.OK;
        }
        if (entry instanceof FileEntry file) {
            content(repository, commit, path, file);
            return ExitCode.OK;
        }
        if (entry instanceof LinkEntry link) {
            context.say(link.target().display());
            return ExitCode.OK;
        }
        list(repository, entry instanceof DirectoryEntry directory ? directory.ref() : top);
        return ExitCode.OK;
    }

    private void content(Repository repository, ObjectId commit, TreePath path, FileEntry file)
            throws IOException, InterruptedException {
        long written = 0;
        try (InputStream in = repository.read(file.content())) {
            byte[] buffer = new byte[BUFFER_BYTES];
            int count = in.readNBytes(buffer, 0, buffer.length);
            while (count > 0 && !context.out().checkError()) {
                write(buffer, count, written == 0);
                written += count;
                count = in.readNBytes(buffer, 0, buffer.length);
            }
            return;
        } catch (MissingObjectException e) {
            if (!isMount(repository.root())) {
                throw e;
            }
        }
        fetching(repository, commit, path, file.content().size(), written);
    }

    /** In a mount, what is not here is the share's to give: from where the rest ends. */
    private void fetching(Repository repository, ObjectId commit, TreePath path, long size, long from)
            throws IOException, InterruptedException {
        try (Dits dits = Dits.open(connection.ditsOptions(context));
                Mount mount = dits.open(repository.root(), connection.mountOptions(null))) {
            long written = from;
            while (written < size && !context.out().checkError()) {
                byte[] range = mount.readRange(commit, new String(path.bytes(), StandardCharsets.UTF_8), written, (int)
                        Math.min(RANGE_BYTES, size - written));
                write(range, range.length, written == 0);
                written += range.length;
            }
        }
    }

    private void write(byte[] bytes, int count, boolean first) throws DitsException {
        if (!context.terminal().output()) {
            context.out().write(bytes, 0, count);
            return;
        }
        if (first && !isText(bytes, count)) {
            throw new DitsException(
                    "this is no text, and would garble the terminal; send it to a file: dits show ... >FILE");
        }
        readable(bytes, count);
    }

    private static boolean isText(byte[] bytes, int count) {
        for (int i = 0; i < count; i++) {
            if (bytes[i] == 0) {
                return false;
            }
        }
        return true;
    }

    /** Harmless on a terminal. A character that a buffer's end cuts in two is shown as its bytes. */
    private void readable(byte[] bytes, int count) {
        int start = 0;
        for (int i = 0; i < count; i++) {
            if (bytes[i] == '\n' || i == count - 1) {
                boolean ends = bytes[i] == '\n';
                context.out()
                        .print(PatchReport.readable(java.util.Arrays.copyOfRange(bytes, start, ends ? i : i + 1))
                                + (ends ? "\n" : ""));
                start = i + 1;
            }
        }
    }

    private void list(Repository repository, DirectoryRef directory) throws IOException {
        DirectoryTree.Cursor cursor = new DirectoryTree(repository.objects()).iterate(directory);
        for (TreeEntry entry = cursor.next(); entry != null && !context.out().checkError(); entry = cursor.next()) {
            String name = entry.name().display();
            String size = entry instanceof LinkEntry ? "" : Format.bytes(entry.bytes());
            context.say(String.format(
                            Locale.ROOT,
                            "%s%04o %8s  ",
                            entry instanceof DirectoryEntry ? "d" : entry instanceof LinkEntry ? "l" : "-",
                            entry.mode(),
                            size)
                    + (entry instanceof DirectoryEntry
                            ? context.bold(name + "/")
                            : entry instanceof LinkEntry link
                                    ? name + " -> " + link.target().display()
                                    : name));
        }
    }

    private static void directory(JsonOutput out, Repository repository, DirectoryRef directory) throws IOException {
        out.array("entries");
        DirectoryTree.Cursor cursor = new DirectoryTree(repository.objects()).iterate(directory);
        for (TreeEntry entry = cursor.next(); entry != null; entry = cursor.next()) {
            out.object().field("name", entry.name().bytes());
            write(out, repository, entry);
            out.end();
        }
        out.end();
    }

    private static void write(JsonOutput out, Repository repository, TreeEntry entry) throws IOException {
        out.field("type", entry instanceof FileEntry ? "file" : entry instanceof LinkEntry ? "link" : "directory")
                .field("mode", JsonDiff.mode(entry.mode()))
                .field("mtime", entry.mtime().toInstant())
                .field("size", entry.bytes());
        if (entry instanceof FileEntry file) {
            FileTree files = new FileTree(repository.objects());
            out.field("sha256", files.sha256(file.content())).field("chunks", files.chunkCount(file.content()));
        } else if (entry instanceof LinkEntry link) {
            out.field("target", link.target().bytes());
        } else if (entry instanceof DirectoryEntry directory) {
            out.field("files", directory.files());
        }
    }
}
