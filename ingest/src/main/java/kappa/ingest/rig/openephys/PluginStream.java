package kappa.ingest.rig.openephys;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.UnixTime;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.rig.BinAssembler;
import kappa.ingest.rig.BinAssembler.Role;
import kappa.ingest.rig.ClockEnvelope;
import kappa.ingest.rig.RigStatus;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.openephys.OpenEphysSettings.Line;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the plugin's messages mean for the bins. Per block of samples the plugin sends the edges of digital lines,
 * spikes electrode by electrode, then the block's continuous channels; a spike that peaks in the last {@value
 * #SPIKE_TAIL} samples of a block comes with the next one. Policies:
 * <ul>
 * <li><b>When a bin is over.</b> Once a continuous channel's message of n samples from s on has come, every edge before
 * s + n and every spike before s + n - {@value #SPIKE_TAIL} was sent. Where continuous channels are used as inputs or
 * behaviour, a block counts when all of them have come. Without any continuous channel the clock on the wall decides,
 * the settings' lateness after the bin's end; but not while nothing comes for over {@value #SILENCE_NS} ns, when
 * acquisition may have stopped: then the next message tells, by its number, whether it was silence or a new beginning.
 * <li><b>Gaps.</b> Numbers m and m + k + 1 in succession: k messages are lost. They belong to samples from the last
 * block's end before the gap, less {@value #SPIKE_TAIL}, to the end of the next continuous message after it; if
 * continuous channels in use were outstanding, from that block's beginning on. Without continuous channels: from the
 * newest sample at the last message before the gap, less the lateness, to the newest at the first one after it, plus
 * the lateness. A message whose JSON is unusable is lost, too.
 * <li><b>New beginnings.</b> A number that is not above the last one, or after a gap a sample that is over
 * {@value #JUMP_NS} ns from where it should be, is a new epoch. So is a sample number that jumps as far without a gap,
 * if the next message agrees with it; alone, it is unusable. The counter may overflow from 2<sup>31</sup> - 1 to
 * -2<sup>31</sup>. Bins of an epoch begin with the first block of which all is known to have come, on multiples of
 * their width.
 * <li><b>Lines.</b> Each edge carries the state of all lines of its processor, so that edges that were lost show with
 * the next one, of any line: an input takes its value from there, trials whose start was lost are discarded, and one
 * whose end was lost ends there. Before the first edge all lines are taken for low.
 * </ul>
 *
 * <p>Not thread-safe. Allocates nothing for a message of a kind that came before.
 */
final class PluginStream {

    static final int SPIKE_TAIL = 100;
    static final long SILENCE_NS = 1_000_000_000L;
    static final long JUMP_NS = 2_000_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(PluginStream.class);
    private static final long WINDOW_NS = 30_000_000_000L;
    private static final int MOST_LOST = 1 << 30;
    private static final int EDGE_BYTES = 10;
    private static final int MANY = 10;
    private static final byte[] DATA = "DATA".getBytes(US_ASCII);
    private static final byte[] EVENT = "EVENT".getBytes(US_ASCII);
    private static final VarHandle FLOATS = MethodHandles.byteArrayViewVarHandle(float[].class,
            ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** A continuous channel in use. */
    private static final class Wanted {
        private final FoundStream.Channel channel;
        private final Role role;
        private final int index;
        private long block = Long.MIN_VALUE; // the last one that came

        Wanted(FoundStream.Channel channel, Role role, int index) {
            this.channel = channel;
            this.role = role;
            this.index = index;
        }
    }

    /** A line in use. */
    private static final class Wire {
        private final Line line;
        private final int input; // -1: trials
        private boolean high;
        private boolean inTrial;
        private int node; // whose it is; -1 until the line's first edge
        private boolean told;

        Wire(Line line, int input) {
            this.line = line;
            node = line.node();
            this.input = input;
        }
    }

    private final OpenEphysSettings settings;
    private final FoundStream found;
    private final UnitPlaces units;
    private final BinAssembler bins;
    private final RigStatus status;
    private final MessageHeader header = new MessageHeader();
    private final List<Wanted> wanted = new ArrayList<>();
    private final List<Wire> wires = new ArrayList<>();
    private final double rate;
    private final long jump;
    private final long lateness;
    private final ClockEnvelope clock;

    private boolean numbered;
    private int number;
    private long lastArrivalNs;

    private boolean started;
    private long epochStart;
    private boolean onTheWall;
    private boolean block; // one has come in this epoch
    private long blockStart;
    private long blockEnd;
    private int outstanding;
    private long sinceNs; // the last block's arrival, or the epoch's first message's; 0 before
    private boolean gap;
    private long gapFrom;
    private int gapMessages;
    private boolean suspicious;
    private long suspect;

    private int otherRates;
    private boolean otherStream;
    private int missing;
    private boolean toldUnsorted;

    PluginStream(OpenEphysSettings settings, FoundStream found, UnitPlaces units, BinAssembler bins, RigStatus status) {
        this.settings = settings;
        this.found = found;
        this.units = units;
        this.bins = bins;
        this.status = status;
        rate = bins.layout().ticksPerSecond();
        jump = (long) (JUMP_NS * 1e-9 * rate);
        lateness = (long) Math.ceil(settings.latenessSeconds() * rate);
        clock = new ClockEnvelope(rate, WINDOW_NS);
        onTheWall = !found.continuous();
        if (settings.trialLine() != null) {
            wires.add(new Wire(settings.trialLine(), -1));
        }
        int input = 0;
        for (Line line : settings.inputLines()) {
            wires.add(new Wire(line, input++));
        }
        for (String name : settings.inputChannels()) {
            wanted.add(new Wanted(found.channel("--input-channel", name), Role.INPUT, input++));
        }
        int behavior = 0;
        for (String name : settings.behaviorChannels()) {
            wanted.add(new Wanted(found.channel("--behavior-channel", name), Role.BEHAVIOR, behavior++));
        }
    }

    void message(Reception.Message message) throws InterruptedException {
        boolean ours = !message.misshapen() && isTopic(message.topic());
        boolean whole = ours && header.read(message.header());
        if (!whole) {
            status.unusable();
            if (!ours || !header.numbered) {
                return; // its number is missing, then: the next message tells of a gap
            }
        }
        status.heard();
        count(message.arrivalNs(), whole ? 0 : 1);
        lastArrivalNs = message.arrivalNs();
        sinceNs = sinceNs == 0 ? lastArrivalNs : sinceNs;
        if (!whole || header.kind == MessageHeader.Kind.OTHER) {
            return;
        }
        if (!found.stream().contentEquals(header.stream)) {
            status.unusable();
            if (!otherStream) {
                LOG.warn("messages of stream {} are ignored: the session records stream {}", header.stream,
                        found.stream());
                otherStream = true;
            }
            return;
        }
        if (!plausible(header.sample, message.arrivalNs())) {
            boolean agrees = suspicious && Math.abs(header.sample - suspect) < jump;
            suspicious = true;
            suspect = header.sample;
            if (!agrees) {
                status.unusable();
                return;
            }
            restart("the sample clock jumped");
        }
        suspicious = false;
        switch (header.kind) {
            case DATA -> data(message);
            case SPIKE -> spike(message.arrivalNs());
            case TTL -> edge(message);
            case OTHER -> throw new AssertionError("left out above");
        }
    }

    /** The topic as it is known, with or without the NUL that ends it. */
    private static boolean isTopic(byte[] topic) {
        int length = topic.length > 0 && topic[topic.length - 1] == 0 ? topic.length - 1 : topic.length;
        return Arrays.equals(topic, 0, length, DATA, 0, DATA.length)
                || Arrays.equals(topic, 0, length, EVENT, 0, EVENT.length);
    }

    private void count(long arrivalNs, int unusable) throws InterruptedException {
        int last = number;
        boolean first = !numbered;
        numbered = true;
        number = header.number;
        if (first) {
            return;
        }
        // In 32 bits, so that it survives the counter's overflow.
        int step = number - last;
        if (step <= 0 || step > MOST_LOST) {
            restart("acquisition began again");
            return;
        }
        if (step - 1 + unusable > 0) {
            lose(step - 1 + unusable, arrivalNs);
        }
    }

    private void lose(int messages, long arrivalNs) throws InterruptedException {
        if (!started) {
            return; // no bin has begun yet
        }
        if (onTheWall) {
            bins.lost(clock.newest(lastArrivalNs) - lateness, clock.newest(arrivalNs) + lateness, messages);
            return;
        }
        if (!gap) {
            gap = true;
            gapFrom = outstanding > 0 ? Math.min(blockStart, blockEnd - SPIKE_TAIL) : blockEnd - SPIKE_TAIL;
            gapMessages = 0;
        }
        gapMessages = (int) Math.min(MOST_LOST, (long) gapMessages + messages);
    }

    private void closeGap(long to) throws InterruptedException {
        if (gap) {
            gap = false;
            bins.lost(gapFrom, to, gapMessages);
        }
    }

    /** Whether a sample number is one that can come now. */
    private boolean plausible(long sample, long arrivalNs) {
        if (!clock.any()) {
            return sample > Long.MIN_VALUE / 4 && sample < Long.MAX_VALUE / 4;
        }
        long newest = clock.newest(arrivalNs);
        if (sample > newest + jump) {
            return false;
        }
        if (gap) {
            return sample >= newest - jump;
        }
        if (header.kind == MessageHeader.Kind.DATA && block && sample < blockEnd && sample != blockStart) {
            return false;
        }
        // A message that was long on its way is behind the clock, but not behind what came before it.
        return sample >= (block ? blockEnd - jump : newest - MANY * jump);
    }

    private void restart(String why) throws InterruptedException {
        if (started) {
            closeGap(blockEnd);
            bins.finish();
            LOG.info("{}: a new epoch", why);
        }
        started = false;
        block = false;
        outstanding = 0;
        gap = false;
        onTheWall = !found.continuous();
        clock.restart();
        for (Wire wire : wires) {
            wire.high = false;
            wire.inTrial = false;
        }
        suspicious = false;
        sinceNs = 0;
    }

    /** Bins from the first multiple of their width on that is not before {@code sample}. */
    private void begin(long sample) throws InterruptedException {
        double width = bins.layout().binWidthSeconds() * rate;
        epochStart = (long) Math.ceil(Math.ceil(sample / width - 1e-9) * width - 1e-6);
        bins.start(epochStart);
        started = true;
        for (Wire wire : wires) {
            if (wire.input >= 0) {
                bins.step(wire.input, epochStart, wire.high ? 1 : 0);
            }
        }
    }

    private void data(Reception.Message message) throws InterruptedException {
        byte[] payload = message.payload();
        int samples = payload.length / Float.BYTES;
        if (payload.length % Float.BYTES != 0 || samples == 0 || (header.samples >= 0 && header.samples != samples)) {
            status.unusable();
            lose(1, message.arrivalNs());
            return;
        }
        if (!Double.isNaN(header.rate) && Math.abs(header.rate / rate - 1) > 1e-3) {
            if (++otherRates == MANY) {
                throw new InvalidInputException("stream " + found.stream() + " has " + header.rate
                        + " samples per second now, expected " + rate + " as at the session's beginning");
            }
            status.unusable();
            return;
        }
        otherRates = 0;
        long from = header.sample;
        long to = from + samples;
        if (!block || from != blockStart) {
            beginBlock(from, to, message.arrivalNs());
        }
        onTheWall = false;
        closeGap(Math.max(to, blockEnd));
        boolean wild = false;
        for (Wanted one : wanted) {
            if (one.channel.is(header)) {
                wild |= sample(one, from, samples, payload);
                if (one.block != from) {
                    one.block = from;
                    outstanding--;
                }
            }
        }
        if (wild) {
            status.unusable();
        }
        if (outstanding == 0) {
            bins.complete(blockEnd - SPIKE_TAIL);
        }
    }

    private void beginBlock(long from, long to, long arrivalNs) throws InterruptedException {
        if (!started) {
            begin(to);
        } else if (block) {
            if (outstanding > 0) {
                if (++missing == MANY) {
                    LOG.warn(
                            "a continuous channel that is an input or behaviour has stopped; select it in the plugin again");
                }
                bins.complete((gap ? Math.min(gapFrom, blockEnd) : blockEnd) - SPIKE_TAIL);
            } else {
                missing = 0;
            }
            if (from > blockEnd && !gap) {
                LOG.warn("the rig skipped {} samples after sample {}", from - blockEnd, blockEnd);
                bins.lost(blockEnd, from, 1);
            }
        }
        block = true;
        blockStart = from;
        blockEnd = to;
        sinceNs = arrivalNs;
        outstanding = wanted.size();
        clock.arrived(to, arrivalNs);
        bins.arrived(to, unixNs(arrivalNs));
    }

    private static long unixNs(long arrivalNs) {
        return UnixTime.nowNs() - (System.nanoTime() - arrivalNs);
    }

    /** @return whether a sample is beyond what a bin can hold; it is left out */
    private boolean sample(Wanted one, long from, int samples, byte[] payload) throws InterruptedException {
        boolean wild = false;
        for (int i = Math.clamp(epochStart - from, 0, samples); i < samples; i++) {
            float value = (float) FLOATS.get(payload, Float.BYTES * i);
            if (Math.abs(value) <= RecordedBin.MAX_MAGNITUDE) {
                bins.sample(one.role, one.index, from + i, value);
            } else {
                wild = true;
            }
        }
        return wild;
    }

    private void spike(long arrivalNs) throws InterruptedException {
        long sample = header.sample;
        wall(sample, arrivalNs);
        if (!started || sample < epochStart) {
            return; // before the first bin
        }
        int place = units.find(header.electrode, header.sortedId);
        if (place >= 0) {
            bins.spike(sample, place);
        } else if (place == UnitTable.NONE) {
            status.homeless();
        } else if (!toldUnsorted) {
            toldUnsorted = true;
            LOG.info("unsorted spikes are left out; --unsorted keep takes them");
        }
    }

    private void edge(Reception.Message message) throws InterruptedException {
        byte[] payload = message.payload();
        int index = payload.length < EDGE_BYTES ? -1 : payload[0] & 0xff;
        if (index < 0 || index >= Long.SIZE) {
            status.unusable();
            lose(1, message.arrivalNs());
            return;
        }
        boolean high = payload[1] != 0;
        long word = (long) LONGS.get(payload, 2);
        wall(header.sample, message.arrivalNs());
        for (Wire wire : wires) {
            boolean own = wire.line.index() == index;
            if (own && wire.node < 0) {
                wire.node = header.node;
            }
            if (wire.node == header.node) {
                boolean now = own ? high : (word >>> wire.line.index() & 1) == 1;
                if (own || now != wire.high) {
                    change(wire, now, header.sample, own);
                }
            } else if (own && !wire.told && wire.line.node() < 0) {
                wire.told = true;
                LOG.warn("line {} changes at processors {} and {}; only the first is used, and NODE:LINE chooses one",
                        index, wire.node, header.node);
            }
        }
    }

    /** @param seen whether this is the line's own edge, not another one's that tells of an edge that was lost */
    private void change(Wire wire, boolean high, long sample, boolean seen) {
        boolean before = wire.high;
        wire.high = high;
        if (!started) {
            return;
        }
        long from = Math.max(sample, epochStart);
        if (!seen) {
            LOG.warn("an edge of line {} was lost: it went {} some time before sample {}", wire.line.index(),
                    high ? "high" : "low", sample);
        }
        if (wire.input >= 0) {
            if (before != high) {
                bins.step(wire.input, from, high ? 1 : 0);
            }
            return;
        }
        if (wire.inTrial && (!high || seen)) {
            bins.trialEnd(from);
            wire.inTrial = false;
        }
        if (high && seen) {
            bins.trialStart(from);
            wire.inTrial = true;
        }
    }

    private void wall(long sample, long arrivalNs) throws InterruptedException {
        if (!onTheWall) {
            return;
        }
        clock.arrived(sample, arrivalNs);
        if (!started) {
            begin(clock.newest(arrivalNs) + lateness);
        }
        bins.arrived(sample, unixNs(arrivalNs));
    }

    /** All that had come until then has been taken. */
    void idle(long caughtUpNs) throws InterruptedException {
        if (!onTheWall && sinceNs != 0 && lastArrivalNs - sinceNs > JUMP_NS) {
            LOG.warn("no continuous channel arrives: this machine's clock closes bins, {} s after their end",
                    settings.latenessSeconds());
            onTheWall = true;
            block = false;
            outstanding = 0;
            if (started) {
                closeGap(clock.newest(lastArrivalNs) + lateness);
            }
        }
        if (started && onTheWall && caughtUpNs - lastArrivalNs < SILENCE_NS) {
            bins.complete(clock.newest(caughtUpNs) - lateness);
        }
    }
}
