package kappa.fitting.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;
import org.junit.jupiter.api.Test;

class MixtureNetworkTest {

    private static final long SEED = 2;

    private static MixtureNetwork mixture(int populations, int neurons) {
        return MixtureNetwork.initial(populations, neurons, 2, 3, 0.2, true, new SplittableRandom(SEED));
    }

    @Test
    void shouldDrawNeuronsWithThePopulationsMeansAndCovariances() {
        int neurons = 30_000;
        MixtureNetwork planted = mixture(2, 10);
        planted.parameters().forEach(array -> array[1] += 0.5f);
        LowRankNetwork drawn = planted.sample(neurons, MixtureNetwork.Draw.RANDOM, new SplittableRandom(SEED));
        int[] population = new int[neurons];
        for (int i = 0; i < neurons; i++) {
            population[i] = planted.population(i, neurons);
        }
        MixtureNetwork found = ofPopulations(drawn, population);
        assertThat(found.populations()).isEqualTo(2);
        assertThat(found.dimensions()).isEqualTo(2 * 2 + 3 + 1);
        for (int p = 0; p < 2; p++) {
            assertThat(found.weight(p)).isCloseTo(0.5, within(1e-9));
            // 15,000 neurons with weights up to 16 in variance: four standard errors of mean and covariance.
            assertThat(found.mean(p)).usingComparatorWithPrecision(0.15).containsExactly(planted.mean(p));
            assertThat(found.covariance(p)).usingComparatorWithPrecision(0.9).containsExactly(planted.covariance(p));
        }
    }

    @Test
    void shouldDrawExactlyThePopulationsMeansAndCovariances() {
        int neurons = 60;
        MixtureNetwork planted = mixture(2, 10);
        planted.parameters().forEach(array -> array[1] += 0.5f);
        LowRankNetwork drawn = planted.sample(neurons, MixtureNetwork.Draw.EXACT, new SplittableRandom(SEED));
        double[][] shares = new double[2][neurons];
        for (int i = 0; i < neurons; i++) {
            shares[planted.population(i, neurons)][i] = 1;
        }
        MixtureNetwork found = MixtureNetwork.ofShares(drawn, shares, true, MixtureNetwork.Draw.EXACT, drawn.neurons());
        MixtureNetwork centred = MixtureNetwork.ofShares(drawn, shares, false, MixtureNetwork.Draw.EXACT,
                drawn.neurons());
        for (int p = 0; p < 2; p++) {
            // Weights of order four in float32.
            assertThat(found.mean(p)).usingComparatorWithPrecision(1e-5).containsExactly(planted.mean(p));
            assertThat(found.covariance(p)).usingComparatorWithPrecision(1e-4).containsExactly(planted.covariance(p));
            assertThat(centred.mean(p)).containsOnly(0);
            // Without means, covariances are second moments.
            double mean = found.mean(p)[1];
            int variance = planted.dimensions() + 1;
            assertThat(centred.covariance(p)[variance])
                    .isCloseTo(found.covariance(p)[variance] + mean * mean, within(1e-4));
        }
        assertThatThrownBy(() -> planted.sample(16, MixtureNetwork.Draw.EXACT, new SplittableRandom(SEED)))
                .hasMessage("neurons: 16 give population 0 only 8, expected more than 9");
    }

    @Test
    void shouldLetNeuronsBelongToPopulationsInPart() {
        LowRankNetwork network = mixture(1, 40).sample(40, MixtureNetwork.Draw.RANDOM, new SplittableRandom(SEED));
        double[][] shares = new double[2][40];
        for (int i = 0; i < 40; i++) {
            shares[0][i] = 0.25;
            shares[1][i] = 0.75;
        }
        MixtureNetwork split = MixtureNetwork.ofShares(network, shares, true, MixtureNetwork.Draw.RANDOM,
                network.neurons());
        MixtureNetwork whole = ofPopulations(network, new int[40]);
        assertThat(split.weight(0)).isCloseTo(0.25, within(1e-12));
        for (int p = 0; p < 2; p++) {
            assertThat(split.mean(p)).usingComparatorWithPrecision(1e-6).containsExactly(whole.mean(0));
            assertThat(split.covariance(p)).usingComparatorWithPrecision(1e-5).containsExactly(whole.covariance(0));
        }
    }

