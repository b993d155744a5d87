package kappa.ingest.rig.lsl;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * A sender of the Lab Streaming Layer: a stream of numbers or texts that others on the network can find and read.
 *
 * <p>Not thread-safe.
 */
public final class LslOutlet implements AutoCloseable {

    private static final int UNLIMITED = 3600;

    private final MethodHandle pushNumbers;
    private final MethodHandle pushText;
    private final MethodHandle destroy;
    private final MethodHandle consumers;
    private final Lsl lsl;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment outlet;
    private final MemorySegment row;
    private final MemorySegment texts = arena.allocate(ADDRESS);

    /**
     * Opens the stream.
     *
     * @param rate nominal samples in a second, 0 for an irregular stream
     * @param sourceId tells it from others of its name; readers find it again by it
     * @param labels of its channels, which are as many
     */
    public LslOutlet(Lsl lsl, String name, String type, double rate, Lsl.Format format, String sourceId,
            List<String> labels) {
        this.lsl = lsl;
        boolean text = format == Lsl.Format.STRING;
        row = arena.allocate(JAVA_DOUBLE, labels.size());
        pushNumbers = lsl.function("lsl_push_sample_dtp", JAVA_INT, ADDRESS, ADDRESS, JAVA_DOUBLE, JAVA_INT);
        pushText = lsl.function("lsl_push_sample_strtp", JAVA_INT, ADDRESS, ADDRESS, JAVA_DOUBLE, JAVA_INT);
        destroy = lsl.function("lsl_destroy_outlet", null, ADDRESS);
        consumers = lsl.function("lsl_wait_for_consumers", JAVA_INT, ADDRESS, JAVA_DOUBLE);
        try {
            MemorySegment info = (MemorySegment) lsl
                    .function("lsl_create_streaminfo", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_DOUBLE, JAVA_INT,
                            ADDRESS)
                    .invokeExact(arena.allocateFrom(name), arena.allocateFrom(type), labels.size(), rate,
                            List.of(Lsl.Format.values()).indexOf(format),
                            arena.allocateFrom(sourceId));
            MethodHandle child = lsl.function("lsl_append_child", ADDRESS, ADDRESS, ADDRESS);
            MethodHandle value = lsl.function("lsl_append_child_value", ADDRESS, ADDRESS, ADDRESS, ADDRESS);
            MemorySegment description = (MemorySegment) lsl.function("lsl_get_desc", ADDRESS, ADDRESS)
                    .invokeExact(info);
            MemorySegment channels = (MemorySegment) child.invokeExact(description, arena.allocateFrom("channels"));
            for (String label : text ? List.<String>of() : labels) {
                MemorySegment channel = (MemorySegment) child.invokeExact(channels, arena.allocateFrom("channel"));
                MemorySegment unused = (MemorySegment) value.invokeExact(channel, arena.allocateFrom("label"),
                        arena.allocateFrom(label));
            }
            outlet = (MemorySegment) lsl.function("lsl_create_outlet", ADDRESS, ADDRESS, JAVA_INT, JAVA_INT)
                    .invokeExact(info, 0, UNLIMITED);
        } catch (Throwable e) {
            throw Lsl.failed("lsl_create_outlet", e);
        }
    }

    /** Whether somebody reads it, or begins to within so many seconds. */
    public boolean waitForReader(double seconds) {
        try {
            return (int) consumers.invokeExact(outlet, seconds) != 0;
        } catch (Throwable e) {
            throw Lsl.failed("lsl_wait_for_consumers", e);
        }
    }

    /** @param stamp seconds of LSL's clock */
    public void push(double stamp, double... values) {
        try {
            MemorySegment.copy(values, 0, row, JAVA_DOUBLE, 0, values.length);
            int error = (int) pushNumbers.invokeExact(outlet, row, stamp, 1);
            if (error != 0) {
                throw new IllegalStateException("error " + error);
            }
        } catch (Throwable e) {
            throw Lsl.failed("lsl_push_sample", e);
        }
    }

    /** @param stamp seconds of LSL's clock */
    public void push(double stamp, String marker) {
        try (Arena local = Arena.ofConfined()) {
            texts.set(ADDRESS, 0, local.allocateFrom(marker));
            int error = (int) pushText.invokeExact(outlet, texts, stamp, 1);
            if (error != 0) {
                throw new IllegalStateException("error " + error);
            }
        } catch (Throwable e) {
            throw Lsl.failed("lsl_push_sample", e);
        }
    }

    /** LSL's clock. */
    public double now() {
        return lsl.localClock();
    }

    @Override
    public void close() {
        try {
            destroy.invokeExact(outlet);
        } catch (Throwable e) {
            throw Lsl.failed("lsl_destroy_outlet", e);
        } finally {
            arena.close();
        }
    }
}
