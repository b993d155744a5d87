package kappa.fitting.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.network.NetworkFile;
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
        NetworkFile.LowRank drawn = planted.sample(neurons, new SplittableRandom(SEED));
        int[] population = new int[neurons];
        for (int i = 0; i < neurons; i++) {
            population[i] = planted.population(i, neurons);
        }
        MixtureNetwork found = MixtureNetwork.ofPopulations(drawn, population);
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
    void shouldPassGradientsOnToMeansAndFactors() {
        MixtureNetwork mixture = mixture(3, 40);
        mixture.resample(new SplittableRandom(SEED));
        NetworkGradient slopes = new NetworkGradient(mixture.network(), mixture.parts());
        SplittableRandom random = new SplittableRandom(SEED + 1);
        for (Part part : mixture.parts()) {
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
        for (Part part : mixture.parts()) {
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
            NetworkFile.LowRank fresh = mixture.sample(700, new SplittableRandom(SEED + 5));
            assertThat(fresh.neurons()).isEqualTo(700);
            // No neuron of this network has been trained.
            assertThat(Performance.of(fresh, task, 200, 0.05, SEED + 1, runner).accuracy())
                    .isGreaterThanOrEqualTo(0.95);
        }
    }

    @Test
    void shouldRefuseAnEmptyPopulation() {
        NetworkFile.LowRank network = mixture(1, 4).sample(4, new SplittableRandom(SEED));
        assertThatThrownBy(() -> MixtureNetwork.ofPopulations(network, new int[]{0, 2, 2, 0}))
                .hasMessageContaining("population 1 has no neuron");
    }
}
