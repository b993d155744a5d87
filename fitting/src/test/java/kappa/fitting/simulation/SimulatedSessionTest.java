package kappa.fitting.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.SimulatedSession.Settings;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatedSessionTest {

    static List<String> names() {
        return HandBuiltNetworks.names();
    }

    private static SimulatedSession session(String name, int neurons, Settings settings) {
        return new SimulatedSession(HandBuiltNetworks.named(name, neurons, 3), settings);
    }

    private static RecordedBin take(SimulatedSession session) {
        RecordedBin bin = session.describe().newBin();
        assertThat(session.next(bin)).isTrue();
        return bin;
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldFollowTheLatentFormExactlyFromEachTrialsStart(String name) {
        LowRankNetwork network = HandBuiltNetworks.named(name, 100, 3).network();
        SimulatedSession session = session(name, 100, new Settings(Observation.CURRENTS, 0.4, 0, 3, 7));
        int rank = network.rank();
        int inputs = network.inputs();
        double[] kappa = new double[rank];
        double[] v = new double[inputs];
        for (long t = 0; t < session.bins(); t++) {
            if (t % session.trialBins() == 0) {
                kappa = new double[rank];
                v = new double[inputs];
            }
            RecordedBin bin = take(session);
            double[] before = currents(network, kappa, v);
            for (int k = 0; k < rank; k++) {
                double sum = 0;
                for (int i = 0; i < 100; i++) {
                    sum += network.n()[k * 100 + i] * Math.tanh(before[i]);
                }
                kappa[k] = (1 - network.alpha()) * kappa[k] + network.alpha() * sum / 100;
            }
            for (int s = 0; s < inputs; s++) {
                v[s] = (1 - network.alpha()) * v[s] + network.alpha() * bin.inputs[s];
            }
            double[] x = currents(network, kappa, v);
            for (int i = 0; i < 100; i++) {
                // Currents are sent as float32: relative precision 6e-8.
                assertThat((double) bin.activity[i]).isCloseTo(x[i], within(1e-6 * (1 + Math.abs(x[i]))));
            }
        }
    }

    private static double[] currents(LowRankNetwork network, double[] kappa, double[] v) {
        int neurons = network.neurons();
        double[] x = new double[neurons];
        for (int i = 0; i < neurons; i++) {
            for (int k = 0; k < kappa.length; k++) {
                x[i] += network.m()[k * neurons + i] * kappa[k];
            }
            for (int s = 0; s < v.length; s++) {
                x[i] += network.w()[s * neurons + i] * v[s];
            }
        }
        return x;
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldDescribeItself(String name) {
        SimulatedSession session = session(name, 40, new Settings(Observation.COUNTS, 0.4, 0, 2, 7));
        RecordingDescription recording = session.describe();
        assertThat(session.name()).matches("[A-Za-z0-9._-]+");
        assertThat(new HashSet<>(recording.neurons())).hasSize(40);
        Set<Integer> phases = new HashSet<>();
        for (long t = 0; t < session.bins(); t++) {
            RecordedBin bin = take(session);
            assertThat(bin.activity).hasSize(40);
            assertThat(bin.inputs).hasSameSizeAs(recording.inputs());
            assertThat(bin.trial).isEqualTo(t / session.trialBins());
            assertThat(bin.trialEnd).isEqualTo((t + 1) % session.trialBins() == 0);
            assertThat(bin.rigTimeNs).isEqualTo((t + 1) * 20_000_000);
            phases.add(bin.phase);
        }
        assertThat(phases).hasSize(recording.phases().size()).allMatch(p -> p >= 1 && p <= recording.phases().size());
        assertThat(session.next(recording.newBin())).isFalse();
    }

    @Test
    void shouldDecideForTheSignOfTheCoherence() {
        SimulatedSession session = session("decision", 512, new Settings(Observation.RATES, 0.4, 0, 60, 1));
        LowRankNetwork network = HandBuiltNetworks.named("decision", 512, 3).network();
        int right = 0;
        for (int trial = 0; trial < 60; trial++) {
            double evidence = 0;
            double choice = 0;
            for (int t = 0; t < session.trialBins(); t++) {
                RecordedBin bin = take(session);
                evidence += bin.phase == 2 ? bin.inputs[0] : 0;
                if (bin.trialEnd) {
                    for (int i = 0; i < 512; i++) {
                        choice += network.m()[i] * bin.activity[i];
                    }
                }
            }
            right += Math.signum(choice) == Math.signum(evidence) ? 1 : 0;
        }
        // Input noise is small beside the weakest summed coherence: chance alone would give 30.
        assertThat(right).isGreaterThanOrEqualTo(59);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dms", "poster-dms", "dms-second"})
    void shouldTellWhetherSampleAndTestMatchedWhateverTheDelay(String name) {
        HandBuiltNetworks.HandBuilt built = HandBuiltNetworks.named(name, 1);
        SimulatedSession session = new SimulatedSession(built, new Settings(Observation.RATES, 0.4, 0, 16, 2));
        Set<String> conditions = new HashSet<>();
        for (int trial = 0; trial < 16; trial++) {
            double[][] shown = new double[2][2];
            double readout = 0;
            for (int t = 0; t < session.trialBins(); t++) {
                RecordedBin bin = take(session);
                if (bin.phase == 2 || bin.phase == 4) {
                    shown[bin.phase / 2 - 1][0] += bin.inputs[0];
                    shown[bin.phase / 2 - 1][1] += bin.inputs[1];
                }
                if (bin.phase == 5) {
                    for (int i = 0; i < bin.activity.length; i++) {
                        readout += built.readout()[i] * bin.activity[i];
                    }
                }
            }
            boolean sample = shown[0][0] > shown[0][1];
            boolean test = shown[1][0] > shown[1][1];
            conditions.add(sample + " " + test);
            assertThat(readout > 0).as("trial %d", trial).isEqualTo(sample == test);
        }
        assertThat(conditions).hasSize(4);
    }

    @Test
    void shouldFireWithTheAnnouncedMeanAndVariance() {
        Settings counts = new Settings(Observation.COUNTS, 0.7, 0, 40, 5);
        SimulatedSession spiking = session("figure-4.1d", 200, counts);
        SimulatedSession truth = session("figure-4.1d", 200, new Settings(Observation.RATES, 0.7, 0, 40, 5));
        double residual = 0;
        double square = 0;
        double mean = 0;
        long observed = 0;
        for (long t = 0; t < spiking.bins(); t++) {
            RecordedBin bin = take(spiking);
            RecordedBin rates = take(truth);
            assertThat(bin.inputs).isEqualTo(rates.inputs);
            for (int i = 0; i < 200; i++) {
                double expected = 0.7 * (1 + rates.activity[i]);
                residual += bin.activity[i] - expected;
                square += (bin.activity[i] - expected) * (bin.activity[i] - expected);
                mean += expected;
                observed++;
            }
        }
        // 880,000 counts of variance about 0.7: the mean is known to 0.0009, the variance ratio to about 0.002.
        assertThat(residual / observed).isCloseTo(0, within(0.004));
        assertThat(square / mean).isCloseTo(1, within(0.01));
    }

    @Test
    void shouldSkipToTheVeryBinThatWouldHaveCome() {
        Settings settings = new Settings(Observation.COUNTS, 0.4, 0.05, 0, 11);
        List<RecordedBin> all = new ArrayList<>();
        SimulatedSession read = session("bimodal", 30, settings);
        for (int t = 0; t < 500; t++) {
            all.add(take(read));
        }
        for (int skipped : new int[]{0, 1, 109, 110, 111, 345}) {
            SimulatedSession session = session("bimodal", 30, settings);
            session.skip(skipped);
            assertThat(take(session)).usingRecursiveComparison().isEqualTo(all.get(skipped));
            session.skip(150 - 1);
            assertThat(take(session)).usingRecursiveComparison().isEqualTo(all.get(skipped + 150));
        }
        assertThat(read.bins()).isEqualTo(-1);
    }

    @Test
    void shouldRefuseWhatItCannotSimulateInOneLine() {
        assertThatThrownBy(() -> HandBuiltNetworks.named("figure-4.2", 100, 1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("'figure-4.2'").hasMessageContaining("bimodal");
        assertThatThrownBy(() -> HandBuiltNetworks.named("bimodal", 1, 1)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("at least 12");
        assertThatThrownBy(() -> new Settings(Observation.COUNTS, Double.NaN, 0, 1, 1))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("gain");
    }

    @Test
    void shouldReachTheOverlapsItWasBuiltWith() {
        double[] sigma = HandBuiltNetworks.rankTwo(40_000, 1, 2.5, -1, 1, 2).overlaps();
        // Sums of 40,000 products of standard deviation up to 4: standard error 0.02.
        assertThat(sigma).containsExactly(new double[]{2.5, -1, 1, 2}, within(0.08));
        double rho = HandBuiltNetworks.rankOneDecision(40_000, 1, 1.2, 1, 1, 1, 0).overlaps()[0];
        assertThat(rho).isCloseTo(1.2, within(0.06));
        double[] bimodal = HandBuiltNetworks.bimodal(40_000, 1, 3).overlaps();
        assertThat(bimodal).containsExactly(new double[]{3, 0, 0, 3}, within(0.08));
    }
}
