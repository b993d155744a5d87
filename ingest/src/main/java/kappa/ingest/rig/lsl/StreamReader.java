package kappa.ingest.rig.lsl;

import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import kappa.ingest.rig.lsl.Lsl.Correction;
import kappa.ingest.rig.lsl.Lsl.Inlet;
import kappa.ingest.rig.lsl.Lsl.LostException;
import kappa.ingest.rig.lsl.Lsl.Stream;

/**
 * Empties one stream's inlet, on a thread of its own, into a bounded queue; finds the stream again when its sender was started
 * again. Never waits for whoever reads the queue, so that liblsl never drops samples behind its back: what finds no room is
 * told as {@link Dropped}.
 */
final class StreamReader {

    /** What happened, in order. */
    sealed interface Event {
        StreamReader from();
    }

    /** @param local from when on, by this host's clock, all that is sent comes */
    record Opened(StreamReader from, Stream stream, double local, Correction correction) implements Event {}

    /**
     * Samples, none where nothing came.
     *
     * @param stamps as the sender gave them, in seconds
     * @param values sample by sample; empty for texts
     * @param local  all that had arrived by then, by this host's clock, has been told with this; NaN where that cannot be said
     * @param size   what this takes of the room for values
     */
    record Samples(StreamReader from, double[] stamps, double[] values, String[] texts, double local,
            Correction correction, int size) implements Event {}

    /** Samples with stamps from {@code first} to {@code last} found no room. */
    record Dropped(StreamReader from, double first, double last, int samples) implements Event {}

    /** The connection broke. */
    record Lost(StreamReader from) implements Event {}

    /** Whether the sender answers no probe any more, although the connection stands. */
    record Away(StreamReader from, boolean away) implements Event {}

    /** This thread is at its end. */
    record Failed(StreamReader from, Throwable cause) implements Event {}

    /** Long enough to cost nothing, short beside a bin. */
    private static final double PULL_S = 0.005;

    /** A pull that finds nothing is worth a message only so often. */
    private static final double QUIET_S = 0.005;

    private static final double CONNECT_S = 5;
    private static final double CORRECTION_EVERY_S = 0.5;

    /** How often liblsl probes a sender's clock. */
    private static final double UPDATE_S = 2;

    /** A sender that missed three of these in a row is away. */
    private static final double UNANSWERED_S = 3 * UPDATE_S + 1;

    /** Silence after which another outlet in this one's place is looked for. */
    private static final double DOUBT_S = 2;

    private static final double LOOK_S = 1;
    private static final long RETRY_NS = 200_000_000;

    /** Values of all streams together that may wait to be read: 32 MB. */
    private static final long MAX_VALUES = 4_000_000;

    private static final int MAX_CHUNK_VALUES = 16_384;

    private final Lsl lsl;
    private final LinkedBlockingQueue<Event> queue;
    private final AtomicLong waiting;
    private final Thread thread;
    private volatile boolean stopped;
    private Stream stream;
    private boolean open;
    private int dropped;
    private double firstDropped;
    private double lastDropped;

