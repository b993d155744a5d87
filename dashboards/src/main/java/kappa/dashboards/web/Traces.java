package kappa.dashboards.web;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import kappa.fitting.model.KernelModel;
import kappa.fitting.pipeline.SnapshotCodec;
import kappa.ingest.session.LatentHistory;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.Snapshot;

/**
 * A session's curves over time, thinned by {@link Decimation}: kappa with inputs and marks, the trail of the phase portrait,
 * and the activity of some neurons. Components of the records are the page's field names. Not thread-safe.
 */
final class Traces {

    /**
     * Curves of the bins from {@code from} on, one of {@code bins} for each of their points. Marks are pairs of a bin and what
     * begins there.
     *
     * @param kappa of each dimension, as are its standard deviations
     * @param behavior of each channel that is kept
     * @param losses [first bin, last bin, rig time in s before, messages] each
     */
    record Trace(long from, long[] bins, List<float[]> kappa, List<float[]> sd, List<float[]> inputs,
            List<float[]> behavior, List<long[]> starts, List<long[]> phases, List<long[]> silenced,
            List<long[]> epochs,
            List<Object[]> losses) {}

    /** @param kappa of each dimension, in each bin from {@code from} on */
    record Trail(long from, List<float[]> kappa) {}

    /** Curves of some neurons, thinned as the trace is. */
    record Neurons(long from, List<String> ids, long[] bins, List<float[]> observed, List<float[]> predicted) {}

    private final SessionState state;
    private final LatentHistory latents;
    private Snapshot predictedBy;
    private KernelModel predictor;

    Traces(SessionState state) {
        this.state = state;
        latents = state.latents();
    }

    /**
     * Kappa, its standard deviation, inputs, trial starts, phases and silencing of the bins first..last, in buckets of
     * {@code stride} bins that begin at multiples of it; and all losses in the window that ends with the last.
     */
    Trace trace(long first, long last, long window, int stride) {
        Decimation points = new Decimation(first, last, stride, latents::has);
        int rank = state.description().rank();
        List<long[]> starts = new ArrayList<>();
        List<long[]> phases = new ArrayList<>();
        List<long[]> silenced = new ArrayList<>();
        mark(first, last, stride, starts, phases, silenced);
        return new Trace(first, points.bins(),
                each(rank, k -> points.extremes(bin -> latents.kappa(bin, k))),
                each(rank, k -> points.maxima(bin -> latents.sd(bin, k))),
                each(state.description().ownInputs(), s -> points.extremes(bin -> latents.input(bin, s))),
                each(latents.behaviors(), b -> points.extremes(bin -> latents.behavior(bin, b))),
                starts, phases, silenced, epochs(first, last, stride), losses(last - window + 1));
    }

    private static List<float[]> each(int count, IntFunction<float[]> series) {
        return IntStream.range(0, count).mapToObj(series).toList();
    }

    /** The newest bins as they are, all dimensions together, for the trail in the phase portrait. */
    Trail trail(long first, long last) {
        return new Trail(first, each(state.description().rank(), k -> {
            float[] kappa = new float[Math.toIntExact(Math.max(0, last - first + 1))];
            for (int t = 0; t < kappa.length; t++) {
                kappa[t] = latents.kappa(first + t, k);
            }
            return kappa;
        }));
    }

    /** Losses are few however long the window. */
    private List<Object[]> losses(long first) {
        return state.losses().stream().filter(loss -> loss.last() >= first)
                .map(loss -> new Object[]{loss.first(), loss.last(), loss.rigTimeNs() * 1e-9, loss.messages()})
                .toList();
    }

    /** Where epochs begin: at most one per bucket, of which there are hardly ever any. */
    private List<long[]> epochs(long first, long last, int stride) {
        List<long[]> marks = new ArrayList<>();
        for (long bin = first; bin <= last; bin++) {
            if (latents.startsEpoch(bin) && (marks.isEmpty() || marks.getLast()[0] / stride != bin / stride)) {
                marks.add(new long[]{bin, latents.epoch(bin)});
            }
        }
        return marks;
    }

    /** At most one trial start, one change of phase and one of the number of neurons silenced per bucket. */
    private void mark(long first, long last, int stride, List<long[]> starts, List<long[]> phases,
            List<long[]> silencing) {
        long before = -1;
        long silencedBefore = -1;
        for (long bucket = first - first % stride; bucket <= last; bucket += stride) {
            long start = -1;
            int inPhase = -1;
            long at = bucket;
            long silencedAt = bucket;
            int inSilenced = -1;
            for (long bin = Math.max(first, bucket); bin < bucket + stride && bin <= last; bin++) {
                if (latents.has(bin)) {
                    if (latents.startsTrial(bin) && start < 0) {
                        start = bin;
                    }
                    if (latents.phase(bin) != inPhase) {
                        at = bin;
                    }
                    inPhase = latents.phase(bin);
                    // However short, a perturbation shows.
                    if (latents.silenced(bin) > inSilenced) {
                        inSilenced = latents.silenced(bin);
                        silencedAt = bin;
                    }
                }
            }
            if (inSilenced >= 0 && inSilenced != silencedBefore) {
                silencing.add(new long[]{silencedAt, inSilenced});
                silencedBefore = inSilenced;
            }
            if (start >= 0) {
                starts.add(new long[]{start, latents.trial(start)});
            }
            if (inPhase >= 0 && inPhase != before) {
                phases.add(new long[]{at, inPhase});
                before = inPhase;
            }
        }
    }

    /** Observed and predicted activity of the chosen neurons. */
    Neurons neurons(int[] chosen, long first, long last, int stride) {
        Decimation points = new Decimation(first, last, stride, latents::has);
        return new Neurons(first, Arrays.stream(chosen).mapToObj(state.description().neurons()::get).toList(),
                points.bins(),
                each(chosen.length, c -> points.extremes(bin -> state.activity().value(chosen[c], bin))),
                each(chosen.length, c -> points.extremes(bin -> (float) predicted(chosen[c], bin))));
    }

    /** Activity of a neuron by the newest model, given the filtered kappa; NaN without a model or the bin. */
    double predicted(int neuron, long bin) {
        Snapshot newest = state.snapshot().orElse(null);
        if (newest == null || !latents.has(bin)) {
            return Double.NaN;
        }
        if (!newest.equals(predictedBy)) {
            predictedBy = newest;
            predictor = SnapshotCodec.decode(newest.value()).model();
        }
        return predictor.predict(neuron, k -> latents.kappa(bin, k), s -> latents.v(bin, s));
    }
}
