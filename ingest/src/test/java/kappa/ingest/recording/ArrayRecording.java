package kappa.ingest.recording;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A recording in memory: trials of equal length, without inputs. */
final class ArrayRecording implements Recording {

    private final float[][] trials; // [bins, neurons] each
    private final RecordingDescription description;
    private final boolean binsFirst;
    private final long stepNs;

    private ArrayRecording(float[][] trials, RecordingDescription description, boolean binsFirst, long stepNs) {
        this.trials = trials;
        this.description = description;
        this.binsFirst = binsFirst;
        this.stepNs = stepNs;
    }

    /** @param y [trials][bins, neurons] */
    static ArrayRecording of(Observation observation, int neurons, double binWidth, float[]... y) {
        List<String> names = IntStream.range(0, neurons).mapToObj(i -> "n" + i).toList();
        return new ArrayRecording(y, new RecordingDescription(names, binWidth, List.of(), List.of(), observation,
                y.length > 1, List.of(), "in memory", Optional.empty()), true, Math.round(binWidth * 1e9));
    }

    /** The same, with nothing that confirms which axis is which. */
    ArrayRecording perhapsTurnedRound() {
        return new ArrayRecording(trials, description, false, stepNs);
    }

    /** The same, with another time from bin to bin than the bin width. */
    ArrayRecording withSteps(long ns) {
        return new ArrayRecording(trials, description, binsFirst, ns);
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public RecordingDescription describe() {
        return description;
    }

    @Override
    public int trials() {
        return trials.length;
    }

    @Override
    public int bins(int trial) {
        return trials[trial].length / neurons();
    }

    @Override
    public String observationChoice() {
        return "";
    }

    @Override
    public boolean binsFirst() {
        return binsFirst;
    }

    @Override
    public long rigTimeNs(int trial, int bin, long sessionBin) {
        return (sessionBin + 1) * stepNs;
    }

    @Override
    public float[] activity(int trial, int firstBin, int bins) {
        return Arrays.copyOfRange(trials[trial], firstBin * neurons(), (firstBin + bins) * neurons());
    }

    @Override
    public float[] inputs(int trial, int firstBin, int bins) {
        return new float[0];
    }

    @Override
    public Optional<float[]> behavior(int trial, int firstBin, int bins) {
        return Optional.empty();
    }
}
