package kappa.ingest.rig.lsl;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import kappa.ingest.InvalidInputException;
import org.junit.jupiter.api.Assumptions;

/**
 * A sender, through the same liblsl that the connector reads with. Also a program of its own, whose process can be killed.
 *
 * <p>Not thread-safe.
 */
@SuppressWarnings("restricted")
final class LslOutlet implements AutoCloseable {

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
     * The machine's liblsl, told to stay on loopback and among the processes of this test; the test that asks is skipped where
     * there is none.
     */
    static Lsl machinesLibrary(String session) {
        try {
            Path settings = Files.createTempFile("lsl", ".cfg");
            Files.writeString(settings, """
                    [multicast]
                    ResolveScope = machine
                    [lab]
                    KnownPeers = {127.0.0.1}
                    SessionID = %s
                    [log]
                    level = -3
                    """.formatted(session));
            settings.toFile().deleteOnExit();
            // liblsl reads it when it is first used; Java cannot change its own environment.
            Linker linker = Linker.nativeLinker();
            MethodHandle setenv = linker.downcallHandle(linker.defaultLookup().find("setenv").orElseThrow(),
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
            try (Arena local = Arena.ofConfined()) {
                int done = (int) setenv.invokeExact(local.allocateFrom("LSLAPICFG"),
                        local.allocateFrom(settings.toString()), 1);
                Assumptions.assumeTrue(done == 0, "LSLAPICFG cannot be set");
            }
            String path = System.getProperty("kappa.lsl", "");
            return Lsl.load(path.isEmpty() ? null : path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InvalidInputException e) {
            Assumptions.abort("no liblsl on this machine: " + e.getMessage());
            throw e;
        } catch (Throwable e) {
            throw Lsl.failed("setenv", e);
        }
    }

    LslOutlet(Lsl lsl, String name, String type, double rate, Lsl.Format format, String sourceId, List<String> labels) {
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

    boolean waitForReader(double seconds) {
        try {
            return (int) consumers.invokeExact(outlet, seconds) != 0;
        } catch (Throwable e) {
            throw Lsl.failed("lsl_wait_for_consumers", e);
        }
    }

    void push(double stamp, double... values) {
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

    void push(double stamp, String marker) {
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

    /** Of the k-th millisecond of LSL's clock: what the program below sends in it, the same whenever it was started. */
    static int value(long k, int channel) {
        long z = (k * 8 + channel) * 0x9e3779b97f4a7c15L;
        return (int) (((z ^ (z >>> 29)) * 0xbf58476d1ce4e5b9L) >>> 40) % 1000;
    }

    /** Whether unit {@code unit} of four fires in it. */
    static boolean fires(long k, int unit) {
        return value(k, unit) % 37 == 0;
    }

    /** Sends a regular stream "{@code grid}" and spikes "{@code fired}" until it is killed. */
    public static void main(String[] arguments) {
        Lsl lsl = machinesLibrary(arguments[0]);
        try (LslOutlet grid = new LslOutlet(lsl, "grid", "LFP", 1000, Lsl.Format.FLOAT32, "grid-1", List.of("a", "b"));
                LslOutlet fired = new LslOutlet(lsl, "fired", "", 0, Lsl.Format.INT32, "", List.of("unit"))) {
            for (long k = (long) (lsl.localClock() * 1000);;) {
                long now = (long) (lsl.localClock() * 1000);
                for (; k <= now; k++) {
                    grid.push(k / 1000.0, value(k, 0), value(k, 1));
                    for (int unit = 0; unit < 4; unit++) {
                        if (fires(k, unit)) {
                            fired.push(k / 1000.0, unit);
                        }
                    }
                }
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    double now() {
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
