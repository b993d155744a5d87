package kappa.ingest.rig;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A rig as a stream of bins. Its connector runs on a thread of its own from the first bin on; between them lie at most
 * {@value #QUEUE} bins. When the queue is full, because Kafka takes nothing, the connector waits {@value #PATIENCE_S} s and goes
 * on reading then, so that the rig is not held up: bins that find no room are replaced, once there is some, by as many in which
 * no neuron is observed and whose clock says that they are lost. When nothing came for {@value #ALARM_S} s, a warning says so.
 */
public final class RigSource implements BinSource {

    private static final Logger LOG = LoggerFactory.getLogger(RigSource.class);
    private static final int QUEUE = 4096;
    private static final int PATIENCE_S = 2;
    private static final long LOOK_AGAIN_MS = 100;
    private static final double ALARM_S = 3;

    /** What bins of a rig with trials say of themselves, as {@link RecordedBin#phase} counts. */
    public static final List<String> PHASES = List.of("trial", "between trials");

    /** A bin (null at the recording's end), and how many just before it found no room, of which {@code first} was the first. */
    private record Item(RecordedBin bin, int dropped, RecordedBin first) {}

    private final RigLayout layout;
    private final Connector connector;
    private final RigStatus status = new RigStatus();
    private final ArrayBlockingQueue<Item> queue = new ArrayBlockingQueue<>(QUEUE);
    private final BinAssembler assembler;
    private Thread thread;
    private final double silenceS;
    private volatile boolean ending;
    private volatile boolean over;
    private volatile Throwable failure;
    private int dropped; // the connector's thread only
    private RecordedBin firstDropped;
    private Item current; // the reader's thread only
    private int made;
    private boolean silence;
    private Consumer<String> listener = state -> {};
    private String told = "";

    /**
     * @param units whose spare neurons count as observed once somebody took them; null where there are none
     * @param silenceS seconds without any data after which the recording is over; infinite for never
     */
    public RigSource(RigLayout layout, UnitTable units, Connector connector, double silenceS) {
        this.layout = layout;
        this.silenceS = silenceS;
        this.connector = connector;
        assembler = new BinAssembler(layout, units, status, this::take);
    }

    @Override
    public String name() {
        return layout.name();
    }

    @Override
    public RecordingDescription describe() {
        return new RecordingDescription(layout.neurons(), layout.binWidthSeconds(), layout.inputs(), layout.behaviors(),
                layout.observation(), layout.trials(), layout.trials() ? PHASES : List.of(), layout.origin(),
                Optional.empty());
    }

    @Override
    public long bins() {
        return -1;
    }

    @Override
    public boolean live() {
        return true;
    }

    @Override
    public String status() {
        return status.line();
    }

    @Override
    public void tell(Consumer<String> to) {
        listener = to;
    }

    /** A rig's past cannot be had again. */
    @Override
    public void skip(long bins) {
        throw new UnsupportedOperationException("a rig skips nothing");
    }

    @Override
    public void resume(long bins, RecordedBin last) {
        assembler.resume(last);
    }

    private void take(RecordedBin bin) throws InterruptedException {
        boolean room = dropped == 0
                ? queue.offer(new Item(bin, 0, null), PATIENCE_S, TimeUnit.SECONDS)
                : queue.offer(new Item(bin, dropped, firstDropped));
        if (room) {
            dropped = 0;
            firstDropped = null;
        } else {
            if (dropped == 0) {
                LOG.error("Kafka takes no bins: {} are waiting, and new bins are lost until it takes some again",
                        QUEUE);
                firstDropped = bin;
            }
            dropped++;
            status.lost(1);
        }
    }

    private void run() {
        try {
            try {
                connector.run(assembler, status);
            } catch (InterruptedException e) {
                if (!ending) {
                    return; // closed: nobody reads any more
                }
            }
            assembler.finish();
            if (dropped > 0) {
                queue.put(new Item(null, dropped, firstDropped));
            }
        } catch (InterruptedException e) {
            // Closed.
        } catch (RuntimeException | Error e) {
            failure = e;
        }
        over = true;
    }

    @Override
    public boolean next(RecordedBin bin) {
        if (thread == null) {
            thread = Thread.ofPlatform().daemon(true).name("kappa-rig").start(this::run);
        }
        try {
            while (current == null) {
                boolean last = over; // before the look into the queue, which the connector fills first
                current = queue.poll(LOOK_AGAIN_MS, TimeUnit.MILLISECONDS);
                // Also while bins come: those of a rig whose bins the wall clock closes never end, although nothing is in them.
                listen();
                if (!ending && status.silentSeconds() > silenceS) {
                    ending = true;
                    thread.interrupt();
                }
                if (current == null && last) {
                    if (failure != null) {
                        throw new InvalidInputException(layout.origin() + ": " + failure.getMessage(), failure);
                    }
                    return false;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        if (made < current.dropped) {
            lost(bin, current.first, made++);
            if (made < current.dropped || current.bin != null) {
                return true;
            }
        } else {
            bin.set(current.bin);
        }
        current = null;
        made = 0;
        return true;
    }

    /** A broken stream looks like a silent one, so the user is warned. */
    private void listen() {
        double silent = status.silentSeconds();
        if (silent > ALARM_S && !silence) {
            silence = true;
            LOG.warn("{}: no data for {} s ({})", layout.name(), Math.round(silent), status.state());
        } else if (silence && silent < ALARM_S) {
            silence = false;
            LOG.info("{}: data again", layout.name());
        }
        if (!status.state().equals(told)) {
            told = status.state();
            listener.accept(told);
        }
    }

    /** The {@code later}-th bin after the first that found no room. */
    private void lost(RecordedBin bin, RecordedBin first, int later) {
        bin.set(first);
        Arrays.fill(bin.activity, Float.NaN);
        bin.trialEnd = false;
        bin.sample = first.sample + Math.round(later * layout.ticksPerBin());
        bin.rigTimeNs = layout.rigTimeNs(bin.sample);
        bin.hostUnixNs = first.hostUnixNs == 0 ? 0 : first.hostUnixNs + bin.rigTimeNs - first.rigTimeNs;
        bin.lost = 1;
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        connector.close();
    }
}
