package kappa.dashboards.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import kappa.ingest.wire.BinClock;
import kappa.ingest.wire.FitQuality;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.SessionHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code watch} shows of bins that are given. */
class DrawingTest {

    private final AtomicLong nanoTime = new AtomicLong();
    private final AtomicLong unixNs = new AtomicLong();

    private WatchedSession session(int rank) {
        SessionHeader header = SessionHeader.newBuilder().setSession("mouse-7").setBinWidthS(0.02).setTrials(true)
                .addPhases("delay").addNeurons("a").addNeurons("b").setFit(FitSettings.newBuilder().setRank(rank))
                .build();
        return new WatchedSession(header, 10, nanoTime::get, unixNs::get);
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

    private void fold(WatchedSession session, long index, LatentBin.Builder bin) {
        unixNs.set(1_000_000_000L * 1_000 + index * 20_000_000L);
        nanoTime.set(index * 20_000_000L);
        session.fold(Latents.newBuilder().setFirstBin(index).addBins(bin).setModelVersion(5)
                .setActivityUnixNs(unixNs.get()).build());
    }

    private WatchedSession wave(int rank, int bins) {
        WatchedSession session = session(rank);
        for (int t = 0; t < bins; t++) {
            fold(session, t, bin(rank, Math.sin(t / 20.0)).setTrialStart(t % 100 == 0));
        }
        return session;
    }

    @Test
    void shouldShowANumberAndAPictureOfEachKappaAndWhereTrialsBegin() {
        WatchedSession session = wave(2, 1_000);
        session.fold(ModelSnapshot.newBuilder().setVersion(5)
                .setQuality(FitQuality.newBuilder().setUnit("bits/spike").addOneStep(0).addOneStep(0.5)).build());
        List<String> lines = new Drawing(100, 20, false, true).of(session, List.of("mouse-8"));
        assertThat(lines).hasSizeLessThan(20).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
        assertThat(String.join("\n", lines)).contains("mouse-7  bin 999  trial 3  phase delay  model 5",
                "0.250 bits/spike", "κ1 -0.310 ± 0.500", "κ2", "lost 0", "gaps 0", "also: mouse-8");
        // 160 columns of 4 bins, from bin 360 on, in which six trials begin.
        assertThat(lines.stream().filter(line -> line.isBlank() || line.contains("|")).findFirst().orElseThrow()
                .chars().filter(c -> c == '|').count()).isEqualTo(6);
        assertThat(lines).anySatisfy(line -> assertThat(line.chars()).anyMatch(c -> c > 0x2800 && c <= 0x28ff));
    }

    @Test
    void shouldLeaveGapsEmptyAndMarkWhatWasLost() {
        WatchedSession session = wave(1, 700);
        fold(session, 900, bin(1, 0).setClock(BinClock.newBuilder().setEpoch(0)));
        fold(session, 901, bin(1, 0).setClock(BinClock.newBuilder().setEpoch(0).setLost(7)));
        fold(session, 902, bin(1, 0).setClock(BinClock.newBuilder().setEpoch(1)));
        assertThat(session.figures()).containsEntry("gaps", 200L).containsEntry("lost", 7L).containsEntry("epoch", 1L);
        assertThat(session.kappa(800, 0)).isNaN();
        List<String> lines = new Drawing(120, 4, false, true).of(session, List.of());
        assertThat(lines.getLast()).endsWith("!");
        // 100 characters of 6 bins, of which 200 never came.
        String plot = lines.get(lines.size() - 2).substring(20);
        assertThat(plot.chars().filter(c -> c == ' ').count()).isBetween(31L, 35L);
    }

    @Test
    void shouldNotBlameTheRigForBinsThatItWasTooSlowFor() {
        WatchedSession session = wave(1, 700);
        session.skipped();
        fold(session, 900, bin(1, 0));
        assertThat(session.figures()).containsEntry("gaps", 0L).containsEntry("skipped", 200L);
        assertThat(Drawing.line(session)).contains("gaps 0").contains("too slow for 200");
        fold(session, 903, bin(1, 0));
        assertThat(session.figures()).containsEntry("gaps", 2L).containsEntry("skipped", 200L);
    }

    @Test
    void shouldReplaceABinThatIsPublishedAgainAndPassOverOneThatIsTooOld() {
        WatchedSession session = wave(1, 2_000);
        fold(session, 1_998, bin(1, 9));
        fold(session, 3, bin(1, 9));
        assertThat(session.newest()).isEqualTo(1_999);
        assertThat(session.kappa(1_998, 0)).isEqualTo(9);
        assertThat(session.kappa(3, 0)).isNaN();
        assertThat(session.figures()).containsEntry("bins", 2_000L);
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
        WatchedSession session = wave(1, 500);
        assertThat(session.binsPerSecond()).isBetween(45.0, 55.0);
        unixNs.addAndGet(3_000_000_000L);
        assertThat(session.figures()).containsEntry("age_s", 3.0);
        assertThat(Drawing.line(session)).contains("age 3.0 s", "kappa -0.182 +- 0.500", " bins/s");
        assertThat(new Drawing(200, 10, true, true).of(session, List.of()).getFirst()).contains("\033[31mage 3.0 s");
    }
}
