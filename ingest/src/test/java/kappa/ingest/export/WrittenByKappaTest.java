package kappa.ingest.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WrittenByKappaTest {

    @TempDir
    private Path directory;

    @Test
    void shouldReplaceWhatIsMissingOrEmptyAndWhatKappaWrote() throws IOException {
        assertThat(WrittenByKappa.mayReplace(directory.resolve("missing.npz"))).isTrue();
        assertThat(WrittenByKappa.mayReplace(Files.createFile(directory.resolve("empty.npz")))).isTrue();
        Path npz = directory.resolve("own.npz");
        try (NpzWriter writer = NpzWriter.create(npz)) {
            writer.put("x", 1.0);
        }
        assertThat(WrittenByKappa.mayReplace(npz)).isTrue();
        Path hdf = directory.resolve("own.h5");
        try (ArrayFile file = ArrayFile.create(hdf)) {
            file.put("x", ElementType.BOOL, out -> out.write(1), 1);
        }
        assertThat(WrittenByKappa.mayReplace(hdf)).isTrue();
    }

    @Test
    void shouldNotReplaceWhatOthersWrote() throws IOException {
        Path text = Files.writeString(directory.resolve("notes.npz"), "mouse 7 was tired");
        assertThat(WrittenByKappa.mayReplace(text)).isFalse();
        Path npz = directory.resolve("theirs.npz");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(npz))) {
            zip.putNextEntry(new ZipEntry("x.npy"));
        }
        assertThat(WrittenByKappa.mayReplace(npz)).isFalse();
        Path hdf = directory.resolve("theirs.h5");
        try (WritableHdfFile file = HdfFile.write(hdf)) {
            file.putAttribute("writer", "somebody");
            file.putDataset("x", new int[]{1});
        }
        assertThat(WrittenByKappa.mayReplace(hdf)).isFalse();
        byte[] bytes = Files.readAllBytes(hdf);
        bytes[60] ^= 0x55;
        Files.write(hdf, bytes);
        assertThat(WrittenByKappa.mayReplace(hdf)).isFalse();
    }
}
