package kappa.dashboards.web;

import static kappa.dashboards.web.Folded.fold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import kappa.ingest.session.SessionState;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.SessionHeader;
import org.junit.jupiter.api.Test;

/** Trials of 30 bins of 50 ms: a cue of +1 or -1 is on from bin 10 to 19, the phase "go" begins at bin 20. */
class PeriEventsTest {

    private static final int BINS = 30;
    private static final int TRIALS = 8;

    private final LiveView view = new LiveView(new SimpleMeterRegistry(), System::nanoTime, System::nanoTime);

    private SessionState session(boolean trials, int silencedTrial) {
        fold(view, SessionHeader.newBuilder().setSchemaVersion(1).setSession("s").setBinWidthS(0.05).addNeurons("a")
                .addNeurons("b").addInputChannels("cue").addPhases("wait").addPhases("go").setTrials(trials)
                .setObservation(Observation.COUNTS).setFit(FitSettings.newBuilder().setRank(1)).build());
        for (int bin = 0; bin < TRIALS * BINS; bin++) {
            int trial = trials ? bin / BINS : 0;
            int t = bin % BINS;
            int run = bin / BINS;
            float cue = (t >= 10 && t < 20 ? 1 : 0) * sign(run) * (1 + 0.1f * run);
            boolean silent = run == silencedTrial;
            fold(view,
                    Activity.newBuilder().setSchemaVersion(1).setSession("s").setFirstBin(bin).addBins(Bin.newBuilder()
                            .setRigTimeNs((bin + 1) * 50_000_000L).addCounts(t < 10 ? 0 : 2).addCounts(4).addInputs(cue)
                            .setTrial(trial).setPhase(t < 20 ? 1 : 2)).build(),
                    0);
            // Kappa is the number of bins since the cue began, with the cue's sign.
            fold(view, Latents.newBuilder().setSchemaVersion(1).setSession("s").setFirstBin(bin)
                    .addBins(LatentBin.newBuilder()
                            .addKappa(silent ? 1_000 : sign(run) * Math.max(0, t - 9)).addCovariance(1).addV(0)
                            .addInputs(cue)
                            .setRigTimeNs((bin + 1) * 50_000_000L).setTrial(trial).setTrialStart(t == 0)
                            .setPhase(t < 20 ? 1 : 2)
                            .setSilenced(silent ? ByteString.copyFrom(new byte[]{1}) : ByteString.EMPTY))
                    .build());
        }
        return view.session("s").state();
    }

    private static int sign(int trial) {
        return trial % 2 == 0 ? 1 : -1;
    }

    @Test
    void shouldAverageEachConditionAroundAnInput() {
        PeriEvents events = PeriEvents.of(session(true, -1), "input cue", "a", new int[]{0});
        assertThat(events.events()).containsExactly("trial", "phase wait", "phase go", "input cue");
        assertThat(events.event()).isEqualTo("input cue");
        assertThat(events.from()).as("half a second before").isEqualTo(-10);
        assertThat(events.conditions()).extracting(PeriEvents.Condition::name).hasSize(2)
                .allMatch(n -> n.contains("cue"));
        // The last trial goes on.
        assertThat(events.trials()).isEqualTo(TRIALS - 1);
        PeriEvents.Condition up = events.conditions().stream().filter(c -> c.name().endsWith("+")).findFirst()
                .orElseThrow();
        PeriEvents.Condition down = events.conditions().stream().filter(c -> !c.name().endsWith("+")).findFirst()
                .orElseThrow();
        assertThat(up.trials() + down.trials()).isEqualTo(TRIALS - 1);
        float[] kappa = up.kappa().getFirst();
        assertThat(kappa[10]).as("the cue's first bin").isEqualTo(1);
        assertThat(kappa[14]).isEqualTo(5);
        assertThat(down.kappa().getFirst()[14]).isEqualTo(-5);
        assertThat(up.rate()[9]).isZero();
        assertThat(up.rate()[10]).isEqualTo(2);
        assertThat(kappa[10 + 20]).as("after the trial's end").isNaN();
        assertThat(kappa[10 + 19]).as("its last bin").isEqualTo(20);
    }

    @Test
    void shouldAlignToAPhaseAndAverageOverAPopulation() {
        PeriEvents events = PeriEvents.of(session(true, -1), "phase go", "both", new int[]{0, 1});
        assertThat(events.conditions()).allSatisfy(condition -> {
            assertThat(Math.abs(condition.kappa().getFirst()[10])).as("ten bins after the cue").isEqualTo(11);
            assertThat(condition.rate()[10]).isEqualTo(3);
        });
    }

    @Test
    void shouldLeaveOutTrialsWithSilencedNeurons() {
        PeriEvents events = PeriEvents.of(session(true, 2), "trial", "a", new int[]{0});
        assertThat(events.leftOut()).isOne();
        assertThat(events.trials()).isEqualTo(TRIALS - 2);
        assertThat(events.conditions()).allSatisfy(condition -> assertThat(condition.kappa().getFirst()[10])
                .as("not the 1000 of the silenced trial").isCloseTo(0, within(1e-6f)));
    }

    @Test
    void shouldHaveNothingToAlignToInASessionWithoutTrials() {
        PeriEvents events = PeriEvents.of(session(false, -1), "trial", "a", new int[]{0});
        assertThat(events.events()).isEmpty();
        assertThat(events.conditions()).isEmpty();
    }

    @Test
    void shouldTakeTheTrialsStartForAnEventThatDoesNotExist() {
        assertThat(PeriEvents.of(session(true, -1), "input nobody", "a", new int[]{0}).event()).isEqualTo("trial");
    }

    @Test
    void shouldDrawARowOfDigitsForEachNeuron() {
        RasterPart raster = RasterPart.of(session(true, -1));
        assertThat(raster.ids()).containsExactly("a", "b");
        assertThat(raster.rows()).allMatch(row -> row.length() == 100);
        assertThat(raster.first()).isEqualTo(TRIALS * BINS - 100);
        assertThat(raster.rows().get(1)).containsOnlyDigits().matches("4+");
        assertThat(raster.rows().get(0)).contains("0000000000" + "2".repeat(20));
    }
}
