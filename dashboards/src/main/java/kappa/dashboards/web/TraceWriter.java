package kappa.dashboards.web;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import kappa.fitting.model.KernelModel;
import kappa.fitting.pipeline.SnapshotCodec;
import kappa.ingest.session.LatentHistory;
import kappa.ingest.session.Loss;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.Snapshot;

/**
 * Writes a session's curves over time, thinned by {@link Decimation}: kappa with inputs and marks, the trail of the phase
 * portrait, and the activity of some neurons. Not thread-safe.
 */
final class TraceWriter {

    private final SessionState state;
    private final LatentHistory latents;
    private Snapshot predictedBy;
    private KernelModel predictor;

    TraceWriter(SessionState state) {
        this.state = state;
        latents = state.latents();
    }

    /**
     * Kappa, its standard deviation, inputs, trial starts, phases and silencing of the bins first..last, in buckets of
     * {@code stride} bins that begin at multiples of it; and all losses in the window that ends with the last.
     *
     * @return the number of points written
     */
    int writeTrace(JsonGenerator json, long first, long last, long window, int stride) throws IOException {
        Decimation points = new Decimation(first, last, stride, latents::has);
        int rank = state.description().rank();
        json.writeObjectFieldStart("trace");
        json.writeNumberField("from", first);
        writeBins(json, points);
        json.writeArrayFieldStart("kappa");
        for (int k = 0; k < rank; k++) {
            int dimension = k;
            writeSeries(json, points.extremes(bin -> latents.kappa(bin, dimension)));
        }
        json.writeEndArray();
        json.writeArrayFieldStart("sd");
        for (int k = 0; k < rank; k++) {
            int dimension = k;
            writeSeries(json, points.maxima(bin -> latents.sd(bin, dimension)));
        }
        json.writeEndArray();
        json.writeArrayFieldStart("inputs");
        for (int s = 0; s < state.description().ownInputs(); s++) {
            int channel = s;
            writeSeries(json, points.extremes(bin -> latents.input(bin, channel)));
        }
        json.writeEndArray();
        writeMarks(json, first, last, stride);
        writeLosses(json, last - window + 1);
        json.writeEndObject();
        return points.size();
    }

    /** The newest bins as they are, all dimensions together, for the trail in the phase portrait. */
    void writeTrail(JsonGenerator json, long first, long last) throws IOException {
        json.writeObjectFieldStart("trail");
        json.writeNumberField("from", first);
        json.writeArrayFieldStart("kappa");
        for (int k = 0; k < state.description().rank(); k++) {
            json.writeStartArray();
            for (long bin = first; bin <= last; bin++) {
                writeNumber(json, latents.kappa(bin, k));
            }
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** Losses are few however long the window: [first, last, rig time in s before, messages]. */
    private void writeLosses(JsonGenerator json, long first) throws IOException {
        json.writeArrayFieldStart("losses");
        for (Loss loss : state.losses()) {
            if (loss.last() >= first) {
                json.writeStartArray();
                json.writeNumber(loss.first());
                json.writeNumber(loss.last());
                json.writeNumber(loss.rigTimeNs() * 1e-9);
                json.writeNumber(loss.messages());
                json.writeEndArray();
            }
        }
        json.writeEndArray();
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
    private void writeMarks(JsonGenerator json, long first, long last, int stride) throws IOException {
        List<long[]> starts = new ArrayList<>();
        List<long[]> phases = new ArrayList<>();
        List<long[]> silencing = new ArrayList<>();
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
        writePairs(json, "starts", starts);
        writePairs(json, "phases", phases);
        writePairs(json, "silenced", silencing);
        writePairs(json, "epochs", epochs(first, last, stride));
    }

    private static void writePairs(JsonGenerator json, String field, List<long[]> pairs) throws IOException {
        json.writeArrayFieldStart(field);
        for (long[] pair : pairs) {
            json.writeArray(pair, 0, 2);
        }
        json.writeEndArray();
    }

    /** Observed and predicted activity of the chosen neurons, decimated as the trace is. */
    void writeNeurons(JsonGenerator json, int[] chosen, long first, long last, int stride) throws IOException {
        Decimation points = new Decimation(first, last, stride, latents::has);
        json.writeObjectFieldStart("neurons");
        json.writeNumberField("from", first);
        json.writeArrayFieldStart("ids");
        for (int i : chosen) {
            json.writeString(state.description().neurons().get(i));
        }
        json.writeEndArray();
        writeBins(json, points);
        json.writeArrayFieldStart("observed");
        for (int i : chosen) {
            writeSeries(json, points.extremes(bin -> state.activity().value(i, bin)));
        }
        json.writeEndArray();
        json.writeArrayFieldStart("predicted");
        for (int i : chosen) {
            writeSeries(json, points.extremes(bin -> (float) predicted(i, bin)));
        }
        json.writeEndArray();
        json.writeEndObject();
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

    private static void writeBins(JsonGenerator json, Decimation points) throws IOException {
        json.writeArrayFieldStart("bins");
        for (int p = 0; p < points.size(); p++) {
            json.writeNumber(points.bin(p));
        }
        json.writeEndArray();
    }

    private static void writeSeries(JsonGenerator json, float[] values) throws IOException {
        json.writeStartArray();
        for (float value : values) {
            writeNumber(json, value);
        }
        json.writeEndArray();
    }

    /** JSON has neither NaN nor infinity: both are null, which the page draws as a hole. */
    private static void writeNumber(JsonGenerator json, float value) throws IOException {
        if (Float.isFinite(value)) {
            json.writeNumber(value);
        } else {
            json.writeNull();
        }
    }
}
