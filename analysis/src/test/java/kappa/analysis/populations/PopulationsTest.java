package kappa.analysis.populations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.ingest.InvalidInputException;
import org.junit.jupiter.api.Test;

class PopulationsTest {

    private static final long SEED = 6;

    /** The standard, but for eight subsamples in place of twenty: what is planted here is clear enough. */
    private static final Populations.Settings STANDARD = new Populations.Settings(
            Populations.Settings.standard(SEED).mixtures(), 5, 8, Populations.Settings.standard(SEED).stability(),
            SEED);

    @Test
    void shouldFindTheTwoPopulationsOfTheThesis() {
        int neurons = 1_024;
        LowRankNetwork network = HandBuiltNetworks.named("two-population", neurons, SEED).network();
        Populations found = Populations.of(network, STANDARD);
        int[] planted = new int[neurons];
        Arrays.fill(planted, neurons / 2, neurons, 1);
        assertThat(found.chosen().number()).isEqualTo(2);
        assertThat(found.chosen().stability()).isGreaterThan(0.95);
        assertThat(AdjustedRandIndex.of(found.assignment(), planted)).isGreaterThan(0.95);
        // The population that the drive saturates, section 4.3.1: its own overlaps are (3, 1, 1, 2.5), half of the
        // neurons.
        Populations.Population first = found.populations().get(found.assignment()[0]);
        double[] overlaps = {1.5, 0.5, 0.5, 1.25};
        for (int kl = 0; kl < 4; kl++) {
            // A few neurons of the other population are taken for its own.
            assertThat(first.overlaps()[kl]).isCloseTo(overlaps[kl], within(0.06));
        }
        int drive = 2 + 2 + 2;
        int d = 2 * 2 + 3;
        // Weights 10 x, x of unit variance.
        assertThat(first.covariance()[drive * d + drive]).isCloseTo(100, within(3.0));
    }

    @Test
    void shouldFindTheFourModesOfABimodalRankTwoNetwork() {
        Populations found = Populations.of(HandBuiltNetworks.bimodal(1_000, SEED, 3), STANDARD);
        assertThat(found.chosen().number()).isEqualTo(4);
        assertThat(found.mixture().means()).isEqualTo(GaussianMixture.Means.FREE);
        for (Populations.Population population : found.populations()) {
            // Means are +-sqrt(3) in m and n alike; 250 neurons of unit variance: four standard errors and some
            // mistakes.
            for (int k = 0; k < 2; k++) {
                assertThat(Math.abs(population.mean()[k])).isCloseTo(Math.sqrt(3), within(0.3));
                assertThat(population.mean()[2 + k]).isCloseTo(population.mean()[k], within(0.4));
            }
        }
    }

    @Test
    void shouldFindOnePopulationWhereThereIsOne() {
        Populations found = Populations.of(LowRankNetwork.initial(400, 2, 2, 0.2, new SplittableRandom(SEED)),
                STANDARD);
        assertThat(found.chosen().number()).isEqualTo(1);
        assertThat(found.populations()).hasSize(1);
        assertThat(found.tried()).hasSize(5);
        assertThat(found.tried().stream().skip(1)).allSatisfy(one -> {
            assertThat(one.stability()).isLessThan(0.2);
            assertThat(one.evidence()).isLessThan(found.tried().getFirst().evidence());
        });
    }

    @Test
    void shouldSplitOverlapsAndConnectionsAmongPopulationsWithoutRest() {
        int neurons = 300;
        LowRankNetwork network = HandBuiltNetworks.bimodal(neurons, SEED, 3);
        Populations found = Populations.of(network, STANDARD);
        double[] overlaps = network.overlaps();
        for (int kl = 0; kl < overlaps.length; kl++) {
            int at = kl;
            // Sums of the same products in another order.
            assertThat(found.populations().stream().mapToDouble(p -> p.overlaps()[at]).sum()).isCloseTo(overlaps[kl],
                    within(1e-12));
        }
        assertThat(found.sets().stream().mapToInt(NeuronSet::size).sum()).isEqualTo(neurons);
        int count = found.populations().size();
        for (int p = 0; p < count; p++) {
            for (int q = 0; q < count; q++) {
                double sum = 0;
                for (int i : found.sets().get(p).neurons()) {
                    for (int j : found.sets().get(q).neurons()) {
                        for (int k = 0; k < 2; k++) {
                            sum += (double) network.m()[k * neurons + i] * network.n()[k * neurons + j] / neurons;
                        }
                    }
                }
                double mean = sum / found.sets().get(p).size() / found.sets().get(q).size();
                assertThat(found.connections()[p * count + q]).isCloseTo(mean, within(1e-12));
            }
        }
    }

    @Test
    void shouldFindTheTwoPopulationsOfATrainedContextNetwork() {
        LowRankNetwork teacher = Teachers.lowRank("cdm.npz");
        Populations found = Populations.of(teacher, STANDARD);
        // Dubreuil et al. 2022: context-dependent decisions need two populations, one for each context.
        assertThat(found.chosen().number()).isEqualTo(2);
        List<Double> tilt = found.populations().stream().map(p -> {
            int d = 2 + 4;
            // What n picks up of one sensory channel and of the other.
            return Math.abs(p.covariance()[1 * d + 2]) - Math.abs(p.covariance()[1 * d + 3]);
        }).toList();
        assertThat(tilt.get(0) * tilt.get(1)).isNegative();
    }

    @Test
    void shouldGiveEqualResultsForEqualArguments() {
        LowRankNetwork network = LowRankNetwork.initial(128, 1, 2, 0.2, new SplittableRandom(SEED));
        Populations.Settings few = new Populations.Settings(STANDARD.mixtures(), 3, 4, 0.7, SEED);
        Populations one = Populations.of(network, few);
        Populations two = Populations.of(network, few);
        assertThat(two.tried()).isEqualTo(one.tried());
        assertThat(two.assignment()).containsExactly(one.assignment());
    }

    @Test
    void shouldNameTheNeuronsThatLoadMostOnAnInput() {
        LowRankNetwork network = LowRankNetwork.withoutBias(5, 1, 2, 0.2, new float[]{1, 1, 1, 1, 1},
                new float[]{1, 1, 1, 1, 1}, new float[]{0, 0, 0, 0, 0, 1, -3, 2, 0, 0});
        assertThat(Populations.loadingMost(network, 1, 2, "context B"))
                .isEqualTo(new NeuronSet("context B", new int[]{1, 2}));
        assertThatThrownBy(() -> Populations.loadingMost(network, 2, 2, "context C"))
                .isInstanceOf(InvalidInputException.class).hasMessage("input channel: 2, expected 0 to 1");
    }

    @Test
    void shouldRefuseNeuronsThatAreAllTheSame() {
        LowRankNetwork network = LowRankNetwork.withoutBias(4, 1, 0, 0.2, new float[]{1, 1, 1, 1},
                new float[]{2, 2, 2, 2}, new float[0]);
        assertThatThrownBy(() -> Populations.of(network, STANDARD)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("all neurons have the same weights");
    }
}
