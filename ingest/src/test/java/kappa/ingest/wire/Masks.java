package kappa.ingest.wire;

import com.google.protobuf.ByteString;
import java.util.List;

/** Masks of neurons, as bins carry them. */
public final class Masks {

    private Masks() {}

    /** A mask of so many neurons with the bits of some of them set; empty if there are none. */
    public static ByteString mask(int neurons, List<Integer> marked) {
        if (marked.isEmpty()) {
            return ByteString.EMPTY;
        }
        byte[] bits = new byte[(neurons + 7) / 8];
        marked.forEach(i -> bits[i >> 3] |= (byte) (1 << (i & 7)));
        return ByteString.copyFrom(bits);
    }
}
