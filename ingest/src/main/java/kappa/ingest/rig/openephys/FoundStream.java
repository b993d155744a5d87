package kappa.ingest.rig.openephys;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.rig.RigLayout;
import kappa.ingest.rig.openephys.OpenEphysSettings.Unsorted;

/**
 * What a rig was found to send.
 *
 * @param stream     name of the plugin's stream
 * @param sampleRate samples per second, as a continuous channel told it; NaN if none did
 * @param channels   continuous channels by index; names are empty where the plugin is too old to tell them
 * @param units      electrodes, each with the sorted_ids that fired
 * @param lines      digital lines that changed, as NODE:LINE
 */
public record FoundStream(String stream, double sampleRate, SortedMap<Integer, String> channels,
        SortedMap<String, Set<Integer>> units, Set<String> lines) {

    private static final Pattern DIGITS = Pattern.compile("\\d+");

    /** "Electrode 2" before "Electrode 10". */
    static final Comparator<String> NATURAL = Comparator
            .comparing((String name) -> DIGITS.matcher(name)
                    .replaceAll(number -> "0".repeat(Math.max(0, 10 - number.group().length())) + number.group()))
            .thenComparing(Comparator.naturalOrder());

    /** A continuous channel. */
    record Channel(String name, int number) {

        /** By its name where the plugin tells names: another selection of channels moves their indices. */
        boolean is(MessageHeader header) {
            boolean unnamed = name.isEmpty() || header.channelName.isEmpty();
            return unnamed ? header.channel == number : name.contentEquals(header.channelName);
        }
    }

    /** Whether continuous channels come, whose messages tell how far the stream is. */
    public boolean continuous() {
        return !channels.isEmpty();
    }

    /** A continuous channel by its name or index. */
    Channel channel(String option, String text) {
        for (Map.Entry<Integer, String> channel : channels.entrySet()) {
            if (channel.getValue().equals(text)) {
                return new Channel(text, channel.getKey());
            }
        }
        for (Map.Entry<Integer, String> channel : channels.entrySet()) {
            if (channel.getKey().toString().equals(text)) {
                return new Channel(channel.getValue(), channel.getKey());
            }
        }
        throw new InvalidInputException(
                option + " is " + text + ", expected one of the continuous channels that stream "
                        + stream + " sends: " + (channels.isEmpty() ? "there is none" : described()));
    }

    private String described() {
        return channels.entrySet().stream().limit(20)
                .map(channel -> channel.getValue().isEmpty() ? channel.getKey().toString() : channel.getValue())
                .collect(Collectors.joining(", ")) + (channels.size() > 20 ? ", .." : "");
    }

    public List<String> neurons(Unsorted unsorted) {
        List<String> names = new ArrayList<>();
        units.forEach((electrode, ids) -> {
            for (int id : ids) {
                boolean alone = unsorted == Unsorted.AUTO && ids.size() == 1;
                if (id > 0 || alone || unsorted == Unsorted.KEEP) {
                    names.add(UnitPlaces.name(electrode, id));
                }
            }
        });
        return List.copyOf(new TreeSet<>(names)).stream().sorted(NATURAL).toList();
    }

    public String summary(Unsorted unsorted) {
        int neurons = neurons(unsorted).size();
        long all = units.values().stream().mapToLong(Set::size).sum();
        return "stream " + stream + ": " + neurons + " units on " + units.size() + " electrodes"
                + (all > neurons ? " (" + (all - neurons) + " of unsorted spikes left out)" : "") + ", "
                + (continuous() ? String.format("%.0f Hz, channels ", sampleRate) + described() : "no channels")
                + (lines.isEmpty() ? "" : ", lines that changed (NODE:LINE) " + String.join(", ", lines));
    }

    /**
     * What a session of this rig is made of.
     *
     * @param name    of the session
     * @param neurons names of its neurons, spare places included
     */
    public RigLayout layout(String name, OpenEphysSettings settings, List<String> neurons) {
        double rate = continuous() && !Double.isNaN(sampleRate) ? sampleRate : settings.sampleRate();
        if (Double.isNaN(rate)) {
            throw new InvalidInputException("stream " + stream + " sends no continuous channel, so its sample rate is"
                    + " unknown: select one in the plugin, or give --sample-rate");
        }
        if (!Double.isNaN(settings.sampleRate()) && Math.abs(settings.sampleRate() / rate - 1) > 1e-3) {
            throw new InvalidInputException("--sample-rate is " + settings.sampleRate() + ", expected " + rate
                    + ", the rate that stream " + stream + " reports");
        }
        if (neurons.isEmpty()) {
            throw new InvalidInputException("stream " + stream
                    + " sent no usable spike. Put a spike detector before the plugin, listen longer with --discover,"
                    + " or use --unsorted keep or --spare");
        }
        settings.inputChannels().forEach(text -> channel("--input-channel", text));
        settings.behaviorChannels().forEach(text -> channel("--behavior-channel", text));
        return new RigLayout(name, "Open Ephys, stream " + stream + " of " + settings.endpoint(), neurons,
                settings.inputs(), settings.behaviorChannels(), Observation.COUNTS, settings.binWidthSeconds(), rate,
                settings.trialLine() != null, settings.onlyTrials());
    }
}
