package kappa.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.WireChecks;
import org.junit.jupiter.api.Test;

/** Trials of five bins; in bin t kappa is t, the input 10 t, the behaviour 100 t, and the phase 1 or from the fourth on 2. */
class RecentTrialsTest {

    private static final int T = 5;

    private final RecentTrials recent = new RecentTrials(9);

    private static LatentBin.Builder bin(long trial, int t) {
        return LatentBin.newBuilder().setTrial(trial).setTrialStart(t == 0).addKappa(t).addInputs(10 * t)
                .addBehavior(100 * t).setPhase(t < 3 ? 1 : 2);
    }

    private static Latents latents(long firstBin, LatentBin... bins) {
        return Latents.newBuilder().setSchemaVersion(1).setFirstBin(firstBin).setModelVersion(3)
                .addAllBins(List.of(bins)).build();
    }

    private void whole(long trial) {
        for (int t = 0; t < T; t++) {
            recent.add(latents(trial * T + t, bin(trial, t).build()));
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
            LatentBin.Builder bin = bin(0, t);
            if (t >= 1 && t < 4) {
                bin.setSilenced(WireChecks.mask(9, List.of(2, 8))).setIntervention("i-1");
            }
            recent.add(latents(t, bin.build()));
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
        recent.add(latents(2, bin(0, 2).build(), bin(0, 3).build(), bin(0, 4).build()));
        whole(1);
        // Of trial 2, bin 11 is missing.
        recent.add(latents(10, bin(2, 0).build()));
        recent.add(latents(12, bin(2, 2).build(), bin(2, 3).build(), bin(2, 4).build()));
        whole(3);
        recent.end();
        assertThat(recent.intact()).extracting(ObservedTrial::trial).containsExactly(1L, 3L);
    }

    @Test
    void shouldTakeABinOnceThatIsPublishedAgainAfterACrash() {
        whole(0);
        recent.add(latents(3, bin(0, 3).build(), bin(0, 4).build()));
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
        LatentBin wide = bin(0, 1).addAllInputs(Collections.nCopies(10_000, 1f)).build();
        for (int trial = 0; trial < 12; trial++) {
            for (int t = 0; t < 100; t++) {
                recent.add(latents(100L * trial + t, wide.toBuilder().setTrial(trial).setTrialStart(t == 0).build()));
            }
        }
        recent.end();
        // A million numbers a trial, of four.
        assertThat(recent.intact()).extracting(ObservedTrial::trial).containsExactly(8L, 9L, 10L, 11L);
    }
}
