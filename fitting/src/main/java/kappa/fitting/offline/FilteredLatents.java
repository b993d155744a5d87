package kappa.fitting.offline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.fitting.filter.LatentPath;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Recording;

/**
 * Kappa of every bin of a session as one model filters it, from the first trial to the last: all of them lie on the same axes.
 * Not thread-safe.
 */
public final class FilteredLatents implements SessionReader.Follower {

    private final int rank;
    private final LatentPath path;
    private final List<float[]> trials = new ArrayList<>();
    private float[] open = new float[0];
    private int filled;

    private FilteredLatents(FitPlan plan, RnnKernels kernels, PublishedModel model) {
        rank = plan.rank();
        path = new LatentPath(kernels, plan, model);
    }

    /**
     * Filters a session.
     *
     * @return [T,K] of each trial, or in a session without trials of each segment
     */
    public static List<float[]> of(Recording session, FitPlan plan, RnnKernels kernels, PublishedModel model) {
        FilteredLatents latents = new FilteredLatents(plan, kernels, model);
        try (BinSource source = session.source()) {
            SessionReader.read(source, plan, List.of(latents), _ -> {});
        }
        return List.copyOf(latents.trials);
    }

    @Override
    public void begin(Start start) {
        path.start(start);
        filled = 0;
    }

    @Override
    public void bin(float[] y, float[] u, float[] v) {
        path.bin(y, 0, v, 0);
        if (open.length < (filled + 1) * rank) {
            open = Arrays.copyOf(open, Math.max(2 * open.length, (filled + 1) * rank));
        }
        for (int k = 0; k < rank; k++) {
            open[filled * rank + k] = (float) path.filter().kappa()[k];
        }
        filled++;
    }

    @Override
    public void end(Trial trial) {
        path.endTrial();
        trials.add(Arrays.copyOf(open, filled * rank));
    }
}
