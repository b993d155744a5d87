package kappa.dashboards.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import kappa.analysis.inactivation.Effect;
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
        assertThat(Verdict.evaluation(.067, Optional.of(.23), Optional.of(.91), Optional.empty())).isEqualTo(
                "In free run, the network explains 7 % of the variance of single bins, and a spike is 0.230 bits/spike"
                        + " less of a surprise than by constant rates; of averages over trials it explains 91 %.");
        assertThat(Verdict.evaluation(-.2, Optional.empty(), Optional.empty(), Optional.empty()))
                .endsWith("Do not trust its dynamics.");
        assertThat(Verdict.evaluation(.1, Optional.of(.2), Optional.empty(), Optional.of(.05)))
                .endsWith(
                        "From the other neurons it predicts held-out ones 0.050 bits/spike better than constant rates.");
        assertThat(Verdict.evaluation(.1, Optional.of(.2), Optional.empty(), Optional.of(-.1)))
                .endsWith("Held-out neurons it predicts no better than constant rates.");
    }

    @Test
    void shouldSayWhetherSetsDoMoreThanRandomOnes() {
        List<Verdict.Change> changes = List.of(new Verdict.Change("population 1", 10, false, .5),
                new Verdict.Change("population 2", 20, false, .9), new Verdict.Change("random 10", 10, true, .6),
                new Verdict.Change("random 20", 20, true, .7));
        assertThat(Verdict.silencing(changes))
                .isEqualTo(
                        "More than the random set of their size change the readout: population 2 (0.90). By chance"
                                + " one set in 2 does so; --random 19 makes that one in 20.");
        assertThat(Verdict.silencing(List.of(changes.get(0), changes.get(2)))).startsWith(
                "No set changes the readout more than the random set of its size");
        List<Verdict.Change> many = new ArrayList<>(List.of(changes.get(1)));
        for (int r = 0; r < 19; r++) {
            many.add(changes.get(3));
        }
        assertThat(Verdict.silencing(many))
                .endsWith("of 19 random sets of their size change the readout: population 2 (0.90).");
        assertThat(Verdict.silencing(List.of(changes.get(0)))).contains("--random");
    }

    @Test
    void shouldSayWhatSilencingDoesToChoicesInEachContext() {
        Map<String, Effect.Accuracy> accuracy = new LinkedHashMap<>();
        accuracy.put("context A", new Effect.Accuracy(30, 1, 0.49));
        accuracy.put("context B", new Effect.Accuracy(30, .98, .98));
        assertThat(Verdict.choices("population 1", accuracy)).isEqualTo(
                "Without population 1, right choices in context A go from 100 % to 49 %, in context B go from 98 % to 98 %.");
        assertThat(Verdict.choices("chosen", Map.of("all", new Effect.Accuracy(30, 1, 0.5))))
                .isEqualTo("Without chosen, right choices go from 100 % to 50 %.");
    }

    @Test
    void shouldSayWhetherPredictionsCameTrueAndPapersHold() {
        assertThat(Verdict.verified(List.of(.9, .5, .97), List.of(1.0, .8, .9)))
                .isEqualTo(
                        "Predicted and true change of the readout agree with a median R² of 0.90 over 3 sets; 90 % of the"
                                + " choices agree.");
        assertThat(Verdict.verified(List.of(-3.0), List.of(Double.NaN)))
                .isEqualTo(
                        "The true change of the readout is not the predicted one: the median R² is -3.00 over one set.");
        assertThat(Verdict.reproduced(3, 3, List.of())).isEqualTo("All 3 rows agree with the papers.");
        assertThat(Verdict.reproduced(2, 3, List.of("figure-4.1"))).contains("2 of 3 rows",
                "in figure-4.1, with the reason.");
    }
}
