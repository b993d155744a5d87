package kappa.analysis.populations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.task.Task;
import kappa.fitting.training.MixtureNetwork;
import kappa.fitting.training.TaskTrainer;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.InvalidInputException;
import org.junit.jupiter.api.Test;

class ResampledNetworkTest {

    private static final long SEED = 9;

    private static final GaussianMixture.Options ZERO_MEANS = new GaussianMixture.Options(GaussianMixture.Means.ZERO,
            8);

    private static LowRankNetwork decision(int neurons) {
        HandBuiltNetworks.HandBuilt built = HandBuiltNetworks.named("decision", neurons, SEED);
        return built.network().withReadout(built.readout());
    }

    @Test
    void shouldKeepADecisionWithOnePopulation() {
        try (TrialRunner runner = new TrialRunner(1)) {
            ResampledNetwork one = ResampledNetwork.upTo(1, decision(512), Task.of(Task.Name.DM),
                    new ResampledNetwork.Settings(1_024, 3, 64, 0.05, SEED), runner).getFirst();
            // Of coherences as small as one noise standard deviation in a bin, averaged over 40 bins.
            assertThat(one.exactAccuracy()).isGreaterThan(0.95);
            assertThat(one.accuracy()).isGreaterThan(0.9);
        }
    }

    @Test
    void shouldNeedTwoPopulationsForContextDependentDecisions() {
        LowRankNetwork teacher = Teachers.lowRank("cdm.npz");
        try (TrialRunner runner = new TrialRunner(1)) {
            List<ResampledNetwork> tried = ResampledNetwork.upTo(2, teacher, Task.of(Task.Name.CDM),
                    new ResampledNetwork.Settings(1_024, 3, 64, 0.05, SEED), runner);
            // Dubreuil et al. 2022: one population follows the larger coherence in either context, which is right three
            // times in four.
            assertThat(tried.get(0).exactAccuracy()).isBetween(0.6, 0.85);
            assertThat(tried.get(1).exactAccuracy()).isGreaterThan(0.94);
            assertThat(tried.get(1).accuracy()).isGreaterThan(0.88);
            assertThat(tried.get(1).evidence()).isGreaterThan(tried.get(0).evidence());
        }
    }

    @Test
    void shouldTrainOnWhereDrawsOfTheFitFail() {
        // A decision network that has lost its way from the input to kappa.
        LowRankNetwork network = decision(256);
        float[] w = new float[256];
        for (int i = 0; i < w.length; i++) {
            w[i] = i % 2 == 0 ? 1 : -1;
        }
        LowRankNetwork deaf = LowRankNetwork.withoutBias(256, 1, 1, Task.ALPHA, network.m(),
                network.n(), w);
        LowRankNetwork broken = deaf.withReadout(network.readout());
        Task task = Task.of(Task.Name.DM);
        ResampledNetwork.Settings settings = new ResampledNetwork.Settings(512, 2, 64, 0.05, SEED);
        try (TrialRunner runner = new TrialRunner(1)) {
            MixtureNetwork before = ResampledNetwork.mixture(broken, 1, ZERO_MEANS, broken.neurons(), SEED);
            MixtureNetwork after = ResampledNetwork.mixture(broken, 1, ZERO_MEANS, broken.neurons(), SEED);
            assertThat(new TaskTrainer(runner).train(after, List.of(task),
                    new TaskTrainer.Settings(32, 1e-2, 1, 0.05, 200, 20, 64, 0.97, 0.2, SEED), (_, _) -> {}).reached())
                    .isTrue();
            assertThat(mean(before, task, settings, runner)).isLessThan(0.9);
            assertThat(mean(after, task, settings, runner)).isGreaterThan(0.95);
        }
    }

    private static double mean(MixtureNetwork mixture, Task task, ResampledNetwork.Settings settings,
            TrialRunner runner) {
        return Arrays.stream(
                ResampledNetwork.accuracies(mixture, MixtureNetwork.Draw.EXACT, task, settings, runner)).average()
                .orElseThrow();
    }

    @Test
    void shouldRefuseANetworkWithBiases() {
        LowRankNetwork network = decision(64);
        float[] b = new float[64];
        b[5] = 0.1f;
        LowRankNetwork biased = new LowRankNetwork(64, 1, 1, network.alpha(), network.m(), network.n(), network.w(), b);
        assertThatThrownBy(() -> ResampledNetwork.mixture(
                biased.withReadout(network.readout()), 1, ZERO_MEANS, 64, SEED))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "network: it has biases 'b', expected none to describe it by populations");
    }
}
