package kappa.analysis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.WireChecks;

/**
 * The newest trials of one session, out of its latents: up to 200 intact ones and 500 perturbed ones, and of each kind no more
 * than 16 MB unless a single one is larger. A trial whose beginning
 * or any bin was not seen is left out, since a free run from its start could not be held against it; so is one longer than
 * 5,000 bins, and a session without trials has none. Not thread-safe.
 */
public final class RecentTrials {

    static final int INTACT = 200;
    static final int PERTURBED = 500;
    private static final int LONGEST = 5_000;
    /** Of four bytes each. */
    private static final long NUMBERS = 4L << 20;

    private final int neurons;
    private final Deque<ObservedTrial> intact = new ArrayDeque<>();
    private final Deque<ObservedTrial> perturbed = new ArrayDeque<>();
    private final List<LatentBin> open = new ArrayList<>();
    private long openFirstBin;
    private long openModel;
    private boolean whole;
    private long nextBin;
    private long version;

    /** @param neurons that are recorded */
    public RecentTrials(int neurons) {
        this.neurons = neurons;
    }

    /** Takes bins; those that were published before, after a crash, are passed over. */
    public void add(Latents latents) {
        for (int t = 0; t < latents.getBinsCount(); t++) {
            long bin = latents.getFirstBin() + t;
            if (bin < nextBin) {
                continue;
            }
            LatentBin latent = latents.getBins(t);
            if (latent.getTrialStart()) {
                close();
                openFirstBin = bin;
                openModel = latents.getModelVersion();
                whole = true;
            } else if (bin > nextBin || (!open.isEmpty() && latent.getTrial() != open.getLast().getTrial())) {
                // Bins are missing, or the next trial's beginning is.
                open.clear();
                whole = false;
            }
            nextBin = bin + 1;
            if (whole) {
                open.add(latent);
                whole = open.size() <= LONGEST;
            }
        }
    }

    /** The session is over, and with it its last trial. */
    public void end() {
        close();
    }

    private void close() {
        if (whole && !open.isEmpty()) {
            ObservedTrial trial = trial();
            Deque<ObservedTrial> kind = trial.perturbation() == null ? intact : perturbed;
            kind.add(trial);
            while (kind.size() > (kind == intact ? INTACT : PERTURBED)
                    || (kind.size() > 1 && numbers(kind) > NUMBERS)) {
                kind.remove();
            }
            version++;
        }
        open.clear();
        whole = false;
    }

    private static long numbers(Deque<ObservedTrial> trials) {
        return trials.stream()
                .mapToLong(trial -> (long) trial.inputs().length + trial.behavior().length + trial.kappa().length)
                .sum();
    }

    private ObservedTrial trial() {
        LatentBin first = open.getFirst();
        int bins = open.size();
        int channels = first.getBehaviorCount();
        float[] inputs = new float[bins * first.getInputsCount()];
        float[] behavior = new float[bins * channels];
        float[] kappa = new float[bins * first.getKappaCount()];
        int[] phases = new int[bins];
        Arrays.fill(behavior, Float.NaN);
        int from = -1;
        int to = -1;
        for (int t = 0; t < bins; t++) {
            LatentBin bin = open.get(t);
            copy(bin.getInputsList(), inputs, t * first.getInputsCount(), first.getInputsCount());
            copy(bin.getBehaviorList(), behavior, t * channels, channels);
            copy(bin.getKappaList(), kappa, t * first.getKappaCount(), first.getKappaCount());
            phases[t] = bin.getPhase();
            if (!bin.getSilenced().isEmpty()) {
                from = from < 0 ? t : from;
                to = t + 1;
            }
        }
        return new ObservedTrial(first.getTrial(), openFirstBin, bins, inputs, behavior, kappa, phases, openModel,
                from < 0 ? null : perturbation(from, to));
    }

    private ObservedTrial.Perturbation perturbation(int from, int to) {
        LatentBin bin = open.get(from);
        int[] silent = IntStream.range(0, neurons).filter(i -> WireChecks.marked(bin.getSilenced(), i)).toArray();
        return new ObservedTrial.Perturbation(bin.getIntervention(), silent, from, to);
    }

    private static void copy(List<Float> from, float[] to, int at, int count) {
        for (int i = 0; i < Math.min(count, from.size()); i++) {
            to[at + i] = from.get(i);
        }
    }

    /** Oldest first. */
    public List<ObservedTrial> intact() {
        return List.copyOf(intact);
    }

    /** Oldest first. */
    public List<ObservedTrial> perturbed() {
        return List.copyOf(perturbed);
    }

    /** Grows with each trial. */
    public long version() {
        return version;
    }
}
