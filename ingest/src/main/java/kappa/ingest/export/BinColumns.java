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

        void add(ByteString silencedInBin, boolean clocked) {
            silenced |= !silencedInBin.isEmpty();
            clock |= clocked;
        }
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
            column("bin", ElementType.INT64);
            activity = column(header.getObservation() == Observation.COUNTS ? "counts" : "activity",
                    ElementType.FLOAT32, neurons);
            column("inputs", ElementType.FLOAT32, inputChannels);
            if (behaviorChannels > 0) {
                column("behavior", ElementType.FLOAT32, behaviorChannels);
            }
            column("trial", ElementType.INT64);
            column("phase", ElementType.INT32);
            column("rig_time_ns", ElementType.INT64);
            column("intervention", ElementType.INT32);
            if (parts.silenced) {
                column("silenced", ElementType.BOOL, neurons);
            }
            if (parts.clock) {
                for (String name : List.of("sample", "host_unix_ns", "error_ns", "epoch", "lost")) {
                    column("clock/" + name, ElementType.INT64);
                }
            }
            column("kappa", ElementType.FLOAT32, rank);
            column("kappa_covariance", ElementType.FLOAT32, rank, rank);
            column("v", ElementType.FLOAT32, inputChannels);
            column("model_version", ElementType.INT64);
            column("prediction_error", ElementType.FLOAT64);
            column("baseline_error", ElementType.FLOAT64);
            column("spikes", ElementType.INT64);
            column("activity_unix_ns", ElementType.INT64);
            column("published_unix_ns", ElementType.INT64);
            all.kept().forEach((first, end) -> LongStream.range(first, end)
                    .forEach(index -> row("bin", all.row(index)).putLong(index)));
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

    private ByteBuffer row(String column, long row) {
        return columns.get(column).row(row);
    }

    /** Bins with a kappa and without activity, or the other way round, are rare: only they are filled beforehand. */
    private void fill(IntervalSet filtered) {
        all.kept().forEach((first, end) -> LongStream.range(first, end).forEach(index -> {
            long row = all.row(index);
            if (!recorded.contains(index)) {
                nan(activity.row(row), neurons);
            }
            if (!filtered.contains(index)) {
                nan(row("kappa", row), rank);
                nan(row("kappa_covariance", row), rank * rank);
                nan(row("v", row), inputChannels);
                row("model_version", row).putLong(-1);
                row("prediction_error", row).putDouble(Double.NaN);
                row("baseline_error", row).putDouble(Double.NaN);
                row("spikes", row).putLong(-1);
                row("activity_unix_ns", row).putLong(0);
                row("published_unix_ns", row).putLong(0);
            }
        }));
    }

    private static void nan(ByteBuffer row, int count) {
        for (int i = 0; i < count; i++) {
            row.putFloat(Float.NaN);
        }
    }

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
            floats(row("kappa", row), bin.getKappaList());
            symmetric(row("kappa_covariance", row), bin.getCovarianceList());
            floats(row("v", row), bin.getVList());
            row("model_version", row).putLong(latents.getModelVersion());
            row("prediction_error", row).putDouble(bin.getPredictionError());
            row("baseline_error", row).putDouble(bin.getBaselineError());
            row("spikes", row).putLong(Integer.toUnsignedLong(bin.getSpikes()));
            row("activity_unix_ns", row).putLong(latents.getActivityUnixNs());
            row("published_unix_ns", row).putLong(latents.getPublishedUnixNs());
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
        floats(row("inputs", row), u);
        if (behaviorChannels > 0 && observed.isEmpty()) {
            nan(row("behavior", row), behaviorChannels);
        } else if (behaviorChannels > 0) {
            floats(row("behavior", row), observed);
        }
        row("trial", row).putLong(trialNumber);
        row("phase", row).putInt(phaseNumber);
        row("rig_time_ns", row).putLong(rigTimeNs);
    }

    private void perturbation(long row, ByteString mask, String id) {
        if (parts.silenced) {
            ByteBuffer out = row("silenced", row);
            for (int i = 0; i < neurons; i++) {
                out.put((byte) (WireChecks.marked(mask, i) ? 1 : 0));
            }
        }
        row("intervention", row)
                .putInt(id.isEmpty() ? -1 : interventions.computeIfAbsent(id, n -> interventions.size()));
    }

    private void clock(long row, BinClock clock) {
        if (parts.clock) {
            row("clock/sample", row).putLong(clock.getSample());
            row("clock/host_unix_ns", row).putLong(clock.getHostUnixNs());
            row("clock/error_ns", row).putLong(clock.getErrorNs());
            row("clock/epoch", row).putLong(Integer.toUnsignedLong(clock.getEpoch()));
            row("clock/lost", row).putLong(Integer.toUnsignedLong(clock.getLost()));
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
            columns.get("trial").longs(number -> {
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
