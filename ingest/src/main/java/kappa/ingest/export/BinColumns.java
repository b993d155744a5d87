package kappa.ingest.export;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import kappa.ingest.session.BinSink;
import kappa.ingest.session.IntervalSet;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.BinClock;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;

/**
 * Everything that a session has one of for each bin. A row is a bin that was recorded, or of which kappa is there although its
 * activity is no longer on the topic. Not thread-safe.
 */
final class BinColumns implements BinSink, AutoCloseable {

    /** What of the optional parts a session has. */
    static final class Parts {
        boolean silenced;
        boolean clock;
    }

    /** Interventions by id, in the order in which they were seen. */
    private final Map<String, Integer> interventions;
    private final SessionHeader header;
    private final IntervalSet all;
    private final IntervalSet recorded;
    private final Parts parts;
    private final int neurons;
    private final int inputChannels;
    private final int behaviorChannels;
    private final int rank;
    private final Map<String, Column> columns = new LinkedHashMap<>();
    private final Path directory;

    private final Column activity;
    private final Column inputs;
    private final Column behavior;
    private final Column trial;
    private final Column phase;
    private final Column rigTime;
    private final Column intervention;
    private final Column silenced;
    private final Column sample;
    private final Column hostTime;
    private final Column hostError;
    private final Column epoch;
    private final Column lost;
    private final Column kappa;
    private final Column covariance;
    private final Column v;
    private final Column version;
    private final Column predictionError;
    private final Column baselineError;
    private final Column spikes;
    private final Column activityTime;
    private final Column publishedTime;

