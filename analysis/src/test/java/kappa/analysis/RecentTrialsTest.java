package kappa.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Trials of five bins; in bin t kappa is t, the input 10 t, the behaviour 100 t, and the phase 1 or from the fourth on 2. */
class RecentTrialsTest {

    private static final int T = 5;

    private final RecentTrials recent = new RecentTrials();

    private static ObservedBin bin(long bin, long trial, int t) {
        return bin(bin, trial, t, 1, new int[0]);
    }

    private static ObservedBin bin(long bin, long trial, int t, int inputs, int[] silenced) {
        float[] u = new float[inputs];
        u[0] = 10 * t;
        return new ObservedBin(bin, trial, t == 0, t < 3 ? 1 : 2, u, new float[]{100 * t}, new float[]{t}, 3, silenced,
                silenced.length == 0 ? "" : "i-1");
    }

    private void whole(long trial) {
        for (int t = 0; t < T; t++) {
            recent.add(bin(trial * T + t, trial, t));
        }
    }

    @Test
    void shouldHoldATrialOnceTheNextOneBegins() {
        whole(0);
        assertThat(recent.intact()).isEmpty();
        whole(1);
        ObservedTrial trial = recent.intact().getFirst();
        assertThat(trial.trial()).isZero();
        assertThat(trial.bins()).isEqualTo(T);
        assertThat(trial.inputs()).containsExactly(0, 10, 20, 30, 40);
        assertThat(trial.behavior()).containsExactly(0, 100, 200, 300, 400);
        assertThat(trial.kappa()).containsExactly(0, 1, 2, 3, 4);
        assertThat(trial.decisionStart()).isEqualTo(3);
        assertThat(trial.modelVersion()).isEqualTo(3);
        assertThat(trial.perturbation()).isNull();
        recent.end();
        assertThat(recent.intact()).hasSize(2);
    }

    @Test
    void shouldKeepPerturbedTrialsApartAndSayWhatWasDone() {
        for (int t = 0; t < T; t++) {
            recent.add(bin(t, 0, t, 1, t >= 1 && t < 4 ? new int[]{2, 8} : new int[0]));
        }
        recent.end();
        assertThat(recent.intact()).isEmpty();
        ObservedTrial.Perturbation perturbation = recent.perturbed().getFirst().perturbation();
        assertThat(perturbation.intervention()).isEqualTo("i-1");
        assertThat(perturbation.neurons()).containsExactly(2, 8);
        assertThat(perturbation.from()).isEqualTo(1);
        assertThat(perturbation.to()).isEqualTo(4);
    }

    @Test
    void shouldLeaveOutATrialThatWasNotSeenWhole() {
        for (int t = 2; t < T; t++) {
            recent.add(bin(t, 0, t));
        }
        whole(1);
        // Of trial 2, bin 11 is missing.
        for (int t : new int[]{0, 2, 3, 4}) {
            recent.add(bin(10 + t, 2, t));
        }
        whole(3);
        recent.end();
        assertThat(recent.intact()).extracting(ObservedTrial::trial).containsExactly(1L, 3L);
    }

    @Test
    void shouldTakeABinOnceThatIsPublishedAgainAfterACrash() {
        whole(0);
        recent.add(bin(3, 0, 3));
        recent.add(bin(4, 0, 4));
        recent.end();
        assertThat(recent.intact().getFirst().bins()).isEqualTo(T);
    }

    @Test
    void shouldKeepTheNewestOnly() {
        for (int trial = 0; trial < 300; trial++) {
            whole(trial);
        }
        recent.end();
        assertThat(recent.intact()).hasSize(RecentTrials.INTACT);
        assertThat(recent.intact().getLast().trial()).isEqualTo(299);
        assertThat(recent.version()).isEqualTo(300);
    }

    @Test
    void shouldHoldLongTrialsToABoundOfMemory() {
        for (int trial = 0; trial < 12; trial++) {
            for (int t = 0; t < 100; t++) {
                recent.add(bin(100L * trial + t, trial, t, 10_000, new int[0]));
            }
        }
        recent.end();
        // A million numbers a trial, of four.
        assertThat(recent.intact()).extracting(ObservedTrial::trial).containsExactly(8L, 9L, 10L, 11L);
    }
}
