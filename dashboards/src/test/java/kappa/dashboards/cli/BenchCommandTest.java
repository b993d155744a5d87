package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** That every figure is there and could be true; how fast the machine is, is not a test's to judge. */
@Isolated("it measures")
class BenchCommandTest {

    private static String ran(String... arguments) {
        Ran ran = Ran.run(arguments);
        assertThat(ran.code()).as(ran.err()).isZero();
        return ran.out();
    }

    @Test
    void shouldTellEveryFigureAsJson() throws IOException {
        String out = ran("bench", "--quick", "--threads", "2", "--seconds", "1", "--warm-up", "0", "--neurons", "64",
                "--rank", "2", "--json");
        assertThat(out).hasLineCount(1);
        JsonNode figures = new ObjectMapper().readTree(out);
        assertThat(figures.get("machine").asText()).contains("processors", "Java");

        assertThat(figures.get("load").isNumber()).isTrue();

        JsonNode limits = figures.get("machine_limits");
        assertThat(limits).hasSize(2);
        for (JsonNode limit : limits) {
            shouldBePositive(limit, "threads", "lanes", "fma_gflops", "phi_ns", "square_root_and_division_ns",
                    "library_tanh_ns");
            limit.get("read").forEach(read -> shouldBePositive(read, "bytes_per_thread", "gb_per_second"));
        }

        JsonNode bptt = figures.get("bptt");
        assertThat(bptt).as("the four published sizes, on one thread and on two").hasSize(8);
        for (JsonNode row : bptt) {
            shouldBePositive(row, "n", "k", "s", "t", "b", "threads", "ms", "floor_ms", "roofline_ratio", "gflops",
                    "ns_per_neuron_step", "ms_min", "ms_cpu", "ms_cpu_min");
            if (row.get("settled").asBoolean()) {
                assertThat(row.get("bytes_allocated").asDouble()).as("the kernels allocate nothing").isLessThan(4096);
                assertThat(row.get("roofline_ratio").asDouble()).as("nothing is faster than the least time: %s", row)
                        .isGreaterThan(0.8);
            }
        }

        figures.get("filter").forEach(row -> shouldBePositive(row, "n", "k", "s", "us"));
        figures.get("matrix").forEach(row -> shouldBePositive(row, "rows", "n", "ms", "gflops", "fraction_of_peak"));
        figures.get("optimiser").forEach(row -> shouldBePositive(row, "parameters", "ns_per_parameter", "floor_ns"));
        shouldBePositive(figures.get("replay"), "bins_per_second_filter", "bins_per_second_learning");
        for (String path : List.of("kappa", "echo")) {
            shouldBePositive(figures.get("latency").get(path), "p50", "p99", "count");
        }
    }

    @Test
    void shouldShowTablesOfWhatWasAskedFor() {
        assertThat(ran("bench", "--quick", "--threads", "1", "--only", "optimiser"))
                .contains("processors", "FMA GFLOP/s", "ns a parameter")
                .doesNotContain("us a bin").doesNotContain("replay").doesNotContain("latency");
    }

    private static void shouldBePositive(JsonNode object, String... names) {
        for (String name : names) {
            assertThat(object.get(name)).as(name).isNotNull();
            assertThat(object.get(name).asDouble()).as(name).isPositive();
        }
    }
}
