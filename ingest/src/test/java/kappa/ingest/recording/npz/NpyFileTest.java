package kappa.ingest.recording.npz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import org.assertj.core.data.Index;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Arrays that are larger than any buffer and than the memory that Java may use: files that are mostly holes. */
class NpyFileTest {

    @TempDir
    Path directory;

    /** A file of zeros but for these elements, each of one byte. */
    private Path sparse(long rows, int width, long... ones) throws IOException {
        Path file = directory.resolve("large.npy");
        byte[] header = NpyHeader.write("|u1", rows, width);
        Files.write(file, header);
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.setLength(header.length + rows * width);
            for (long one : ones) {
                bytes.seek(header.length + one);
                bytes.write(1);
            }
        }
        return file;
    }

    @Test
    void shouldReadAnyElementOfAnArrayOfFiveGibibytes() throws IOException {
        long rows = 5L << 20;
        long last = rows * 1024 - 1;
        long edge = 1L << NpyArray.PIECE_BITS;
        Path file = sparse(rows, 1024, 3, edge - 1, edge, last);
        try (NpyFile npy = NpyFile.open(file, "large")) {
            NpyArray array = npy.array();
            assertThat(array.elements()).isEqualTo(last + 1);
            assertThat(array.floats(2, 3)).containsExactly(0, 1, 0);
            assertThat(array.floats(edge - 2, 4)).containsExactly(0, 1, 1, 0);
            assertThat(array.longs(last - 1, 2)).containsExactly(0, 1);
            assertThat(array.at(last)).isEqualTo("large[5242879, 1023]");
            assertThatThrownBy(() -> array.floats(last, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void shouldRefuseAFileThatIsShorterThanItsHeaderSays() throws IOException {
        Path file = sparse(100, 10);
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.setLength(bytes.length() - 1);
        }
        assertThatThrownBy(() -> NpyFile.open(file, "large")).isInstanceOf(InvalidInputException.class).message()
                .contains("holds 999 bytes of elements, but its shape [100, 10] takes 1000: it was cut");
    }

    @Test
    @Tag("soak")
    void shouldOpenAndReadASessionThatIsLargerThanMemory() throws IOException {
        long rows = Runtime.getRuntime().maxMemory() / 512 + (1 << 20);
        Path file = sparse(rows, 512, 5, rows * 512 - 1);
        RecordingOptions options = RecordingOptions.builder().binWidth(0.001).observe(Observation.COUNTS).build();
        try (Recording session = NpyRecording.open(file, options)) {
            assertThat(session.bins()).isEqualTo(rows);
            assertThat(session.activity(0, 0, 1)).contains(1, Index.atIndex(5));
            assertThat(session.activity(0, (int) rows - 1, 1)).contains(1, Index.atIndex(511));
        }
    }
}
