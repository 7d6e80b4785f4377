package dev.dits;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Holds the arrows of {@code docs/architecture.md}: which package may name which. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.dits");

    /** Core's packages; the transport may use any of them where "core" is said. */
    private static final List<String> CORE = List.of(
            "dev.dits.error",
            "dev.dits.disk",
            "dev.dits.chunk",
            "dev.dits.object",
            "dev.dits.store",
            "dev.dits.repo",
            "dev.dits.cache");

    private static final List<String> EXPORTED =
            List.of("dev.dits", "dev.dits.discovery", "dev.dits.tracker", "dev.dits.watch");

    /** What each package may name of the others. The facade, dev.dits, may name everything and is not listed. */
    private static final Map<String, List<String>> ARROWS = new LinkedHashMap<>();

    static {
        ARROWS.put("dev.dits.sync", with(CORE, "dev.dits.session", "dev.dits.wire"));
        ARROWS.put(
                "dev.dits.connect",
                List.of(
                        "dev.dits.session",
                        "dev.dits.wire",
                        "dev.dits.net",
                        "dev.dits.limit",
                        "dev.dits.discovery",
                        "dev.dits.crypto",
                        "dev.dits.error"));
        ARROWS.put(
                "dev.dits.session",
                List.of(
                        "dev.dits.net",
                        "dev.dits.wire",
                        "dev.dits.crypto",
                        "dev.dits.error",
                        "dev.dits.object",
                        "dev.dits.disk",
                        "dev.dits.store"));
        ARROWS.put("dev.dits.control", List.of("dev.dits.error", "dev.dits.json"));
        ARROWS.put("dev.dits.json", List.of("dev.dits.error"));
        ARROWS.put("dev.dits.wire", List.of("dev.dits.object", "dev.dits.error"));
        ARROWS.put(
                "dev.dits.quic",
                List.of("dev.dits.net", "dev.dits.path", "dev.dits.limit", "dev.dits.loop", "dev.dits.error"));
        ARROWS.put("dev.dits.net", List.of());
        ARROWS.put("dev.dits.path", List.of("dev.dits.error"));
        ARROWS.put("dev.dits.discovery", List.of("dev.dits.limit", "dev.dits.error"));
        ARROWS.put(
                "dev.dits.rendezvous",
                List.of(
                        "dev.dits.discovery",
                        "dev.dits.net",
                        "dev.dits.limit",
                        "dev.dits.loop",
                        "dev.dits.json",
                        "dev.dits.object",
                        "dev.dits.error"));
        ARROWS.put("dev.dits.limit", List.of());
        ARROWS.put("dev.dits.loop", List.of());
        ARROWS.put(
                "dev.dits.tracker",
                List.of("dev.dits.path", "dev.dits.limit", "dev.dits.loop", "dev.dits.error", "dev.dits.json"));
        ARROWS.put("dev.dits.crypto", List.of());
        ARROWS.put("dev.dits.watch", List.of("dev.dits.repo", "dev.dits.object", "dev.dits.error"));
        ARROWS.put("dev.dits.cache", without(CORE, "dev.dits.repo"));
        ARROWS.put("dev.dits.repo", CORE);
        ARROWS.put("dev.dits.store", without(CORE, "dev.dits.repo"));
        ARROWS.put("dev.dits.object", List.of("dev.dits.chunk", "dev.dits.error"));
        ARROWS.put("dev.dits.chunk", List.of("dev.dits.error"));
        ARROWS.put("dev.dits.disk", List.of("dev.dits.error", "dev.dits.object"));
        ARROWS.put("dev.dits.error", List.of());
    }

    private static List<String> with(List<String> some, String... more) {
        return Stream.concat(some.stream(), Stream.of(more)).toList();
    }

    private static List<String> without(List<String> some, String one) {
        return some.stream().filter(name -> !name.equals(one)).toList();
    }

    @TestFactory
    Stream<DynamicTest> packagesNameOnlyWhatTheyMay() {
        return ARROWS.entrySet().stream()
                .map(arrow -> DynamicTest.dynamicTest(arrow.getKey(), () -> check(arrow.getKey(), arrow.getValue())));
    }

    private static void check(String from, List<String> allowed) {
        List<String> forbidden = new ArrayList<>(ARROWS.keySet());
        forbidden.add("dev.dits");
        forbidden.removeAll(allowed);
        forbidden.remove(from);
        noClasses()
                .that()
                .resideInAPackage(from)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden.toArray(String[]::new))
                .because("docs/architecture.md draws no such arrow")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void everyPackageHasItsArrows() {
        Set<String> packages =
                CLASSES.stream().map(JavaClass::getPackageName).collect(java.util.stream.Collectors.toSet());
        assertThat(packages).contains("dev.dits.quic", "dev.dits.path", "dev.dits.discovery");
        packages.remove("dev.dits");
        assertThat(ARROWS.keySet()).containsAll(packages);
    }

    @Test
    void onlyQuicNamesTheQuicCodec() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.dits.quic")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty.handler.codec.quic..")
                .check(CLASSES);
    }

    @Test
    void onlyTheTransportNamesNetty() {
        noClasses()
                .that()
                .resideInAnyPackage(with(CORE, "dev.dits.crypto", "dev.dits.wire", "dev.dits.discovery")
                        .toArray(String[]::new))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    /** A host closes its nodes, and nothing of them is left: no hook that runs later, no field that remembers. */
    @Test
    void nothingOutlivesANode() {
        noClasses()
                .should()
                .callMethod(Runtime.class, "addShutdownHook", Thread.class)
                .orShould()
                .callMethod(java.io.File.class, "deleteOnExit")
                .orShould()
                .callMethod(System.class, "exit", int.class)
                .because("it runs inside other people's processes")
                .check(CLASSES);
        fields().that()
                .areStatic()
                .should()
                .beFinal()
                .because("state belongs to a node")
                .check(CLASSES);
        fields().that()
                .areStatic()
                .and()
                .haveRawType(assignableTo(java.util.concurrent.locks.Lock.class)
                        .or(assignableTo(java.util.concurrent.ExecutorService.class))
                        .or(assignableTo(ThreadLocal.class))
                        .or(assignableTo("com.github.benmanes.caffeine.cache.Cache")))
                .should()
                // The system keeps file locks a process, so this must; it is empty when none is held.
                .beDeclaredIn(dev.dits.store.FileLocks.class)
                .because("state belongs to a node")
                .check(CLASSES);
    }

    @Test
    void exportedSignaturesUseTheJdkAndExportedTypesOnly() {
        List<String> offending = new ArrayList<>();
        for (JavaClass type : CLASSES) {
            if (!EXPORTED.contains(type.getPackageName())
                    || !type.getModifiers().contains(JavaModifier.PUBLIC)) {
                continue;
            }
            for (JavaMethod method : type.getMethods()) {
                Set<JavaModifier> modifiers = method.getModifiers();
                if (modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED)) {
                    Stream.concat(Stream.of(method.getRawReturnType()), method.getRawParameterTypes().stream())
                            .map(JavaClass::getBaseComponentType)
                            .filter(used -> !isExported(used))
                            .forEach(used -> offending.add(method.getFullName() + " names " + used.getName()));
                }
            }
        }
        assertThat(offending).isEmpty();
    }

    private static boolean isExported(JavaClass used) {
        String name = used.getPackageName();
        return used.isPrimitive()
                || name.startsWith("java.")
                || name.startsWith("javax.")
                || EXPORTED.contains(name)
                || CORE.contains(name)
                || name.equals("dev.dits.crypto");
    }
}
