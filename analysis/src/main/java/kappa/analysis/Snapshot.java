package kappa.analysis;

import java.util.Arrays;
import java.util.List;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.InputBasis;

/**
 * A fitted network as the analyses need it.
 *
 * @param id which snapshot of which session it is
 * @param last whether the session is over and this is its last snapshot
 * @param network of the recorded neurons and, after them, the hidden ones
 * @param inputChannels S names
 * @param bumps of the {@link InputBasis} that the inputs were made with; 0 without one
 * @param hiddenNeurons the last of the network's, which nobody recorded
 * @param kappaStd [K] running RMS of kappa; empty if unknown
 * @param start [K] kappa before a trial's first bin
 */
public record Snapshot(Id id, boolean last, LowRankNetwork network, List<String> inputChannels, int bumps,
        int hiddenNeurons, double[] kappaStd, double[] start) {

    /**
     * What a result is a result of.
     *
     * @param binsLearned bins before this index were learned from
     */
    public record Id(String session, long version, long binsLearned) {}

    /** A network on its own, which no session has fitted: no statistics of kappa, so that portraits reach four units. */
    public static Snapshot of(LowRankNetwork network, List<String> inputChannels) {
        double[] ones = new double[network.rank()];
        Arrays.fill(ones, 1);
        return new Snapshot(new Id("file", 1, 0), true, network, inputChannels,
                network.basis().map(InputBasis::bumps).orElse(0), 0, ones, new double[network.rank()]);
    }

    /** @throws IllegalArgumentException if there is not one name for each input */
    public Snapshot {
        if (inputChannels.size() != network.inputs()) {
            throw new IllegalArgumentException("input_channels has " + inputChannels.size()
                    + " names, expected one for each of " + network.inputs() + " inputs");
        }
        inputChannels = List.copyOf(inputChannels);
    }

    /** The session's own input channels: those that were not made of others. The network's inputs begin with them. */
    public List<String> sessionChannels() {
        return inputChannels.subList(0, InputBasis.channels(inputChannels.size(), bumps));
    }

    /** N without the hidden neurons. */
    public int recordedNeurons() {
        return network.neurons() - hiddenNeurons;
    }
}
