package dev.dits.bench;

import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.repo.ResetOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A repository of small text files, made once from a seed: a directory for each hundred of them, up to six deep, changed a few files at a time by many commits, with branches and
 * tags all over the history. A git repository of the same files is beside it in the same directory.
 */
final class WorkflowRepository {
    /** A file that every 250th commit changes. */
    static final String RARE = "rare.txt";

    private static final String START = "bench-start";
    private static final String COMPLETE = ".dits/bench-complete";
    private static final long SEED = 20_261_201;
    private static final int FILES_PER_DIRECTORY = 100;
    private static final int RARE_EVERY = 250;
    private static final int TAGS = 50;

    private final Path root;
    private final List<String> files;

    private WorkflowRepository(Path root, List<String> files) {
        this.root = root;
        this.files = files;
    }

    Path root() {
        return root;
    }

    /** Paths of the files, in the order in which they were made. */
    List<String> files() {
        return files;
    }

    /** Branches that differ from the first in so many files. */
    static String branch(int changedFiles) {
        return "differs-in-" + changedFiles;
    }

    /** Opens what was made before, at its start, or makes it. */
    static WorkflowRepository prepare(Path directory, int fileCount, int commits, int branches)
            throws IOException, InterruptedException {
        WorkflowRepository made = new WorkflowRepository(directory, paths(fileCount));
        Path complete = directory.resolve(COMPLETE);
        String what = fileCount + " " + commits + " " + branches;
        if (!Files.exists(complete)) {
            System.out.println("making a repository of " + fileCount + " files in " + directory);
            made.make(commits, branches);
            Files.writeString(complete, what);
        } else if (!Files.readString(complete).equals(what)) {
            throw new IOException(directory + " holds another repository; delete it");
        }
        return made;
    }

    /** Brings everything back to where it was when it was made. */
    void rewind(Repository repository) throws IOException {
        repository.checkout("main", CheckoutOptions.defaults());
        repository.reset(START, ResetOptions.defaults().withDiscarding(true));
    }

    private static List<String> paths(int count) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<String> directories = new ArrayList<>();
        List<String> paths = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (i % FILES_PER_DIRECTORY == 0) {
                StringBuilder directory = new StringBuilder();
                int number = directories.size();
                for (int depth = 1 + random.nextInt(6); depth > 0; depth--) {
                    directory.append("dir-").append(number % 10).append('/');
                    number /= 10;
                }
                directories.add(directory
                        .append("scene-" + directories.size())
                        .append('/')
                        .toString());
            }
            paths.add(directories.get(directories.size() - 1) + "file-" + i % FILES_PER_DIRECTORY + ".txt");
        }
        return paths;
    }

    /** Some lines of text that no other file has. */
    static String text(SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        for (int lines = 4 + random.nextInt(12); lines > 0; lines--) {
            text.append("line ").append(Long.toHexString(random.nextLong())).append('\n');
        }
        return text.toString();
    }

    private TreePath write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return TreePath.ofUtf8(path);
    }

    private void make(int commits, int branches) throws IOException, InterruptedException {
        SplittableRandom random = new SplittableRandom(SEED + 1);
        try (Repository repository =
                Repository.init(root, RepositoryOptions.defaults().withAuthor("bench"))) {
            for (String path : files) {
                write(path, text(random));
            }
            write(RARE, "0\n");
            commit(repository, null, "commit 0");
            List<ObjectId> all = new ArrayList<>();
            for (int i = 1; i < commits; i++) {
                List<TreePath> changed = new ArrayList<>();
                for (int n = 1 + random.nextInt(4); n > 0; n--) {
                    changed.add(write(files.get(random.nextInt(files.size())), text(random)));
                }
                if (i % RARE_EVERY == 0) {
                    changed.add(write(RARE, i + "\n"));
                }
                all.add(commit(repository, changed, "commit " + i));
            }
            for (int i = 0; i < TAGS; i++) {
                repository.createTag(
                        "v" + i, all.get(i * all.size() / TAGS).toString(), i % 2 == 0 ? "" : "version " + i);
            }
            for (int changed : new int[] {1, 50, 500}) {
                repository.createBranch(branch(changed), "main");
                repository.checkout(branch(changed), CheckoutOptions.defaults());
                List<TreePath> paths = new ArrayList<>();
                for (int i = 0; i < changed; i++) {
                    int at = (int) ((long) i * files.size() / changed);
                    paths.add(write(files.get(at), text(random)));
                }
                commit(repository, paths, branch(changed));
                repository.checkout("main", CheckoutOptions.defaults());
            }
            repository.createBranch(START, "main");
            for (int i = repository.branches().size(); i < branches; i++) {
                repository.createBranch(
                        "topic-" + i, all.get(random.nextInt(all.size())).toString());
            }
        }
        git("init", "-q");
        Files.writeString(root.resolve(".git/info/exclude"), ".dits\n");
        git("add", "-A");
        git("-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "-q", "-m", "all");
    }

    private static ObjectId commit(Repository repository, List<TreePath> only, String message) throws IOException {
        return (only == null
                        ? repository.commit(message, null, CommitProgress.NONE)
                        : repository.commit(only, message, null, CommitProgress.NONE))
                .orElseThrow()
                .id();
    }

    /** Runs git in the repository; does nothing where there is no git. */
    void git(String... arguments) throws IOException, InterruptedException {
        if (!hasGit()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(root.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (process.waitFor() != 0) {
            throw new IOException(command + " failed");
        }
    }

    /** Whether there is a git to compare with. */
    static boolean hasGit() throws InterruptedException {
        try {
            return new ProcessBuilder("git", "--version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
