package kappa.fitting.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.HandBuiltNetworks.HandBuilt;
import kappa.fitting.simulation.SimulatedSession;
import kappa.fitting.simulation.SimulatedSession.Settings;
import kappa.ingest.InvalidInputException;
import kappa.ingest.SharedData;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.npz.NpzRecording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluationTest {

    private static final HandBuilt LIMIT_CYCLE = HandBuiltNetworks.named("figure-4.1d", 60, 2);

    private static BinSource session(Observation observation) {
        return new SimulatedSession(LIMIT_CYCLE, new Settings(observation, 0.4, 0, 20, 3));
    }

    private static LowRankNetwork truth() {
        return LIMIT_CYCLE.network();
    }

    @ParameterizedTest
    @ValueSource(strings = {"RATES", "CURRENTS"})
    void shouldExplainEverythingThatTheNetworkItselfProduced(Observation observation) {
        Evaluation evaluation = Evaluation.of(truth(), session(observation));
        assertThat(evaluation.bins()).isEqualTo(20 * 110);
        // What is left is the rounding of values sent as float32.
        assertThat(evaluation.r2()).isCloseTo(1, within(1e-10));
        assertThat(Arrays.stream(evaluation.r2PerNeuron()).min().orElseThrow()).isCloseTo(1, within(1e-8));
        assertThat(evaluation.bitsPerSpike()).isEmpty();
    }

    @Test
    void shouldCompareCurrentsInTheUnitThatTheyWereFittedIn() {
        float[] scale = new float[60];
        float[] offset = new float[60];
        for (int i = 0; i < 60; i++) {
            scale[i] = 100 + i;
            offset[i] = 3000 - i;
        }
        BinSource own = session(Observation.CURRENTS);
        BinSource recorded = new BinSource() {
            @Override
            public RecordingDescription describe() {
                return own.describe();
            }

            @Override
            public boolean next(RecordedBin bin) {
                boolean any = own.next(bin);
                for (int i = 0; i < 60 && any; i++) {
                    bin.activity[i] = scale[i] * bin.activity[i] + offset[i];
                }
                return any;
            }

            @Override
            public String name() {
                return own.name();
            }

            @Override
            public long bins() {
                return own.bins();
            }

            @Override
            public void skip(long bins) {
                own.skip(bins);
            }
        };
        LowRankNetwork fitted = truth().fittedTo(
                new LowRankNetwork.FittedTo(new float[0], scale, offset, 0, Optional.empty()));
        assertThat(Evaluation.of(fitted, recorded).r2()).isCloseTo(1, within(1e-6));
    }

    @Test
    void shouldScoreZeroForThePredictionOfEachNeuronsMean() {
        // Without connectivity and input a network predicts tanh(b) in each bin.
        double[] mean = new double[60];
        BinSource rates = session(Observation.RATES);
        RecordedBin bin = rates.describe().newBin();
        while (rates.next(bin)) {
            for (int i = 0; i < 60; i++) {
                mean[i] += bin.activity[i] / 2200.0;
            }
        }
        float[] b = new float[60];
        for (int i = 0; i < 60; i++) {
            b[i] = (float) (0.5 * Math.log((1 + mean[i]) / (1 - mean[i])));
        }
        LowRankNetwork silent = new LowRankNetwork(60, 1, 2, 0.2, new float[60], new float[60], new float[120], b);
        Evaluation evaluation = Evaluation.of(silent, session(Observation.RATES));
        assertThat(evaluation.r2()).isCloseTo(0, within(1e-6));
        Evaluation spikes = Evaluation.of(silent, session(Observation.COUNTS));
        assertThat(spikes.bitsPerSpike().orElseThrow()).isCloseTo(0, within(1e-6));
    }

    @Test
    void shouldScoreCountsInBitsPerSpikeWithGainFromTheNetworkOrTheSession() {
        float[] gain = new float[60];
        Arrays.fill(gain, 0.4f);
        LowRankNetwork known = LIMIT_CYCLE.network().withGain(gain);
        double bits = Evaluation.of(known, session(Observation.COUNTS)).bitsPerSpike().orElseThrow();
        double estimated = Evaluation.of(truth(), session(Observation.COUNTS)).bitsPerSpike().orElseThrow();
        // Expected information of the true rates: mean of (1 + r) log2((1 + r) / mean(1 + r)) / mean(1 + r).
        double expected = expectedBits();
        // About 50,000 spikes: the sum of their log likelihood ratios has a relative standard error below 2 %.
        assertThat(bits).isCloseTo(expected, within(0.03 * expected));
        // 60 free gains can only help, by about 60 / 2 nats in 50,000 spikes: 0.001 bits per spike.
        assertThat(estimated).isBetween(bits, bits + 0.003);
    }

    private static double expectedBits() {
        BinSource rates = session(Observation.RATES);
        RecordedBin bin = rates.describe().newBin();
        double[] sum = new double[60];
        double[] sumLog = new double[60];
        long bins = 0;
        while (rates.next(bin)) {
            for (int i = 0; i < 60; i++) {
                double q = 1 + bin.activity[i];
                sum[i] += q;
                sumLog[i] += q <= 0 ? 0 : q * Math.log(q);
            }
            bins++;
        }
        double nats = 0;
        double spikes = 0;
        for (int i = 0; i < 60; i++) {
            nats += sumLog[i] - sum[i] * Math.log(sum[i] / bins);
            spikes += sum[i];
        }
        return nats / spikes / Math.log(2);
    }

    @Test
    void shouldLeaveUnobservedBinsOutOfTheScore() {
        BinSource source = session(Observation.RATES);
        BinSource blinking = new Wrapped(source) {
            @Override
            public boolean next(RecordedBin bin) {
                boolean more = super.next(bin);
                if (more && bin.rigTimeNs % 60_000_000 == 0) {
                    bin.activity[9] = Float.NaN;
                }
                return more;
            }
        };
        assertThat(Evaluation.of(truth(), blinking).r2()).isCloseTo(1, within(1e-10));
    }

    @Test
    void shouldRefuseANetworkThatDoesNotFitTheSession() {
        LowRankNetwork other = HandBuiltNetworks.named("decision", 60, 1).network();
        assertThatThrownBy(() -> Evaluation.of(other, session(Observation.RATES)))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("1 inputs").hasMessageContaining("2");
        LowRankNetwork small = HandBuiltNetworks.named("bimodal", 50, 1).network();
        assertThatThrownBy(() -> Evaluation.of(small, session(Observation.RATES)))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("50").hasMessageContaining("60");
        assertThatThrownBy(() -> Evaluation.connectivity(small, truth()))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("50").hasMessageContaining("60");
    }

    @Test
    void shouldCompareConnectivitiesWhateverTheGauge() {
        LowRankNetwork a = LIMIT_CYCLE.network();
        double c = Math.cos(0.7);
        double s = Math.sin(0.7);
        float[] m = new float[120];
        float[] n = new float[120];
        for (int i = 0; i < 60; i++) {
            // m A and n A^-T with A = 3 times a rotation.
            m[i] = (float) (3 * (c * a.m()[i] - s * a.m()[60 + i]));
            m[60 + i] = (float) (3 * (s * a.m()[i] + c * a.m()[60 + i]));
            n[i] = (float) ((c * a.n()[i] - s * a.n()[60 + i]) / 3);
            n[60 + i] = (float) ((s * a.n()[i] + c * a.n()[60 + i]) / 3);
        }
        LowRankNetwork b = LowRankNetwork.withoutBias(60, 2, 2, 0.2, m, n, a.w());
        Evaluation.Connectivity same = Evaluation.connectivity(b, truth());
        // float32 weights.
        assertThat(same.cc()).isCloseTo(1, within(1e-6));
        assertThat(same.ecc()).isCloseTo(1, within(1e-6));
    }

    @Test
    void shouldAgreeWithTheDenseMatricesThatItNeverForms() {
        LowRankNetwork fit = HandBuiltNetworks.named("figure-4.1d", 60, 5).network();
        // A teacher near the fit, plus a full-rank copy of it.
        SplittableRandom random = new SplittableRandom(1);
        float[] wrec = new float[3600];
        float[] m = fit.m().clone();
        float[] n = fit.n().clone();
        for (int i = 0; i < 120; i++) {
            m[i] += (float) random.nextGaussian();
            n[i] += (float) random.nextGaussian();
        }
        LowRankNetwork teacher = LowRankNetwork.withoutBias(60, 2, 2, 0.2, m, n, fit.w());
        for (int i = 0; i < 60; i++) {
            for (int j = 0; j < 60; j++) {
                wrec[i * 60 + j] = (m[i] * n[j] + m[60 + i] * n[60 + j]) / 60;
            }
        }
        double dot = 0;
        double left = 0;
        double right = 0;
        for (int i = 0; i < 60; i++) {
            for (int j = 0; j < 60; j++) {
                double entry = (fit.m()[i] * fit.n()[j] + fit.m()[60 + i] * fit.n()[60 + j]) / 60.0;
                dot += entry * wrec[i * 60 + j];
                left += entry * entry;
                right += wrec[i * 60 + j] * wrec[i * 60 + j];
            }
        }
        double dense = dot / Math.sqrt(left * right);
        FullRankNetwork full = new FullRankNetwork(60, 2, 0.2, wrec, fit.w(), new float[60]);
        // float32 entries of wrec.
        assertThat(Evaluation.connectivity(fit, teacher).cc()).isCloseTo(dense, within(1e-6));
        assertThat(Evaluation.connectivity(fit, full).cc()).isCloseTo(dense, within(1e-6));
        assertThat(dense).isBetween(0.5, 0.95);
        // The full-rank copy of a network has its effective connectivity.
        float[] own = new float[3600];
        for (int i = 0; i < 60; i++) {
            for (int j = 0; j < 60; j++) {
                own[i * 60 + j] = (fit.m()[i] * fit.n()[j] + fit.m()[60 + i] * fit.n()[60 + j]) / 60;
            }
        }
        FullRankNetwork copy = new FullRankNetwork(60, 2, 0.2, own, fit.w(), new float[60]);
        assertThat(Evaluation.connectivity(fit, copy).ecc()).isCloseTo(1, within(1e-6));
    }

    @Test
    void shouldRunFullAndLowRankAlikeFromAnyInitialState() {
        LowRankNetwork low = LIMIT_CYCLE.network();
        float[] wrec = new float[3600];
        float[] h0 = new float[60];
        for (int i = 0; i < 60; i++) {
            h0[i] = (float) Math.sin(i);
            for (int j = 0; j < 60; j++) {
                wrec[i * 60 + j] = (low.m()[i] * low.n()[j] + low.m()[60 + i] * low.n()[60 + j]) / 60;
            }
        }
        FreeRun full = new FreeRun(
                new FullRankNetwork(60, 2, low.alpha(), wrec, low.w(), low.b()).withInitialState(h0));
        FreeRun reduced = new FreeRun(low.withInitialState(h0));
        for (int t = 0; t < 40; t++) {
            float[] u = {t < 10 ? 0.3f : 0, t < 10 ? -0.2f : 0};
            full.step(u);
            reduced.step(u);
            // wrec is rounded to float32, and the limit cycle does not amplify it in 40 bins.
            assertThat(reduced.currents()).containsExactly(full.currents(), within(1e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dm", "cdm", "cdm_full"})
    void shouldReproduceTheAuthorsTeachersOnTheirHeldOutRates(String name) {
        Path heldOut = SharedData.file(name + "-heldout.npz");
        Network teacher = NetworkFile.read(SharedData.file("teachers/" + name + ".npz"));
        Evaluation evaluation = Evaluation.of(teacher, NpzRecording.open(heldOut, Observation.RATES));
        // Weights and rates are float32.
        assertThat(evaluation.r2()).isCloseTo(1, within(1e-6));
        assertThat(evaluation.r2PerNeuron()).hasSize(512);
        assertThat(evaluation.bins()).isEqualTo(60L * (name.equals("dm") ? 75 : 68));
        if (teacher instanceof LowRankNetwork low) {
            Evaluation.Connectivity self = Evaluation.connectivity(low, teacher);
            assertThat(self.cc()).isCloseTo(1, within(1e-12));
            assertThat(self.ecc()).isCloseTo(1, within(1e-12));
        }
    }

    /** Another source's bins, for a test to alter. */
    private abstract static class Wrapped implements BinSource {
        private final BinSource source;

        Wrapped(BinSource source) {
            this.source = source;
        }

        @Override
        public String name() {
            return source.name();
        }

        @Override
        public RecordingDescription describe() {
            return source.describe();
        }

        @Override
        public long bins() {
            return source.bins();
        }

        @Override
        public boolean next(RecordedBin bin) {
            return source.next(bin);
        }

        @Override
        public void skip(long bins) {
            source.skip(bins);
        }

        @Override
        public void close() {
            source.close();
        }
    }
}
