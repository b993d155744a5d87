package kappa.ingest.recording;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;

/**
 * Inputs that let a network know the time within a trial. Where a session's inputs are constant over each trial, say which
 * target was shown, a network without them has nothing that changes: [u, phi_j, u phi_j] replaces u, with Gaussian bumps
 * phi_j over the trial, equally spaced from its first to its last bin, of a standard deviation of 0.6 spacings, the last one
 * held. What the network does with them is a PSTH; kappa keeps what is particular to the trial. For questions about dynamics
 * or for decoding from kappa, leave the basis out.
 *
 * @param bumps number of bumps, 2 to {@value #MAX_BUMPS}
 * @param bins of a trial that the bumps are laid over, at least 2
 */
public record InputBasis(int bumps, int bins) {

    public static final int MAX_BUMPS = 20;
    public static final int DEFAULT_BUMPS = 5;

    private static final double WIDTH = 0.6;

    public InputBasis {
        if (bumps < 2 || bumps > MAX_BUMPS || bins < 2) {
            throw new InvalidInputException("an input basis of " + bumps + " bumps over " + bins
                    + " bins, expected 2 to " + MAX_BUMPS + " bumps over at least 2 bins");
        }
    }

    /** A basis over trials as long as this session's median one. */
    public static InputBasis over(Recording session, int bumps) {
        int[] lengths = IntStream.range(0, session.trials()).map(session::bins).sorted().toArray();
        return new InputBasis(bumps, lengths[lengths.length / 2]);
    }

    /** Whether the session has trials and inputs, and the inputs stay what they are over each trial. */
    public static boolean suits(Recording session) {
        if (!session.hasTrials() || session.inputs() == 0 || session.trials() < 2) {
            return false;
        }
        for (int trial = 0; trial < session.trials(); trial++) {
            float[] u = session.inputs(trial);
            for (int i = session.inputs(); i < u.length; i++) {
                if (u[i] != u[i - session.inputs()]) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Number of inputs in place of {@code channels}. */
    public int inputs(int channels) {
        return channels + bumps + channels * bumps;
    }

    /** The number of channels that {@code inputs} were made from, of which they begin with; all of them if bumps is 0. */
    public static int channels(int inputs, int bumps) {
        return (inputs - bumps) / (1 + bumps);
    }

    /** Names of the inputs in place of {@code channels}. */
    public List<String> names(List<String> channels) {
        List<String> names = new ArrayList<>(channels);
        for (int j = 1; j <= bumps; j++) {
            names.add("bump " + j);
        }
        for (int j = 1; j <= bumps; j++) {
            for (String channel : channels) {
                names.add(channel + " x bump " + j);
            }
        }
        return names;
    }

    /**
     * Writes [u, phi_j, u phi_j] of one bin.
     *
     * @param bin within its trial, from 0
     * @param u {@code channels} numbers from {@code uOffset} on
     * @param out {@code inputs(channels)} numbers from {@code outOffset} on
     */
    public void expand(int bin, float[] u, int uOffset, int channels, float[] out, int outOffset) {
        double spacing = (bins - 1.0) / (bumps - 1);
        System.arraycopy(u, uOffset, out, outOffset, channels);
        for (int j = 0; j < bumps; j++) {
            double distance = (bin - j * spacing) / (WIDTH * spacing);
            boolean held = j == bumps - 1 && distance > 0;
            float phi = held ? 1f : (float) Math.exp(-distance * distance / 2);
            out[outOffset + channels + j] = phi;
            for (int s = 0; s < channels; s++) {
                out[outOffset + channels + bumps + j * channels + s] = phi * u[uOffset + s];
            }
        }
    }
}
