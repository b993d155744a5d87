package kappa.ingest.rig.lsl;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import kappa.ingest.InvalidInputException;
import kappa.ingest.UnixTime;
import kappa.ingest.rig.BinAssembler;
import kappa.ingest.rig.Connector;
import kappa.ingest.rig.RigStatus;
import kappa.ingest.rig.lsl.Lsl.Correction;
import kappa.ingest.rig.lsl.Lsl.Format;
import kappa.ingest.rig.lsl.Lsl.Stream;
import kappa.ingest.rig.lsl.StreamReader.Away;
import kappa.ingest.rig.lsl.StreamReader.Dropped;
import kappa.ingest.rig.lsl.StreamReader.Event;
import kappa.ingest.rig.lsl.StreamReader.Failed;
import kappa.ingest.rig.lsl.StreamReader.Lost;
import kappa.ingest.rig.lsl.StreamReader.Opened;
import kappa.ingest.rig.lsl.StreamReader.Samples;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bins a stream, with markers out of others. Clocks, watermarks and what counts as lost are laid down in the package's
 * description.
 *
 * <p>A sample of a regular stream stands for the time half a sample before its stamp to half a sample after it, and the grid of
 * bins begins with the first: so many samples fall into each bin although stamps are not exact to the nanosecond.
 */
public final class LslConnector implements Connector {

    /**
     * @param markers         streams of markers, may be none
     * @param latenessSeconds after so long nothing older comes on an irregular stream
     */
    public record Settings(LslRecording recording, List<Stream> markers, MarkerRules rules, double latenessSeconds) {
        public Settings {
            markers = List.copyOf(markers);
        }
    }

    /** Ticks of the assembler's clock in a second. */
    public static final double TICKS_PER_SECOND = 1e9;

    private static final Logger LOG = LoggerFactory.getLogger(LslConnector.class);
    private static final long LOOK_MS = 100;

    /** A sender counts its reader in only just after it has answered. */
    private static final double JOIN_S = 0.1;

    /** How far two corrections of one clock may differ beyond their errors, and how fast clocks drift apart. */
    private static final double SAME_CLOCK_S = 1e-3;
    private static final double DRIFT = 1e-4;

    /** Stamps that jump further than the time that passed are of another clock. */
    private static final double JUMP_S = 5;

    private final Lsl lsl;
    private final Settings settings;
    private final LslRecording recording;
    private final LinkedBlockingQueue<Event> queue = new LinkedBlockingQueue<>();
    private final AtomicLong waiting = new AtomicLong();
    private final StreamReader data;
    private final List<Markers> markers = new ArrayList<>();
    private final long half; // of the time between two samples, ns
    private BinAssembler bins;
    private RigStatus status;
    private Opened open; // of the data stream, null while it is lost
    private Opened before; // the connection that was lost
    private boolean listening; // from the first time on that all streams are open
    private Correction correction;
    private double told; // when the mapping to host time was told last
    private long joined = Long.MIN_VALUE; // of an irregular stream: what is older is of before anybody listened
    private boolean first; // the first sample of a connection is still to come
    private long newest; // stamp of the newest sample, ns
    private double newestLocal; // when it came
    private long sure = Long.MIN_VALUE; // of the data stream: nothing before this tick comes any more

    private static final class Markers {
        private final StreamReader reader;
        private boolean open;
        private boolean everOpen;
        private Stream stream;
        private Correction correction;
        private double sureLocal = Double.NEGATIVE_INFINITY;

        Markers(StreamReader reader) {
            this.reader = reader;
        }
    }

    public LslConnector(Lsl lsl, Settings settings) {
        this.lsl = lsl;
        this.settings = settings;
        recording = settings.recording();
        half = recording.stream().regular() ? Math.round(0.5e9 / recording.stream().rate()) : 0;
        data = new StreamReader(lsl, recording.stream(), queue, waiting);
        for (Stream stream : settings.markers()) {
            markers.add(new Markers(new StreamReader(lsl, stream, queue, waiting)));
        }
    }

    @Override
    public void run(BinAssembler assembler, RigStatus rigStatus) throws InterruptedException {
        bins = assembler;
        status = rigStatus;
        newestLocal = lsl.localClock();
        data.start();
        markers.forEach(each -> each.reader.start());
        try {
            while (true) {
                Event event = queue.poll(LOOK_MS, TimeUnit.MILLISECONDS);
                if (event != null) {
                    take(event);
                }
            }
        } finally {
            data.stop();
            for (Markers each : markers) {
                each.reader.stop();
            }
        }
    }

