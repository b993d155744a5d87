package kappa.ingest.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;

/** What a connector feeds while it is fuzzed: bins that must be in order, whatever comes in. */
public final class FuzzedRig {

    private final RigStatus status = new RigStatus();
    private final UnitTable units;
    private final BinAssembler bins;
    private long count;
    private RecordedBin last;

    /** @param inputs names of channels that are inputs, and of as many that are behaviour */
    public FuzzedRig(List<String> neurons, List<String> inputs, double ticksPerSecond, boolean trials, Path file) {
        units = UnitTable.begin(neurons, 2, file);
        RigLayout layout = new RigLayout("fuzzed", "a rig", units.names(), inputs, inputs, Observation.COUNTS, 0.02,
                ticksPerSecond, trials, false);
        bins = new BinAssembler(layout, units, status, this::take);
    }

    private void take(RecordedBin bin) {
        assertThat(bin.activity).hasSize(units.names().size());
        for (float input : bin.inputs) {
            assertThat(input).isFinite();
        }
        if (last != null && last.epoch == bin.epoch) {
            assertThat(bin.sample).isGreaterThan(last.sample);
            assertThat(bin.trial).isGreaterThanOrEqualTo(last.trial);
        }
        last = bin;
        count++;
    }

    public RigStatus status() {
        return status;
    }

    public UnitTable units() {
        return units;
    }

    public BinAssembler bins() {
        return bins;
    }

    /** Bins that left so far. */
    public long count() {
        return count;
    }
}
