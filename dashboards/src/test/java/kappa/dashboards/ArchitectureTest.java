package kappa.dashboards;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.ProtocolMessageEnum;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Observation;
import kappa.ingest.log.TopicFollower;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** What depends on what, over all modules: this one, the last, has them all on its class path. */
@AnalyzeClasses(packages = "kappa",
        importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.NoTestJars.class})
class ArchitectureTest {

    /** After the package phase another module's tests are a jar, which looks like any other. */
    static final class NoTestJars implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    /** Arithmetic and files: what could run without a stream around it. */
    private static final String[] NUMERICAL = {"kappa.fitting.model..", "kappa.fitting.kernel..",
        "kappa.fitting.filter..", "kappa.fitting.fit..", "kappa.fitting.em..", "kappa.fitting.particle..",
        "kappa.fitting.regression..",
        "kappa.fitting.training..", "kappa.fitting.task..", "kappa.fitting.simulation..", "kappa.fitting.file..",
        "kappa.fitting.evaluation..", "kappa.fitting.offline..", "kappa.fitting.baseline..", "kappa.fitting.bench..",
        "kappa.analysis", "kappa.analysis.connectivity..", "kappa.analysis.dynamics..", "kappa.analysis.inactivation..",
        "kappa.analysis.populations..", "kappa.ingest.recording..", "kappa.dashboards.report.."};

    @ArchTest
    static final ArchRule MODULES_DEPEND_ONE_WAY = layeredArchitecture().consideringAllDependencies().layer("ingest")
            .definedBy("kappa.ingest..").layer("fitting").definedBy("kappa.fitting..").layer("analysis")
            .definedBy("kappa.analysis..").layer("dashboards").definedBy("kappa.dashboards..")
            .whereLayer("dashboards").mayNotBeAccessedByAnyLayer().whereLayer("analysis")
            .mayOnlyBeAccessedByLayers("dashboards").whereLayer("fitting")
            .mayOnlyBeAccessedByLayers("analysis", "dashboards").whereLayer("ingest")
            .mayOnlyBeAccessedByLayers("fitting", "analysis", "dashboards")
            .ensureAllClassesAreContainedInArchitecture();

    @ArchTest
    static final ArchRule NUMERICAL_PACKAGES_KNOW_NEITHER_AKKA_NOR_KAFKA = noClasses().that()
            .resideInAnyPackage(NUMERICAL).should().dependOnClassesThat().resideInAnyPackage("akka..", "scala..",
                    "kafka..", "org.apache.kafka..", "kappa.ingest.log..", "kappa.ingest.replay..");

    @ArchTest
    static final ArchRule THE_MODEL_DEPENDS_ON_NOTHING_OF_OURS = classes().that()
            .resideInAPackage("kappa.fitting.model..").should()
            .onlyDependOnClassesThat(resideOutsideOfPackage("kappa..").or(resideInAPackage("kappa.fitting.model.."))
                    .or(belongToAnyOf(InputBasis.class, Observation.class, InvalidInputException.class)))
            .because("the domain is what everything else knows");

    @ArchTest
    static final ArchRule PACKAGES_OF_FITTING_DEPEND_ONE_WAY = slices().matching("kappa.fitting.(*)..").should()
            .beFreeOfCycles();

    @ArchTest
    static final ArchRule ONLY_FITTING_AND_LATER_MODULES_KNOW_AKKA = noClasses().that()
            .resideInAPackage("kappa.ingest..").should().dependOnClassesThat().resideInAPackage("akka..");

    @ArchTest
    static final ArchRule ONLY_THE_VECTOR_KERNELS_KNOW_THE_VECTOR_API = noClasses().that()
            .haveNameNotMatching("kappa\\.fitting\\.kernel\\.Vector\\w+(\\$.*)?").should()
            .dependOnClassesThat(resideInAPackage("jdk.incubator.vector.."));

    @ArchTest
    static final ArchRule ONE_CLASS_SAYS_WHAT_PHI_IS = noClasses().that().doNotBelongToAnyOf(LowRankNetwork.class)
            .should().callMethod(Math.class, "tanh", double.class).orShould()
            .callMethod(StrictMath.class, "tanh", double.class).because("phi is LowRankNetwork's to define");

    @ArchTest
    static final ArchRule ONE_CLASS_CONSUMES_TOPICS = noClasses().that().doNotBelongToAnyOf(TopicFollower.class)
            .should().callConstructorWhere(target(owner(assignableTo(KafkaConsumer.class))))
            .because("everybody follows topics with TopicFollower, or with GroupMember in a consumer group");

    @ArchTest
    static final ArchRule NOBODY_USES_JAVA_SERIALISATION = noClasses().should().dependOnClassesThat(
            assignableTo(ObjectInputStream.class).or(assignableTo(ObjectOutputStream.class)))
            .because("what is read from a topic or a file must not be able to run code");

    @ArchTest
    static final ArchRule GENERATED_MESSAGES_LIVE_IN_ONE_PACKAGE = classes()
            .that(assignableTo(MessageOrBuilder.class).or(assignableTo(ProtocolMessageEnum.class))).should()
            .resideInAPackage("kappa.ingest.wire");

    /** What works on plain types: records of the wire are read and made at the edges only. */
    private static final String[] PLAIN = {"kappa.ingest.recording..", "kappa.ingest.rig..", "kappa.fitting.model..",
        "kappa.fitting.kernel..", "kappa.fitting.filter..", "kappa.fitting.fit..", "kappa.fitting.em..",
        "kappa.fitting.particle..", "kappa.fitting.regression..", "kappa.fitting.training..", "kappa.fitting.task..",
        "kappa.fitting.simulation..",
        "kappa.fitting.file..", "kappa.fitting.evaluation..", "kappa.fitting.offline..", "kappa.fitting.baseline..",
        "kappa.fitting.bench..", "kappa.analysis", "kappa.analysis.connectivity..", "kappa.analysis.dynamics..",
        "kappa.analysis.inactivation..", "kappa.analysis.populations..", "kappa.dashboards.app..",
        "kappa.dashboards.terminal..", "kappa.dashboards.bench..", "kappa.dashboards.report..",
        "kappa.dashboards.web.."};

    @ArchTest
    static final ArchRule ONLY_THE_EDGES_KNOW_GENERATED_MESSAGES = noClasses().that().resideInAnyPackage(PLAIN)
            .should().dependOnClassesThat(
                    assignableTo(MessageOrBuilder.class).or(assignableTo(ProtocolMessageEnum.class)));

    @ArchTest
    static final ArchRule A_PAGE_SHOWS_WHAT_WAS_PUBLISHED = noClasses().that()
            .resideInAPackage("kappa.dashboards.web..").should().dependOnClassesThat()
            .resideInAPackage("org.apache.commons.math3..").because("a page computes nothing");

    @ArchTest
    static final ArchRule WHAT_WAS_GENERATED_DEPENDS_ON_NOTHING_OF_OURS = noClasses().that()
            .resideInAPackage("kappa.ingest.wire").and(assignableTo(MessageOrBuilder.class)
                    .or(assignableTo(ProtocolMessageEnum.class)))
            .should().dependOnClassesThat(
                    resideInAnyPackage("kappa..").and(
                            not(resideInAPackage("kappa.ingest.wire"))));

    @ArchTest
    static final ArchRule ONLY_THE_COMMAND_LINE_PRINTS_AND_EXITS = noClasses().that()
            .resideOutsideOfPackage("kappa.dashboards.cli..").should().accessField(System.class, "out").orShould()
            .accessField(System.class, "err").orShould().callMethod(System.class, "exit", int.class);
}
