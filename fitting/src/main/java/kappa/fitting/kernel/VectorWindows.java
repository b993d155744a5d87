package kappa.fitting.kernel;

import static kappa.fitting.kernel.PackedModel.PANEL;
import static kappa.fitting.kernel.VectorKernels.WIDTH;
import static kappa.fitting.kernel.VectorPasses.TILE;

import java.util.Arrays;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;

/**
 * The gradient of a group of windows over SIMD lanes: one lane a neuron. A bin is swept in stretches of neurons that stay in
 * the nearest cache, and each stretch in short passes, which is what the compiler can keep in registers. The passes that
 * multiply with the model's rows ({@link VectorPasses}) take four windows at once, so that what is read of the model serves all
 * of them. phi is kept from the forward to the backward sweep; delta is kept for some bins and then added to the gradient.
 *
 * <p>Where threads share the neurons, these are shared out in blocks, and all threads wait for each other's sums once a bin.
 * Sums over blocks are made in their order, whoever made them.
 */
final class VectorWindows extends WindowGroup implements Team.Part {

    /** Neurons times windows of a stretch: what these hold stays in the nearest cache. */
    private static final int STRETCH = 1024;
    /** Panels whose kept rows stay in the nearest cache while they are multiplied with one coefficient after another. */
    private static final int SUMMED_PANELS = 256 / PANEL;
    /** Rows of delta that are kept before they are added to the gradient. */
    private static final int DELTA_ROWS = 16;
    /** Blocks are of at least this many neurons, and at most so many. */
    private static final int BLOCK_NEURONS = 512;
    private static final int MOST_BLOCKS = 8;
    /** Windows of a tile from which on the whole tile takes less time than they take one by one. */
    private static final int FILLED_UP = 2;

    private final int panels;
    private final int blocks;
    /** Bins whose deltas are kept. */
    private final int chunk;
    /** Panels of a stretch. */
    private final int stretch;
    /** From a panel's numbers of a bin to the next panel's, and from a bin's to the next bin's. */
    private final int step;
    private final int binStep;
    /** [blocks + 1] the first panel of each block, and behind the last one. */
    private final int[] firstPanels;
    private final Member[] members;
    /** [maxBins + 1, panels, capacity, PANEL] phi of the current. */
    private final float[] rates;
    /** [chunk, panels, capacity, PANEL] delta = dL/dx. */
    private final float[] delta;
    /** [panels, K + S + 1 + K + 1, PANEL] gradients of m, W, b, n, and of gain or offset. */
    private final float[] sums;
    /** [2, blocks, capacity * K] sums over a block's neurons, for even and odd bins. */
    private final float[][][] partial;
    private final float[] unobserved = new float[PANEL];
    /** With those that fill up a tile. */
    private int windows;
    private PackedModel model;
    private Gradient gradient;
    private Team team;

    /** What a thread has for itself, so that no two write to one line of the cache. */
    private final class Member {
        /** Kappa, v and 1, as in the group; that of the first member is the group's. */
        final float[] state;
        final float[] adjoint;
        /** [maxBins + 1, capacity, K] (alpha/N) g_{t+1}, what n is multiplied with at bin t. */
        final float[] sent = new float[(maxBins + 1) * capacity * rank];
        /** [capacity, K, WIDTH] sums over neurons, lane by lane. */
        final float[] lanes = new float[capacity * rank * WIDTH];
        /** A bin's activity. */
        final VectorSlopes.Activity seen = new VectorSlopes.Activity(capacity);
        /** A bin's activity of the last panel, where it is copied: not observed where there are no neurons. */
        final VectorSlopes.Activity tail = new VectorSlopes.Activity(capacity);
        /** Where rows that are multiplied at once stand, from the first one's place on. */
        final int[] rowAt = new int[chunk * capacity];
        final VectorSlopes slopes;
        /** Whether the last panel's activity of the present bin is a copy. */
        boolean copied;
        int waits;

        Member(float[] state, float[] adjoint) {
            this.state = state;
            this.adjoint = adjoint;
            Arrays.setAll(tail.y, w -> new float[PANEL]);
            slopes = new VectorSlopes(rank, coefficients, step, scale, rates, delta, sums);
        }
    }

