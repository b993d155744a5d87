package kappa.ingest.recording.nwb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.hdf5.Hdf5Data;
import kappa.ingest.recording.hdf5.Hdf5File;

/** Inputs out of columns of the trials table and time series. One thread reads at a time. */
final class NwbInputs {

    /** Values of a text column that become inputs. */
    private static final int MAX_VALUES = 64;

    private final NwbFile file;
    private final NwbTrials trials;
    private final double width;
    private final List<Channels> channels = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final List<NwbSeries> allSeries = new ArrayList<>();

    /** Writes the inputs of one origin. */
    private interface Filler {
        void fill(int trial, int firstBin, int bins, float[] out, int offset, int stride);
    }

    private record Channels(int count, Filler filler) {}

    NwbInputs(NwbFile file, NwbTrials trials, double width) {
        this.file = file;
        this.trials = trials;
        this.width = width;
    }

    List<String> names() {
        return names;
    }

    /** The time series among them. */
    List<NwbSeries> series() {
        return allSeries;
    }

    /** Writes inputs [bins, S] of a trial to {@code out}, which holds zeros. */
    void fill(int trial, int firstBin, int bins, float[] out) {
        int offset = 0;
        for (Channels each : channels) {
            each.filler.fill(trial, firstBin, bins, out, offset, names.size());
            offset += each.count;
        }
    }

    /** @param remarks takes what is worth a line to the user */
    void add(String name, List<String> remarks) {
        DynamicTable table = trials.table();
        if (table != null && table.has(name)) {
            DynamicTable.Column column = table.plain(name);
            if (column.data().kind() == Hdf5Data.Kind.TEXT) {
                addText(name, column.data().texts());
            } else {
                addNumbers(table, name, column.data().numbers());
            }
            return;
        }
        if (!file.hasSeries(name)) {
            throw file.hdf().invalid("--inputs: " + Hdf5File.printable(name)
                    + " is neither a column of the trials table nor a time series: expected one of "
                    + String.join(", ", table == null
                            ? List.of()
                            : table.columns().stream()
                                    .filter(DynamicTable.Column::usable).map(DynamicTable.Column::name).toList())
                    + "; " + String.join(", ", file.seriesPaths()));
        }
        NwbSeries series = file.series(name);
        series.requireSamples();
        names.addAll(series.prefixedNames());
        allSeries.add(series);
        channels.add(new Channels(series.channels(), (trial, firstBin, bins, out, offset, stride) -> series
                .fill(NwbSeries.Binning.HELD, trials.start(trial), width, firstBin, bins, out, offset, stride)));
        remarks.add("input " + series.path()
                + ": mean of the samples in a bin, else the last one before it, 0 before the first");
    }

    /** One channel for each value there is in the table, so that a choice of trials does not change them. */
    private void addText(String name, String[] texts) {
        List<String> values = Arrays.stream(texts).distinct().sorted().toList();
        if (values.size() > MAX_VALUES) {
            throw file.hdf().invalid("--inputs: column " + name + " has " + values.size()
                    + " different values, expected at most " + MAX_VALUES);
        }
        values.forEach(value -> names.add(name + "=" + value));
        channels.add(new Channels(values.size(), (trial, firstBin, bins, out, offset, stride) -> {
            int value = values.indexOf(texts[trials.row(trial)]);
            for (int t = 0; t < bins; t++) {
                out[offset + t * stride + value] = 1;
            }
        }));
    }

    private void addNumbers(DynamicTable table, String name, double[] numbers) {
        for (int trial = 0; trial < trials.count(); trial++) {
            int row = trials.row(trial);
            if (!(Math.abs(numbers[row]) <= RecordedBin.MAX_MAGNITUDE)) {
                throw table.invalid("column " + name + " is " + numbers[row] + " in trial " + table.idText(row)
                        + ", expected a number for an input; --only-trials '" + name
                        + " > -1e12' leaves such trials out");
            }
        }
        names.add(name);
        channels.add(new Channels(1, (trial, firstBin, bins, out, offset, stride) -> {
            for (int t = 0; t < bins; t++) {
                out[offset + t * stride] = (float) numbers[trials.row(trial)];
            }
        }));
    }
}
