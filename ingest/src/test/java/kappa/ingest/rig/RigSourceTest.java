package kappa.ingest.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.RecordingCodec;
import kappa.ingest.wire.WireChecks;
import org.junit.jupiter.api.Test;

class RigSourceTest {

    private static final int TICKS = 600; // a bin of 20 ms at 30 kHz
    private static final RigLayout LAYOUT = new RigLayout("rig", "a test", List.of("a", "b"), List.of(), List.of(),
            Observation.COUNTS, 0.02, 30_000, false, false);

    /** What a rig does, once. */
    private interface Recording {
        void tell(BinAssembler bins) throws InterruptedException;
    }

    private static RigSource source(Recording recording) {
        return new RigSource(LAYOUT, null, new Connector() {
            @Override
            public void run(BinAssembler bins, RigStatus status) throws InterruptedException {
                recording.tell(bins);
            }

            @Override
            public void close() {}
        }, Double.POSITIVE_INFINITY);
    }

    @Test
    void shouldReplaceBinsThatFindNoRoomByMarkedOnesSoThatNoneIsShifted() throws InterruptedException {
        int bins = 5_000; // more than the queue holds
        CountDownLatch told = new CountDownLatch(1);
        try (RigSource source = source(assembler -> {
            assembler.start(0);
            for (int k = 0; k < bins; k++) {
                assembler.spike((long) k * TICKS, 0);
                assembler.complete((k + 1L) * TICKS);
            }
            told.countDown();
        })) {
            List<Bin> all = new ArrayList<>();
            RecordedBin bin = source.describe().newBin();
            assertThat(source.next(bin)).isTrue();
            all.add(RecordingCodec.bin(bin, Observation.COUNTS));
            assertThat(told.await(30, TimeUnit.SECONDS)).as("the rig is not held up").isTrue();
            while (source.next(bin)) {
                all.add(RecordingCodec.bin(bin, Observation.COUNTS));
            }
            assertThat(all).hasSize(bins);
            for (int k = 0; k < bins; k++) {
                Bin one = all.get(k);
                assertThat(one.getClock().getSample()).as("bin %d", k).isEqualTo((k + 1L) * TICKS);
                assertThat(one.getRigTimeNs()).as("bin %d", k).isEqualTo((k + 1) * 20_000_000L);
                boolean lost = one.getClock().getLost() > 0;
                assertThat(WireChecks.unobserved(one, 0)).as("bin %d", k).isEqualTo(lost);
                assertThat(one.getCounts(0)).as("bin %d", k).isEqualTo(lost ? 0 : 1);
            }
            assertThat(all.stream().filter(one -> one.getClock().getLost() > 0).count()).isBetween(1L, bins - 4_096L);
            assertThat(source.status()).contains(" lost");
        }
    }

    @Test
    void shouldSayInOneLineWhyTheConnectorGaveUp() {
        try (RigSource source = source(assembler -> {
            throw new InvalidInputException("the plug is out");
        })) {
            assertThatThrownBy(() -> source.next(source.describe().newBin())).isInstanceOf(InvalidInputException.class)
                    .hasMessage("a test: the plug is out");
        }
    }
}
