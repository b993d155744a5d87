package kappa.ingest.recording.xdf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import kappa.ingest.InvalidInputException;
import kappa.ingest.rig.lsl.LslRecording;

/**
 * What an XDF file holds, for people.
 *
 * @param streams in the file's order
 * @param remarks what is unusual
 */
public record XdfContents(List<Stream> streams, List<String> remarks) {

    /** Different markers that are listed. */
    private static final int LISTED = 8;

    /** Samples of markers that are looked at. */
    private static final int LOOKED_AT = 1 << 20;

    /**
     * @param words its name, type, channels, rate and host
     * @param text whether its samples are texts
     * @param labels of channels; may be empty
     * @param samples that its chunks say they hold
     * @param first stamp of the first sample, seconds on the sender's clock; NaN if there is none
     * @param last stamp of the last sample
     * @param resets how often its clock began anew
     * @param markers some of its different texts, or of its numbers if it is irregular; empty for data
     */
    public record Stream(String name, String words, boolean text, boolean regular, double rate, int channels,
            List<String> labels, long samples, double first, double last, int resets, List<String> markers) {}

    /** @throws InvalidInputException if it is no XDF file */
    public static XdfContents of(Path path) {
        try (XdfFile file = XdfFile.open(path)) {
            return file.read(() -> {
                List<Stream> streams = new ArrayList<>();
                file.streams().forEach(each -> streams.add(stream(file, each)));
                return new XdfContents(List.copyOf(streams), List.copyOf(file.remarks()));
            });
        }
    }

    private static Stream stream(XdfFile file, XdfStream of) {
        boolean marks = of.text() || (!of.stream().regular() && of.stream().channels() == 1);
        Set<String> markers = new TreeSet<>();
        SampleCursor cursor = new SampleCursor(file, of);
        double first = Double.NaN;
        double last = Double.NaN;
        for (long i = 0; cursor.next(); i++) {
            if (i == 0) {
                first = cursor.stamp();
            }
            last = cursor.stamp();
            if (marks && i < LOOKED_AT && markers.size() <= LISTED) {
                markers.add(of.text() ? cursor.text() : LslRecording.marker(of.stream(), cursor.values(), 0));
            }
        }
        List<String> listed = new ArrayList<>(markers);
        return new Stream(of.stream().name(), of.stream().words(), of.text(), of.stream().regular(), of.stream().rate(),
                of.stream().channels(), of.labels(), of.samples(), first, last, of.offsets().resets(),
                listed.size() > LISTED ? List.copyOf(listed.subList(0, LISTED)) : listed);
    }
}
