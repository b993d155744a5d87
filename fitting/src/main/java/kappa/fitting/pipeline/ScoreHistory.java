package kappa.fitting.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import kappa.fitting.filter.LatentPath;
import kappa.fitting.model.Score;
import kappa.ingest.recording.Observation;
import kappa.ingest.wire.FitQuality;

/** The scores of a session's newest trials, as snapshots and checkpoints carry them. Not thread-safe. */
final class ScoreHistory {

    private static final int MOST_TRIALS = 1_000;

    private final String unit;
    private final List<Double> oneStep = new ArrayList<>();
    private final List<Double> freeRun = new ArrayList<>();
    private final List<Double> smoothed = new ArrayList<>();
    /** The trial whose scores are the first that are still kept. */
    private long first;

    ScoreHistory(Observation kind) {
        unit = Score.unit(kind);
    }

    String unit() {
        return unit;
    }

    void restore(FitQuality saved) {
        first = saved.getFirstTrial();
        oneStep.addAll(saved.getOneStepList());
        freeRun.addAll(saved.getFreeRunList());
        smoothed.addAll(saved.getSmoothedList());
        while (smoothed.size() < oneStep.size()) {
            smoothed.addFirst(Double.NaN); // an older kappa did not score it
        }
    }

    /** @param ofSmoothed score of the neurons' smoothed activity in the same trial */
    void add(LatentPath.TrialScore score, double ofSmoothed) {
        oneStep.add(score.oneStep());
        freeRun.add(score.freeRun());
        smoothed.add(ofSmoothed);
        while (oneStep.size() > MOST_TRIALS) {
            oneStep.removeFirst();
            freeRun.removeFirst();
            smoothed.removeFirst();
            first++;
        }
    }

    FitQuality quality(Optional<String> warning) {
        return FitQuality.newBuilder().setUnit(unit).setFirstTrial(first).addAllOneStep(oneStep).addAllFreeRun(freeRun)
                .addAllSmoothed(smoothed)
                .addAllWarnings(warning.stream().toList()).build();
    }
}
