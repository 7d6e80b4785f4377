package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import com.google.common.jimfs.PathNormalization;
import dev.dits.object.EntryName;
import dev.dits.object.LinkTarget;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NameRulesTest {
    private static final NameRules WINDOWS = new NameRules(true, true, false, false);
    private static final NameRules LINUX = new NameRules(false, false, false, false);
    private static final NameRules MAC = new NameRules(false, true, true, false);

    private static EntryName name(String text) {
        return EntryName.ofUtf8(text);
    }

    @Test
    void windowsDevicesAreRefusedInEveryCaseAndWithEveryExtension() {
        for (String device :
                List.of("con", "prn", "aux", "nul", "com1", "com9", "lpt1", "lpt9", "com\u00b9", "conin$", "conout$")) {
            for (String suffix : List.of("", ".txt", ".tar.gz", " .txt")) {
                for (String text : List.of(device + suffix, (device + suffix).toUpperCase(Locale.ROOT))) {
                    assertThat(WINDOWS.problem(name(text))).as(text).isNotNull();
                    assertThat(LINUX.problem(name(text))).as(text).isNull();
                }
            }
        }
        for (String fine : List.of("console", "nulls.txt", "com", "com10", "aux-1", "~", "a~b.txt")) {
            assertThat(WINDOWS.problem(name(fine))).as(fine).isNull();
        }
    }

    @Test
    void whatWindowsReadsDifferentlyIsRefusedThere() {
        for (String text : List.of(
                "a:b", "a\\b", "c:", "x.", "x ", "a*", "a?", "a<", "a|b", "a\"", "tab\t", "PROGRA~1", "longna~1.txt")) {
            assertThat(WINDOWS.problem(name(text))).as(text).isNotNull();
            assertThat(LINUX.problem(name(text))).as(text).isNull();
        }
        assertThat(WINDOWS.problem(EntryName.of(new byte[] {(byte) 0xFF}))).isNotNull();
        assertThat(LINUX.problem(EntryName.of(new byte[] {(byte) 0xFF}))).isNull();
    }

    @Test
    void disguisesOfReservedNamesAreRefusedEverywhere() {
        for (NameRules rules : List.of(WINDOWS, LINUX, MAC)) {
            for (String text : List.of(
                    ".git",
                    ".GIT",
                    ".Git",
                    ".g\u200cit",
                    "\ufeff.git",
                    ".git.",
                    ".git ",
                    ".git . .",
                    ".git::$INDEX_ALLOCATION",
                    "git~1",
                    "GIT~2",
                    ".DITS",
                    ".d\u200dits",
                    "dits~1",
                    ".dits ",
                    ".dits:x",
                    "\u2024git".replace('\u2024', '.'))) {
                assertThat(rules.problem(name(text))).as(text).isNotNull();
            }
            for (String fine : List.of("git", ".gitignore", ".ditsignore", ".github", "dits", "agit~1")) {
                if (!rules.windows() || fine.indexOf('~') < 0) {
                    assertThat(rules.problem(name(fine))).as(fine).isNull();
                }
            }
        }
        NameRules tracking = new NameRules(false, false, false, true);
        assertThat(tracking.problem(name(".git"))).isNull();
        assertThat(tracking.problem(name(".GIT"))).isNotNull();
    }

    @Test
    void twinsFoldToOne() {
        assertThat(MAC.fold(name("A"))).isEqualTo(MAC.fold(name("a")));
        assertThat(MAC.fold(name("\u00e9"))).isEqualTo(MAC.fold(name("e\u0301")));
        assertThat(MAC.fold(name("stra\u00dfe"))).isEqualTo(MAC.fold(name("STRASSE")));
        assertThat(WINDOWS.fold(name("A"))).isEqualTo(WINDOWS.fold(name("a")));
        assertThat(WINDOWS.fold(name("\u00e9"))).isNotEqualTo(WINDOWS.fold(name("e\u0301")));
        assertThat(LINUX.folds()).isFalse();
    }

    @Test
    void theTargetIsAskedWhatItDoes(@TempDir Path temp) throws IOException {
        assertThat(NameRules.probe(dev.dits.disk.Disk.system(), temp, false)).isEqualTo(LINUX);
        try (FileSystem windows = Jimfs.newFileSystem(Configuration.windows())) {
            Path root = Files.createDirectories(windows.getPath("C:\\work"));
            NameRules rules = NameRules.probe(dev.dits.disk.Disk.system(), root, false);
            assertThat(rules.windows()).isTrue();
            assertThat(rules.foldsCase()).isTrue();
        }
        Configuration mac = Configuration.osX().toBuilder()
                .setNameCanonicalNormalization(PathNormalization.NFD, PathNormalization.CASE_FOLD_ASCII)
                .build();
        try (FileSystem fileSystem = Jimfs.newFileSystem(mac)) {
            Path root = Files.createDirectories(fileSystem.getPath("/work"));
            NameRules rules = NameRules.probe(dev.dits.disk.Disk.system(), root, false);
            assertThat(rules.windows()).isFalse();
            assertThat(rules.foldsCase()).isTrue();
            assertThat(rules.foldsForm()).isTrue();
        }
    }

    @Test
    void linksThatMayLeadOutAreRecognised() {
        for (String target : List.of("a", "a/b", "./a", "../a", "../../a", ".")) {
            assertThat(Links.staysInside(LinkTarget.ofUtf8(target), 2))
                    .as(target)
                    .isTrue();
        }
        for (String target : List.of("/a", "../../../a", "a/../../..", "a/..", "c:a", "\\a", "..\\..", "../../..")) {
            assertThat(Links.staysInside(LinkTarget.ofUtf8(target), 2))
                    .as(target)
                    .isFalse();
        }
        assertThat(Links.same(LinkTarget.ofUtf8("a//b/"), LinkTarget.ofUtf8("a/b")))
                .isTrue();
        assertThat(Links.same(LinkTarget.ofUtf8("a/b"), LinkTarget.ofUtf8("a/c")))
                .isFalse();
        assertThat(Links.same(LinkTarget.ofUtf8("/"), LinkTarget.ofUtf8("a"))).isFalse();
    }

    @Test
    void referenceNames() {
        for (String fine : List.of("main", "a/b", "feature/x-1", "\u00e9", "v1.0", "A", "x".repeat(200))) {
            assertThat(RefName.branch(fine).shortName()).isEqualTo(fine);
        }
        for (String bad : List.of(
                "",
                "/",
                "a/",
                "/a",
                "a//b",
                ".a",
                "a/.b",
                "-a",
                "a..b",
                "a.lock",
                "a.LOCK/b",
                "a b",
                "a~",
                "a^",
                "a:b",
                "a?",
                "a*",
                "a[",
                "a\\b",
                "a\n",
                "a\u0000",
                "@",
                "HEAD",
                "a@{1}",
                "a.",
                "x".repeat(201),
                "\ud800",
                "a|b")) {
            assertThatThrownBy(() -> RefName.branch(bad)).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new RefName("refs/remotes/origin")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RefName("refs/other/x")).isInstanceOf(IllegalArgumentException.class);
    }
}
