package kappa.ingest.recording.xdf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.RecordedBin;

/**
 * Bins of a file that can be looked up: in memory if they are few, else in a temporary file that goes when this is closed.
 * First all are added, by one thread; from {@link #finish} on any thread may read them.
 */
final class BinStore implements AutoCloseable {

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    /** Rig time, epoch, lost messages and phase. */
    private static final int HEAD_BYTES = Long.BYTES + 3 * Integer.BYTES;
    private static final int EPOCH = Long.BYTES;
    private static final int LOST = EPOCH + Integer.BYTES;
    private static final int PHASE = LOST + Integer.BYTES;

    private static final int BLOCK = 1 << 20;

    private final Path recording;
    private final int neurons;
    private final int inputs;
    private final int behaviors;
    private final int rowBytes;
    private final long inMemory;
    private final long most;
    private final ByteBuffer row;
    private final Arena mapping = Arena.ofShared();
    private ByteArrayOutputStream memory = new ByteArrayOutputStream();
    private FileChannel file;
    private ByteBuffer block;
    private MemorySegment rows;
    private long count;

    /**
     * @param recording what the bins are made of, for messages
     * @param inMemory bytes up to which they are kept in memory
     * @param most bytes that they may take at all
     */
    BinStore(Path recording, int neurons, int inputs, int behaviors, long inMemory, long most) {
        this.recording = recording;
        this.neurons = neurons;
        this.inputs = inputs;
        this.behaviors = behaviors;
        this.inMemory = inMemory;
        this.most = most;
        rowBytes = Math.addExact(HEAD_BYTES,
                Math.multiplyExact(Float.BYTES, Math.addExact(Math.addExact(neurons, inputs), behaviors)));
        row = ByteBuffer.allocate(rowBytes).order(ByteOrder.nativeOrder());
    }

    /** @throws InvalidInputException if there are too many, or they find no room */
    void add(RecordedBin bin) {
        if (++count > most / rowBytes) {
            throw new InvalidInputException(recording + ": its streams make more than " + (most / rowBytes)
                    + " bins of "
                    + neurons
                    + " neurons, far more than the file holds samples; expected fewer, or a larger --bin-width");
        }
        row.clear().putLong(bin.rigTimeNs).putInt(bin.epoch).putInt(bin.lost).putInt(bin.phase);
        put(bin.activity);
        put(bin.inputs);
        put(bin.behavior);
        try {
            if (memory != null && count * rowBytes > inMemory) {
                spill();
            }
            if (memory != null) {
                memory.write(row.array(), 0, rowBytes);
            } else {
                if (block.remaining() < rowBytes) {
                    flush();
                }
                block.put(row.array());
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void put(float[] values) {
        for (float value : values) {
            row.putFloat(value);
        }
    }

    private void spill() throws IOException {
        Path path = Files.createTempFile("kappa-bins", ".tmp");
        file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
        block = ByteBuffer.allocate(Math.max(BLOCK, rowBytes));
        ByteBuffer before = ByteBuffer.wrap(memory.toByteArray());
        while (before.hasRemaining()) {
            file.write(before);
        }
        memory = null;
    }

    private void flush() throws IOException {
        block.flip();
        while (block.hasRemaining()) {
            file.write(block);
        }
        block.clear();
    }

    private InvalidInputException failed(IOException e) {
        return new InvalidInputException(recording + ": its bins cannot be kept in "
                + System.getProperty("java.io.tmpdir") + " (" + e + "); expected room for " + ((count * rowBytes) >> 20)
                + " MiB or more, or another directory in -Djava.io.tmpdir", e);
    }

    /** All bins are there. */
    void finish() {
        try {
            if (memory != null) {
                rows = MemorySegment.ofArray(memory.toByteArray());
                memory = null;
            } else {
                flush();
                block = null;
                rows = file.map(FileChannel.MapMode.READ_ONLY, 0, count * rowBytes, mapping);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Number of bins. */
    long count() {
        return count;
    }

    /** Writes a bin's epoch, losses and phase. */
    void mark(long index, RecordedBin bin) {
        long at = index * rowBytes;
        bin.epoch = rows.get(INT, at + EPOCH);
        bin.lost = rows.get(INT, at + LOST);
        bin.phase = rows.get(INT, at + PHASE);
    }

    long rigTimeNs(long index) {
        return rows.get(LONG, index * rowBytes);
    }

    /** Activity [bins, N]. */
    float[] activity(long first, int bins) {
        return columns(first, bins, 0, neurons);
    }

    /** Inputs [bins, S]. */
    float[] inputs(long first, int bins) {
        return columns(first, bins, neurons, inputs);
    }

    /** Behaviour [bins, channels]. */
    float[] behavior(long first, int bins) {
        return columns(first, bins, neurons + inputs, behaviors);
    }

    private float[] columns(long first, int bins, int offset, int width) {
        float[] out = new float[Math.multiplyExact(bins, width)];
        for (int t = 0; t < bins; t++) {
            MemorySegment.copy(rows, FLOAT, (first + t) * rowBytes + HEAD_BYTES + (long) Float.BYTES * offset, out,
                    t * width, width);
        }
        return out;
    }

    @Override
    public void close() {
        if (mapping.scope().isAlive()) {
            mapping.close();
        }
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw failed(e);
            }
        }
    }
}
