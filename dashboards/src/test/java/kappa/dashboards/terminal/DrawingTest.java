package kappa.dashboards.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import com.google.protobuf.Message;
import java.util.List;
import kappa.ingest.log.Topics;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.TopicRecord;
import kappa.ingest.wire.BinClock;
import kappa.ingest.wire.FitQuality;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.SessionHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code watch} shows of bins that are given. */
class DrawingTest {

    private static final double SECONDS = 10;

    private long unixNs;
    private SessionState state;

    private WatchedSession session(int rank) {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession("mouse-7")
                .setBinWidthS(0.02).setTrials(true).addPhases("delay").setObservation(Observation.COUNTS)
                .setFit(FitSettings.newBuilder().setRank(rank));
        for (int i = 0; i < Math.max(2, rank); i++) {
            header.addNeurons("n" + i);
        }
        state = new SessionState(header.build(),
                WatchedSession.history(SessionDescription.of(header.build()), SECONDS));
        return watched();
    }

    private WatchedSession watched() {
        return new WatchedSession(state, SECONDS, unixNs);
    }

    private void fold(String topic, Message message) {
        assertThat(state.fold(new TopicRecord(topic, 0, 0, unixNs, "mouse-7".getBytes(UTF_8), message.toByteArray())))
                .isEmpty();
    }

    private static LatentBin.Builder bin(int rank, double kappa) {
        LatentBin.Builder bin = LatentBin.newBuilder().setPhase(1).setTrial(3);
        for (int k = 0; k < rank; k++) {
            bin.addKappa((float) kappa);
            for (int j = 0; j <= k; j++) {
                bin.addCovariance(j == k ? 0.25f : 0.1f);
            }
        }
        return bin;
    }

    private void fold(long index, LatentBin.Builder bin) {
        unixNs = 1_000_000_000L * 1_000 + index * 20_000_000L;
        fold(Topics.LATENTS, Latents.newBuilder().setSchemaVersion(1).setSession("mouse-7").setFirstBin(index)
                .addBins(bin).setModelVersion(5).setActivityUnixNs(unixNs).setPublishedUnixNs(unixNs).build());
    }

    private WatchedSession wave(int rank, int bins) {
        session(rank);
        for (int t = 0; t < bins; t++) {
            fold(t, bin(rank, Math.sin(t / 20.0)).setTrialStart(t % 100 == 0));
        }
        return watched();
    }

    @Test
    void shouldNotLetANameControlTheTerminal() {
        String evil = "delay\u001b]0;owned\u0007\u009b31m\u202e";
        SessionHeader header = SessionHeader.newBuilder().setSchemaVersion(1).setSession("mouse-7").setBinWidthS(0.02)
                .setTrials(true).addPhases(evil).setObservation(Observation.COUNTS).addNeurons("a").addNeurons("b")
                .setFit(FitSettings.newBuilder().setRank(1)).build();
        state = new SessionState(header, WatchedSession.history(SessionDescription.of(header), SECONDS));
        fold(0, bin(1, 1));
        List<String> drawn = new Drawing(200, 20, false, true).of(watched(), List.of(evil));
        assertThat(drawn).anySatisfy(line -> assertThat(line).contains("phase delay ]0;owned  31m"))
                .anySatisfy(line -> assertThat(line).startsWith("also: delay ]0;owned  31m"))
                .noneMatch(line -> line.matches(".*[\\u0000-\\u001f\\u007f-\\u009f\\u202e].*"));
        assertThat(Drawing.line(watched())).contains("phase delay ]0;owned  31m").doesNotContain("\u001b");
    }

    @Test
    void shouldShowTheFirstWarningsInTheWidthThatThereIs() {
        SessionHeader header = SessionHeader.newBuilder().setSchemaVersion(1).setSession("mouse-7").setBinWidthS(0.02)
                .setTrials(true).setObservation(Observation.COUNTS).addNeurons("a").addNeurons("b")
                .setFit(FitSettings.newBuilder().setRank(1)).addWarnings("first\u001b " + "x".repeat(200))
                .addWarnings("second").addWarnings("third").build();
        state = new SessionState(header, WatchedSession.history(SessionDescription.of(header), SECONDS));
        fold(0, bin(1, 1));
        assertThat(new Drawing(100, 20, false, true).of(watched(), List.of()))
                .anyMatch(line -> line.startsWith("! first  xxx") && line.length() == 100).contains("! second")
                .noneMatch(line -> line.contains("third"));
        assertThat(watched().figures()).extractingByKey("warnings").asInstanceOf(list(String.class)).hasSize(3);
    }

