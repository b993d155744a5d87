package kappa.ingest.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadPositionsTest {

    private final ReadPositions positions = new ReadPositions();

    @Test
    void shouldNoticeARecordWhoseOffsetWasReadBefore() {
        positions.sought(3, 100);
        assertThat(positions.read(3, 100)).isTrue();
        assertThat(positions.read(3, 107)).as("after records that compaction has removed").isTrue();
        assertThat(positions.reachedBy(3, 108)).isTrue();
        assertThat(positions.reachedBy(3, 107)).isFalse();
        assertThat(positions.read(3, 50)).isFalse();
        assertThat(positions.next(3)).as("what is said to be lost reaches up to here").isEqualTo(108);
        assertThat(positions.read(4, 50)).as("another partition").isTrue();
    }

    @Test
    void shouldTakeARecordAgainThatTheReaderHasSought() {
        assertThat(positions.read(3, 100)).isTrue();
        positions.sought(3, 20);
        assertThat(positions.read(3, 20)).isTrue();
        positions.giveUp(3);
        assertThat(positions.read(3, 0)).isTrue();
    }
}
