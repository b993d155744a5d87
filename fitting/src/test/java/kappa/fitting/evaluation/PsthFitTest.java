package kappa.fitting.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PsthFitTest {

    private static final int N = 40;
    private static final int T = 50;
    private static final int TRIALS = 60;

    @TempDir
    Path directory;

    private static final LowRankNetwork NETWORK = HandBuiltNetworks.named("decision", N, 2).network();

    /** Poisson counts of the network under inputs of three strengths, each repeated twenty times. */
    private NpzRecording session(float inputNoise) {
        SplittableRandom random = new SplittableRandom(6);
        FreeRun run = new FreeRun(NETWORK);
        int[] counts = new int[TRIALS * T * N];
        float[] inputs = new float[TRIALS * T];
        for (int trial = 0; trial < TRIALS; trial++) {
            run.start();
            for (int t = 0; t < T; t++) {
                float u = (trial % 3 - 1) * 1f + inputNoise * (float) random.nextGaussian();
                inputs[trial * T + t] = u;
                run.step(new float[]{u});
                for (int i = 0; i < N; i++) {
                    double product = random.nextDouble();
                    while (product > Math.exp(-2 * (1 + run.rates()[i]))) {
                        product *= random.nextDouble();
                        counts[(trial * T + t) * N + i]++;
                    }
                }
            }
        }
        Path file = directory.resolve("session.npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", counts, TRIALS, T, N);
            npz.put("inputs", inputs, TRIALS, T, 1);
            npz.put("bin_width", 0.02);
        }
        return NpzRecording.open(file, null);
    }

    @Test
    void shouldBeNearOneForTheNetworkThatMadeTheSession() {
        // Twenty trials smoothed over some nine bins leave a hundredth of a spike squared of noise.
        assertThat(PsthFit.r2(NETWORK, session(0)).orElseThrow()).isGreaterThan(0.95);
    }

    @Test
    void shouldBeNearZeroForANetworkThatPredictsNothing() {
        LowRankNetwork silent = LowRankNetwork.withoutBias(N, 1, 1, 0.2, new float[N], new float[N], new float[N]);
        assertThat(PsthFit.r2(silent, session(0)).orElseThrow()).isBetween(-0.01, 0.01);
    }

    @Test
    void shouldPredictCurrentsInTheUnitsOfTheSession() {
        float[] scale = new float[N];
        float[] offset = new float[N];
        Arrays.fill(scale, 40);
        Arrays.fill(offset, -65);
        float[] activity = new float[TRIALS * T * N];
        float[] inputs = new float[TRIALS * T];
        FreeRun run = new FreeRun(NETWORK);
        for (int at = 0; at < TRIALS * T; at++) {
            if (at % T == 0) {
                run.start();
            }
            inputs[at] = at / T % 3 - 1;
            run.step(new float[]{inputs[at]});
            for (int i = 0; i < N; i++) {
                activity[at * N + i] = (float) (40 * run.currents()[i] - 65);
            }
        }
        Path file = directory.resolve("currents.npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("activity", activity, TRIALS, T, N);
            npz.put("inputs", inputs, TRIALS, T, 1);
            npz.put("bin_width", 0.02);
        }
        LowRankNetwork fitted = NETWORK.fittedTo(
                new LowRankNetwork.FittedTo(new float[0], scale, offset, 0, Optional.empty()));
        // What is left is the smoothing of the observed averages.
        assertThat(PsthFit.r2(fitted, NpzRecording.open(file, null)).orElseThrow()).isGreaterThan(0.95);
        assertThat(PsthFit.r2(NETWORK, NpzRecording.open(file, null)).orElseThrow()).isLessThan(0.1);
    }

    @Test
    void shouldBeEmptyWhereNoTrialRepeats() {
        assertThat(PsthFit.r2(NETWORK, session(0.1f))).isEmpty();
        assertThat(Conditions.of(session(0.1f))).hasSize(TRIALS);
        assertThat(Conditions.of(session(0))).hasSize(3).allMatch(trials -> trials.size() == TRIALS / 3);
    }
}
