package kappa.fitting.training;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import kappa.fitting.file.NetworkFile;

/** Gradient of a loss with respect to some parts of a network, each laid out as the part is. Not thread-safe. */
public final class NetworkGradient {

    private final Map<Part, float[]> parts = new EnumMap<>(Part.class);

    /** A gradient of zero for the given parts of a network; parts it does not have are an error. */
    public NetworkGradient(NetworkFile.Contents network, Set<Part> trainable) {
        trainable.forEach(part -> parts.put(part, new float[array(network, part).length]));
    }

    /** The array of a part, shared with the network. */
    public static float[] array(NetworkFile.Contents network, Part part) {
        return switch (part) {
            case WI -> network.inputWeights();
            case WO -> network.readout();
            case B -> network.biases();
            case H0 -> network.initialState();
            case M, N, WREC -> switch (network) {
                case NetworkFile.LowRank low when part == Part.M -> low.network().m();
                case NetworkFile.LowRank low when part == Part.N -> low.network().n();
                case NetworkFile.FullRank full when part == Part.WREC -> full.network().wrec();
                case NetworkFile.LowRank _,NetworkFile.FullRank _ -> throw new IllegalArgumentException(
                        part + " is no part of " + network);
            };
        };
    }

    public boolean has(Part part) {
        return parts.containsKey(part);
    }

    /** The array of a part; null if it is not trained. */
    public float[] of(Part part) {
        return parts.get(part);
    }

    public void clear() {
        parts.values().forEach(array -> Arrays.fill(array, 0));
    }

    /** Adds another gradient; the fixed order of such additions is what makes results independent of threads. */
    public void add(NetworkGradient other) {
        parts.forEach((part, sum) -> {
            float[] addend = other.parts.get(part);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += addend[i];
            }
        });
    }
}
