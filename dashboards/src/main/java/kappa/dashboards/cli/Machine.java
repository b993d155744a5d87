package kappa.dashboards.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A description of this machine, for measured figures. */
final class Machine {

    private static final Path CPUS = Path.of("/proc/cpuinfo");
    private static final String MODEL = "model name";

    private Machine() {}

    /** The model of the processor (on Linux), number of processors, operating system and Java version. */
    static String describe() {
        return model() + Runtime.getRuntime().availableProcessors() + " processors, " + System.getProperty("os.arch")
                + ", " + System.getProperty("os.name") + ", Java " + Runtime.version();
    }

    private static String model() {
        if (!Files.isReadable(CPUS)) {
            return "";
        }
        try (Stream<String> lines = Files.lines(CPUS, StandardCharsets.UTF_8)) {
            return lines.filter(line -> line.startsWith(MODEL)).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip() + ", ").orElse("");
        } catch (IOException e) {
            // Elsewhere it is not said either.
            return "";
        }
    }
}