    /**
     * @param queue   where events go; shared by all streams of a session
     * @param waiting values in that queue: whoever takes {@link Samples} out of it subtracts its size
     */
    StreamReader(Lsl lsl, Stream stream, LinkedBlockingQueue<Event> queue, AtomicLong waiting) {
        this.lsl = lsl;
        this.stream = stream;
        this.queue = queue;
        this.waiting = waiting;
        thread = Thread.ofPlatform().daemon(true).name("kappa-lsl-" + stream.name()).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Returns once the inlet is gone: liblsl must not lose it while a pull is under way. */
    void stop() throws InterruptedException {
        stopped = true;
        thread.join();
    }

    private void run() {
        try {
            while (!stopped) {
                try (Inlet inlet = lsl.open(stream, Math.clamp(MAX_CHUNK_VALUES / stream.channels(), 1, 1024),
                        CONNECT_S)) {
                    read(inlet);
                } catch (LostException e) {
                    if (open) {
                        open = false;
                        queue.add(new Lost(this));
                    } else {
                        // It is found, but cannot be opened.
                        LockSupport.parkNanos(RETRY_NS);
                    }
                    find();
                }
            }
        } catch (RuntimeException | Error e) {
            queue.add(new Failed(this, e));
        }
    }

    private void read(Inlet inlet) throws LostException {
        double opened = lsl.localClock();
        Correction correction = inlet.correction(CONNECT_S);
        tellDropped();
        queue.add(new Opened(this, stream, opened, correction));
        open = true;
        double measured = opened;
        double answered = opened;
        double told = opened;
        double came = opened;
        double looked = opened;
        boolean away = false;
        while (!stopped) {
            double local = lsl.localClock();
            int count = inlet.pull(PULL_S);
            if (local - measured > CORRECTION_EVERY_S) {
                Correction now = inlet.correction(0);
                measured = local;
                answered = now.remoteSeconds() == correction.remoteSeconds() ? answered : local;
                correction = now;
                if (away != local - answered > UNANSWERED_S) {
                    away = !away;
                    queue.add(new Away(this, away));
                }
            }
            if (count > 0) {
                // A full chunk may have left some behind.
                hand(inlet, count, away || count == inlet.chunk() ? Double.NaN : local, correction);
                told = local;
                came = local;
            } else if (local - told > QUIET_S && !away) {
                hand(inlet, 0, local, correction);
                told = local;
            }
            boolean doubtful = local - came > DOUBT_S && (stream.regular() || local - answered > DOUBT_S + UPDATE_S);
            if (doubtful && local - looked > DOUBT_S) {
                looked = local;
                if (replaced()) {
                    throw new LostException();
                }
            }
        }
    }

    /**
     * Whether another outlet stands in for this one. A sender that closes its outlet and lives on may leave the connection open
     * (liblsl 1.16 does), and one that lost its power cannot close it.
     */
    private boolean replaced() {
        List<Stream> found = lsl.resolve(predicate(stream), 1, LOOK_S);
        return found.stream().noneMatch(other -> other.uid().equals(stream.uid()))
                && found.stream().anyMatch(this::same);
    }

    private void hand(Inlet inlet, int count, double local, Correction correction) {
        double[] stamps = inlet.stamps(count);
        int size = Math.max(1, count * stream.channels());
        if (waiting.get() + size > MAX_VALUES) {
            for (double stamp : stamps) {
                firstDropped = dropped == 0 ? stamp : Math.min(firstDropped, stamp);
                lastDropped = dropped == 0 ? stamp : Math.max(lastDropped, stamp);
                dropped++;
            }
            return;
        }
        tellDropped();
        waiting.addAndGet(size);
        queue.add(new Samples(this, stamps, inlet.values(count), inlet.texts(count), local, correction, size));
    }

    private void tellDropped() {
        if (dropped > 0) {
            queue.add(new Dropped(this, firstDropped, lastDropped, dropped));
            dropped = 0;
        }
    }

    /** Looks for the stream until its sender is back. */
    private void find() {
        while (!stopped) {
            List<Stream> found = lsl.resolve(predicate(stream), 1, LOOK_S).stream().filter(this::same).toList();
            // Its own id is best; without one, a single stream that looks the same.
            List<Stream> own = found.stream()
                    .filter(other -> !stream.sourceId().isEmpty() && other.sourceId().equals(stream.sourceId()))
                    .toList();
            if (own.size() == 1 || (own.isEmpty() && found.size() == 1)) {
                stream = own.isEmpty() ? found.getFirst() : own.getFirst();
                return;
            }
        }
    }

    private boolean same(Stream other) {
        return other.type().equals(stream.type()) && other.channels() == stream.channels()
                && other.format() == stream.format() && other.rate() == stream.rate();
    }

    private static String predicate(Stream stream) {
        return "name=" + quoted(stream.name());
    }

    /** As an XPath string, which has no way to escape quotes. */
    static String quoted(String text) {
        return text.indexOf('\'') < 0 ? '\'' + text + '\'' : '"' + text + '"';
    }
}
