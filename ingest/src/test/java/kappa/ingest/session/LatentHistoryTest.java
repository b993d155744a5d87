package kappa.ingest.session;

import static org.assertj.core.api.Assertions.assertThat;

import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.SessionHeader;
import org.junit.jupiter.api.Test;

class LatentHistoryTest {

    private static final SessionDescription OF = SessionDescription.of(SessionHeader.newBuilder().setSession("s")
            .addNeurons("a").setBinWidthS(0.01).addBehaviorChannels("lever").setTrials(true)
            .setObservation(Observation.COUNTS).setFit(FitSettings.newBuilder().setRank(1)).build());

    private static LatentBin bin(long index) {
        return LatentBin.newBuilder().addKappa((float) index).addCovariance(4).addBehavior((float) -index)
                .setTrial(index / 10)
                .setTrialStart(index % 10 == 0).setRigTimeNs(index * 7).setPhase((int) (index % 3)).build();
    }

    @Test
    void shouldGrowToItsCapacityWithoutLosingABinAndThenForgetTheOldest() {
        LatentHistory history = new LatentHistory(100_000, OF);
        for (long index = 0; index < 120_000; index++) {
            history.keep(index, bin(index), false, false);
            if (index == 99_999) {
                assertThat(history.has(0)).as("as many as there is room for").isTrue();
            }
        }
        assertThat(history.has(19_999)).isFalse();
        for (long index : new long[]{20_000, 32_768, 65_536, 99_999, 119_999}) {
            assertThat(history.kappa(index, 0)).isEqualTo((float) index);
            assertThat(history.sd(index, 0)).isEqualTo(2);
            assertThat(history.behavior(index, 0)).isEqualTo((float) -index);
            assertThat(history.trial(index)).isEqualTo(index / 10);
            assertThat(history.phase(index)).isEqualTo((int) (index % 3));
            assertThat(history.rigTimeNs(index)).isEqualTo(index * 7);
            assertThat(history.startsTrial(index)).isEqualTo(index % 10 == 0);
        }
    }

    @Test
    void shouldNotTakeABinThatIsOlderThanAllItKeeps() {
        LatentHistory history = new LatentHistory(10, OF);
        history.keep(1L << 40, bin(5), false, false);
        history.keep(3, bin(3), false, false);
        assertThat(history.has(3)).isFalse();
        assertThat(history.kappa(1L << 40, 0)).isEqualTo(5);
        assertThat(history.behavior(3, 0)).isNaN();
    }
}
