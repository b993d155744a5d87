package kappa.fitting.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LatenessTest {

    private static final long MS = 1_000_000;

    private final AtomicLong clock = new AtomicLong(-5);
    private final Lateness lateness = new Lateness(clock::get);

    private void took(long ms) {
        clock.addAndGet(10 * MS);
        lateness.took(ms);
    }

    @Test
    void shouldLetLearningYieldForAMomentAfterEachLateBin() {
        assertThat(lateness.late()).isFalse();
        took(2);
        took(2 + Lateness.LATE_MS);
        assertThat(lateness.late()).isFalse();
        took(3 + Lateness.LATE_MS);
        assertThat(lateness.late()).isTrue();
        took(2);
        assertThat(lateness.late()).isTrue();
        clock.addAndGet(Lateness.RECOVERY_NS);
        assertThat(lateness.late()).isFalse();
    }

    @Test
    void shouldNotTakeClocksThatDisagreeForLateness() {
        took(3_600_000);
        took(3_600_100);
        assertThat(lateness.late()).isFalse();
        took(-3_600_000); // one of them was set right
        took(-3_599_900);
        assertThat(lateness.late()).isFalse();
        took(100);
        assertThat(lateness.late()).as("and set wrong again").isTrue();
        for (int t = 0; t < 3 * Lateness.WINDOW_NS / (10 * MS); t++) {
            took(100);
        }
        assertThat(lateness.late()).isFalse();
    }

    @Test
    void shouldNotTakeABacklogThatIsWorkedOffForLateness() {
        for (long ms = 10_000; ms > 0; ms -= 10) {
            took(ms);
            assertThat(lateness.late()).isFalse();
        }
    }
}
