package kappa.dashboards.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import kappa.analysis.inactivation.SeenTrial;
import kappa.analysis.inactivation.SeenTrials;
import org.junit.jupiter.api.Test;

class TrialGroupsTest {

    private static final int TRIALS = 24;
    private static final int BINS = 4;

    /** Trials of constant inputs; what was wanted is the same in all bins of a trial. */
    private static SeenTrials seen(List<String> names, IntFunction<float[]> inputs, IntFunction<Float> wanted) {
        List<SeenTrial> trials = new ArrayList<>();
        for (int i = 0; i < TRIALS; i++) {
            float[] one = inputs.apply(i);
            float[] u = new float[BINS * one.length];
            IntStream.range(0, u.length).forEach(at -> u[at] = one[at % one.length]);
            float[] target = new float[wanted == null ? 0 : BINS];
            float[] weights = target.clone();
            Arrays.fill(weights, 1);
            if (wanted != null) {
                Arrays.fill(target, wanted.apply(i));
            }
            trials.add(new SeenTrial(BINS, u, u, target, weights));
        }
        return new SeenTrials(trials, names, wanted == null ? List.of() : List.of("target 0"),
                wanted == null ? SeenTrials.Kind.NONE : SeenTrials.Kind.TARGETS, wanted != null);
    }

    @Test
    void shouldNameGroupsByTheContextAndTheChoice() {
        List<TrialGroups.Group> groups = TrialGroups.of(seen(List.of("context A", "context B"),
                i -> new float[]{i % 2, 1 - i % 2}, i -> i % 4 < 2 ? 1f : -1f));
        assertThat(groups).extracting(TrialGroups.Group::name).containsExactly("context A, choice +",
                "context A, choice \u2212", "context B, choice +", "context B, choice \u2212");
        assertThat(groups.getFirst().trials()).containsExactly(1, 5, 9, 13, 17, 21);
    }

    @Test
    void shouldDivideOneGradedInputByItsSign() {
        assertThat(TrialGroups.of(seen(List.of("coherence"), i -> new float[]{(i - 11.5f) / 12}, null)))
                .extracting(TrialGroups.Group::name).containsExactly("coherence < 0", "coherence > 0");
    }

    @Test
    void shouldKeepTheLargestGroupsWhereThereAreNoColoursLeft() {
        List<String> targets = IntStream.range(0, 8).mapToObj(s -> "target at " + 45 * s).toList();
        List<TrialGroups.Group> groups = TrialGroups.of(seen(targets, i -> {
            float[] u = new float[8];
            u[i < 9 ? 0 : i % 8] = 1;
            return u;
        }, null));
        assertThat(groups).hasSize(TrialGroups.MOST).extracting(TrialGroups.Group::name).contains("target at 0");
    }

    @Test
    void shouldTakeAllTrialsTogetherWithoutInputs() {
        assertThat(TrialGroups.of(seen(List.of(), _ -> new float[0], null))).singleElement()
                .satisfies(group -> assertThat(group.name()).isEqualTo("all trials"));
    }
}
