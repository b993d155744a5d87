package kappa.ingest.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class IntervalSetTest {

    @Test
    void shouldHoldWhatAPlainSetHolds() {
        Random random = new Random(1);
        IntervalSet intervals = new IntervalSet();
        TreeSet<Long> plain = new TreeSet<>();
        for (int i = 0; i < 300; i++) {
            long first = random.nextInt(500);
            long end = first + random.nextInt(6);
            intervals.add(first, end);
            for (long number = first; number < end; number++) {
                plain.add(number);
            }
            assertThat(intervals.size()).isEqualTo(plain.size());
        }
        long runs = plain.stream().filter(number -> !plain.contains(number - 1)).count();
        assertThat(intervals.intervals()).isEqualTo(runs).isEqualTo(intervals.kept().size());
        for (long number = 0; number < 510; number++) {
            assertThat(intervals.contains(number)).isEqualTo(plain.contains(number));
            if (plain.contains(number)) {
                assertThat(intervals.row(number)).isEqualTo(plain.headSet(number).size());
            }
        }
    }

    @Test
    void shouldTellWhetherANumberIsNew() {
        IntervalSet intervals = new IntervalSet();
        assertThat(intervals.add(3)).isTrue();
        assertThat(intervals.add(3)).isFalse();
        assertThat(intervals.add(4)).isTrue();
    }

    @Test
    void shouldForgetItsLowestIntervalsAndStillCountThem() {
        IntervalSet intervals = new IntervalSet(3);
        for (long number = 0; number < 1_000; number++) {
            intervals.add(10 * number, 10 * number + 2);
        }
        assertThat(intervals.kept()).hasSize(3);
        assertThat(intervals.size()).isEqualTo(2_000);
        assertThat(intervals.intervals()).isEqualTo(1_000);
        assertThat(intervals.add(5)).as("below what is kept").isFalse();
        assertThat(intervals.add(9_995)).isTrue();
        assertThat(intervals.size()).isEqualTo(2_001);
    }
}