    /**
     * @param recorded bins whose activity is there
     * @param filtered bins that have a kappa
     * @param interventions filled with the ids found in bins
     */
    BinColumns(Path directory, SessionHeader header, IntervalSet recorded, IntervalSet filtered, Parts parts,
            Map<String, Integer> interventions) {
        this.directory = directory;
        this.header = header;
        this.recorded = recorded;
        this.parts = parts;
        this.interventions = interventions;
        all = new IntervalSet();
        all.addAll(recorded);
        all.addAll(filtered);
        neurons = header.getNeuronsCount();
        inputChannels = header.getInputChannelsCount();
        behaviorChannels = header.getBehaviorChannelsCount();
        rank = header.getFit().getRank();
        try {
            Column bin = column("bin", ElementType.INT64);
            activity = column(header.getObservation() == Observation.COUNTS ? "counts" : "activity",
                    ElementType.FLOAT32, neurons);
            inputs = column("inputs", ElementType.FLOAT32, inputChannels);
            behavior = behaviorChannels == 0 ? null : column("behavior", ElementType.FLOAT32, behaviorChannels);
            trial = column("trial", ElementType.INT64);
            phase = column("phase", ElementType.INT32);
            rigTime = column("rig_time_ns", ElementType.INT64);
            intervention = column("intervention", ElementType.INT32);
            silenced = parts.silenced ? column("silenced", ElementType.BOOL, neurons) : null;
            sample = parts.clock ? column("clock/sample", ElementType.INT64) : null;
            hostTime = parts.clock ? column("clock/host_unix_ns", ElementType.INT64) : null;
            hostError = parts.clock ? column("clock/error_ns", ElementType.INT64) : null;
            epoch = parts.clock ? column("clock/epoch", ElementType.INT64) : null;
            lost = parts.clock ? column("clock/lost", ElementType.INT64) : null;
            kappa = column("kappa", ElementType.FLOAT32, rank);
            covariance = column("kappa_covariance", ElementType.FLOAT32, rank, rank);
            v = column("v", ElementType.FLOAT32, inputChannels);
            version = column("model_version", ElementType.INT64);
            predictionError = column("prediction_error", ElementType.FLOAT64);
            baselineError = column("baseline_error", ElementType.FLOAT64);
            spikes = column("spikes", ElementType.INT64);
            activityTime = column("activity_unix_ns", ElementType.INT64);
            publishedTime = column("published_unix_ns", ElementType.INT64);
            all.kept().forEach((first, end) -> LongStream.range(first, end)
                    .forEach(index -> bin.row(all.row(index)).putLong(index)));
            fill(filtered);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private Column column(String name, ElementType type, long... rowShape) {
        Column column = new Column(directory, type, rowShape);
        columns.put(name, column);
        return column;
    }

    /** Bins with a kappa and without activity, or the other way round, are rare: only they are filled beforehand. */
    private void fill(IntervalSet filtered) {
        all.kept().forEach((first, end) -> LongStream.range(first, end).forEach(index -> {
            long row = all.row(index);
            if (!recorded.contains(index)) {
                nan(activity.row(row), neurons);
            }
            if (!filtered.contains(index)) {
                nan(kappa.row(row), rank);
                nan(covariance.row(row), rank * rank);
                nan(v.row(row), inputChannels);
                version.row(row).putLong(-1);
                predictionError.row(row).putDouble(Double.NaN);
                baselineError.row(row).putDouble(Double.NaN);
                spikes.row(row).putLong(-1);
                activityTime.row(row).putLong(0);
                publishedTime.row(row).putLong(0);
            }
        }));
    }

    private static void nan(ByteBuffer row, int count) {
        for (int i = 0; i < count; i++) {
            row.putFloat(Float.NaN);
        }
    }

    /** How many bins. */
    long bins() {
        return all.size();
    }

    @Override
    public void activity(Activity record, int skip) {
        for (int t = skip; t < record.getBinsCount(); t++) {
            add(record.getFirstBin() + t, record.getBins(t));
        }
    }

    private void add(long index, Bin bin) {
        long row = all.row(index);
        ByteBuffer out = activity.row(row);
        boolean counts = header.getObservation() == Observation.COUNTS;
        for (int i = 0; i < neurons; i++) {
            out.putFloat(WireChecks.unobserved(bin, i) ? Float.NaN : counts ? bin.getCounts(i) : bin.getValues(i));
        }
        common(row, bin.getInputsList(), bin.getBehaviorList(), bin.getTrial(), bin.getPhase(), bin.getRigTimeNs());
        perturbation(row, bin.getSilenced(), bin.getIntervention());
        clock(row, bin.getClock());
    }

    @Override
    public void latents(Latents latents) {
        for (int t = 0; t < latents.getBinsCount(); t++) {
            long index = latents.getFirstBin() + t;
            LatentBin bin = latents.getBins(t);
            long row = all.row(index);
            floats(kappa.row(row), bin.getKappaList());
            symmetric(covariance.row(row), bin.getCovarianceList());
            floats(v.row(row), bin.getVList());
            version.row(row).putLong(latents.getModelVersion());
            predictionError.row(row).putDouble(bin.getPredictionError());
            baselineError.row(row).putDouble(bin.getBaselineError());
            spikes.row(row).putLong(Integer.toUnsignedLong(bin.getSpikes()));
            activityTime.row(row).putLong(latents.getActivityUnixNs());
            publishedTime.row(row).putLong(latents.getPublishedUnixNs());
            if (!recorded.contains(index)) {
                common(row, bin.getInputsList(), bin.getBehaviorList(), bin.getTrial(), bin.getPhase(),
                        bin.getRigTimeNs());
                perturbation(row, bin.getSilenced(), bin.getIntervention());
                clock(row, bin.getClock());
            }
        }
    }

    private void common(long row, List<Float> u, List<Float> observed, long trialNumber, int phaseNumber,
            long rigTimeNs) {
        floats(inputs.row(row), u);
        if (behavior != null && observed.isEmpty()) {
            nan(behavior.row(row), behaviorChannels);
        } else if (behavior != null) {
            floats(behavior.row(row), observed);
        }
        trial.row(row).putLong(trialNumber);
        phase.row(row).putInt(phaseNumber);
        rigTime.row(row).putLong(rigTimeNs);
    }

    private void perturbation(long row, ByteString mask, String id) {
        if (silenced != null) {
            ByteBuffer out = silenced.row(row);
            for (int i = 0; i < neurons; i++) {
                out.put((byte) (WireChecks.marked(mask, i) ? 1 : 0));
            }
        }
        intervention.row(row).putInt(id.isEmpty() ? -1 : interventions.computeIfAbsent(id, n -> interventions.size()));
    }

    private void clock(long row, BinClock clock) {
        if (parts.clock) {
            sample.row(row).putLong(clock.getSample());
            hostTime.row(row).putLong(clock.getHostUnixNs());
            hostError.row(row).putLong(clock.getErrorNs());
            epoch.row(row).putLong(Integer.toUnsignedLong(clock.getEpoch()));
            lost.row(row).putLong(Integer.toUnsignedLong(clock.getLost()));
        }
    }

    private static void floats(ByteBuffer row, List<Float> values) {
        for (float value : values) {
            row.putFloat(value);
        }
    }

    /** From the lower triangle by rows. */
    private void symmetric(ByteBuffer row, List<Float> triangle) {
        for (int i = 0; i < rank; i++) {
            for (int j = 0; j < rank; j++) {
                int low = Math.min(i, j);
                int high = Math.max(i, j);
                row.putFloat(triangle.get(high * (high + 1) / 2 + low));
            }
        }
    }

    /** Bins of each trial, in order; empty for a session without trials. */
    long[] trialLengths() {
        List<Long> lengths = new ArrayList<>();
        if (header.getTrials()) {
            long[] before = {Long.MIN_VALUE};
            trial.longs(number -> {
                if (lengths.isEmpty() || number != before[0]) {
                    lengths.add(0L);
                }
                lengths.set(lengths.size() - 1, lengths.getLast() + 1);
                before[0] = number;
            });
        }
        return lengths.stream().mapToLong(length -> length).toArray();
    }

    void putInto(ArrayFile file) {
        columns.forEach((name, column) -> column.putInto(file, name));
    }

    @Override
    public void close() {
        columns.values().forEach(Column::close);
    }
}