    @Test
    void shouldShowANumberAndAPictureOfEachKappaAndWhereTrialsBegin() {
        wave(2, 1_000);
        fold(Topics.MODELS, ModelSnapshot.newBuilder().setSchemaVersion(1).setSession("mouse-7").setVersion(5)
                .setNeurons(1).setRank(1).addM(1).addN(1).addB(0).addGain(1)
                .setQuality(FitQuality.newBuilder().setUnit("bits/spike").addOneStep(0).addOneStep(0.5)).build());
        List<String> lines = new Drawing(100, 20, false, true).of(watched(), List.of("mouse-8"));
        assertThat(lines).hasSizeLessThan(20).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
        assertThat(String.join("\n", lines)).contains("mouse-7  bin 999  trial 3  phase delay  model 5",
                "0.250 bits/spike", "κ1 -0.310 ± 0.500", "κ2", "missing 0", "gaps 0", "lost 0", "also: mouse-8");
        // 160 columns of 4 bins, from bin 360 on, in which six trials begin.
        assertThat(lines.stream().filter(line -> line.isBlank() || line.contains("|")).findFirst().orElseThrow()
                .chars().filter(c -> c == '|').count()).isEqualTo(6);
        assertThat(lines).anySatisfy(line -> assertThat(line.chars()).anyMatch(c -> c > 0x2800 && c <= 0x28ff));
    }

    @Test
    void shouldLeaveGapsEmptyAndMarkWhatWasLost() {
        wave(1, 700);
        fold(900, bin(1, 0).setClock(BinClock.newBuilder().setEpoch(0)));
        fold(901, bin(1, 0).setClock(BinClock.newBuilder().setEpoch(0).setLost(7)));
        fold(902, bin(1, 0).setClock(BinClock.newBuilder().setEpoch(1)));
        assertThat(watched().figures()).containsEntry("bins_missing", 200L).containsEntry("gaps", 1L)
                .containsEntry("messages_lost", 7L).containsEntry("bins_with_losses", 1L).containsEntry("epoch", 1L);
        assertThat(watched().kappa(800, 0)).isNaN();
        List<String> lines = new Drawing(120, 5, false, true).of(watched(), List.of());
        assertThat(lines.getLast()).endsWith("!");
        // 100 characters of 6 bins, of which 200 never came.
        String plot = lines.get(lines.size() - 2).substring(20);
        assertThat(plot.chars().filter(c -> c == ' ').count()).isBetween(31L, 35L);
    }

    @Test
    void shouldNotCallBinsMissingThatItWasTooSlowFor() {
        wave(1, 700);
        state.skipAhead();
        fold(900, bin(1, 0));
        assertThat(watched().figures()).containsEntry("bins_missing", 0L).containsEntry("bins_skipped", 200L);
        assertThat(Drawing.line(watched())).contains("missing 0", "gaps 0", "skipped 200");
        fold(903, bin(1, 0));
        assertThat(watched().figures()).containsEntry("bins_missing", 2L).containsEntry("bins_skipped", 200L);
    }

    @Test
    void shouldReplaceABinThatIsPublishedAgainAndPassOverOneThatIsTooOld() {
        wave(1, 2_000);
        fold(1_998, bin(1, 9));
        fold(3, bin(1, 9));
        assertThat(watched().newest()).isEqualTo(1_999);
        assertThat(watched().kappa(1_998, 0)).isEqualTo(9);
        assertThat(watched().kappa(3, 0)).isNaN();
        assertThat(watched().figures()).containsEntry("latents", 2_000L).containsEntry("duplicates", 2L);
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "10, 5", "20, 3", "40, 10", "300, 100"})
    void shouldFitAnyTerminal(int width, int height) {
        for (int rank : new int[]{1, 3, 32}) {
            List<String> lines = new Drawing(width, height, false, true).of(wave(rank, 50), List.of("another"));
            assertThat(lines.size()).isBetween(1, height);
            int widest = Math.max(width, 28); // a label and the smallest picture
            assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(widest));
        }
    }

    @Test
    void shouldUseNeitherColourNorBrailleWhereTheseAreNotWanted() {
        String plain = String.join("\n", new Drawing(80, 24, false, false).of(wave(2, 300), List.of()));
        assertThat(plain).doesNotContain("\033").contains("k1 ", "+-", "*").matches("\\p{ASCII}*");
        assertThat(String.join("\n", new Drawing(80, 24, true, true).of(wave(2, 300), List.of()))).contains("\033[36m");
    }

    @Test
    void shouldTellTheAgeOfTheNewestBinAndHowFastBinsCome() {
        wave(1, 500);
        assertThat((Double) watched().figures().get("bins_per_second")).isBetween(45.0, 55.0);
        unixNs += 3_000_000_000L;
        assertThat(watched().figures()).containsEntry("age_s", 3.0);
        assertThat(Drawing.line(watched())).contains("age 3.0 s", "kappa -0.182 +- 0.500", " bins/s");
        assertThat(new Drawing(200, 10, true, true).of(watched(), List.of()).getFirst()).contains("\033[31mage 3.0 s");
    }
}
