package kappa.fitting.offline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import kappa.fitting.baseline.Baseline;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.Team;
import kappa.fitting.pipeline.SessionPlan;
import kappa.ingest.SharedCase;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.npz.NpzRecording;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fluorescence in any unit, as a public report of a bad fit had it: the case's files, which its script makes. */
class RawFluorescenceTest {

    @TempDir
    static Path directory;

    private static double mean(List<Double> perTrial) {
        return perTrial.stream().skip(1).mapToDouble(score -> score).average().orElseThrow();
    }

    /**
     * Measured: .922, .835, .929 and .687, where smoothing reaches .911, .828, .923 and .675 and each neuron's own past .912,
     * .812, .919 and .639.
     */
    @ParameterizedTest
    @CsvSource({"raw-F, 0.915", "zscored-F, 0.825", "dff-F, 0.92", "one-unit-huge, 0.675"})
    void shouldPredictAtLeastAsWellAsSmoothingAndEachNeuronsOwnPast(String name, double least)
            throws IOException, InterruptedException {
        Path file = SharedCase.make("12-raw-fluorescence", "numpy", directory).resolve(name + ".npz");
        try (Recording session = NpzRecording.open(file, null);
                BinSource source = session.source()) {
            SessionPlan plan = SessionPlan.of(source.describe(), name, FitSettings.of(2, 1));
            PrequentialFit fit = new PrequentialFit(plan.fit(), KernelProvider.kernels(),
                    new OnlineFitter(plan.fit(), KernelProvider.kernels(), Team.ALONE));
            List<Baseline> simple = Baseline.all(plan.fit()).stream()
                    .filter(baseline -> List.of("smoothed", "ar").contains(baseline.name())).toList();
            List<SessionReader.Follower> all = new ArrayList<>(simple);
            all.add(fit);
            SessionReader.read(source, plan.fit(), all, bins -> {});
            double score = mean(fit.oneStep());
            assertThat(score).isGreaterThan(least);
            for (Baseline baseline : simple) {
                assertThat(score).as(baseline.name()).isGreaterThanOrEqualTo(mean(baseline.perTrial()));
            }
        }
    }
}
