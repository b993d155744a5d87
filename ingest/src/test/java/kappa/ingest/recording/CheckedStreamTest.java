package kappa.ingest.recording;

import static kappa.ingest.recording.MinuteOfBins.BINS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckedStreamTest {

    private final List<Warning> told = new ArrayList<>();

    private static void read(CheckedStream stream, int bins) {
        RecordedBin bin = stream.describe().newBin();
        for (int t = 0; t < bins; t++) {
            stream.next(bin);
        }
    }

    @Test
    void shouldSayAfterAMinuteWhatLooksWrongAndTakeItBackWhenItIsRight() {
        CheckedStream stream = new CheckedStream(new MinuteOfBins(false, Long.MAX_VALUE), told::add);
        read(stream, BINS - 1);
        assertThat(stream.warnings()).isEmpty();
        read(stream, 1);
        // The free place is nothing wrong.
        assertThat(stream.warnings()).extracting(Warning::line)
                .containsExactly("after 60 s: 1 of 4 neurons has no spike in"
                        + " the session: late; leave them out, because nothing can be learned of them [silent]");
        assertThat(told).isEqualTo(stream.warnings());
        read(stream, 4 * BINS);
        assertThat(stream.warnings()).isEmpty();
        assertThat(told).as("told once").hasSize(1);
    }

    @Test
    void shouldTellEachKindOnce() {
        CheckedStream stream = new CheckedStream(new MinuteOfBins(true, Long.MAX_VALUE), told::add);
        read(stream, 5 * BINS);
        assertThat(told).extracting(Warning::code).containsExactly("no-spike");
        assertThat(stream.warnings()).extracting(Warning::finding)
                .containsExactly("after 300 s: no spike in the session");
    }
}
