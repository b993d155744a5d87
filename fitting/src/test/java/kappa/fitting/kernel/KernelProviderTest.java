package kappa.fitting.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs on JVMs with and without the Vector API, and with vectors held to a width: see this module's pom. */
class KernelProviderTest {

    private static final boolean VECTORS = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

    private final List<LogEvent> said = new ArrayList<>();
    private final AbstractAppender appender = new AbstractAppender("said", null, null, true, Property.EMPTY_ARRAY) {
        @Override
        public void append(LogEvent event) {
            said.add(event.toImmutable());
        }
    };
    private final Logger log = (Logger) LogManager.getLogger(KernelProvider.class);

    @BeforeEach
    void listen() {
        appender.start();
        log.addAppender(appender);
        log.setLevel(Level.INFO);
    }

    @AfterEach
    void listenNoMore() {
        log.removeAppender(appender);
        appender.stop();
    }

    // The provider itself may have chosen a moment ago, and said so too.

    @Test
    void shouldChooseSimdWhereTheVectorApiIsAndSayHowWideItIs() {
        assumeTrue(VECTORS, "the JVM runs without the Vector API");
        assertThat(KernelProvider.choose()).isInstanceOf(VectorKernels.class);
        assertThat(said).last().satisfies(event -> assertThat(event.getMessage().getFormattedMessage())
                .contains(VectorKernels.lanes() + " floats wide"));
    }

    @Test
    void shouldFallBackToScalarCodeAndSayWhichFlagIsMissing() {
        assumeTrue(!VECTORS, "the JVM runs with the Vector API");
        assertThat(KernelProvider.choose()).isInstanceOf(ScalarKernels.class);
        assertThat(said).last().satisfies(event -> {
            assertThat(event.getLevel()).isEqualTo(Level.WARN);
            assertThat(event.getMessage().getFormattedMessage()).contains("--add-modules=jdk.incubator.vector");
        });
        assertThat(KernelProvider.matrices()).isInstanceOf(ScalarMatrixKernels.class);
        assertThat(KernelProvider.probe()).isInstanceOf(ScalarProbes.class);
    }

    @Test
    void shouldBeNoWiderThanTheMachineWasHeldTo() {
        assumeTrue(VECTORS, "the JVM runs without the Vector API");
        assertThat(VectorKernels.lanes() * Float.BYTES)
                .isLessThanOrEqualTo(Integer.getInteger("kappa.test.widest", Integer.MAX_VALUE));
    }
}
