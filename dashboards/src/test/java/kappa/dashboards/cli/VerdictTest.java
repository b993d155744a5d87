package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import kappa.fitting.offline.RankSelection;
import kappa.fitting.offline.RankSelection.RankScore;
import org.junit.jupiter.api.Test;

/** What commands say of their figures in the end. */
class VerdictTest {

    private static final String BITS = "bits/spike";

    private static List<Double> scores(double... scores) {
        return DoubleStream.of(scores).boxed().toList();
    }

    @Test
    void shouldCompareAFitWithTheBestOfTheSimplerModels() {
        // Differences .2, .2, .4: mean .2667, standard error .0667.
        assertThat(Verdict.fit(BITS, 2, scores(0, .5, .5, .7), .1,
                Map.of("psth", scores(0, .1, .1, .1), "kalman", scores(0, .3, .3, .3)))).isEqualTo(
                        "Rank 2 beats kalman, the best of the simpler models, by 0.267 bits/spike [0.136, 0.397] over"
                                + " trials 2 to 4.");
        assertThat(Verdict.fit(BITS, 2, scores(0, .1, .1, .1), .1, Map.of("kalman", scores(0, .3, .3, .5))))
                .startsWith(
                        "Rank 2 is behind kalman, the best of the simpler models, by 0.267 bits/spike [0.136, 0.397]");
        assertThat(Verdict.fit(BITS, 1, scores(0, .1, .3, .2), .1, Map.of("kalman", scores(0, .2, .2, .2))))
                .startsWith("Rank 1 cannot be told from kalman");
    }

    @Test
    void shouldSayWhatAScoreMeansWithoutSimplerModels() {
        assertThat(Verdict.fit(BITS, 2, scores(0, .2, .3), .1, Map.of())).startsWith(
                "One bin ahead, rank 2 predicts 0.250 bits/spike better than each neuron's constant rate; in free run"
                        + " 0.100 bits/spike.");
        assertThat(Verdict.fit("r2", 3, scores(0, .9, .9), .5, Map.of()))
                .startsWith("One bin ahead, rank 3 explains 90 % of the variance; in free run R² 0.500.");
        assertThat(Verdict.fit(BITS, 2, scores(0, -.01, -.01), -.1, Map.of())).endsWith("κ means little here.");
        assertThat(Verdict.fit(BITS, 2, scores(0), 0, Map.of())).startsWith("Nothing was scored");
    }

    @Test
    void shouldAskForMoreRanksWhereTheLargestIsBest() {
        RankSelection edge = new RankSelection(
                List.of(new RankScore(1, .1, .01, .1, .01), new RankScore(3, .2, .01, 0, 0)),
                3, 3, 5, 5);
        assertThat(Verdict.ranks(edge)).contains("the largest that was tried: try more, such as --ranks 3-6.");
        RankSelection inside = new RankSelection(
                List.of(new RankScore(1, .2, .01, 0, 0), new RankScore(3, .2, .01, 0, .1)), 3, 1, 5, 5);
        assertThat(Verdict.ranks(inside)).startsWith("Take rank 1:");
    }

    @Test
    void shouldSayWhetherAFreeRunIsToBeTrusted() {
        assertThat(Verdict.evaluation(.067, Optional.of(.23), Optional.of(.91))).isEqualTo(
                "In free run, the network explains 7 % of the variance of single bins, and a spike is 0.230 bits/spike"
                        + " less of a surprise than by constant rates; of averages over trials it explains 91 %.");
        assertThat(Verdict.evaluation(-.2, Optional.empty(), Optional.empty())).endsWith("Do not trust its dynamics.");
    }

    @Test
    void shouldSayWhetherSetsDoMoreThanRandomOnes() {
        List<Verdict.Change> changes = List.of(new Verdict.Change("population 1", 10, false, .5),
                new Verdict.Change("population 2", 20, false, .9), new Verdict.Change("random 10", 10, true, .6),
                new Verdict.Change("random 20", 20, true, .7));
        assertThat(Verdict.silencing(changes))
                .isEqualTo("More than random sets of their size change the readout: population 2 (0.90).");
        assertThat(Verdict.silencing(List.of(changes.get(0), changes.get(2)))).startsWith("No set changes the readout");
        assertThat(Verdict.silencing(List.of(changes.get(0)))).contains("--random");
    }
}
