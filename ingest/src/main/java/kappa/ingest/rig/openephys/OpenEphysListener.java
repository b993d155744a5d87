package kappa.ingest.rig.openephys;

import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Listens to a rig before a session, to find out what it sends: a session's header names its neurons and never changes. */
public final class OpenEphysListener {

    private static final long SAY_EVERY_NS = 5_000_000_000L;
    private static final long LOOK_EVERY_NS = 100_000_000L;
    private static final int MOST = 65_536;

    private OpenEphysListener() {}

    /**
     * Waits until acquisition runs, then listens.
     *
     * @param seconds for how long from the first message on
     * @param say     takes a line for whoever waits
     * @throws InterruptedException if interrupted meanwhile
     */
    public static FoundStream listen(String endpoint, double seconds, Consumer<String> say)
            throws InterruptedException {
        OpenEphysSettings.requireEndpoint(endpoint);
        try (Reception reception = new Reception(endpoint)) {
            return listen(reception, endpoint, seconds, say);
        }
    }

    private static FoundStream listen(Reception reception, String endpoint, double seconds, Consumer<String> say)
            throws InterruptedException {
        MessageHeader header = new MessageHeader();
        String stream = null;
        double rate = Double.NaN;
        SortedMap<Integer, String> channels = new TreeMap<>();
        SortedMap<String, Set<Integer>> units = new TreeMap<>(FoundStream.NATURAL);
        Set<String> lines = new TreeSet<>(FoundStream.NATURAL);
        long end = Long.MAX_VALUE;
        long told = System.nanoTime();
        while (System.nanoTime() < end) {
            Reception.Message message = reception.take(LOOK_EVERY_NS);
            if (message == null) {
                long now = System.nanoTime();
                if (stream == null && now - told > SAY_EVERY_NS) {
                    told = now;
                    say.accept(reception.answers()
                            ? "Open Ephys answers at " + endpoint + ", and nothing comes: start acquisition"
                            : "nothing answers at " + endpoint
                                    + ": is the GUI running there, with the plugin ZMQ Interface?");
                }
                continue;
            }
            if (message.misshapen() || !header.read(message.header()) || header.kind == MessageHeader.Kind.OTHER) {
                continue;
            }
            if (stream == null) {
                stream = header.stream.toString();
                end = System.nanoTime() + (long) (seconds * 1e9);
                say.accept(String.format("listening for %.0f s to stream %s", seconds, stream));
            } else if (!stream.contentEquals(header.stream)) {
                continue;
            }
            switch (header.kind) {
                case DATA -> {
                    rate = header.rate >= 1 && header.rate <= 1e6 ? header.rate : rate;
                    if (header.channel < MOST && !channels.containsKey(header.channel)) {
                        channels.put(header.channel, header.channelName.toString());
                    }
                }
                case SPIKE -> {
                    if (units.size() < UnitPlaces.MOST) {
                        units.computeIfAbsent(header.electrode.toString(), electrode -> new TreeSet<>())
                                .add(header.sortedId);
                    }
                }
                case TTL -> {
                    if (message.payload().length > 0 && lines.size() < MOST) {
                        lines.add(header.node + ":" + (message.payload()[0] & 0xff));
                    }
                }
                case OTHER -> throw new AssertionError("left out above");
            }
        }
        return new FoundStream(stream, rate, channels, units, lines);
    }
}
