package kappa.ingest.recording.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a path is: a session that is opened, or something else that is named, with what to do. */
class RecordingFileTest {

    @TempDir
    Path directory;

    private Path npz(String name) {
        Path file = directory.resolve(name);
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", new long[]{1, 2, 3, 4}, 2, 2);
            npz.put("bin_width", 0.02);
        }
        return file;
    }

    private void assertRefused(Path path, String... told) {
        assertThatThrownBy(() -> RecordingFile.open(path, RecordingOptions.NONE))
                .isInstanceOf(InvalidInputException.class).message().startsWith(path + ": ").contains(told)
                .doesNotContain("\n");
    }

    @Test
    void shouldOpenAFileByWhatItHoldsWhateverItIsNamed() {
        Path file = npz("session.nwb");
        assertThat(RecordingFile.format(file)).isEqualTo(RecordingFormat.NPZ);
        assertThat(RecordingFile.isSession(file)).isTrue();
        try (Recording session = RecordingFile.open(file, RecordingOptions.NONE)) {
            assertThat(session.activity(0)).containsExactly(1, 2, 3, 4);
        }
    }

    @Test
    void shouldRefuseAnOptionThatIsForOtherFormats() {
        Path file = npz("session.npz");
        assertThatThrownBy(() -> RecordingFile.open(file, RecordingOptions.builder().series("roi").build()))
                .isInstanceOf(InvalidInputException.class).message()
                .contains("--series is for NWB files", "expected none with " + file + ", an NPZ file");
    }

    /** What a file holds, and what the line about it names. */
    private record Other(String name, byte[] bytes, String... told) {

        static Other text(String name, String text, String... told) {
            return new Other(name, text.getBytes(StandardCharsets.UTF_8), told);
        }

        static Other hex(String name, String hex, String... told) {
            return new Other(name, HexFormat.of().parseHex(hex), told);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Other> others() {
        return Stream.of(
                Other.text("pointer.nwb", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
                        "a pointer of Git LFS", "git lfs pull"),
                Other.text("annexed.nwb", "/annex/objects/MD5E-s163840--0123.nwb\n", "a pointer of git-annex",
                        "datalad get"),
                Other.text("page.nwb", "\n<!DOCTYPE html>\n<html><head><title>Log in</title>", "a web page (HTML)",
                        "download the file itself"),
                Other.text("page.npz", "<html><body>404</body></html>", "a web page (HTML)"),
                Other.text("answer.npz", "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "XML"),
                Other.hex("packed.nwb", "1f8b080000000000", "compressed", "unpack it first"),
                Other.hex("packed", "fd377a585a000004", "compressed"),
                Other.text("empty.npz", "", "not an NPZ file", "the file is empty"),
                Other.text("text.nwb", "no HDF5", "not an NWB file", "signature"),
                Other.hex("raw.dat", "0102030405", "expected an NPZ file", "it begins with the bytes 01020304"));
    }

    @ParameterizedTest
    @MethodSource("others")
    void shouldNameWhatElseAFileIs(Other other) throws IOException {
        Path file = Files.write(directory.resolve(other.name), other.bytes);
        assertRefused(file, other.told);
    }

    @Test
    void shouldNameAZarrFolder() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("session.nwb.zarr"));
        Files.writeString(folder.resolve(".zgroup"), "{\"zarr_format\": 2}");
        assertRefused(folder, "a Zarr folder", "NWBHDF5IO");
    }

    @Test
    void shouldNameALinkWhoseFileWasNotFetched() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("sub-1.nwb"),
                Path.of(".git", "annex", "objects", "nothing"));
        assertRefused(link, "a link to a file that is not there", "datalad get");
    }

    @Test
    void shouldNameAFolderThatHoldsNoSession() {
        assertRefused(directory, "a folder", "expected an NPZ file");
    }
}
