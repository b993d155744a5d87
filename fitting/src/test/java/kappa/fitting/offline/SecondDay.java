package kappa.fitting.offline;

import java.util.List;
import java.util.stream.IntStream;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;

/** Some neurons of a source in another order, each with a name of its own: what another day's electrodes see. */
record SecondDay(BinSource source, int[] neurons, RecordedBin whole) implements BinSource {

    static SecondDay of(BinSource source, int... neurons) {
        return new SecondDay(source, neurons, source.describe().newBin());
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public RecordingDescription describe() {
        RecordingDescription all = source.describe();
        List<String> names = IntStream.of(neurons).mapToObj(i -> "unit " + i).toList();
        return new RecordingDescription(names, all.binWidthSeconds(), all.inputs(), all.behaviors(),
                all.observation(), all.trials(), all.phases(), all.origin(), all.inputBasis());
    }

    @Override
    public long bins() {
        return source.bins();
    }

    @Override
    public boolean next(RecordedBin bin) {
        if (!source.next(whole)) {
            return false;
        }
        for (int i = 0; i < neurons.length; i++) {
            bin.activity[i] = whole.activity[neurons[i]];
        }
        System.arraycopy(whole.inputs, 0, bin.inputs, 0, bin.inputs.length);
        System.arraycopy(whole.behavior, 0, bin.behavior, 0, bin.behavior.length);
        bin.rigTimeNs = whole.rigTimeNs;
        bin.trial = whole.trial;
        bin.trialEnd = whole.trialEnd;
        bin.phase = whole.phase;
        return true;
    }

    @Override
    public void skip(long bins) {
        source.skip(bins);
    }
}
