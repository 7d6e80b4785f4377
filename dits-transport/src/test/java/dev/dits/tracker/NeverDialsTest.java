package dev.dits.tracker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** A tracker that connects to what it is told can be pointed at anybody: it has no way to. */
class NeverDialsTest {
    @Test
    void theTrackerConnectsToNobody() {
        JavaClasses tracker = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.dits.tracker");
        noClasses()
                .should()
                .callMethodWhere(JavaCall.Predicates.target(HasName.Predicates.name("connect"))
                        .and(DescribedPredicate.describe(
                                "of the network",
                                call -> !call.getTargetOwner().getPackageName().equals("dev.dits.tracker"))))
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.net.Socket")
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("java.net.http")
                .check(tracker);
    }
}
