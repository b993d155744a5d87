package kappa.ingest.rig;

import java.util.Arrays;
import kappa.ingest.recording.Observation;

/** What has come so far for a bin that is not over. Reused. */
final class OpenBin {

    /** Samples of some channels in one bin. */
    static final class Samples {
        private final double[] sums;
        private final int[] counts;

        Samples(int channels) {
            sums = new double[channels];
            counts = new int[channels];
        }

        void add(int channel, float value) {
            sums[channel] += value;
            counts[channel]++;
        }

        boolean any(int channel) {
            return counts[channel] > 0;
        }

        float mean(int channel) {
            return (float) (sums[channel] / counts[channel]);
        }

        void clear() {
            Arrays.fill(sums, 0);
            Arrays.fill(counts, 0);
        }
    }

    final int[] counts;
    final Samples activity;
    final Samples inputs;
    final Samples behavior;
    int lost;

    OpenBin(RigLayout layout) {
        boolean spikes = layout.observation() == Observation.COUNTS;
        counts = new int[spikes ? layout.neurons().size() : 0];
        activity = new Samples(spikes ? 0 : layout.neurons().size());
        inputs = new Samples(layout.inputs().size());
        behavior = new Samples(layout.behaviors().size());
    }

    Samples of(BinAssembler.Role role) {
        return switch (role) {
            case ACTIVITY -> activity;
            case INPUT -> inputs;
            case BEHAVIOR -> behavior;
        };
    }

    void clear() {
        Arrays.fill(counts, 0);
        activity.clear();
        inputs.clear();
        behavior.clear();
        lost = 0;
    }
}
