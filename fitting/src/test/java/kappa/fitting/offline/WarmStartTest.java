package kappa.fitting.offline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.fit.FittingAlgorithm;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.fitting.regression.ReducedRankRegression;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.HandBuiltNetworks.HandBuilt;
import kappa.fitting.simulation.SimulatedSession;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import org.junit.jupiter.api.Test;

class WarmStartTest {

    private static final int N = 48;
    private static final int FROM = 10;
    private static final HandBuilt DECISION = HandBuiltNetworks.named("decision", N, 5);

    private static List<Trial> cleanRates(int count) {
        SimulatedSession session = new SimulatedSession(DECISION,
                new SimulatedSession.Settings(Observation.RATES, 0.4, 0.05, count, 3));
        int T = session.trialBins();
        List<Trial> trials = new ArrayList<>();
        RecordedBin bin = session.describe().newBin();
        for (int index = 0; index < count; index++) {
            float[] y = new float[T * N];
            float[] v = new float[T + 1];
            for (int t = 0; t < T; t++) {
                session.next(bin);
                for (int i = 0; i < N; i++) {
                    y[t * N + i] = bin.activity[i];
                }
                LowRankNetwork.advanceInputs(HandBuiltNetworks.ALPHA, v, t, bin.inputs, 0, v, t + 1,
                        1);
            }
            trials.add(new Trial(index, (long) index * T, T, 0, y, v, 0));
        }
        return trials;
    }

    private static double ecc(FittingAlgorithm algorithm, List<Trial> trials) {
        PublishedModel model = algorithm.publish(null);
        for (Trial trial : trials) {
            algorithm.learn(trial);
            model = algorithm.publish(model);
        }
        return Evaluation.connectivity(model.model().network(), DECISION.network()).ecc();
    }

    @Test
    void shouldGiveBackpropagationTheConnectivityThatRegressionFound() {
        FitPlan plan = new FitPlan(N, 1, 1, HandBuiltNetworks.ALPHA, Observation.RATES, 1, 25,
                FitPlan.DEFAULT_BUFFER_BYTES);
        RnnKernels kernels = KernelProvider.kernels();
        List<Trial> trials = cleanRates(FROM + 2);
        double cold = ecc(new OnlineFitter(plan, kernels, Team.ALONE), trials);
        FittingAlgorithm warm = new WarmStart(ReducedRankRegression.nonlinear(plan, kernels),
                new OnlineFitter(plan, kernels, Team.ALONE), FROM);
        double taken = ecc(warm, trials);
        // Rates without observation noise determine the connectivity, which two trials of steps do not spoil.
        assertThat(taken).as("ECC with a warm start").isGreaterThan(0.95).isGreaterThan(cold);
    }
}
