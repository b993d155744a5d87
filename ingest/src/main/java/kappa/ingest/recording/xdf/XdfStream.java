package kappa.ingest.recording.xdf;

import java.lang.foreign.MemorySegment;
import java.util.List;
import kappa.ingest.rig.lsl.Lsl.Format;
import kappa.ingest.rig.lsl.Lsl.Stream;
import kappa.ingest.rig.lsl.StreamXml;

/** A stream of an XDF file: what its header says, and what is known of its samples without looking at them. */
final class XdfStream {

    private final int id;
    private final StreamXml xml;
    private final Stream stream;
    private final ClockOffsets offsets = new ClockOffsets();
    private long samples;
    private long announced = -1;

    /** @param xml its header; number and format of channels must be such that samples can be read */
    XdfStream(int id, StreamXml xml) {
        this.id = id;
        this.xml = xml;
        double rate = xml.number("nominal_srate");
        stream = new Stream(xml.text("name"), xml.text("type"), xml.text("source_id"), xml.text("uid"),
                xml.text("hostname"), (int) xml.number("channel_count"), rate > 0 && rate < 1e9 ? rate : 0,
                Format.named(xml.text("channel_format")), MemorySegment.NULL);
    }

    /** Its number in the file. */
    int id() {
        return id;
    }

    /** As liblsl would have shown it. */
    Stream stream() {
        return stream;
    }

    /** Labels of its channels; none where not each has one. */
    List<String> labels() {
        return xml.labels(stream.channels());
    }

    /** Whether an XPath predicate holds of its header. */
    boolean fits(String predicate, String option) {
        return xml.fits(predicate, option);
    }

    ClockOffsets offsets() {
        return offsets;
    }

    /** As many samples as its chunks say they hold. */
    long samples() {
        return samples;
    }

    void addSamples(long count) {
        samples += count;
    }

    /** As many samples as the recorder counted; -1 if it was not closed. */
    long announced() {
        return announced;
    }

    void announce(double count) {
        announced = count >= 0 && count < Long.MAX_VALUE ? (long) count : -1;
    }

    boolean text() {
        return stream.format() == Format.STRING;
    }

    /** Bytes of one value. */
    int valueBytes() {
        return switch (stream.format()) {
            case INT8 -> 1;
            case INT16 -> 2;
            case INT32, FLOAT32 -> 4;
            case INT64, DOUBLE64 -> 8;
            case STRING, UNDEFINED -> 0;
        };
    }
}
