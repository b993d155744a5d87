package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The clock of the machine is set while kappa runs. A small library in front of the C library ({@code src/test/c/clock.c}) moves
 * the wall clock of one process; the time since the start goes on, as it does on a real machine.
 */
@ProcessTest
@Tag("soak")
class HostClockJumpTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);

    @TempDir
    private Path directory;

    private Path library;
    private Path moved;
    private Duration offset = Duration.ZERO;

    @BeforeEach
    void compile() throws Exception {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "LD_PRELOAD is of Linux");
        library = directory.resolve("clock.so");
        moved = Files.write(directory.resolve("moved"), new byte[Long.BYTES]);
        Path source = Path.of(System.getProperty("kappa.root"), "dashboards/src/test/c/clock.c");
        Process compiler;
        try {
            compiler = new ProcessBuilder("cc", "-O2", "-shared", "-fPIC", "-o", library.toString(), source.toString())
                    .inheritIO().start();
        } catch (IOException e) {
            assumeTrue(false, "needs a C compiler: " + e.getMessage());
            return;
        }
        assertThat(compiler.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(compiler.exitValue()).isZero();
    }

    private void set(Duration by) throws IOException {
        offset = offset.plus(by);
        // In place: the process has mapped this very file.
        try (var file = new RandomAccessFile(moved.toFile(), "rw")) {
            file.write(
                    ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(offset.toNanos()).array());
        }
    }

    private KappaProcess live() {
        return KappaProcess.startIn(Map.of("LD_PRELOAD", library.toString(), "KAPPA_TEST_CLOCK", moved.toString()),
                directory, "live", "--data", directory.resolve("data").toString(), "--port", "0",
                "--session-id", "clock");
    }

    private static long published(KappaProcess live) {
        return live.err().lines().filter(line -> line.startsWith("published: "))
                .mapToLong(line -> Long.parseLong(line.split(" ")[1])).max().orElse(0);
    }

    private static void shouldGoOn(KappaProcess live) {
        long before = published(live);
        // Two reports of ten seconds each, so that the bins of the second were published after the clock was set.
        live.await("more bins", Cluster.LIMIT, () -> published(live) > before + 600);
    }

    @Test
    void shouldGoOnAndSaySoWhenTheClockIsSetBackOrAheadByAnHour() throws IOException {
        try (KappaProcess live = live()) {
            live.await("the first bins", Cluster.LIMIT, () -> published(live) > 0);
            set(HOUR);
            live.awaitLine("the clock of this machine was set ahead by 3600 s.* Bins and kappa are not affected",
                    Cluster.LIMIT);
            shouldGoOn(live);
            set(HOUR.multipliedBy(-2));
            live.awaitLine("the clock of this machine was set back by 7200 s", Cluster.LIMIT);
            shouldGoOn(live);
            set(DAY.negated());
            live.awaitLine("the clock of this machine was set back by 86400 s", Cluster.LIMIT);
            shouldGoOn(live);
            live.shouldHaveShownNoTrace();
        }
    }

    /** What is on its way at that moment is a day late for Kafka's clients, if something is. */
    @Test
    void shouldGoOnOrNameTheClockWhenItIsSetAheadByADay() throws IOException {
        try (KappaProcess live = live()) {
            live.await("the first bins", Cluster.LIMIT, () -> published(live) > 0);
            set(DAY);
            live.awaitLine("the clock of this machine was set ahead by 86400 s", Cluster.LIMIT);
            String last;
            try {
                shouldGoOn(live);
                last = "";
            } catch (AssertionError e) {
                last = live.awaitLastLine(Cluster.LIMIT);
            }
            System.err.println("HostClockJumpTest: after a day: " + (last.isEmpty() ? "went on" : last));
            if (!last.isEmpty()) {
                assertThat(last).startsWith("kappa: ").contains("the clock of this machine was set ahead by 86400 s",
                        "Keep the clock in step with NTP", "The same command then continues");
            }
            live.shouldHaveShownNoTrace();
        }
    }
}
