package kappa.fitting.regression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.model.Trial;
import kappa.fitting.offline.PrequentialFit;
import kappa.fitting.offline.SessionReader;
import kappa.fitting.pipeline.SessionPlan;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.HandBuiltNetworks.HandBuilt;
import kappa.fitting.simulation.SimulatedSession;
import kappa.ingest.InvalidInputException;
import kappa.ingest.SharedData;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.RecordingCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReducedRankRegressionTest {

    private static final int NEURONS = 100;

    private static SessionPlan plan(BinSource source, int rank) {
        return SessionPlan
                .of(RecordingCodec.header(source.describe()).setSession("test")
                        .setFit(FitSettings.newBuilder().setRank(rank)).build());
    }

    /** Feeds the trials to the regression, some of them if asked. */
    private static ReducedRankRegression learned(BinSource source, SessionPlan plan, IntPredicate wanted) {
        ReducedRankRegression regression = ReducedRankRegression.nonlinear(plan.fit(), KernelProvider.kernels());
        SessionReader.read(source, plan.fit(), List.of((SessionReader.Follower) trial -> {
            if (wanted.test((int) trial.index())) {
                regression.learn(trial);
            }
        }), bins -> {});
        return regression;
    }

    private static SimulatedSession session(HandBuilt built, Observation observation, double stateNoise, int trials) {
        return new SimulatedSession(built, new SimulatedSession.Settings(observation, 0.4, stateNoise, trials, 4));
    }

    @ParameterizedTest
    @EnumSource(value = Observation.class, names = {"RATES", "CURRENTS"})
    void shouldRecoverANetworkExactlyFromFiftyTrialsWithProcessNoise(Observation observation) {
        HandBuilt built = HandBuiltNetworks.named("decision", 2 * NEURONS, 1);
        SimulatedSession noisy = session(built, observation, 0.05, 50);
        LowRankNetwork fit = learned(noisy, plan(noisy, 1), trial -> true).estimate().orElseThrow();
        Evaluation.Connectivity connectivity = Evaluation.connectivity(fit,
                built.network());
        // 1.00 to two digits at 200 neurons; at the teachers' 512 it is 1.000.
        assertThat(connectivity.ecc()).isGreaterThan(0.995);
        SimulatedSession clean = session(built, Observation.RATES, 0, 10);
        assertThat(Evaluation.of(fit, clean).r2()).isGreaterThan(0.995);
    }

    @Test
    void shouldFindTwoDimensionsUnderProcessNoise() {
        HandBuilt built = HandBuiltNetworks.named("figure-4.1b", NEURONS, 1);
        SimulatedSession noisy = session(built, Observation.RATES, 0.05, 50);
        LowRankNetwork fit = learned(noisy, plan(noisy, 2), trial -> true).estimate().orElseThrow();
        // What noise alone excites is known less well: .985 with this seed.
        assertThat(Evaluation.connectivity(fit, built.network()).ecc()).isGreaterThan(0.97);
    }

    @Test
    void shouldFindBiases() {
        HandBuilt built = HandBuiltNetworks.named("decision", NEURONS, 1);
        LowRankNetwork plain = built.network();
        float[] b = new float[NEURONS];
        for (int i = 0; i < NEURONS; i++) {
            b[i] = (float) (0.3 * Math.sin(i));
        }
        HandBuilt biased = new HandBuilt(built.name(), new LowRankNetwork(NEURONS, plain.rank(), plain.inputs(),
                plain.alpha(), plain.m(), plain.n(), plain.w(), b), built.inputChannels(), built.readout(),
                built.paradigm());
        SimulatedSession session = session(biased, Observation.RATES, 0.05, 50);
        LowRankNetwork fit = learned(session, plan(session, plain.rank()), trial -> true).estimate().orElseThrow();
        for (int i = 0; i < NEURONS; i++) {
            // Noise of .05 / alpha over 3,700 pairs: .004, and a little more for what J shares with b.
            assertThat(fit.b()[i]).isCloseTo(b[i], within(0.05f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dm", "cdm"})
    void shouldRecoverTheAuthorsTeachersFromFiftyTrialsOfRates(String name) {
        NpzRecording recorded = NpzRecording.open(SharedData.file(name + "-heldout.npz"), Observation.RATES);
        Network teacher = NetworkFile.read(SharedData.file("teachers/" + name + ".npz"));
        try (BinSource source = recorded.source()) {
            LowRankNetwork fit = learned(source, plan(source, 1), trial -> trial < 50).estimate().orElseThrow();
            Evaluation.Connectivity connectivity = Evaluation.connectivity(fit, teacher);
            // 1.000 to three digits, as the reference has it; rates are float32.
            assertThat(connectivity.ecc()).isGreaterThan(0.9995);
            assertThat(Evaluation.of(fit, recorded).r2()).isGreaterThan(0.9995);
        }
    }

    @Test
    void shouldPublishAModelThatTheFilterFollowsExactRatesWith() {
        HandBuilt built = HandBuiltNetworks.named("figure-4.1b", NEURONS, 1);
        SimulatedSession session = session(built, Observation.RATES, 0.02, 20);
        SessionPlan plan = plan(session, 2);
        PrequentialFit fit = new PrequentialFit(plan.fit(), KernelProvider.kernels(),
                ReducedRankRegression.nonlinear(plan.fit(), KernelProvider.kernels()));
        SessionReader.read(session, plan.fit(), List.of(fit), bins -> {});
        // The noise of .02 a bin lies in all dimensions and cannot be predicted: 1 - .02^2 / .19 / alpha(2-alpha) is
        // .99.
        assertThat(fit.oneStep().getLast()).isGreaterThan(0.97);
        // Solved for again after an eighth more trials, and when a pass is over.
        assertThat(fit.model().version()).isEqualTo(18);
        fit.algorithm().endPass();
        assertThat(fit.algorithm().publish(fit.model()).version()).isEqualTo(20);
    }

    @Test
    void shouldScoreTheLinearVariantBelowTheNonlinearOne() {
        HandBuilt built = HandBuiltNetworks.named("figure-4.1b", NEURONS, 1);
        SimulatedSession session = session(built, Observation.RATES, 0, 20);
        SessionPlan plan = plan(session, 2);
        PrequentialFit linear = new PrequentialFit(plan.fit(), KernelProvider.kernels(),
                ReducedRankRegression.linear(plan.fit(), KernelProvider.kernels()));
        PrequentialFit nonlinear = new PrequentialFit(plan.fit(), KernelProvider.kernels(),
                ReducedRankRegression.nonlinear(plan.fit(), KernelProvider.kernels()));
        SessionReader.read(session, plan.fit(), List.of(linear, nonlinear), bins -> {});
        assertThat(linear.freeRun().getLast()).isLessThan(nonlinear.freeRun().getLast() - 0.5);
        // Bistable, which nothing linear is. With float32 rates and no noise the nonlinear one is near perfect.
        assertThat(nonlinear.freeRun().getLast()).isGreaterThan(0.98);
    }

    @Test
    void shouldLeaveOutPairsThatWereNotObserved() {
        HandBuilt built = HandBuiltNetworks.named("decision", NEURONS, 1);
        SimulatedSession session = session(built, Observation.RATES, 0.05, 50);
        SessionPlan plan = plan(session, built.network().rank());
        ReducedRankRegression regression = ReducedRankRegression.nonlinear(plan.fit(), KernelProvider.kernels());
        SessionReader.read(session, plan.fit(), List.of((SessionReader.Follower) trial -> {
            float[] y = trial.y().clone();
            // Every tenth bin lacks a neuron; one neuron is dead throughout.
            for (int t = 0; t < trial.bins(); t++) {
                y[t * NEURONS + 7] = Float.NaN;
                if (t % 10 == 3) {
                    y[t * NEURONS + t] = Float.NaN;
                }
            }
            regression.learn(new Trial(trial.index(), trial.firstBin(), trial.bins(), trial.warmUp(), y, trial.v(), 0));
        }), bins -> {});
        LowRankNetwork fit = regression.estimate().orElseThrow();
        assertThat(fit.m()[7]).isZero();
        assertThat(fit.n()[7]).isZero();
        assertThat(regression.warnings()).singleElement().asString().contains("42 times a neuron was not observed");
        // (Eight trials are held back. The dead neuron's share of the drive, about a hundredth, goes over to the others.)
        assertThat(Evaluation.connectivity(fit, built.network()).ecc()).isGreaterThan(0.985);
    }

    @Test
    void shouldChooseARidgeThatBearsALittleObservationNoise() {
        HandBuilt built = HandBuiltNetworks.named("decision", 2 * NEURONS, 1);
        SimulatedSession session = session(built, Observation.RATES, 0, 40);
        SessionPlan plan = plan(session, 1);
        ReducedRankRegression regression = ReducedRankRegression.nonlinear(plan.fit(), KernelProvider.kernels());
        SplittableRandom random = new SplittableRandom(9);
        SessionReader.read(session, plan.fit(), List.of((SessionReader.Follower) trial -> {
            float[] y = trial.y().clone();
            for (int i = 0; i < y.length; i++) {
                y[i] += (float) (0.01 * random.nextGaussian());
            }
            regression.learn(new Trial(trial.index(), trial.firstBin(), trial.bins(), trial.warmUp(), y, trial.v(), 0));
        }), bins -> {});
        regression.endPass();
        LowRankNetwork fit = regression.estimate().orElseThrow();
        // .99 on the teachers of 512 neurons; without the choice of a ridge it was .2 to .6 there.
        assertThat(Evaluation.connectivity(fit, built.network()).ecc()).isGreaterThan(0.9);
    }

    @Test
    void shouldSayThatCountsAreBeyondItsTheory() {
        HandBuilt built = HandBuiltNetworks.named("decision", NEURONS, 1);
        SimulatedSession session = session(built, Observation.COUNTS, 0, 12);
        SessionPlan plan = plan(session, 1);
        ReducedRankRegression regression = learned(session, plan, trial -> true);
        assertThat(regression.warnings()).singleElement().asString().contains("biased").doesNotContain("\n");
        assertThat(regression.publish(null).version()).isEqualTo(12);
        assertThatThrownBy(() -> ReducedRankRegression.linear(plan.fit(), KernelProvider.kernels()))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("expected rates or currents");
    }

    @Test
    void shouldKnowNothingBeforeTheFirstTrialAndOfTrialsWithoutActivity() {
        FitPlan plan = new FitPlan(5, 1, 0, 0.2, Observation.RATES, 1, 1, 1 << 20);
        ReducedRankRegression regression = ReducedRankRegression.nonlinear(plan, KernelProvider.kernels());
        assertThat(regression.publish(null).version()).isZero();
        assertThat(regression.estimate()).isEmpty();
        float[] y = new float[5 * 30];
        Arrays.fill(y, Float.NaN);
        regression.learn(new Trial(0, 0, 30, 0, y, new float[0], 0));
        regression.endPass();
        assertThat(regression.publish(null).version()).isIn(0L, 1L);
    }

    @Test
    void shouldRefuseMoreNeuronsThanItsSumsHaveRoomFor() {
        FitPlan plan = new FitPlan(10_000, 1, 0, 0.2, Observation.RATES, 1, 1, 1);
        assertThatThrownBy(() -> ReducedRankRegression.nonlinear(plan, KernelProvider.kernels()))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("10000 neurons, expected at most 8192");
    }
}
