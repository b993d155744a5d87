package kappa.fitting.em;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ExpectedLogLikelihoodTest {

    private static final double WEIGHT_PRECISION = 0.1;

    private static final int N = 11;
    private static final int S = 2;

    /** A random network with biases, and trials of unequal length, one with a warm-up; a tenth was not observed. */
    private record Problem(StateSpaceModel model, List<SmoothedTrial> smoothed) {

        static Problem random(int K, Observation kind) {
            SplittableRandom random = new SplittableRandom(7);
            LowRankNetwork net = new LowRankNetwork(N, K, S, 0.2, gaussian(random, K * N, 1),
                    gaussian(random, K * N, 1.5), gaussian(random, S * N, 0.5), gaussian(random, N, 0.3));
            float[] gain = new float[N];
            float[] noise = new float[N];
            for (int i = 0; i < N; i++) {
                gain[i] = (float) (0.5 + random.nextDouble());
                noise[i] = (float) (0.1 + random.nextDouble());
            }
            float[] offset = kind == Observation.COUNTS ? new float[N] : gaussian(random, N, 0.2);
            double[] q = new double[K * K];
            double[] std = new double[K];
            for (int k = 0; k < K; k++) {
                std[k] = 1;
                for (int l = 0; l < K; l++) {
                    q[k * K + l] = k == l ? 0.03 : 0.01;
                }
            }
            StateSpaceModel model = new StateSpaceModel(KernelModel.of(net, kind, gain, offset, noise), q,
                    new double[K], q, std);
            Smoother smoother = new Smoother(KernelProvider.kernels(), N, K, S);
            List<SmoothedTrial> smoothed = new ArrayList<>();
            for (int index = 0; index < 12; index++) {
                int T = 5 + index;
                float[] y = gaussian(random, T * N, 0.7);
                for (int i = 0; i < y.length; i++) {
                    if (kind == Observation.COUNTS) {
                        y[i] = random.nextInt(4);
                    }
                    if (random.nextInt(10) == 0) {
                        y[i] = Float.NaN;
                    }
                }
                smoothed.add(smoother.smooth(model,
                        new Trial(index, 0, T, index == 3 ? 4 : 0, y, gaussian(random, (T + 1) * S, 1), 0)));
            }
            return new Problem(model, smoothed);
        }

        private static float[] gaussian(SplittableRandom random, int length, double sd) {
            float[] out = new float[length];
            for (int i = 0; i < length; i++) {
                out[i] = (float) (sd * random.nextGaussian());
            }
            return out;
        }

        ExpectedLogLikelihood likelihood(Team team) {
            return new ExpectedLogLikelihood(points(), model.model(), model.processNoise(), WEIGHT_PRECISION, team);
        }

        List<SigmaPoints> points() {
            LowRankNetwork net = model.model().network();
            return smoothed.stream().map(trial -> SigmaPoints.of(trial, net.alpha(), net.rank())).toList();
        }
    }

    static Stream<Arguments> ranksAndObservations() {
        return Stream.of(1, 2)
                .flatMap(rank -> Stream.of(Observation.values()).map(kind -> Arguments.of(rank, kind)));
    }

    @ParameterizedTest
    @MethodSource("ranksAndObservations")
    void shouldHaveTheGradientOfItsValue(int K, Observation kind) {
        Problem problem = Problem.random(K, kind);
        ExpectedLogLikelihood likelihood = problem.likelihood(Team.ALONE);
        double[] p = Maximisation.pack(problem.model().model());
        double[] gradient = likelihood.at(p).gradient();
        double norm = Math.sqrt(Arrays.stream(gradient).map(g -> g * g).sum());
        double h = 1e-5;
        boolean observed = kind != Observation.RATES;
        for (int i = 0; i < p.length; i++) {
            double[] up = p.clone();
            double[] down = p.clone();
            up[i] += h;
            down[i] -= h;
            double difference = (likelihood.at(up).value() - likelihood.at(down).value()) / (2 * h);
            boolean constant = !observed && i / N == K + S + 1;
            // Central differences in double: third derivatives times 1e-10, and 1e-16 of a value of hundreds over 1e-5.
            assertThat(constant ? 0 : gradient[i]).as("parameter %d", i).isCloseTo(difference, within(1e-6 * norm));
        }
    }

    /** In the direction of a Gauss-Newton step the value rises, and the gradient is much smaller at its end. */
    @ParameterizedTest
    @MethodSource("ranksAndObservations")
    void shouldBeRaisedByAGaussNewtonStep(int K, Observation kind) {
        Problem problem = Problem.random(K, kind);
        Maximisation maximisation = new Maximisation(WEIGHT_PRECISION, Team.ALONE);
        Maximisation.Result result = maximisation.maximise(problem.model(), problem.smoothed());
        assertThat(result.network()).isGreaterThan(result.before());
        // The closed forms are maxima too. In the new noise, with the old constant terms of the start left out:
        StateSpaceModel learnt = result.parameters();
        ExpectedLogLikelihood after = new ExpectedLogLikelihood(problem.points(), learnt.model(), learnt.processNoise(),
                WEIGHT_PRECISION,
                Team.ALONE);
        // Parameters were rounded to float.
        assertThat(after.at(Maximisation.pack(learnt.model())).value()).isGreaterThan(result.network() - 1e-3);
    }

    @Test
    void shouldComeOutTheSameBitForBitForAnyNumberOfThreads() {
        Problem problem = Problem.random(2, Observation.COUNTS);
        double[] p = Maximisation.pack(problem.model().model());
        ExpectedLogLikelihood.Evaluation alone = problem.likelihood(Team.ALONE).at(p);
        for (int count = 1; count <= 3; count++) {
            try (Team team = new Team(count)) {
                ExpectedLogLikelihood.Evaluation shared = problem.likelihood(team).at(p);
                assertThat(shared.value()).isEqualTo(alone.value());
                assertThat(shared.gradient()).containsExactly(alone.gradient());
            }
        }
    }

    /** Third-degree cubature: mean and covariance of the points are those of the state and of its successor. */
    @Test
    void shouldReadStatesAtPointsWithTheMomentsOfTheSmoother() {
        int K = 2;
        Problem problem = Problem.random(K, Observation.COUNTS);
        SmoothedTrial smoothed = problem.smoothed().getFirst();
        SigmaPoints points = SigmaPoints.of(smoothed, 0.2, K);
        for (int t = 0; t < smoothed.trial().bins(); t++) {
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < K; l++) {
                    double cross = 0;
                    double mean = 0;
                    double next = 0;
                    for (int j = 0; j < 2 * K; j++) {
                        double kappa = points.points()[(t * 2 * K + j) * K + l];
                        double successor = points.targets()[(t * 2 * K + j) * K + k]
                                + 0.8 * points.points()[(t * 2 * K + j) * K + k];
                        mean += kappa / (2 * K);
                        next += successor / (2 * K);
                        cross += successor * kappa / (2 * K);
                    }
                    // Double precision.
                    assertThat(mean).isCloseTo(smoothed.mean()[t * K + l], within(1e-12));
                    assertThat(next).isCloseTo(smoothed.mean()[(t + 1) * K + k], within(1e-12));
                    assertThat(cross - next * mean).isCloseTo(smoothed.lagOne()[(t * K + k) * K + l], within(1e-12));
                }
            }
        }
    }
}
