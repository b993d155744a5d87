package kappa.ingest.recording.archive;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import kappa.ingest.InvalidInputException;

/** Files that lie where a session is expected: each is named as what it is, with what to do. */
final class OtherFile {

    private OtherFile() {}

    /** @throws InvalidInputException if the file is one of those */
    static void refuse(Path path, byte[] start) {
        String text = new String(start, StandardCharsets.ISO_8859_1).strip().toLowerCase(Locale.ROOT);
        if (text.startsWith("version https://git-lfs.github.com/")) {
            throw new InvalidInputException(
                    path + ": a pointer of Git LFS, not the file itself: git lfs pull fetches it");
        }
        if (text.matches("(?s)[./\\\\]*(\\.git[/\\\\])?annex[/\\\\]objects[/\\\\].*")) {
            throw new InvalidInputException(
                    path + ": a pointer of git-annex, not the file itself: datalad get, or git annex get, fetches it");
        }
        if (text.startsWith("<!doctype html") || text.startsWith("<html") || text.startsWith("<head")) {
            throw new InvalidInputException(
                    path + ": a web page (HTML), not a recording: the download was answered with a"
                            + " page, such as one to log in; download the file itself");
        }
        if (text.startsWith("<?xml")) {
            throw new InvalidInputException(path + ": XML, not a recording: expected " + RecordingFormat.listing());
        }
        if (RecordingFile.begins(start, "1f8b") || RecordingFile.begins(start, "fd377a585a")
                || RecordingFile.begins(start, "28b52ffd") || RecordingFile.begins(start, "377abcaf271c")
                || RecordingFile.begins(start, "425a68")) {
            throw new InvalidInputException(
                    path + ": compressed: unpack it first (gzip -d, xz -d, bzip2 -d, zstd -d, 7z x)");
        }
    }
}
