package kappa.fitting.particle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import kappa.fitting.em.SmoothedTrial;
import kappa.fitting.em.Smoother;
import kappa.fitting.em.StateSpaceModel;
import kappa.fitting.kernel.KernelProvider;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParticleSmootherTest {

    /**
     * Standard deviations by which means by P particles may be off, root mean square over the bins: 2 to 4 over the root of
     * P were seen, because weights are unequal.
     */
    private static double tolerance(int particles) {
        return 5 / Math.sqrt(particles);
    }

    private static SmoothedTrial gaussian(SimulatedTrial simulated) {
        var network = simulated.model().model().network();
        return new Smoother(KernelProvider.kernels(), network.neurons(), network.rank(), network.inputs())
                .smooth(simulated.model(), simulated.trial());
    }

    private static ParticlePosterior particles(SimulatedTrial simulated, int particles, long seed) {
        return new ParticleSmoother(KernelProvider.kernels(), simulated.model().kappaStd().length, particles)
                .smooth(simulated.model(), gaussian(simulated), new SplittableRandom(seed));
    }

    private static double rootMeanSquare(PosteriorComparison comparison) {
        return Math.hypot(comparison.systematicDifference(), comparison.monteCarloError());
    }

    @ParameterizedTest
    @CsvSource({"1, 0, .3, 1", "2, 0, .1, 1", "2, 20, .1, 1", "3, 0, .1, 2"})
    void shouldBeTheKalmanSmootherOfALinearSystem(int K, int warmUp, double processSd, double factor) {
        int P = 4_000;
        SplittableRandom random = new SplittableRandom(K);
        StateSpaceModel model = SimulatedTrial.model(Observation.CURRENTS, true, 20, K, 1, processSd, 0.9, random);
        SimulatedTrial simulated = SimulatedTrial.of(model, 60, warmUp, 0, random);
        float[] y = simulated.trial().y();
        for (int i = 0; i < y.length; i += 7) {
            y[i] = Float.NaN;
        }
        Arrays.fill(y, 30 * 20, 33 * 20, Float.NaN);
        SmoothedTrial exact = gaussian(simulated);
        ParticlePosterior posterior = particles(simulated, P, 1);
        PosteriorComparison comparison = new PosteriorComparison();
        comparison.add(posterior, exact, 1 + warmUp);
        // In three dimensions fewer particles are near the activity after bins without any: 4 to 8 over the root of P.
        assertThat(rootMeanSquare(comparison)).isLessThan(factor * tolerance(P));
        // The variance of a mean over P particles is 1/P of theirs, the one of their variance 2/P.
        assertThat(comparison.ratio(0.5)).isCloseTo(1, within(tolerance(P)));
        // Each bin adds about 1/P to its variance.
        assertThat(posterior.logLikelihood()).isCloseTo(exact.logLikelihood(), within(5 * Math.sqrt(60.0 / P)));
        assertThat(comparison.verdict()).isEqualTo(PosteriorComparison.Verdict.GOOD_ENOUGH);
    }

    @Test
    void shouldBeTheGridsPosteriorWhereTheGaussianOneIsWrong() {
        int P = 4_000;
        int T = 60;
        SplittableRandom random = new SplittableRandom(1);
        // Two stable states, and less than one spike in a bin of all neurons together.
        StateSpaceModel model = SimulatedTrial.model(Observation.COUNTS, false, 8, 1, 0.1, 0.15, 1.5, random);
        SimulatedTrial simulated = SimulatedTrial.of(model, T, 0, 0, random);
        GridPosterior grid = GridPosterior.of(model, simulated.trial());
        SmoothedTrial gaussian = gaussian(simulated);
        ParticlePosterior posterior = particles(simulated, P, 2);
        double squares = 0;
        double gaussianSquares = 0;
        double ratios = 0;
        for (int t = 1; t <= T; t++) {
            squares += Math.pow((posterior.mean()[t] - grid.mean()[t]) / grid.sd()[t], 2) / T;
            gaussianSquares += Math.pow((gaussian.mean()[t] - grid.mean()[t]) / grid.sd()[t], 2) / T;
            ratios += Math.sqrt(posterior.covariance()[t]) / grid.sd()[t] / T;
        }
        assertThat(Math.sqrt(squares)).isLessThan(tolerance(P));
        assertThat(ratios).isCloseTo(1, within(tolerance(P)));
        assertThat(posterior.logLikelihood()).isCloseTo(grid.logLikelihood(), within(5 * Math.sqrt((double) T / P)));
        assertThat(Math.sqrt(gaussianSquares)).as("of the Gaussian posterior").isGreaterThan(3 * tolerance(P));
        PosteriorComparison comparison = new PosteriorComparison();
        comparison.add(posterior, gaussian, 1);
        assertThat(comparison.verdict()).isEqualTo(PosteriorComparison.Verdict.NOT_GOOD_ENOUGH);
    }

    @Test
    void shouldAgreeWithTheGaussianPosteriorOfManyNeuronsThatSpike() {
        SplittableRandom random = new SplittableRandom(3);
        StateSpaceModel model = SimulatedTrial.model(Observation.COUNTS, false, 100, 2, 0.4, 0.05, 1.5, random);
        PosteriorComparison comparison = new PosteriorComparison();
        for (int trial = 0; trial < 2; trial++) {
            SimulatedTrial simulated = SimulatedTrial.of(model, 60, 0, trial, random);
            comparison.add(particles(simulated, 4_000, trial), gaussian(simulated), 1);
        }
        assertThat(comparison.difference(0.5)).isLessThan(0.1);
        assertThat(comparison.ratio(0.5)).isCloseTo(1, within(0.1));
        assertThat(comparison.verdict()).isEqualTo(PosteriorComparison.Verdict.GOOD_ENOUGH);
    }

    @Test
    void shouldMeasureItsMonteCarloError() {
        SplittableRandom random = new SplittableRandom(4);
        StateSpaceModel model = SimulatedTrial.model(Observation.CURRENTS, true, 20, 1, 1, 0.3, 0.9, random);
        SimulatedTrial simulated = SimulatedTrial.of(model, 100, 0, 0, random);
        PosteriorComparison comparison = new PosteriorComparison();
        for (long seed = 0; seed < 5; seed++) {
            comparison.add(particles(simulated, 500, seed), gaussian(simulated), 1);
        }
        // The Gaussian posterior is exact here, so that all of the difference is the particles'; some 100 independent bins
        // tell it.
        assertThat(comparison.monteCarloError()).isCloseTo(rootMeanSquare(comparison),
                within(0.3 * rootMeanSquare(comparison)));
    }

    @Test
    void shouldGiveTheSamePosteriorForASeedWhateverWasSmoothedBefore() {
        SplittableRandom random = new SplittableRandom(5);
        StateSpaceModel model = SimulatedTrial.model(Observation.COUNTS, false, 20, 2, 0.4, 0.05, 1.5, random);
        SimulatedTrial one = SimulatedTrial.of(model, 30, 0, 0, random);
        SimulatedTrial longer = SimulatedTrial.of(model, 50, 0, 1, random);
        ParticleSmoother used = new ParticleSmoother(KernelProvider.kernels(), 2, 200);
        used.smooth(model, gaussian(longer), new SplittableRandom(1));
        ParticlePosterior second = used.smooth(model, gaussian(one), new SplittableRandom(6));
        ParticlePosterior fresh = particles(one, 200, 6);
        assertThat(second.paths()).isEqualTo(fresh.paths());
        assertThat(second.logLikelihood()).isEqualTo(fresh.logLikelihood());
        assertThat(particles(one, 200, 7).paths()).isNotEqualTo(fresh.paths());
    }

    @Test
    void shouldFollowTheModelWhereNothingIsObserved() {
        SplittableRandom random = new SplittableRandom(8);
        StateSpaceModel model = SimulatedTrial.model(Observation.CURRENTS, true, 20, 2, 1, 0.1, 0.9, random);
        SimulatedTrial simulated = SimulatedTrial.of(model, 40, 0, 0, random);
        Arrays.fill(simulated.trial().y(), Float.NaN);
        ParticlePosterior posterior = particles(simulated, 2_000, 1);
        PosteriorComparison comparison = new PosteriorComparison();
        comparison.add(posterior, gaussian(simulated), 1);
        assertThat(rootMeanSquare(comparison)).isLessThan(tolerance(2_000));
        assertThat(posterior.logLikelihood()).isCloseTo(0, within(1e-9));
    }

    @Test
    void shouldRaiseOnlyTheProcessNoiseThatIsTooSmallAndStartFromACertainState() {
        SplittableRandom random = new SplittableRandom(9);
        StateSpaceModel usual = SimulatedTrial.model(Observation.COUNTS, false, 30, 2, 0.4, 0.05, 1.5, random);
        assertThat(ParticleSmoother.withUsableNoise(usual)).isSameAs(usual);
        StateSpaceModel certain = new StateSpaceModel(usual.model(), new double[]{0.04, 0, 0, 0},
                new double[]{0.3, -0.2},
                new double[4], usual.kappaStd());
        StateSpaceModel usable = ParticleSmoother.withUsableNoise(certain);
        double least = ParticleSmoother.LEAST_PROCESS_SD * ParticleSmoother.LEAST_PROCESS_SD;
        assertThat(usable.processNoise()[0]).isCloseTo(0.04, within(1e-9));
        assertThat(usable.processNoise()[3]).isCloseTo(least, within(1e-9 * least));
        SimulatedTrial simulated = SimulatedTrial.of(usable, 40, 0, 0, random);
        ParticlePosterior posterior = particles(simulated, 2_000, 1);
        assertThat(posterior.mean()[0]).isCloseTo(0.3, within(1e-6));
        assertThat(posterior.mean()[1]).isCloseTo(-0.2, within(1e-6));
        assertThat(posterior.covariance()).doesNotContain(Double.NaN, Double.POSITIVE_INFINITY);
        assertThat(posterior.logLikelihood()).isFinite();
        PosteriorComparison comparison = new PosteriorComparison();
        comparison.add(posterior, gaussian(simulated), 1);
        assertThat(comparison.ratio(0.5)).isCloseTo(1, within(0.15));
    }
}
