package kappa.ingest.recording.hdf5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jhdf.exceptions.HdfFilterException;
import org.junit.jupiter.api.Test;

class BoundedFilterTest {

    @Test
    void shouldRefuseAChunkThatClaimsMoreThanItsBytesCanHold() {
        assertThatThrownBy(() -> BoundedFilter.lzf().decode(new byte[10], new int[]{0, 0, Integer.MAX_VALUE}))
                .isInstanceOf(HdfFilterException.class).hasMessageContaining("10 bytes claims to hold 2147483647");
    }

    @Test
    void shouldRefuseToShuffleElementsThatAreLargerThanTheirChunk() {
        assertThatThrownBy(() -> BoundedFilter.shuffle().decode(new byte[10], new int[]{Integer.MAX_VALUE}))
                .isInstanceOf(HdfFilterException.class).hasMessageContaining("10 bytes claims to hold 2147483647");
        assertThat(BoundedFilter.shuffle().decode(new byte[]{1, 2, 3, 4, 5, 6}, new int[]{2}))
                .containsExactly(1, 4, 2, 5, 3, 6);
    }
}
