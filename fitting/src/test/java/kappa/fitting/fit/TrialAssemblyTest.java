package kappa.fitting.fit;

import static org.assertj.core.api.Assertions.assertThat;

import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;
import org.junit.jupiter.api.Test;

/** Two neurons, one input; bin t has activity 10 t and 10 t + 1, input coordinate t, and lies at offset t / 4. */
class TrialAssemblyTest {

    private final TrialAssembly assembly = new TrialAssembly(2, 1, false);

    private void append(int first, int count, long offset) {
        float[] y = new float[2 * count];
        float[] v = new float[count];
        for (int t = 0; t < count; t++) {
            y[2 * t] = 10 * (first + t);
            y[2 * t + 1] = 10 * (first + t) + 1;
            v[t] = first + t;
        }
        assembly.append(y, v, count, offset, false);
    }

    private void appendOneByOne(int first, int count) {
        for (int t = first; t < first + count; t++) {
            append(t, 1, t / 4);
        }
    }

    private static void holds(Trial trial, int first, int bins) {
        assertThat(trial.firstBin()).isEqualTo(first);
        assertThat(trial.bins()).isEqualTo(bins);
        assertThat(trial.y()).hasSize(2 * bins);
        assertThat(trial.v()).hasSize(bins + 1);
        for (int t = 0; t < bins; t++) {
            assertThat(trial.y()[2 * t]).isEqualTo(10 * (first + t));
            assertThat(trial.y()[2 * t + 1]).isEqualTo(10 * (first + t) + 1);
            assertThat(trial.v()[t + 1]).isEqualTo(first + t);
        }
    }

    @Test
    void shouldHandOverATrialWholeWithVBeforeItsFirstBin() {
        assertThat(assembly.open()).isFalse();
        assembly.begin(40, 0, new float[]{-1});
        assertThat(assembly.open()).isTrue();
        append(40, 3, 7);
        append(43, 2, 8);
        assertThat(assembly.usableBins()).isEqualTo(5);
        Trial trial = assembly.close(6);
        holds(trial, 40, 5);
        assertThat(trial.index()).isEqualTo(6);
        assertThat(trial.warmUp()).isZero();
        assertThat(trial.v()[0]).isEqualTo(-1);
        assertThat(trial.offset()).isEqualTo(7);
        assertThat(assembly.open()).isFalse();
    }

    @Test
    void shouldGrowBeyondASegment() {
        assembly.begin(0, 0, new float[]{0});
        append(0, TrialAssembly.SEGMENT - 1, 0);
        append(TrialAssembly.SEGMENT - 1, 3 * TrialAssembly.SEGMENT, 1);
        appendOneByOne(4 * TrialAssembly.SEGMENT - 1, TrialAssembly.SEGMENT);
        holds(assembly.close(0), 0, 5 * TrialAssembly.SEGMENT - 1);
    }

    @Test
    void shouldKnowNothingOfBeforeWhereATrialBeginsOrTheClockJumps() {
        for (Start start : new Start[]{Start.TRIAL, Start.UNKNOWN}) {
            TrialAssembly jumped = new TrialAssembly(1, 1, true);
            jumped.begin(0, 0, new float[]{1});
            jumped.append(new float[40], new float[40], 40, 0, false);
            jumped.close(0);
            float[] v = {0.7f};
            jumped.begin(43, start, 0, v);
            assertThat(v).containsExactly(0);
            assertThat(jumped.bins()).as("nothing of before is warm-up").isZero();
            jumped.append(new float[30], new float[30], 30, 0, false);
            assertThat(jumped.close(1).warmUp()).isEqualTo(start == Start.TRIAL ? 0 : TrialAssembly.WARM_UP);
        }
    }

    @Test
    void shouldBeginASegmentWithTheEndOfTheOneBefore() {
        assembly.begin(0, TrialAssembly.WARM_UP, new float[]{-1});
        appendOneByOne(0, 125);
        assertThat(assembly.usableBins()).isEqualTo(TrialAssembly.SEGMENT);
        Trial first = assembly.close(0);
        holds(first, 0, 125);
        assertThat(first.warmUp()).isEqualTo(TrialAssembly.WARM_UP);

        Trial tail = assembly.tail();
        assembly.beginWithTail();
        assertThat(assembly.bins()).isEqualTo(TrialAssembly.WARM_UP);
        assertThat(assembly.usableBins()).isZero();
        appendOneByOne(125, 100);
        Trial second = assembly.close(1);
        holds(second, 100, 125);
        assertThat(second.v()[0]).as("v before the warm-up").isEqualTo(99);
        assertThat(second.offset()).isEqualTo(25);
        assertThat(second.warmUp()).isEqualTo(TrialAssembly.WARM_UP);
        // What a checkpoint keeps in place of the warm-up's activity.
        assertThat(tail.firstBin()).isEqualTo(100);
        assertThat(tail.bins()).isEqualTo(TrialAssembly.WARM_UP);
        assertThat(tail.offset()).isEqualTo(25);
        assertThat(tail.v()).containsExactly(99);
        assertThat(tail.y()).isEmpty();
        // A trial that was handed over is nobody else's.
        holds(first, 0, 125);
    }

    @Test
    void shouldBeginWithAllThereIsWhenTheSegmentBeforeWasShort() {
        assembly.begin(7, TrialAssembly.WARM_UP, new float[]{3});
        appendOneByOne(7, 10);
        assembly.close(0);
        Trial tail = assembly.tail();
        assertThat(tail.firstBin()).isEqualTo(7);
        assertThat(tail.bins()).isEqualTo(10);
        assertThat(tail.v()).containsExactly(3);
        assembly.beginWithTail();
        assertThat(assembly.bins()).isEqualTo(10);
        appendOneByOne(17, 20);
        assertThat(assembly.usableBins()).isEqualTo(5);
        Trial next = assembly.close(1);
        holds(next, 7, 30);
        assertThat(next.v()[0]).isEqualTo(3);
    }

    @Test
    void shouldForgetTheOneBeforeWhereBinsAreMissing() {
        assembly.begin(0, TrialAssembly.WARM_UP, new float[]{0});
        appendOneByOne(0, 60);
        assembly.close(0);
        assembly.begin(80, TrialAssembly.WARM_UP, new float[]{59});
        appendOneByOne(80, 30);
        Trial next = assembly.close(1);
        holds(next, 80, 30);
        assertThat(next.v()[0]).isEqualTo(59);
        assertThat(next.offset()).isEqualTo(20);
    }

    @Test
    void shouldCloseWithoutBins() {
        assembly.begin(5, 0, new float[]{0});
        Trial empty = assembly.close(0);
        assertThat(empty.bins()).isZero();
        assertThat(assembly.tail().bins()).isZero();
    }

    @Test
    void shouldRememberThatNeuronsWereSilencedForAsLongAsTheirBinsAreInUse() {
        assembly.begin(0, 0, new float[]{0});
        append(0, 60, 0);
        assertThat(assembly.perturbed()).isFalse();
        assembly.append(new float[2], new float[1], 1, 0, true);
        append(61, 20, 0);
        assertThat(assembly.perturbed()).isTrue();
        assembly.close(0);
        // The perturbed bin is among the last 25, which find the next segment's state.
        assembly.beginWithTail();
        assertThat(assembly.perturbed()).isTrue();
        append(81, 30, 0);
        assembly.close(1);
        assembly.beginWithTail();
        assertThat(assembly.perturbed()).isFalse();
    }
}