    @Override
    public void close() {
        // Inlets belong to the readers' threads, which end with run().
    }

    private void take(Event event) throws InterruptedException {
        switch (event) {
            case Opened opened -> opened(opened);
            case Samples samples -> {
                waiting.addAndGet(-samples.size());
                if (samples.from() == data) {
                    data(samples);
                } else {
                    markers(samples);
                }
                complete();
            }
            case Dropped dropped -> dropped(dropped);
            case Away away -> away(away);
            case Lost lost -> lost(lost);
            case Failed failed -> throw new InvalidInputException(failed.cause().getMessage(), failed.cause());
        }
    }

    private Markers markersOf(StreamReader reader) {
        for (Markers each : markers) {
            if (each.reader == reader) {
                return each;
            }
        }
        throw new IllegalStateException("a stream that nobody asked for");
    }

    private void opened(Opened opened) throws InterruptedException {
        LOG.info("stream {} is open", opened.stream().words());
        if (opened.from() == data) {
            open = opened;
            correction = opened.correction();
            first = true;
            status.state("listening");
        } else {
            Markers each = markersOf(opened.from());
            each.open = true;
            each.everOpen = true;
            each.stream = opened.stream();
            each.correction = opened.correction();
            each.sureLocal = Double.NEGATIVE_INFINITY;
        }
        if (open == null || markers.stream().anyMatch(each -> !each.everOpen)) {
            return;
        }
        boolean begins = !listening;
        listening = true;
        if ((begins || opened.from() == data) && !recording.stream().regular()) {
            // An irregular stream says nothing of when it began; from here on all of it comes.
            long tick = tick(opened.local() + JOIN_S - correction.seconds());
            if (bins.started() && goesOn(tick)) {
                bins.lost(sure, tick, 1);
            } else {
                bins.start(tick);
            }
            joined = tick;
            sure = tick;
            tellHostTime();
        }
    }

    private static long tick(double seconds) {
        return Math.round(seconds * TICKS_PER_SECOND);
    }

    /** Whether a connection's clock is the one before it, so that its stamps lie on the same grid. */
    private boolean goesOn(long tick) {
        if (before == null) {
            return true;
        }
        double apart = lsl.localClock() - newestLocal;
        Correction old = before.correction();
        return open.stream().host().equals(before.stream().host()) && tick > Math.max(newest, sure)
                && Math.abs(open.correction().seconds() - old.seconds()) < open.correction().errorSeconds()
                        + old.errorSeconds() + SAME_CLOCK_S + DRIFT * apart;
    }

    private void away(Away away) {
        String words = away.from() == data ? recording.stream().words() : markersOf(away.from()).stream.words();
        if (away.away()) {
            LOG.warn("stream {}: the sender does not answer", words);
        } else {
            LOG.info("stream {}: the sender answers again", words);
        }
        if (away.from() == data) {
            status.state(away.away() ? "the sender does not answer" : "listening");
        } else {
            // Nothing can come from there; bins do not wait for it.
            markersOf(away.from()).open = !away.away();
        }
    }

    private void lost(Lost lost) {
        if (lost.from() == data) {
            LOG.warn("stream {}: the sender is gone; searching for it", open.stream().words());
            status.state("the sender is gone");
            before = new Opened(data, open.stream(), open.local(), correction);
            open = null;
        } else {
            Markers each = markersOf(lost.from());
            LOG.warn("markers {}: the sender is gone; trials and inputs are unknown until it is back",
                    each.stream.words());
            each.open = false;
        }
    }

    private void dropped(Dropped dropped) throws InterruptedException {
        LOG.error("{} samples were dropped: this machine does not keep up with the stream", dropped.samples());
        if (dropped.from() != data) {
            status.lost(dropped.samples());
        } else if (listening && bins.started() && !recording.stream().regular()) {
            bins.lost(tick(dropped.first()), tick(dropped.last()) + 1, dropped.samples());
        }
        // A regular stream's next stamp shows it.
    }