    VectorWindows(int neurons, int rank, int inputs, int capacity, int maxBins, boolean neuronsShared) {
        super(neurons, rank, inputs, wholeTiles(capacity), maxBins);
        panels = PackedModel.count(neurons);
        blocks = neuronsShared ? Math.clamp(neurons / BLOCK_NEURONS, 1, MOST_BLOCKS) : 1;
        firstPanels = new int[blocks + 1];
        Arrays.setAll(firstPanels, block -> (int) ((long) panels * block / blocks));
        chunk = Math.max(1, DELTA_ROWS / this.capacity);
        step = this.capacity * PANEL;
        stretch = Math.max(1, STRETCH / step);
        // One more, so that bins do not compete for the same lines of the cache.
        binStep = panels * step + PANEL;
        rates = new float[(maxBins + 1) * binStep];
        delta = new float[chunk * binStep];
        sums = new float[panels * (coefficients + rank + 1) * PANEL];
        partial = new float[2][blocks][Math.max(PANEL, this.capacity * rank)];
        Arrays.fill(unobserved, Float.NaN);
        members = new Member[blocks];
        for (int i = 0; i < blocks; i++) {
            members[i] = i == 0
                    ? new Member(state, adjoint)
                    : new Member(new float[state.length], new float[adjoint.length]);
        }
    }

    /** Where a tile would be nearly full, it is filled up: with windows of scale 0, which see nothing and add nothing. */
    private static int wholeTiles(int windows) {
        return windows % TILE < FILLED_UP ? windows : Math.ceilDiv(windows, TILE) * TILE;
    }

    @Override
    public void addGradient(PackedModel model, Gradient gradient, Team team) {
        if (model.model().linearDynamics()) {
            ScalarWindows.addGradient(this, model.model(), gradient);
            return;
        }
        windows = wholeTiles(count());
        for (int w = count(); w < windows; w++) {
            bins[w] = 0;
            scale[w] = 0;
            for (int t = 0; t <= longest(); t++) {
                Arrays.fill(state, at(w, t), at(w, t) + coefficients, 0f);
            }
        }
        this.model = model;
        this.gradient = gradient;
        this.team = team;
        team.together(blocks, this);
    }

    @Override
    public void run(int member, int of) {
        Member me = members[member];
        me.waits = 0;
        if (member > 0) {
            System.arraycopy(state, 0, me.state, 0, state.length);
        }
        // Nobody writes kappa before all have copied the inputs.
        team.await(member, of, ++me.waits);
        int bins = longest();
        int rows = coefficients + rank + 1;
        for (int block = member; block < blocks; block += of) {
            Arrays.fill(sums, firstPanel(block) * rows * PANEL, firstPanel(block + 1) * rows * PANEL, 0f);
        }
        for (int t = 0; t <= bins; t++) {
            for (int block = member; block < blocks; block += of) {
                forward(me, t, block);
            }
            if (t < bins) {
                team.await(member, of, ++me.waits);
                advance(me, t);
            }
        }
        Arrays.fill(me.adjoint, 0f);
        Arrays.fill(me.sent, bins * capacity * rank, (bins + 1) * capacity * rank, 0f);
        int newest = bins;
        for (int t = bins; t >= 0; t--) {
            locate(me, t);
            for (int block = member; block < blocks; block += of) {
                backward(me, t, block);
            }
            team.await(member, of, ++me.waits);
            retreat(me, t);
            if (place(t) == 0) {
                for (int block = member; block < blocks; block += of) {
                    accumulate(me, t, newest, firstPanel(block), firstPanel(block + 1));
                }
                newest = t - 1;
            }
        }
        for (int block = member; block < blocks; block += of) {
            collect(firstPanel(block), firstPanel(block + 1));
        }
    }

    /** Where delta of a bin stands: chunks are of bins that follow each other, the first of them from bin 0 on. */
    private int place(int t) {
        return t % chunk;
    }

    private int firstPanel(int block) {
        return firstPanels[block];
    }

    /** Where a panel's numbers of a bin and a window stand in rates, and, for a bin of the first chunk, in delta. */
    private int cell(int bin, int panel, int w) {
        return bin * binStep + panel * step + w * PANEL;
    }

    // ------------------------------------------------------------------ passes

    /**
     * out_w = sum_j row_j c_w,j over some rows of a stretch of panels; and the row after these, where it is wanted.
     *
     * @param first the row in a panel that the first coefficient belongs to
     * @param c coefficients of window 0 from {@code at} on, of the next one {@code stride} later
     * @param out [panels, capacity, PANEL] of one bin from {@code to} on
     */
    private void combine(int firstPanel, int lastPanel, int first, int count, boolean withNext, float[] c, int at,
            int stride, float[] out, int to) {
        float[] p = model.panels();
        int rowStep = model.rows() * PANEL;
        int from = firstPanel * rowStep + first * PANEL;
        int cell = to + firstPanel * step;
        int stretch = lastPanel - firstPanel;
        int tiled = windows / TILE * TILE;
        for (int w = 0; w < tiled; w += TILE) {
            VectorPasses.combine(p, from, rowStep, stretch, count, withNext, c, at + w * stride, stride, out,
                    cell + w * PANEL, step);
        }
        for (int w = tiled; w < windows; w++) {
            VectorPasses.combineOne(p, from, rowStep, stretch, count, withNext, c, at + w * stride, out,
                    cell + w * PANEL, step);
        }
    }

