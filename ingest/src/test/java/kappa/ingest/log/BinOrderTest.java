package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Fault;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** Each policy of {@link BinOrder}, told as the verdicts on a short stream of records. */
class BinOrderTest {

    private final List<String> verdicts = new ArrayList<>();
    private final AtomicInteger underWay = new AtomicInteger();
    private final BinOrder.Verdicts<Arrival> notes = new BinOrder.Verdicts<>() {
        @Override
        public void use(Arrival arrival, int skip, long missing) {
            verdicts.add("use " + name(arrival) + (skip > 0 ? " skip " + skip : "")
                    + (missing > 0 ? " missing " + missing : ""));
            arrival.release();
        }

        @Override
        public void reject(Arrival arrival, Fault fault, boolean used) {
            verdicts.add((used ? "note " : "reject ") + name(arrival) + " " + fault.reason());
            assertThat(fault.detail()).isNotBlank().doesNotContain("\n");
            if (!used) {
                arrival.release();
            }
        }

        @Override
        public void clockJumped() {
            verdicts.add("clock");
        }
    };
    private BinOrder<Arrival> order = new BinOrder<>(notes, true);
    private long offset;

    /** Bins first to last. */
    private static String name(Arrival arrival) {
        Activity activity = arrival.activity();
        String end = activity.getEndOfSession() ? " end" : "";
        return activity.getBinsCount() == 0
                ? "none at " + activity.getFirstBin() + end
                : activity.getFirstBin() + "-" + (activity.getFirstBin() + activity.getBinsCount() - 1) + end;
    }

    /** A record of one trial, whose rig clock reads 10 ns a bin. */
    private Activity.Builder bins(long first, int count, long trial) {
        Activity.Builder record = Activity.newBuilder().setFirstBin(first);
        for (int t = 0; t < count; t++) {
            record.addBins(Bin.newBuilder().setRigTimeNs(10 * (first + t + 1)).setTrial(trial));
        }
        return record;
    }

    private void offer(Activity.Builder record) {
        offer(record, false);
    }

    private void offer(Activity.Builder record, boolean replayed) {
        byte[] value = record.build().toByteArray();
        Arrival arrival = new Arrival(record.build(),
                new ConsumerRecord<>(Topics.ACTIVITY, 0, offset++, "s".getBytes(UTF_8), value), underWay);
        arrival.take();
        order.offer(arrival, replayed);
    }

    private void offer(long first, int count) {
        offer(bins(first, count, 0));
    }