    @Test
    void shouldPassGradientsOnToMeansAndFactors() {
        MixtureNetwork mixture = mixture(3, 40);
        mixture.resample(new SplittableRandom(SEED));
        NetworkGradient slopes = new NetworkGradient(mixture.network(), mixture.parts());
        SplittableRandom random = new SplittableRandom(SEED + 1);
        for (NetworkParameter part : mixture.parts()) {
            for (int i = 0; i < slopes.of(part).length; i++) {
                slopes.of(part)[i] = (float) random.nextGaussian();
            }
        }
        List<float[]> gradient = mixture.gradient(slopes);
        List<float[]> parameters = mixture.parameters();
        for (int a = 0; a < parameters.size(); a++) {
            for (int j = 0; j < parameters.get(a).length; j += 7) {
                float kept = parameters.get(a)[j];
                // Rows are linear in the parameters: a difference of any size is exact, but for float rounding.
                parameters.get(a)[j] = kept + 1;
                mixture.parametersChanged();
                double above = product(mixture, slopes);
                parameters.get(a)[j] = kept - 1;
                mixture.parametersChanged();
                double below = product(mixture, slopes);
                parameters.get(a)[j] = kept;
                assertThat((double) gradient.get(a)[j]).isCloseTo((above - below) / 2, within(1e-4));
            }
        }
    }

    private static double product(MixtureNetwork mixture, NetworkGradient slopes) {
        double sum = 0;
        for (NetworkParameter part : mixture.parts()) {
            float[] weights = NetworkGradient.array(mixture.network(), part);
            for (int i = 0; i < weights.length; i++) {
                sum += (double) weights[i] * slopes.of(part)[i];
            }
        }
        return sum;
    }

    @Test
    void shouldLearnStatisticsFromWhichAnyNetworkDoesTheTask() {
        Task task = Task.of(Task.Name.DM);
        MixtureNetwork mixture = MixtureNetwork.initial(1, 256, 1, 1, Task.ALPHA, false, new SplittableRandom(SEED));
        TaskTrainer.Settings settings = new TaskTrainer.Settings(32, 2e-2, 1, 0.05, 300, 25, 100, 0.99, 0.2, SEED);
        try (TrialRunner runner = new TrialRunner(2)) {
            TaskTrainer.Trained trained = new TaskTrainer(runner).train(mixture, List.of(task), settings, (_, _) -> {});
            assertThat(trained.reached()).isTrue();
            LowRankNetwork fresh = mixture.sample(700, MixtureNetwork.Draw.RANDOM, new SplittableRandom(SEED + 5));
            assertThat(fresh.neurons()).isEqualTo(700);
            // No neuron of this network has been trained.
            assertThat(Performance.of(fresh, task, 200, 0.05, SEED + 1, runner).accuracy())
                    .isGreaterThanOrEqualTo(0.95);
        }
    }

    /** The mixture of a network each of whose neurons belongs to one population. */
    private static MixtureNetwork ofPopulations(LowRankNetwork network, int[] population) {
        double[][] shares = new double[Arrays.stream(population).max().orElse(0) + 1][network.neurons()];
        for (int i = 0; i < population.length; i++) {
            shares[population[i]][i] = 1;
        }
        return MixtureNetwork.ofShares(network, shares, true, MixtureNetwork.Draw.RANDOM, network.neurons());
    }

    @Test
    void shouldRefuseAnEmptyPopulation() {
        LowRankNetwork network = mixture(1, 4).sample(4, MixtureNetwork.Draw.RANDOM, new SplittableRandom(SEED));
        assertThatThrownBy(() -> ofPopulations(network, new int[]{0, 2, 2, 0}))
                .hasMessageContaining("population 1 has no neuron");
    }
}
