package kappa.dashboards.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HostClockTest {

    private long unixNs = 1_700_000_000_000_000_000L;
    private long nanoTime = -5_000_000_000L;

    private final HostClock clock = new HostClock(() -> unixNs, () -> nanoTime);

    private void pass(Duration time, Duration set) {
        nanoTime += time.toNanos();
        unixNs += time.toNanos() + set.toNanos();
    }

    @Test
    void shouldTellByHowMuchTheClockWasSetAndOnlyOnce() {
        pass(Duration.ofSeconds(30), Duration.ofHours(1));
        assertThat(clock.jump()).hasValue(Duration.ofHours(1));
        pass(Duration.ofSeconds(30), Duration.ZERO);
        assertThat(clock.jump()).isEmpty();
        pass(Duration.ZERO, Duration.ofMinutes(-90));
        assertThat(clock.jump()).hasValue(Duration.ofMinutes(-90));
        assertThat(clock.lately())
                .hasValue("the clock of this machine was set back by 5400 s, or the machine has slept");
    }

    @Test
    void shouldKnowAJumpThatAFailureMayComeFromAndForgetItSoon() {
        assertThat(clock.lately()).isEmpty();
        pass(Duration.ofMillis(1), Duration.ofHours(1));
        assertThat(clock.lately()).hasValueSatisfying(line -> assertThat(line).contains("ahead by 3600 s"));
        assertThat(clock.jump()).as("it is still to be told").hasValue(Duration.ofHours(1));
        pass(Duration.ofMinutes(1), Duration.ZERO);
        assertThat(clock.lately()).isEmpty();
    }

    @Test
    void shouldTakeSmallCorrectionsForWhatTheyAre() {
        for (int look = 0; look < 100; look++) {
            pass(Duration.ofMillis(500), Duration.ofMillis(50));
            assertThat(clock.jump()).isEmpty();
        }
    }
}