    @Test
    void shouldUseBinsThatFollowEachOther() {
        offer(0, 1);
        offer(1, 3);
        offer(4, 1);
        assertThat(verdicts).containsExactly("use 0-0", "use 1-3", "use 4-4");
        assertThat(order.nextBin()).isEqualTo(5);
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldNotCountARecordThatWaitsForTheNextOneAsUnderWay() {
        offer(0, 1);
        offer(5, 3_000);
        // Else the partition would be paused for it, and the next record would never be read.
        assertThat(underWay).hasValue(0);
        offer(3_005, 1);
        assertThat(verdicts).containsExactly("use 0-0", "note 5-3004 GAP", "use 5-3004 missing 4", "use 3005-3005");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldWeighARecordOfLargeBinsByItsBytes() {
        byte[] megabyte = new byte[1 << 20];
        new Arrival(bins(0, 3, 0).build(), new ConsumerRecord<>(Topics.ACTIVITY, 0, 0, 0, TimestampType.LOG_APPEND_TIME,
                1, megabyte.length, "s".getBytes(UTF_8), megabyte, new RecordHeaders(), Optional.empty()), underWay)
                .take();
        assertThat(underWay).as("as many bins of 16 KiB, and the record").hasValue(65);
    }

    @Test
    void shouldRejectTheNewestRecordWhenItIsRepeated() {
        offer(0, 2);
        offer(2, 2);
        offer(2, 2);
        offer(3, 1);
        offer(4, 1);
        assertThat(verdicts).containsExactly("use 0-1", "use 2-3", "reject 2-3 BIN_REPEATED",
                "reject 3-3 BIN_REPEATED", "use 4-4");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldRejectARecordThatGoesBack() {
        offer(0, 4);
        offer(1, 2);
        offer(0, 1);
        offer(4, 1);
        assertThat(verdicts).containsExactly("use 0-3", "reject 1-2 BIN_WENT_BACK", "reject 0-0 BIN_WENT_BACK",
                "use 4-4");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldUseOnlyTheNewBinsOfARecordThatOverlaps() {
        offer(0, 3);
        offer(1, 4);
        offer(5, 1);
        assertThat(verdicts).containsExactly("use 0-2", "note 1-4 BIN_REPEATED", "use 1-4 skip 2", "use 5-5");
        assertThat(order.nextBin()).isEqualTo(6);
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldHoldAJumpUntilTheNextRecordGoesOnFromIt() {
        offer(0, 1);
        offer(5, 2);
        assertThat(verdicts).containsExactly("use 0-0");
        assertThat(order.nextBin()).isEqualTo(1);
        offer(7, 1);
        assertThat(verdicts).containsExactly("use 0-0", "note 5-6 GAP", "use 5-6 missing 4", "use 7-7");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldRejectAJumpWhenTheNextRecordGoesOnFromBefore() {
        offer(0, 1);
        offer(500, 1);
        offer(1, 1);
        offer(2, 1);
        assertThat(verdicts).containsExactly("use 0-0", "reject 500-500 BIN_JUMPED", "use 1-1", "use 2-2");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldHoldTheSecondOfTwoJumpsThatDoNotAgree() {
        offer(0, 1);
        offer(500, 1);
        offer(20, 1);
        offer(21, 1);
        assertThat(verdicts).containsExactly("use 0-0", "reject 500-500 BIN_JUMPED", "note 20-20 GAP",
                "use 20-20 missing 19", "use 21-21");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldHoldAJumpThatIsRepeatedUntilItIsConfirmed() {
        offer(0, 1);
        offer(3, 1);
        offer(3, 1);
        offer(4, 1);
        assertThat(verdicts).containsExactly("use 0-0", "reject 3-3 BIN_JUMPED", "note 3-3 GAP", "use 3-3 missing 2",
                "use 4-4");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldTakeAJumpInTheFirstRecordForAGapLikeAnyOther() {
        offer(3, 1);
        offer(4, 1);
        assertThat(verdicts).containsExactly("note 3-3 GAP", "use 3-3 missing 3", "use 4-4");
    }

    @Test
    void shouldBelieveAJumpInTheLastRecordBecauseNothingCanConfirmIt() {
        offer(0, 1);
        offer(bins(4, 1, 0).setEndOfSession(true));
        assertThat(verdicts).containsExactly("use 0-0", "note 4-4 end GAP", "use 4-4 end missing 3");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldTakeTheEndOfTheSessionAsConfirmationOfTheJumpItFollows() {
        offer(0, 1);
        offer(4, 1);
        offer(bins(5, 0, 0).setEndOfSession(true));
        assertThat(verdicts).containsExactly("use 0-0", "note 4-4 GAP", "use 4-4 missing 3", "use none at 5 end");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldRejectTheJumpThatTheEndOfTheSessionKnowsNothingOf() {
        offer(0, 1);
        offer(4, 1);
        offer(bins(1, 0, 0).setEndOfSession(true));
        assertThat(verdicts).containsExactly("use 0-0", "reject 4-4 BIN_JUMPED", "use none at 1 end");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldCountBinsThatAreMissingAtTheEnd() {
        offer(0, 1);
        offer(bins(6, 0, 0).setEndOfSession(true));
        assertThat(verdicts).containsExactly("use 0-0", "note none at 6 end GAP", "use none at 6 end missing 5");
        assertThat(order.nextBin()).isEqualTo(1);
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldRejectWhateverFollowsTheEnd() {
        offer(bins(0, 2, 0).setEndOfSession(true));
        offer(2, 1);
        offer(0, 1);
        offer(bins(2, 0, 0).setEndOfSession(true));
        assertThat(verdicts).containsExactly("use 0-1 end", "reject 2-2 AFTER_END", "reject 0-0 AFTER_END",
                "reject none at 2 end AFTER_END");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldRejectATrialThatGoesBackAndWaitForItsBinsAgain() {
        offer(bins(0, 1, 7));
        offer(bins(1, 1, 6));
        offer(bins(1, 1, 7));
        offer(bins(2, 1, 8));
        assertThat(verdicts).containsExactly("use 0-0", "reject 1-1 TRIAL_WENT_BACK", "use 1-1", "use 2-2");
        assertThat(order.lastTrial()).isEqualTo(8);
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldTakeAnyNumberForTheFirstTrial() {
        offer(bins(0, 1, -3));
        offer(bins(1, 1, -2));
        assertThat(verdicts).containsExactly("use 0-0", "use 1-1");
    }

    @Test
    void shouldIgnoreTrialsWhereTheHeaderKnowsNone() {
        order = new BinOrder<>(notes, false);
        offer(bins(0, 1, 7));
        offer(bins(1, 1, 6));
        assertThat(verdicts).containsExactly("use 0-0", "use 1-1");
    }

    @Test
    void shouldNotCallARecordUsedWhoseTrialGoesBack() {
        offer(bins(0, 3, 7));
        offer(bins(1, 4, 6));
        offer(bins(9, 1, 6));
        offer(bins(10, 1, 6));
        assertThat(verdicts).as("one verdict a record").containsExactly("use 0-2", "reject 1-4 TRIAL_WENT_BACK",
                "reject 9-9 TRIAL_WENT_BACK");
        offer(bins(3, 1, 7));
        assertThat(verdicts).endsWith("reject 10-10 BIN_JUMPED", "use 3-3");
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldCountARigClockThatDoesNotAdvanceAndUseTheBinsAllTheSame() {
        offer(0, 1);
        Activity.Builder jumping = bins(1, 4, 0);
        jumping.getBinsBuilder(0).setRigTimeNs(10);
        jumping.getBinsBuilder(1).setRigTimeNs(5);
        jumping.getBinsBuilder(2).setRigTimeNs(1_000_000);
        jumping.getBinsBuilder(3).setRigTimeNs(40);
        offer(jumping);
        offer(5, 1);
        assertThat(verdicts).containsExactly("use 0-0", "clock", "clock", "clock", "use 1-4", "use 5-5");
        assertThat(order.lastRigTimeNs()).isEqualTo(60);
    }

    @Test
    void shouldTakeAnyTimeForTheFirst() {
        Activity.Builder record = bins(0, 1, 0);
        record.getBinsBuilder(0).setRigTimeNs(-5);
        offer(record);
        assertThat(verdicts).containsExactly("use 0-0");
    }

    @Test
    void shouldGoOnInsideTheRecordThatTheCheckpointFallsInto() {
        order.restore(10, 4, 100, 0, true);
        offer(bins(8, 4, 4), true);
        assertThat(verdicts).containsExactly("use 8-11 skip 2");
        assertThat(order.nextBin()).isEqualTo(12);
        offer(bins(12, 1, 3));
        offer(bins(10, 2, 4));
        assertThat(verdicts).containsExactly("use 8-11 skip 2", "reject 12-12 TRIAL_WENT_BACK",
                "reject 10-11 BIN_REPEATED");
        assertThat(order.any()).isTrue();
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldStillEndTheSessionWhereOnlyTheEndIsLeftOfTheRecord() {
        order.restore(10, 4, 100, 0, true);
        offer(bins(6, 4, 4).setEndOfSession(true), true);
        offer(10, 1);
        assertThat(verdicts).containsExactly("use 6-9 end skip 4", "reject 10-10 AFTER_END");
        assertThat(order.nextBin()).isEqualTo(10);
        assertThat(underWay).hasValue(0);
    }

    @Test
    void shouldTakeTheCheckpointsTrialAndClockForWhatWasBefore() {
        order.restore(10, 4, 1_000, 0, true);
        offer(bins(10, 1, 3));
        offer(bins(10, 1, 4));
        assertThat(verdicts).containsExactly("reject 10-10 TRIAL_WENT_BACK", "clock", "use 10-10");
    }
}