    /**
     * lanes_w,k += sum over neurons of row_k x_w over a stretch of panels, lane by lane.
     *
     * @param row the row in a panel of k = 0
     * @param x [panels, capacity, PANEL] of one bin from {@code at} on
     */
    private void project(int firstPanel, int lastPanel, int row, float[] x, int at, float[] lanes) {
        int tiled = windows / TILE * TILE;
        float[] p = model.panels();
        int rowStep = model.rows() * PANEL;
        int from = firstPanel * rowStep + row * PANEL;
        int cell = at + firstPanel * step;
        int stretch = lastPanel - firstPanel;
        for (int w = 0; w < tiled; w += TILE) {
            VectorPasses.project(p, from, rowStep, stretch, rank, x, cell + w * PANEL, step, lanes,
                    w * rank * WIDTH, rank);
        }
        for (int w = tiled; w < windows; w++) {
            VectorPasses.projectOne(p, from, rowStep, stretch, rank, x, cell + w * PANEL, step, lanes,
                    w * rank * WIDTH);
        }
    }

    // ------------------------------------------------------------------ forward

    private void forward(Member me, int t, int block) {
        Arrays.fill(me.lanes, 0f);
        int last = firstPanel(block + 1);
        for (int panel = firstPanel(block); panel < last; panel += stretch) {
            int end = Math.min(last, panel + stretch);
            // The last coefficient, that of the bias, is 1.
            combine(panel, end, 0, coefficients - 1, true, me.state, at(0, t), coefficients, rates, cell(t, 0, 0));
            VectorFunctions.phi(rates, cell(t, panel, 0), rates, cell(t, panel, 0), (end - panel) * step);
            project(panel, end, coefficients, rates, cell(t, 0, 0), me.lanes);
        }
        total(me.lanes, partial[t & 1][block], windows * rank);
    }

    private static void total(float[] lanes, float[] to, int count) {
        for (int j = 0; j < count; j++) {
            to[j] = VectorKernels.sum(lanes, j * WIDTH);
        }
    }

    /** The sum over blocks, in their order. */
    private float reduced(int t, int j) {
        float sum = 0;
        for (int block = 0; block < blocks; block++) {
            sum += partial[t & 1][block][j];
        }
        return sum;
    }

    /** kappa_{t+1} = (1-alpha) kappa_t + (alpha/N) n'r. */
    private void advance(Member me, int t) {
        double alpha = model.model().network().alpha();
        float decay = (float) (1 - alpha);
        float step = (float) (alpha * LowRankNetwork.connectivityScale(neurons));
        for (int w = 0; w < windows; w++) {
            for (int k = 0; k < rank; k++) {
                me.state[at(w, t + 1) + k] = decay * me.state[at(w, t) + k] + step * reduced(t, w * rank + k);
            }
        }
    }

    // ------------------------------------------------------------------ backward

    /**
     * Finds the activity of the bin that ends in state t. The last panel may hold fewer neurons than others: what follows there
     * in memory is read, too, and meets gains of 0. Where nothing follows, that panel's activity is copied.
     */
    private void locate(Member me, int t) {
        int whole = neurons / PANEL * PANEL;
        me.copied = false;
        for (int w = 0; w < windows; w++) {
            boolean observed = t > 0 && t <= bins[w];
            me.seen.y[w] = observed ? y[w] : unobserved;
            me.seen.at[w] = observed ? yOffset[w] + (t - 1) * neurons : 0;
            me.seen.step[w] = observed ? PANEL : 0;
            if (observed && me.seen.at[w] + panels * PANEL > y[w].length) {
                me.copied = true;
            }
        }
        for (int w = 0; w < windows && me.copied; w++) {
            boolean observed = me.seen.step[w] > 0;
            Arrays.fill(me.tail.y[w], Float.NaN);
            if (observed) {
                System.arraycopy(y[w], me.seen.at[w] + whole, me.tail.y[w], 0, neurons - whole);
            }
        }
    }

    private void backward(Member me, int t, int block) {
        Arrays.fill(me.lanes, 0f);
        int last = firstPanel(block + 1);
        int row = place(t);
        for (int panel = firstPanel(block); panel < last; panel += stretch) {
            int end = Math.min(last, panel + stretch);
            if (model.model().kind() == Observation.CURRENTS) {
                combine(panel, end, coefficients, rank, false, me.sent, t * capacity * rank, rank, delta,
                        cell(row, 0, 0));
            }
            int whole = me.copied && end * PANEL > neurons ? end - 1 : end;
            slopes(me, t, panel, whole, me.seen, panel);
            slopes(me, t, whole, end, me.tail, 0);
            project(panel, end, 0, delta, cell(row, 0, 0), me.lanes);
        }
        total(me.lanes, partial[t & 1][block], windows * rank);
    }

