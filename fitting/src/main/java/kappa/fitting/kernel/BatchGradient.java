package kappa.fitting.kernel;

import java.util.Arrays;

/**
 * The gradient of a step's windows, shared among the threads of a team. A task has a few windows; a single window is
 * divided into blocks of neurons. Sums over tasks and blocks have a fixed order, so that the result is the same bit
 * for bit for any number of threads. Allocates nothing after the first steps. Not thread-safe.
 */
public final class BatchGradient {

    /** Windows of a task, which is what a sweep takes at once. */
    private static final int TASK_WINDOWS = 4;

    private final RnnKernels kernels;
    private final int neurons;
    private final int rank;
    private final int inputs;
    private final int maxBins;
    private final Team team;
    private final boolean neuronsShared;
    private final int windowsPerTask;
    /** The working memory of each member of the team, allocated when the member first takes part. */
    private final WindowGroup[] groups;
    /** One a task. */
    private final Gradient[] gradients;
    private final float[][] y;
    private final int[] yOffset;
    private final float[][] v;
    private final int[] vOffset;
    private final int[] bins;
    private final float[][] start;
    private final int[] startOffset;
    private final float[] scale;
    /** [windows, maxBins + 1, K] */
    private final float[] kappa;
    /** [windows, K] */
    private final float[] startAdjoint;
    private final Team.Task sweep = this::sweep;
    private final Team.Task reduction = this::reduce;
    private PackedModel model;
    private int count;

    /** For steps of up to {@code windows} windows of up to {@code maxBins} bins. */
    public BatchGradient(RnnKernels kernels, int neurons, int rank, int inputs, int windows, int maxBins, Team team) {
        this.kernels = kernels;
        this.neurons = neurons;
        this.rank = rank;
        this.inputs = inputs;
        this.maxBins = maxBins;
        this.team = team;
        neuronsShared = windows == 1;
        windowsPerTask = Math.min(windows, TASK_WINDOWS);
        groups = new WindowGroup[neuronsShared ? 1 : team.threads()];
        gradients = new Gradient[Math.ceilDiv(windows, windowsPerTask)];
        Arrays.setAll(gradients, g -> Gradient.zero(neurons, rank, inputs));
        y = new float[windows][];
        yOffset = new int[windows];
        v = new float[windows][];
        vOffset = new int[windows];
        bins = new int[windows];
        start = new float[windows][];
        startOffset = new int[windows];
        scale = new float[windows];
        kappa = new float[windows * (maxBins + 1) * rank];
        startAdjoint = new float[windows * rank];
    }

    /** Forgets the windows. */
    public void clear() {
        count = 0;
    }

    /**
     * Adds a window; its arrays are read when the gradient is taken.
     *
     * @param y [bins, N] activity from {@code yOffset} on, NaN where not observed; row 0 belongs to the first bin
     * @param v [bins + 1, S] filtered inputs from {@code vOffset} on; row 0 is the state before the first bin
     * @param start kappa before the first bin, K numbers from {@code startOffset} on
     * @param scale what the window's summed loss is multiplied with
     * @return the window's index
     */
    public int add(float[] y, int yOffset, float[] v, int vOffset, int bins, float[] start, int startOffset,
            float scale) {
        int w = count++;
        this.y[w] = y;
        this.yOffset[w] = yOffset;
        this.v[w] = v;
        this.vOffset[w] = vOffset;
        this.bins[w] = bins;
        this.start[w] = start;
        this.startOffset[w] = startOffset;
        this.scale[w] = scale;
        return w;
    }

    /**
     * Takes the gradient with respect to all but the start states.
     *
     * @return the sum over windows; overwritten by the next step
     */
    public Gradient take(PackedModel model) {
        this.model = model;
        int tasks = Math.ceilDiv(count, windowsPerTask);
        if (neuronsShared) {
            // Not as a task of the team, whose threads the sweep takes itself.
            sweep(0, 0);
        } else {
            team.run(tasks, sweep);
            team.run(Math.min(team.threads(), tasks), reduction);
        }
        return gradients[0];
    }

    private void sweep(int task, int member) {
        if (groups[member] == null) {
            groups[member] = kernels.windows(neurons, rank, inputs, windowsPerTask, maxBins, neuronsShared);
        }
        WindowGroup group = groups[member];
        int first = task * windowsPerTask;
        int last = Math.min(count, first + windowsPerTask);
        group.clear();
        for (int w = first; w < last; w++) {
            group.add(y[w], yOffset[w], v[w], vOffset[w], bins[w], start[w], startOffset[w], scale[w]);
        }
        gradients[task].clear();
        group.addGradient(model, gradients[task], team);
        for (int w = first; w < last; w++) {
            for (int k = 0; k < rank; k++) {
                startAdjoint[w * rank + k] = group.startAdjoint(w - first, k);
                for (int t = 0; t <= bins[w]; t++) {
                    kappa[(w * (maxBins + 1) + t) * rank + k] = group.kappa(w - first, t, k);
                }
            }
        }
    }

    /** Adds a part of the neurons' gradients of all tasks to the first's. */
    private void reduce(int part, int member) {
        int tasks = Math.ceilDiv(count, windowsPerTask);
        int parts = Math.min(team.threads(), tasks);
        for (int task = 1; task < tasks; task++) {
            gradients[0].add(gradients[task], part, parts);
        }
    }

    /** kappa_k after t bins of window w, in the free run of the last step. */
    public float kappa(int w, int t, int k) {
        return kappa[(w * (maxBins + 1) + t) * rank + k];
    }

    /** dL/dkappa_k before the first bin of window w, in the last step. */
    public float startAdjoint(int w, int k) {
        return startAdjoint[w * rank + k];
    }
}
