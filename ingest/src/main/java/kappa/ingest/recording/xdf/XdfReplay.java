package kappa.ingest.recording.xdf;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.rig.BinAssembler;
import kappa.ingest.rig.BinAssembler.Role;
import kappa.ingest.rig.RigLayout;
import kappa.ingest.rig.RigStatus;
import kappa.ingest.rig.lsl.LslConnector;
import kappa.ingest.rig.lsl.LslRecording;
import kappa.ingest.rig.lsl.LslRecording.Kind;
import kappa.ingest.rig.lsl.MarkerRules;

/**
 * Hands a file's samples to the assembler as {@link LslConnector} hands those of a live rig: in the order in which they were
 * recorded, with the same rules for what a regular sample stands for, for gaps, resets and markers of other hosts. Nothing
 * waits for the clock: a bin is closed when the samples are {@value #LATENESS_S} s past it, or as much as their stamps are out
 * of order. One thread.
 */
final class XdfReplay {

    /** As long may a spike or a marker come after its stamp, as the rig waits by default. */
    private static final double LATENESS_S = 0.05;

    /** Stamps that go back, or on with another clock, by more are of a new epoch. */
    private static final long JUMP = ticks(5);

    /** So long a pause is none: the recording began anew. */
    private static final long PAUSE = ticks(3600);

    /** How long before the first spike a marker may begin the grid of bins. */
    private static final double BEFORE_S = 600;

    /** How far offsets of one clock may differ beyond their errors. */
    private static final double SAME_CLOCK_S = 1e-3;

    /** The assembler takes a longer silence at once for another recording. */
    private static final int SILENT_BINS = 10_000;

    private final StreamChoice choice;
    private final LslRecording recording;
    private final MarkerRules rules;
    private final RigStatus status;
    private final BinAssembler bins;
    private final SampleCursor data;
    private final ClockOffsets offsets;
    private final Map<String, Integer> units = new HashMap<>();
    private final List<Other> others = new ArrayList<>();
    private final boolean regular;
    private final long width;
    private final long half; // of the time between two samples
    private final long gap;
    private final long hold;
    private long origin; // of the epoch's grid
    private long newest;
    private long newestOther = Long.MIN_VALUE;
    private int segment; // of the data stream's clock offsets
    private long ignored;
    private int resets;

    /** A stream beside the data, at its next sample. */
    private static final class Other {
        private final XdfStream of;
        private final SampleCursor cursor;
        private final Role role; // null for markers
        private final int channel; // of its first one among all of this role
        private ClockOffsets.Line line;
        private double recorder; // infinite at its end

        Other(XdfFile file, XdfStream of, Role role, int channel) {
            this.of = of;
            this.role = role;
            this.channel = channel;
            cursor = new SampleCursor(file, of);
            advance();
        }

        void advance() {
            if (cursor.next()) {
                line = of.offsets().line(cursor.segment());
                recorder = cursor.stamp() + line.at(cursor.stamp());
            } else {
                recorder = Double.POSITIVE_INFINITY;
            }
        }
    }

    XdfReplay(XdfFile file, StreamChoice choice, Survey survey, MarkerRules rules, RigLayout layout, RigStatus status,
            BinAssembler.Sink sink) {
        this.choice = choice;
        this.rules = rules;
        this.status = status;
        bins = new BinAssembler(layout, null, status, sink);
        recording = new LslRecording(choice.data().stream(), choice.kind(), layout.neurons(), survey.gapSeconds(), 0);
        data = new SampleCursor(file, choice.data());
        offsets = choice.data().offsets();
        regular = choice.data().stream().regular();
        width = Math.max(1, ticks(layout.binWidthSeconds()));
        half = regular ? ticks(0.5 / choice.data().stream().rate()) : 0;
        gap = ticks(survey.gapSeconds());
        hold = ticks(Math.max(LATENESS_S, survey.disorderSeconds()));
        for (String unit : survey.units()) {
            units.put(unit, units.size());
        }
        choice.markers().forEach(stream -> others.add(new Other(file, stream, null, 0)));
        int channel = rules.inputs().size();
        for (XdfStream stream : choice.inputs()) {
            others.add(new Other(file, stream, Role.INPUT, channel));
            channel += stream.stream().channels();
        }
        channel = 0;
        for (XdfStream stream : choice.behavior()) {
            others.add(new Other(file, stream, Role.BEHAVIOR, channel));
            channel += stream.stream().channels();
        }
    }

    private static long ticks(double seconds) {
        return Math.round(seconds * LslConnector.TICKS_PER_SECOND);
    }