    private void data(Samples samples) throws InterruptedException {
        correction = samples.correction();
        if (!listening) {
            return;
        }
        double[] stamps = samples.stamps();
        for (int i = 0; i < stamps.length; i++) {
            long tick = tick(stamps[i]);
            if (recording.stream().regular()) {
                step(tick, stamps[i]);
            } else if (ahead(stamps[i], correction)) {
                status.unusable();
                continue;
            }
            if (tick >= joined) {
                sample(samples, i, tick);
            }
            first = false;
            newest = tick;
            newestLocal = lsl.localClock();
            status.heard();
        }
        if (recording.stream().regular()) {
            if (stamps.length > 0) {
                sure = Math.max(sure, newest + half - tick(recording.disorderSeconds()));
            }
        } else if (!Double.isNaN(samples.local())) {
            sure = Math.max(sure, tick(samples.local() - settings.latenessSeconds() - correction.seconds()));
        }
        if (samples.local() - told > 0.5) {
            tellHostTime();
        }
    }

    /** Where a regular stream's next stamp lies: right after the last one, after lost samples, or on another clock. */
    private void step(long tick, double stamp) throws InterruptedException {
        if (!bins.started()) {
            LslRecording.requireLslTime(recording.stream(), stamp + correction.seconds() - lsl.localClock());
            begin(tick);
            return;
        }
        long step = tick - newest;
        double apart = (lsl.localClock() - newestLocal) * TICKS_PER_SECOND;
        if (step > apart + JUMP_S * TICKS_PER_SECOND || step < -JUMP_S * TICKS_PER_SECOND || (first && !goesOn(tick))) {
            begin(tick);
        } else if (first || step > recording.gapSeconds() * TICKS_PER_SECOND) {
            // A sender that closes its outlet may send a last sample that holds nothing (liblsl 1.16 does).
            long from = first ? newest - half : newest + half;
            bins.lost(from, tick - half, Math.clamp(Math.round(step / (2.0 * half)) - 1, 1, Integer.MAX_VALUE));
        }
    }

    private void begin(long tick) throws InterruptedException {
        bins.start(tick - half);
        sure = Long.MIN_VALUE;
        tellHostTime();
    }

    /** A stamp of a time to come would close all bins up to it; one of the past is merely late. */
    private boolean ahead(double stamp, Correction of) {
        return stamp + of.seconds() > lsl.localClock() + JUMP_S;
    }

    private void sample(Samples samples, int i, long tick) throws InterruptedException {
        recording.sample(bins, status, tick, samples.values(), i * recording.stream().channels(),
                recording.stream().format() == Format.STRING ? samples.texts()[i] : "");
    }

    private void markers(Samples samples) {
        Markers each = markersOf(samples.from());
        each.correction = samples.correction();
        for (int i = 0; i < samples.stamps().length; i++) {
            if (ahead(samples.stamps()[i], each.correction)) {
                status.unusable();
            } else if (listening && bins.started()) {
                settings.rules().apply(marker(each.stream, samples, i), tick(samples.stamps()[i] + between(each)),
                        bins);
            }
        }
        if (!Double.isNaN(samples.local())) {
            each.sureLocal = samples.local() - settings.latenessSeconds();
        }
    }

    private static String marker(Stream stream, Samples samples, int i) {
        if (stream.format() == Format.STRING) {
            return samples.texts()[i];
        }
        return LslRecording.marker(stream, samples.values(), i * stream.channels());
    }

    /** What to add to a marker's stamp to have it on the data stream's clock. */
    private double between(Markers each) {
        double difference = each.correction.seconds() - correction.seconds();
        boolean same = each.stream.host().equals(recording.stream().host())
                && Math.abs(difference) < each.correction.errorSeconds() + correction.errorSeconds() + SAME_CLOCK_S;
        return same ? 0 : difference;
    }

    private void complete() throws InterruptedException {
        if (!listening || !bins.started() || sure == Long.MIN_VALUE) {
            return;
        }
        long tick = sure;
        for (Markers each : markers) {
            if (each.open) {
                tick = each.sureLocal == Double.NEGATIVE_INFINITY
                        ? bins.openFrom()
                        : Math.min(tick, tick(each.sureLocal - correction.seconds()));
            }
        }
        bins.complete(tick);
    }

    /** Local clock to Unix time is measured here; the reading in between lies as close as the two around it. */
    private void tellHostTime() {
        double earlier = lsl.localClock();
        long unix = UnixTime.nowNs();
        double later = lsl.localClock();
        told = later;
        double middle = 0.5 * (earlier + later);
        bins.hostOffset(unix - tick(middle) + tick(correction.seconds()),
                tick(correction.errorSeconds() + 0.5 * (later - earlier)));
    }
}
