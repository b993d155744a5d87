package kappa.fitting.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopwatchTest {

    private static final Effort SHORT = new Effort(1_000_000, 20_000_000, 3, 1_000);

    /** Takes and allocates what it is told to. */
    private record Pretended(long cpuNs, long bytes) implements Step {
        @Override
        public void run() {}

        @Override
        public Spent repeat(int runs) {
            return new Spent(2 * cpuNs * runs, cpuNs * runs, bytes * runs);
        }
    }

    @Test
    void shouldTellMedianAndShortestTimesOfWhatSettled() {
        Stopwatch.Time time = Stopwatch.measure(List.of(new Pretended(5_000, 0)), SHORT).getFirst();
        assertThat(time).isEqualTo(new Stopwatch.Time(true, 10_000, 10_000, 5_000, 5_000, 0));
    }

    @Test
    void shouldSayThatWhatGoesOnAllocatingHasNotSettled() {
        Stopwatch.Time time = Stopwatch.measure(List.of(new Pretended(5_000, 441_000)), SHORT).getFirst();
        assertThat(time.settled()).isFalse();
        assertThat(time.bytesAllocated()).isEqualTo(441_000);
    }

    @Test
    void shouldSayThatWhatBecomesSlowerAndSlowerHasNotSettled() {
        Step slower = new Step() {
            private double ns = 1000;

            @Override
            public void run() {}

            @Override
            public Spent repeat(int runs) {
                ns *= 1.3;
                long all = (long) (ns * runs);
                return new Spent(all, all, 0);
            }
        };
        assertThat(Stopwatch.measure(List.of(slower), SHORT).getFirst().settled()).isFalse();
    }
}
