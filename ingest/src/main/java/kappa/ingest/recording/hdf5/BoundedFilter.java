package kappa.ingest.recording.hdf5;

import io.jhdf.exceptions.HdfFilterException;
import io.jhdf.filter.BitShuffleFilter;
import io.jhdf.filter.ByteShuffleFilter;
import io.jhdf.filter.Filter;
import io.jhdf.filter.FilterManager;
import io.jhdf.filter.Lz4Filter;
import io.jhdf.filter.LzfFilter;
import java.nio.ByteBuffer;
import java.util.function.ToLongBiFunction;

/**
 * A filter of jHDF's that takes memory, or time, by a number in the file: what a chunk unfolds to, or how large its elements
 * are. Here it must be no more than so many bytes can hold at all. Stateless.
 */
final class BoundedFilter implements Filter {

    /** No compression makes more of one byte; deflate comes closest. */
    static final long MAX_INFLATION = 1032;

    private static final int SMALL = 1 << 16;
    private static final int ELEMENT_SIZE = 0;
    private static final int LZF_LENGTH = 2;
    private static final int SHUFFLE_COMPRESSION = 4;

    private final Filter filter;
    private final long inflation;
    private final ToLongBiFunction<byte[], int[]> claim;

    /**
     * @param inflation bytes that one byte of a chunk can become
     * @param claim how many bytes a chunk claims to hold, by its parameters
     */
    private BoundedFilter(Filter filter, long inflation, ToLongBiFunction<byte[], int[]> claim) {
        this.filter = filter;
        this.inflation = inflation;
        this.claim = claim;
    }

    /** Puts those in place of jHDF's own that go by a length in the file. */
    static void install() {
        FilterManager.addFilter(shuffle());
        FilterManager.addFilter(lzf());
        FilterManager.addFilter(new BoundedFilter(new Lz4Filter(), MAX_INFLATION, (chunk, parameters) -> lz4(chunk)));
        FilterManager.addFilter(new BoundedFilter(new BitShuffleFilter(), MAX_INFLATION,
                (chunk, parameters) -> parameters[SHUFFLE_COMPRESSION] == BitShuffleFilter.LZ4_COMPRESSION
                        ? lz4(chunk)
                        : 0));
    }

    static BoundedFilter shuffle() {
        return new BoundedFilter(new ByteShuffleFilter(), 1, (chunk, parameters) -> parameters[ELEMENT_SIZE]);
    }

    static BoundedFilter lzf() {
        return new BoundedFilter(new LzfFilter(), MAX_INFLATION, (chunk, parameters) -> parameters[LZF_LENGTH]);
    }

    /** The larger of what all of it and what one block takes. */
    private static long lz4(byte[] chunk) {
        ByteBuffer bytes = ByteBuffer.wrap(chunk);
        return Math.max(bytes.getLong(), bytes.getInt());
    }

    @Override
    public int getId() {
        return filter.getId();
    }

    @Override
    public String getName() {
        return filter.getName();
    }

    @Override
    public byte[] decode(byte[] chunk, int[] parameters) {
        long claimed = claim.applyAsLong(chunk, parameters);
        if (claimed < 0 || claimed > inflation * chunk.length + SMALL) {
            throw new HdfFilterException("a chunk of " + chunk.length + " bytes claims to hold " + claimed);
        }
        return filter.decode(chunk, parameters);
    }
}
