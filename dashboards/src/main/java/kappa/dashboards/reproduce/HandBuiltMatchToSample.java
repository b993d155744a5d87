package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;

/** A network by name that does delayed match-to-sample: its trials over the flow, what it holds, and whether it does the task. */
abstract class HandBuiltMatchToSample extends Item {

    private static final int SEEDS = 10;

    private final String claim;

    /**
     * @param network the item's and the network's name
     * @param claim of the papers about doing the task
     */
    HandBuiltMatchToSample(String network, String title, String source, String claim) {
        super(network, title, source);
        this.claim = claim;
    }

    /** On the choices made here. */
    abstract String remark(LowRankNetwork network);

    /** A row of pictures below those of the epochs. */
    abstract String picture(LowRankNetwork network, MatchToSampleFigures figures);

    /** Held against the papers, but for the accuracy. */
    abstract List<Result.Finding> findings(MatchToSampleFigures figures);

    @Override
    final Result compute(Context context) {
        long[] seeds = context.seeds(SEEDS);
        LowRankNetwork network = HandBuiltNetworks.named(name(), seeds[0]).withReadout();
        MatchToSampleFigures figures = new MatchToSampleFigures(network);
        List<String> pictures = new ArrayList<>(figures.epochs());
        pictures.add(picture(network, figures));
        List<Result.Finding> findings = new ArrayList<>(findings(figures));
        findings.add(MatchToSampleTests.finding(MatchToSampleTests.accuracy(name(), seeds, context.threads()), claim));
        return new Result(remark(network) + " N = " + network.neurons() + ".", pictures, findings,
                List.of("./kappa network " + name() + " --out NET.npz", "./kappa analyze " + name() + " --report DIR",
                        "./kappa simulate " + name() + " --task dms --trials 200 --out SESSION.npz"));
    }
}
