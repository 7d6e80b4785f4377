package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Holds the rules to what git itself says. */
class IgnoreRulesTest {
    private static final List<String> PATTERNS = List.of(
            "*.o",
            "/build",
            "build/",
            "doc/*.txt",
            "**/foo",
            "foo/**",
            "a/**/b",
            "!keep",
            "*.log\n!important.log",
            "\\#x",
            "\\!y",
            "# c",
            "trail ",
            "trail\\ ",
            "trail \\ ",
            "[a-c].x",
            "[!a-c].x",
            "[^a-c].x",
            "f?o",
            "/foo/*\n!/foo/bar",
            "*\n!*/\n!*.c",
            "foo\\*",
            "a[b",
            "**",
            "/**",
            "abc/**/",
            "x/*",
            "/*.z",
            "dir/sub",
            "node_modules",
            "*.{a,b}",
            "*[0-9]",
            "a.c",
            "a+b",
            "(x)",
            "$d",
            "[[:digit:]]q",
            "[[:nope:]]q",
            "[[:alpha:][:digit:]]q",
            "\u00e9*",
            "?1",
            "??1",
            "FOO",
            "**/x/**/y",
            "!a\na",
            "a/",
            "a//b",
            "foo/\n!foo/keep",
            "\\foo",
            "[\\]]z",
            "a\\",
            "-x",
            "[]-]w",
            "a**b",
            "a**/b",
            "a/**b",
            "/",
            "//",
            "!",
            "!/",
            " ",
            "a\r\nb",
            "\u00ef\u00bb\u00bf",
            "*/foo",
            "foo/*/y",
            "[a-]",
            "[--0]x",
            "***",
            "a/***",
            "*a*b*c*",
            "/a/b/",
            "a/b/**",
            "**/",
            "**/a",
            "\\*",
            "*\\",
            "[",
            "[]",
            "[a",
            "[!]a]");
    private static final List<String> PATHS = List.of(
            "x.o",
            "d/x.o",
            "build",
            "build/",
            "d/build",
            "d/build/",
            "doc/a.txt",
            "doc/s/a.txt",
            "foo",
            "foo/",
            "d/foo",
            "foo/x",
            "foo/x/y",
            "a/b",
            "a/b/",
            "a/x/b",
            "a/x/y/b",
            "keep",
            "d/keep",
            "a.log",
            "important.log",
            "#x",
            "!y",
            "trail",
            "trail ",
            "trail  ",
            "a.x",
            "d.x",
            "fao",
            "f/o",
            "foo/bar",
            "foo/baz",
            "c.c",
            "d/c.c",
            "foo*",
            "fooa",
            "a[b",
            "abc/",
            "abc/d/",
            "abc/d",
            "x/a",
            "x/a/b",
            "q.z",
            "d/q.z",
            "dir/sub",
            "e/dir/sub",
            "node_modules/",
            "d/node_modules/",
            "x.a",
            "x.{a,b}",
            "q9",
            "abc",
            "a.c",
            "a+b",
            "aab",
            "(x)",
            "$d",
            "5q",
            "zq",
            "\u00e91",
            "FOO",
            "x/y",
            "w/x/v/y",
            "a",
            "a/",
            "b",
            "]z",
            "a\\",
            "-x",
            "]w",
            "-w",
            "axxb",
            "a/xx/b",
            "d/a/b",
            "foo/keep",
            "-",
            "0x",
            "*",
            "\\",
            "[",
            "[]",
            "[a",
            "ba",
            " ",
            "a/b/c/d");

    @TempDir
    Path temp;

    private void requireGit() throws IOException, InterruptedException {
        boolean there;
        try {
            there = true;
            for (Path root : List.of(temp.resolve("files"), directoriesRoot())) {
                there &= new ProcessBuilder("git", "init", "-q", root.toString())
                                .start()
                                .waitFor()
                        == 0;
            }
        } catch (IOException e) {
            there = false;
        }
        if (!there && "true".equals(System.getenv("CI"))) {
            throw new AssertionError("git is needed to check the ignore rules, and is not installed");
        }
        assumeTrue(there, "git is not installed: the ignore rules are NOT compared with it here");
    }