    /** Reads the file to its end. */
    void run() throws InterruptedException {
        double recorder = 0;
        while (data.next()) {
            double before = recorder;
            recorder = data.stamp() + offsets.line(data.segment()).at(data.stamp());
            long tick = ticks(data.stamp());
            if (!bins.started()) {
                segment = data.segment();
                begin(tick, recorder);
            } else {
                step(tick, before);
            }
            takeOthers(recorder);
            if (!regular) {
                complete(tick - hold);
            }
            sample(tick);
            newest = Math.max(newest, tick);
            complete(newest + half - hold);
        }
        if (bins.started()) {
            takeOthers(regular ? recorder + half / LslConnector.TICKS_PER_SECOND : recorder + BEFORE_S);
            complete(regular ? newest + half : Math.max(newest, newestOther) + width);
        }
    }

    private void begin(long tick, double recorder) throws InterruptedException {
        long start = tick - half;
        for (Other each : others) {
            // Spikes are silent most of the time: what comes before the first one is recorded, too.
            if (!regular && each.recorder >= recorder - BEFORE_S && each.recorder < recorder) {
                start = Math.min(start, tick(each));
            }
        }
        begin(start);
        newest = tick;
    }

    private void begin(long start) throws InterruptedException {
        bins.start(start);
        origin = start;
        newestOther = Long.MIN_VALUE;
    }

    /**
     * Where the next stamp lies: after the last one, after lost samples, or on another clock.
     *
     * @param before recorder's time of the last sample
     */
    private void step(long tick, double before) throws InterruptedException {
        long step = tick - newest;
        boolean another = data.segment() != segment;
        if (step < -JUMP || step > PAUSE || (step > JUMP && another)) {
            complete(newest + half);
            segment = data.segment();
            resets++;
            begin(tick - half);
            newest = tick;
        } else if (regular && step > gap) {
            takeOthers(before + half / LslConnector.TICKS_PER_SECOND);
            complete(newest + half);
            bins.lost(newest + half, tick - half,
                    Math.clamp(Math.round(step / (2.0 * half)) - 1, 1, Integer.MAX_VALUE));
        }
        segment = data.segment();
    }

    /** Nothing before a tick comes any more; a long silence bit by bit. */
    private void complete(long tick) throws InterruptedException {
        long most = SILENT_BINS * width;
        while (tick - bins.openFrom() > most) {
            bins.complete(bins.openFrom() + most);
        }
        bins.complete(tick);
    }

    private void sample(long tick) throws InterruptedException {
        if (choice.kind() == Kind.SPIKES) {
            bins.spike(tick, units.get(Survey.unit(choice, data)));
        } else {
            recording.sample(bins, status, tick, data.values(), 0, "");
        }
    }

    /** What other streams recorded up to now, in the order of time. */
    private void takeOthers(double recorder) throws InterruptedException {
        while (true) {
            Other first = null;
            for (Other each : others) {
                if (each.recorder <= recorder && (first == null || each.recorder < first.recorder)) {
                    first = each;
                }
            }
            if (first == null) {
                return;
            }
            long tick = tick(first);
            if (tick < origin) {
                ignored++;
            } else {
                if (!regular) {
                    complete(tick - hold);
                }
                take(first, tick);
                newestOther = Math.max(newestOther, tick);
            }
            first.advance();
        }
    }

    /** A sample's time on the data stream's clock: streams of one host share it. */
    private long tick(Other other) {
        ClockOffsets.Line line = offsets.line(segment);
        double stamp = other.cursor.stamp();
        boolean same = other.of.stream().host().equals(choice.data().stream().host())
                && Math.abs(other.line.at(stamp) - line.at(stamp)) < other.line.error() + line.error() + SAME_CLOCK_S;
        return ticks(same ? stamp : line.stamp(other.recorder));
    }

    private void take(Other other, long tick) throws InterruptedException {
        if (other.role == null) {
            rules.apply(other.of.text()
                    ? other.cursor.text()
                    : LslRecording.marker(other.of.stream(), other.cursor.values(), 0), tick, bins);
            return;
        }
        double[] values = other.cursor.values();
        for (int i = 0; i < values.length; i++) {
            if (Math.abs(values[i]) <= RecordedBin.MAX_MAGNITUDE) {
                bins.sample(other.role, other.channel + i, tick, (float) values[i]);
            } else if (!Double.isNaN(values[i])) {
                status.unusable();
            }
        }
    }

    /** What was made of the file that is worth a line each. */
    List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (resets > 0) {
            remarks.add("the clock of the stream began anew " + resets + " times; each time a new epoch begins");
        }
        long unusable = status.unusableMessages() + data.unusable()
                + others.stream().mapToLong(each -> each.cursor.unusable()).sum();
        add(remarks, status.lostMessages(), "samples are missing between stamps; their bins are not observed");
        add(remarks, unusable, "samples cannot be used and are left out");
        add(remarks, status.lateEvents(), "samples or markers come after their bin was closed");
        add(remarks, ignored,
                "markers or samples of other streams lie outside the stream's recording and are left out");
        return remarks;
    }

    private static void add(List<String> remarks, long count, String words) {
        if (count > 0) {
            remarks.add(count + " " + words);
        }
    }
}