    /**
     * From what the recurrent sums hand back to delta, over a stretch of panels.
     *
     * @param seenPanel the first panel's number in {@code seen}
     */
    private void slopes(Member me, int t, int firstPanel, int lastPanel, VectorSlopes.Activity seen, int seenPanel) {
        if (firstPanel < lastPanel) {
            me.slopes.add(model, firstPanel, lastPanel - firstPanel, me.state, at(0, t), me.sent, t * capacity * rank,
                    windows, seen, seenPanel, cell(t, firstPanel, 0), cell(place(t), firstPanel, 0));
        }
    }

    /** g_t = (1-alpha) g_{t+1} + m' delta_t. */
    private void retreat(Member me, int t) {
        double alpha = model.model().network().alpha();
        float decay = (float) (1 - alpha);
        float step = (float) (alpha * LowRankNetwork.connectivityScale(neurons));
        for (int j = 0; j < windows * rank; j++) {
            me.adjoint[j] = decay * me.adjoint[j] + reduced(t, j);
            if (t > 0) {
                me.sent[(t - 1) * capacity * rank + j] = step * me.adjoint[j];
            }
        }
    }

    // ------------------------------------------------------------------ the gradient

    /** Adds what the bins of a chunk contribute, of which {@code oldest} is the first, to some panels' sums. */
    private void accumulate(Member me, int oldest, int newest, int first, int last) {
        for (int panel = first; panel < last; panel += SUMMED_PANELS) {
            int end = Math.min(last, panel + SUMMED_PANELS);
            products(me, me.state, coefficients, delta, cell(0, panel, 0), oldest, newest, panel, end, 0);
            products(me, me.sent, rank, rates, cell(oldest, panel, 0), oldest, newest, panel, end,
                    coefficients * PANEL);
        }
    }

    /**
     * sums_j += sum over bins and windows of row x coefficient_j.
     *
     * @param c [bins, capacity, stride]
     * @param rows [bins, panels, capacity, PANEL], the first panel's of the oldest bin from {@code cell} on
     */
    private void products(Member me, float[] c, int stride, float[] rows, int cell, int oldest, int newest, int first,
            int last, int row) {
        int sumStep = (coefficients + rank + 1) * PANEL;
        int to = first * sumStep + row;
        int stretch = last - first;
        int bins = newest - oldest + 1;
        // Coefficients follow each other from bin to bin if every window is there.
        int together = windows == capacity ? bins : 1;
        for (int t = 0; t < together; t++) {
            for (int w = 0; w < windows; w++) {
                me.rowAt[t * capacity + w] = t * binStep + w * PANEL;
            }
        }
        int count = (together - 1) * capacity + windows;
        for (int t = 0; t < bins; t += together) {
            VectorPasses.products(c, (oldest + t) * capacity * stride, stride, rows, cell + t * binStep, step, me.rowAt,
                    count, sums, to, sumStep, stretch);
        }
    }

    /** Adds the sums of some panels to the gradient. */
    private void collect(int firstPanel, int lastPanel) {
        int rows = coefficients + rank + 1;
        for (int panel = firstPanel; panel < lastPanel; panel++) {
            int from = panel * rows * PANEL;
            int i = panel * PANEL;
            int there = Math.min(PANEL, neurons - i);
            for (int k = 0; k < rank; k++) {
                add(gradient.m(), k * neurons + i, from + k * PANEL, there);
                add(gradient.n(), k * neurons + i, from + (coefficients + k) * PANEL, there);
            }
            for (int s = 0; s < inputs; s++) {
                add(gradient.w(), s * neurons + i, from + (rank + s) * PANEL, there);
            }
            add(gradient.b(), i, from + (coefficients - 1) * PANEL, there);
            int observation = from + (coefficients + rank) * PANEL;
            switch (model.model().kind()) {
                case COUNTS -> add(gradient.gain(), i, observation, there);
                case CURRENTS -> {
                    add(gradient.offset(), i, observation, there);
                    for (int j = 0; j < there; j++) {
                        // Currents are observed before the bias is added.
                        gradient.b()[i + j] -= model.model().gain()[i + j] * sums[observation + j];
                    }
                }
                case RATES -> {
                }
            }
        }
    }

    private void add(float[] to, int at, int from, int count) {
        for (int j = 0; j < count; j++) {
            to[at + j] += sums[from + j];
        }
    }
}