    /** What git says of each path: ignored, kept by a negated rule, or nothing. */
    private List<Boolean> askGit(Path root, byte[] rules, List<byte[]> paths) throws Exception {
        Files.write(root.resolve(".gitignore"), rules);
        ByteArrayOutputStream in = new ByteArrayOutputStream();
        for (byte[] path : paths) {
            in.write(path);
            in.write(0);
        }
        Path input = Files.write(root.resolve(".git/input"), in.toByteArray());
        ProcessBuilder builder = new ProcessBuilder(
                "git", "-C", root.toString(), "check-ignore", "-v", "-n", "-z", "--stdin", "--no-index");
        builder.environment().put("GIT_CONFIG_GLOBAL", "/dev/null");
        builder.environment().put("GIT_CONFIG_NOSYSTEM", "1");
        Process process = builder.redirectInput(input.toFile()).start();
        String[] fields =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1).split("\0", -1);
        process.waitFor();
        List<Boolean> answers = new ArrayList<>();
        for (int i = 0; i + 3 < fields.length; i += 4) {
            answers.add(fields[i + 2].isEmpty() ? null : (Boolean) !fields[i + 2].startsWith("!"));
        }
        assertThat(answers).hasSameSizeAs(paths);
        return answers;
    }

    /** As the scanner asks: each directory on the way first, and nothing below one that is ignored. */
    private static Boolean ask(IgnoreRules rules, byte[] path, boolean directory) {
        int end = path.length;
        int nameStart = 0;
        for (int i = 0; i < end; i++) {
            if (path[i] == '/') {
                Boolean above = rules.match(java.util.Arrays.copyOf(path, i), nameStart, true);
                if (Boolean.TRUE.equals(above)) {
                    return true;
                }
                nameStart = i + 1;
            }
        }
        return rules.match(java.util.Arrays.copyOf(path, end), nameStart, directory);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void agreesWithGitOnATable() throws Exception {
        requireGit();
        List<byte[]> paths = PATHS.stream().map(IgnoreRulesTest::bytes).toList();
        List<String> wrong = new ArrayList<>();
        for (String pattern : PATTERNS) {
            byte[] file = bytes(pattern + "\n");
            compare(pattern, file, paths, wrong);
        }
        assertThat(wrong).isEmpty();
    }

    /**
     * A path that ends with a slash is a directory, and is made: git looks. Files are asked about in a repository without
     * those directories.
     */
    private void compare(String label, byte[] file, List<byte[]> paths, List<String> wrong) throws Exception {
        List<byte[]> files =
                paths.stream().filter(path -> path[path.length - 1] != '/').toList();
        compare(label, file, files, false, wrong);
        List<byte[]> directories = new ArrayList<>();
        for (byte[] path : paths) {
            String text = new String(path, StandardCharsets.UTF_8);
            if (text.endsWith("/")) {
                Files.createDirectories(directoriesRoot().resolve(text));
                directories.add(java.util.Arrays.copyOf(path, path.length - 1));
            }
        }
        compare(label, file, directories, true, wrong);
    }

    private Path directoriesRoot() {
        return temp.resolve("directories");
    }

    private void compare(String label, byte[] file, List<byte[]> paths, boolean directory, List<String> wrong)
            throws Exception {
        IgnoreRules rules = IgnoreRules.parse(file);
        List<Boolean> git = askGit(directory ? directoriesRoot() : temp.resolve("files"), file, paths);
        for (int i = 0; i < paths.size(); i++) {
            // A path that no rule names and one that a negated rule keeps are kept alike.
            boolean expected = Boolean.TRUE.equals(git.get(i));
            boolean actual = Boolean.TRUE.equals(ask(rules, paths.get(i), directory));
            if (expected != actual) {
                wrong.add("<" + label + "> on <" + new String(paths.get(i), StandardCharsets.ISO_8859_1)
                        + (directory ? "/" : "") + ">: git says " + git.get(i) + ", we say " + actual);
            }
        }
    }

    @Test
    void agreesWithGitOnRandomPatterns() throws Exception {
        requireGit();
        Random random = new Random(20260101);
        List<String> wrong = new ArrayList<>();
        String alphabet = "aab*?/[]!-\\ ";
        for (int round = 0; round < 200; round++) {
            StringBuilder file = new StringBuilder();
            for (int line = random.nextInt(3); line >= 0; line--) {
                for (int i = random.nextInt(9); i >= 0; i--) {
                    file.append(alphabet.charAt(random.nextInt(alphabet.length())));
                }
                file.append('\n');
            }
            List<byte[]> paths = new ArrayList<>();
            for (int p = 0; p < 40; p++) {
                StringBuilder path = new StringBuilder();
                for (int depth = random.nextInt(3); depth >= 0; depth--) {
                    for (int i = random.nextInt(3); i >= 0; i--) {
                        path.append("ab!-] ".charAt(random.nextInt(6)));
                    }
                    path.append(depth > 0 || random.nextInt(4) == 0 ? "/" : "");
                }
                paths.add(bytes(path.toString()));
            }
            compare(file.toString().replace("\n", "|"), bytes(file.toString()), paths, wrong);
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void bytesThatAreNotUtf8AreMatchedAsTheyAre() {
        byte[] name = {'x', (byte) 0xFF};
        assertThat(IgnoreRules.parse(new byte[] {'x', (byte) 0xFF, '\n'}).match(name, 0, false))
                .isTrue();
        assertThat(IgnoreRules.parse(bytes("x?")).match(name, 0, false)).isTrue();
        assertThat(IgnoreRules.parse(new byte[] {'x', (byte) 0xFE}).match(name, 0, false))
                .isNull();
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aPatternOfManyStarsEnds() {
        byte[] pattern = bytes("a*".repeat(60) + "b");
        byte[] text = bytes("a".repeat(250));
        assertThat(IgnoreRules.parse(pattern).match(text, 0, false)).isNull();
        assertThat(IgnoreRules.parse(bytes("**/" + "a*/**/".repeat(40) + "b"))
                        .match(bytes("a/".repeat(120) + "c"), 240, false))
                .isNull();
    }
}
