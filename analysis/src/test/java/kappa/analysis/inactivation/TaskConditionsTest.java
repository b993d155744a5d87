package kappa.analysis.inactivation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class TaskConditionsTest {

    private static final int TRIALS = 12;
    private static final int BINS = 10;
    private static final int ON_FROM = 2;

    /** One input that is on from the third bin of each trial, at a strength of its own. */
    private static TaskConditions of(String channel, IntToDoubleFunction strength) {
        List<SeenTrial> trials = new ArrayList<>();
        for (int i = 0; i < TRIALS; i++) {
            float[] u = new float[BINS];
            for (int t = ON_FROM; t < BINS; t++) {
                u[t] = (float) strength.applyAsDouble(i);
            }
            trials.add(new SeenTrial(BINS, u, u, new float[0], new float[0]));
        }
        return TaskConditions.of(new SeenTrials(trials, List.of(channel), List.of(), SeenTrials.Kind.NONE, false));
    }

    @Test
    void shouldNameAContextByTheChannelThatIsOn() {
        TaskConditions found = of("go", i -> i % 2);
        assertThat(found.contexts()).containsExactly(TaskConditions.ALL, "go");
        assertThat(found.trialsOf(1)).containsExactly(1, 3, 5, 7, 9, 11);
    }

    @Test
    void shouldNameSeveralLevelsByTheirStrengthWhileTheChannelIsOn() {
        assertThat(of("contrast", i -> List.of(0.25, 0.5, 1.0).get(i % 3)).contexts())
                .containsExactly("contrast = 0.25", "contrast = 0.5", "contrast = 1");
        assertThat(of("side", i -> i % 2 == 0 ? -1 : 1).contexts()).containsExactly("side = -1", "side = 1");
    }

    @Test
    void shouldTakeManyLevelsForASignal() {
        TaskConditions found = of("coherence", i -> i - 5.5);
        assertThat(found.contexts()).containsExactly(TaskConditions.ALL);
        assertThat(found.signals()).singleElement().satisfies(signal -> {
            assertThat(signal.channel()).isEqualTo("coherence");
            assertThat(signal.strength()[11]).isEqualTo(5.5);
        });
    }
}
