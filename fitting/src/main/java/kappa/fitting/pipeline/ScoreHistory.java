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
    }

    void add(LatentPath.TrialScore score) {
        oneStep.add(score.oneStep());
        freeRun.add(score.freeRun());
        while (oneStep.size() > MOST_TRIALS) {
            oneStep.removeFirst();
            freeRun.removeFirst();
            first++;
        }
    }

    FitQuality quality(Optional<String> warning) {
        return FitQuality.newBuilder().setUnit(unit).setFirstTrial(first).addAllOneStep(oneStep).addAllFreeRun(freeRun)
                .addAllWarnings(warning.stream().toList()).build();
    }
}
