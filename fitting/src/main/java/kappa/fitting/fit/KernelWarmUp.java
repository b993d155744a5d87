package kappa.fitting.fit;

import java.util.SplittableRandom;
import kappa.fitting.filter.LatentPath;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;

/**
 * Compiles the kernels before the first bin of a session: filters and learns from random activity until the virtual machine has
 * compiled them. Uncompiled, a bin or a step takes a hundred times as long, and kappa was three to five seconds late at 1,024
 * neurons and 1,000 bins/s. Stateless.
 */
public final class KernelWarmUp {

    /** With and without a rest after the last whole vector, since both are compiled apart. */
    private static final int[] NEURONS = {64, 72};
    /** Even and odd, since kernels take two latent dimensions at once. */
    private static final int MAX_RANK = 3;
    private static final int INPUTS = 1;
    private static final int BINS = 50;
    private static final int STEPS = 12;
    /** The virtual machine compiles what was called often, and a bin is little work. */
    private static final int TIMES_FILTERED = 100;

    private KernelWarmUp() {}

    /** Takes two seconds of one thread in a new process, and some tenths in one that is warm. */
    public static void run(RnnKernels kernels) {
        for (int rank = 1; rank <= MAX_RANK; rank++) {
            warmUp(kernels, NEURONS[rank % NEURONS.length], rank, Observation.COUNTS);
        }
        warmUp(kernels, NEURONS[0], 2, Observation.CURRENTS);
        warmUp(kernels, NEURONS[1], 2, Observation.RATES);
    }

    private static void warmUp(RnnKernels kernels, int neurons, int rank, Observation kind) {
        FitPlan plan = new FitPlan(neurons, rank, INPUTS, 0.2, kind, 1, STEPS, 1 << 20);
        SplittableRandom random = new SplittableRandom(plan.seed());
        float[] y = new float[BINS * neurons];
        for (int i = 0; i < y.length; i++) {
            y[i] = random.nextInt(2);
        }
        float[] v = new float[(BINS + 1) * INPUTS];
        OnlineFitter fitter = new OnlineFitter(plan, kernels, Team.ALONE);
        PublishedModel model = fitter.publish(null);
        LatentPath path = new LatentPath(kernels, plan, model);
        fitter.learn(new Trial(0, 0, BINS, 0, y, v, 0), STEPS);
        path.adopt(fitter.publish(model));
        for (int time = 0; time < TIMES_FILTERED; time++) {
            path.startTrial();
            for (int t = 0; t < BINS; t++) {
                path.bin(y, t * neurons, v, (t + 1) * INPUTS);
            }
            path.endTrial();
        }
    }
}
