package kappa.fitting.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import kappa.fitting.fit.FittingAlgorithm;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;

class RankSelectionTest {

    /** A fit of a rank whose one-step scores are given. */
    private static PrequentialFit scored(int rank, Double... oneStep) {
        FitPlan plan = new FitPlan(4, rank, 0, 0.2, Observation.COUNTS, 1, 1, 1);
        float[] ones = new float[4 * rank];
        LowRankNetwork network = LowRankNetwork.withoutBias(4, rank, 0, 0.2, ones, ones, new float[0]);
        PrequentialFit fit = new PrequentialFit(plan, KernelProvider.kernels(), new FittingAlgorithm() {
            @Override
            public void learn(Trial trial) {
                throw new AssertionError("nothing to learn from");
            }

            @Override
            public PublishedModel publish(PublishedModel previous) {
                return new PublishedModel(0, KernelModel.plain(network, Observation.COUNTS),
                        new double[rank * rank], new double[rank], new double[rank], PublishedModel.certainStart(rank),
                        0, 0);
            }
        });
        fit.oneStep().addAll(List.of(oneStep));
        return fit;
    }

    @Test
    void shouldRecommendTheSmallestRankWithinOneStandardErrorOfTheBest() {
        // Hard and easy trials are so for all ranks: the paired difference of ranks 2 and 3 is -.01, .03, -.01, .03.
        RankSelection selection = RankSelection.of(List.of(
                scored(1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 0.1, 0.5),
                scored(2, 0.0, 0.0, 0.0, 0.0, 0.11, 0.57, 0.21, 0.67),
                scored(3, 0.0, 0.0, 0.0, 0.0, 0.10, 0.60, 0.20, 0.70)));
        assertThat(selection.best()).isEqualTo(3);
        assertThat(selection.recommended()).isEqualTo(2);
        RankSelection.RankScore second = selection.ranks().get(1);
        // sd of the four differences is .0231, over two.
        assertThat(second.behind()).isCloseTo(0.01, within(1e-12));
        assertThat(second.behindSe()).isCloseTo(0.01155, within(1e-5));
    }

    @Test
    void shouldNotCountTheFirstHalfOfTheTrials() {
        RankSelection selection = RankSelection.of(List.of(scored(1, 9.0, 9.0, 0.1, 0.1, 0.1),
                scored(2, -9.0, -9.0, 0.3, 0.3, 0.3)));
        assertThat(selection.recommended()).isEqualTo(2);
        assertThat(selection.firstTrial()).isEqualTo(2);
        assertThat(selection.trials()).isEqualTo(3);
    }

    @Test
    void shouldRecommendTheSmallestRankWhereOneTrialCannotTell() {
        assertThat(RankSelection.of(List.of(scored(1, 0.1), scored(2, 0.2))).recommended()).isEqualTo(1);
    }
}
