package kappa.ingest.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import kappa.ingest.UnixTime;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.rig.BinAssembler.Role;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.RecordingCodec;
import kappa.ingest.wire.WireChecks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BinAssemblerTest {

    private static final int NEURONS = 5;
    private static final double RATE = 30_000;
    private static final int TICKS = 600; // a bin of 20 ms

    private final List<Bin> bins = new ArrayList<>();
    private final RigStatus status = new RigStatus();
    private RecordedBin newest;

    private void take(RecordedBin bin) {
        newest = bin;
        bins.add(RecordingCodec.bin(bin, Observation.COUNTS));
    }

    private BinAssembler assembler(RigLayout layout) {
        return new BinAssembler(layout, null, status, this::take);
    }

    private static RigLayout layout(double binWidth, boolean trials, boolean onlyTrials) {
        return new RigLayout("rig", "a test", List.of("a", "b", "c", "d", "e"), List.of("light", "lever"),
                List.of("speed"),
                Observation.COUNTS, binWidth, RATE, trials, onlyTrials);
    }

    @Test
    void shouldCountEverySpikeInItsBinInWhateverOrderItComesBeforeTheWatermark() throws InterruptedException {
        long seed = 7;
        Random random = new Random(seed);
        for (double width : new double[]{0.001, 0.02, 1 / 60.0}) {
            bins.clear();
            BinAssembler assembler = assembler(layout(width, false, false));
            long start = 1_000_003;
            assembler.start(start);
            int count = 40;
            int[][] truth = new int[count][NEURONS];
            for (int block = 0; block * 697L < count * width * RATE + 697; block++) {
                long from = start + block * 697L;
                for (int s = 0; s < 60; s++) {
                    // A block late at most, and never before the watermark.
                    long tick = from + random.nextInt(697 - 100);
                    int neuron = random.nextInt(NEURONS);
                    int bin = (int) Math.floor((tick - start) / (width * RATE) + 1e-9);
                    if (bin < count) {
                        truth[bin][neuron]++;
                    }
                    assembler.spike(tick, neuron);
                }
                assembler.complete(from + 697 - 100);
            }
            assertThat(bins).as("bins of %s s, seed %d", width, seed).hasSizeGreaterThanOrEqualTo(count);
            for (int k = 0; k < count; k++) {
                assertThat(bins.get(k).getCountsList()).as("bin %d of %s s", k, width)
                        .containsExactlyElementsOf(Arrays.stream(truth[k]).boxed().toList());
            }
            assertThat(status.lateEvents()).isZero();
        }
    }

    @Test
    void shouldTellTheRigsSampleAndTimeAtEachBinsEnd() throws InterruptedException {
        BinAssembler assembler = assembler(layout(0.02, false, false));
        assembler.start(30_000);
        assembler.complete(30_000 + 3 * TICKS);
        assertThat(bins).extracting(bin -> bin.getClock().getSample()).containsExactly(30_600L, 31_200L, 31_800L);
        assertThat(bins).extracting(Bin::getRigTimeNs).containsExactly(1_020_000_000L, 1_040_000_000L, 1_060_000_000L);
    }

    @Test
    void shouldMarkEveryBinThatSomethingLostMayHaveBelongedToAndNoOther() throws InterruptedException {
        BinAssembler assembler = assembler(layout(0.02, false, false));
        assembler.start(0);
        assembler.spike(10, 0);
        assembler.complete(TICKS + 5);
        assembler.lost(TICKS + 5, 3 * TICKS, 4);
        assembler.spike(2 * TICKS + 1, 1);
        assembler.spike(3 * TICKS, 2);
        assembler.complete(4L * TICKS);
        assertThat(bins).extracting(bin -> bin.getClock().getLost()).containsExactly(0, 4, 4, 0);
        assertThat(bins).extracting(bin -> WireChecks.unobserved(bin, 1)).containsExactly(false, true, true, false);
        assertThat(bins.get(2).getCountsList()).containsOnly(0);
        assertThat(bins.get(3).getCounts(2)).isEqualTo(1);
        assertThat(status.lostMessages()).isEqualTo(4);
    }

    @Test
    void shouldCountWhatComesTooLateAndLeaveItOut() throws InterruptedException {
        BinAssembler assembler = assembler(layout(0.02, false, false));
        assembler.start(0);
        assembler.complete(2 * TICKS);
        assembler.spike(TICKS, 0);
        assembler.complete(3 * TICKS);
        assertThat(status.lateEvents()).isEqualTo(1);
        assertThat(bins).hasSize(3).allSatisfy(bin -> assertThat(bin.getCountsList()).containsOnly(0));
    }

    @Test
    void shouldBeginAnEpochWithAGridOfItsOwnWhereAcquisitionRestarts() throws InterruptedException {
        BinAssembler assembler = assembler(layout(0.02, true, false));
        assembler.start(5_000);
        assembler.spike(5_000 + TICKS + 1, 0);
        assembler.complete(5_000 + TICKS);
        assembler.start(17);
        assembler.spike(17, 3);
        assembler.complete(17 + TICKS);
        assertThat(bins).extracting(bin -> bin.getClock().getEpoch()).containsExactly(0, 0, 1);
        // The old epoch's second bin was never complete.
        assertThat(bins).extracting(bin -> WireChecks.unobserved(bin, 0)).containsExactly(false, true, false);
        assertThat(bins.get(2).getCounts(3)).isEqualTo(1);
        assertThat(bins.get(2).getClock().getSample()).isEqualTo(17 + TICKS);
        assertThat(bins.get(2).getTrial()).isGreaterThan(bins.get(1).getTrial());
    }

    @Test
    void shouldGoOnWithTheSameGridAfterTheConnectorWasAwayAndMarkTheTimeBetween() throws InterruptedException {
        BinAssembler first = assembler(layout(0.02, false, false));
        first.start(100);
        first.arrived(100, UnixTime.nowNs());
        first.complete(100 + TICKS);
        RecordedBin last = newest;
        bins.clear();

        BinAssembler second = assembler(layout(0.02, false, false));
        second.resume(last);
        second.start(100 + 3 * TICKS + 50); // 2 bins and a piece later
        second.spike(100 + 4 * TICKS, 0);
        second.complete(100 + 5 * TICKS);
        assertThat(bins).extracting(bin -> bin.getClock().getSample()).containsExactly(100L + 2 * TICKS,
                100L + 3 * TICKS,
                100L + 4 * TICKS, 100L + 5 * TICKS);
        assertThat(bins).extracting(bin -> WireChecks.unobserved(bin, 0)).containsExactly(true, true, true, false);
        assertThat(bins).extracting(bin -> bin.getClock().getEpoch()).containsOnly(0);

        bins.clear();
        BinAssembler restarted = assembler(layout(0.02, false, false));
        restarted.resume(last);
        restarted.start(3);
        restarted.complete(3 + TICKS);
        assertThat(bins).singleElement().satisfies(bin -> assertThat(bin.getClock().getEpoch()).isEqualTo(1));
    }

    @Test
    void shouldHoldMemoryWhenTheWatermarkStaysAwayAndSayThatTheBinsWereNotComplete() throws InterruptedException {
        BinAssembler assembler = assembler(layout(0.02, false, false));
        assembler.start(0);
        assembler.spike(0, 0);
        assembler.spike((BinAssembler.HORIZON + 1L) * TICKS, 0);
        assertThat(bins).hasSize(2).allSatisfy(bin -> assertThat(bin.getClock().getLost()).isPositive());
        assembler.spike((BinAssembler.MAX_GAP + 3L * BinAssembler.HORIZON) * TICKS, 0);
        assertThat(bins).hasSize(BinAssembler.HORIZON + 2).extracting(bin -> bin.getClock().getEpoch()).containsOnly(0);
        assembler.complete((BinAssembler.MAX_GAP + 3L * BinAssembler.HORIZON + 1) * TICKS);
        assertThat(bins.getLast().getClock().getEpoch()).isEqualTo(1);
    }

    @Test
    void shouldHoldAnInputBetweenStepsAndAverageItOverTheBin() throws InterruptedException {
        BinAssembler assembler = assembler(layout(0.02, false, false));
        assembler.start(0);
        assembler.step(0, TICKS + 300, 1);
        assembler.step(0, 3 * TICKS + 150, 0);
        assembler.step(0, 2 * TICKS + 10, 0); // out of order: a pulse that is over before the bin is
        assembler.step(0, 2 * TICKS + 310, 1);
        for (int i = 0; i < 4; i++) {
            assembler.sample(Role.INPUT, 1, TICKS + i, i);
            assembler.sample(Role.BEHAVIOR, 0, 2 * TICKS + i, 10 * i);
        }
        assembler.complete(5 * TICKS);
        assertThat(bins).extracting(bin -> bin.getInputs(0)).containsExactly(0f, 0.5f, 0.5f, 0.25f, 0f);
        assertThat(bins).extracting(bin -> bin.getInputs(1)).containsExactly(0f, 1.5f, 1.5f, 1.5f, 1.5f);
        assertThat(bins).extracting(bin -> bin.getBehavior(0)).containsExactly(Float.NaN, Float.NaN, 15f, Float.NaN,
                Float.NaN);
    }

    @Test
    void shouldCutTrialsWhereTheyAreMarked() throws InterruptedException {
        for (boolean only : new boolean[]{false, true}) {
            bins.clear();
            BinAssembler assembler = assembler(layout(0.02, true, only));
            assembler.start(0);
            assembler.trialEnd(3 * TICKS + 1);
            assembler.trialStart(TICKS + 599);
            assembler.trialStart(5 * TICKS);
            assembler.complete(7 * TICKS);
            if (only) {
                assertThat(bins).extracting(Bin::getTrial).containsExactly(1L, 1L, 1L, 2L, 2L);
                assertThat(bins).extracting(Bin::getTrialEnd).containsExactly(false, false, true, false, false);
            } else {
                assertThat(bins).extracting(Bin::getTrial).containsExactly(0L, 1L, 1L, 1L, 1L, 2L, 2L);
                assertThat(bins).extracting(Bin::getPhase).containsExactly(2, 1, 1, 1, 2, 1, 1);
            }
        }
    }

    @Test
    void shouldNotKeepMoreEdgesThanCanWaitForDataThatDoNotCome() throws InterruptedException {
        BinAssembler assembler = assembler(layout(0.02, true, false));
        assembler.start(0);
        for (int edge = 0; edge < BinAssembler.MAX_WAITING + 10; edge++) {
            assembler.trialStart(edge);
            assembler.step(0, edge, 1);
        }
        assertThat(status.lostMessages()).isEqualTo(20);
        assembler.complete(200L * TICKS);
        assertThat(bins.getLast().getTrial()).isEqualTo(BinAssembler.MAX_WAITING);
        assembler.trialStart(200L * TICKS);
        assembler.complete(201L * TICKS);
        assertThat(bins.getLast().getTrial()).as("there is room again").isEqualTo(BinAssembler.MAX_WAITING + 1L);
    }

    @Test
    void shouldGiveSparePlacesToLateUnitsAndCallThemUnobservedUntilThen(@TempDir Path directory)
            throws InterruptedException, IOException {
        Path file = directory.resolve("late.units");
        UnitTable units = UnitTable.begin(List.of("Electrode 1/1", "Electrode 1/2"), 2, file);
        RigLayout layout = new RigLayout("rig", "a test", units.names(), List.of(), List.of(), Observation.COUNTS, 0.02,
                RATE, false, false);
        BinAssembler assembler = new BinAssembler(layout, units, status, this::take);
        assembler.start(0);
        assembler.complete(TICKS);
        assembler.spike(TICKS + 1, units.place("Electrode µ/1"));
        assembler.complete(2 * TICKS);
        assertThat(bins).extracting(bin -> WireChecks.unobserved(bin, 2)).containsExactly(true, false);
        assertThat(bins).extracting(bin -> WireChecks.unobserved(bin, 3)).containsExactly(true, true);
        assertThat(bins.getLast().getCounts(2)).isEqualTo(1);
        assertThat(Files.readAllLines(file)).containsExactly("Electrode µ/1");

        UnitTable again = UnitTable.resume(units.names(), file);
        assertThat(again.place("Electrode µ/1")).isEqualTo(2);
        assertThat(again.place("Electrode 9/1")).isEqualTo(3);
        assertThat(again.place("Electrode 9/2")).isEqualTo(UnitTable.NONE);
        assertThat(again.place("Electrode 1/2")).isEqualTo(1);
    }

    @Test
    void shouldFollowTheDriftBetweenTheRigsClockAndTheHostsToWithinItsError() throws InterruptedException {
        long seed = 11;
        Random random = new Random(seed);
        double drift = 40e-6;
        long hostStart = 1_800_000_000_000_000_000L;
        long leastDelay = 3_000_000;
        HostClock clock = new HostClock(RATE);
        for (long tick = 0; tick < 120 * (long) RATE; tick += 697) {
            double rig = tick / RATE * 1e9;
            clock.arrived(tick, hostStart + (long) (rig * (1 + drift)) + leastDelay
                    + (long) (-20e6 * Math.log(1 - random.nextDouble())));
        }
        long tick = 119 * (long) RATE;
        long truth = hostStart + (long) (tick / RATE * 1e9 * (1 + drift)) + leastDelay;
        // 86 arrivals a window with delays of 20 ms on average: the least is 0.2 ms late, and hardly ever by more than 2.
        assertThat(clock.errorNs()).as("seed %d", seed).isLessThan(2_500_000);
        assertThat(clock.hostUnixNs(tick)).isCloseTo(truth, offset(clock.errorNs()));
    }
}
