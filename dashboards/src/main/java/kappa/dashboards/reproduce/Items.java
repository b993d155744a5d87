package kappa.dashboards.reproduce;

import java.util.List;
import kappa.ingest.InvalidInputException;

/** The items by name, in the order of the papers. Stateless. */
public final class Items {

    private static final List<Item> ALL = List.of(new RankOneFlow(), new AffineLine(), new RankOneInputs(),
            new TrainedDecision(), new ResampledDecision(),
            new FourPortraits(),
            new BimodalPortrait(), new OrderedConnectivity(), new MeanConnections(), new DrivenPopulations(),
            new SaturationRegression(), new PosterMatchToSample(), new SecondSolution(), new TrainedMatchToSample(),
            new MatchToSampleSurvey(), new MatchToSampleRanks(), new MatchToSampleStimuli(),
            new MatchToSamplePopulations(), new StimulusDurations(),
            new LintValidation(), new LintTruncation(), new LintMatchToSample(), new LintSubsampling(),
            new LintInactivation(), new LintAxes());

    private Items() {}

    /** All of them. */
    public static List<Item> all() {
        return ALL;
    }

    /**
     * Those of some names; all if there is none.
     *
     * @throws InvalidInputException if one is unknown
     */
    public static List<Item> named(List<String> names) {
        if (names.isEmpty()) {
            return ALL;
        }
        names.forEach(Items::require);
        return ALL.stream().filter(item -> names.contains(item.name())).toList();
    }

    private static void require(String name) {
        if (ALL.stream().noneMatch(item -> item.name().equals(name))) {
            throw new InvalidInputException("item: '" + name + "', expected one of "
                    + String.join(", ", ALL.stream().map(Item::name).toList()));
        }
    }
}
