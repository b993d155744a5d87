package kappa.ingest.rig.lsl;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import kappa.ingest.InvalidInputException;
import org.junit.jupiter.api.Assumptions;

/** Senders for tests, on loopback. Also a program of its own, whose process can be killed. */
@SuppressWarnings("restricted")
public final class TestSender {

    private TestSender() {}

    /**
     * The machine's liblsl, told to stay on loopback and among the processes of this test; the test that asks is skipped where
     * there is none.
     */
    public static Lsl machinesLibrary(String session) {
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
}
