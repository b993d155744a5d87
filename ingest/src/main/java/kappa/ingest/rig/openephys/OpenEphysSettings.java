package kappa.ingest.rig.openephys;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;

/**
 * What of a rig is used, and how.
 *
 * @param endpoint         tcp://HOST:PORT, the data port of the plugin; its heartbeat is on the next one
 * @param sampleRate       of the stream, for where no continuous channel tells it; NaN otherwise
 * @param latenessSeconds  how long spikes may take from their peak to this program, for where no continuous channel is
 *                         selected in the plugin: at least two of the GUI's blocks and 100 samples
 * @param trialLine        high during trials; null without trials
 * @param inputLines       u(t) is the fraction of the bin that a line is high
 * @param inputChannels    continuous channels, by name or index: u(t) is their mean over the bin
 * @param behaviorChannels continuous channels, by name or index: their mean over the bin
 * @param unsorted         what becomes of spikes that the GUI has not sorted
 */
public record OpenEphysSettings(String endpoint, double binWidthSeconds, double sampleRate, double latenessSeconds,
        Line trialLine, boolean onlyTrials, List<Line> inputLines, List<String> inputChannels,
        List<String> behaviorChannels, Unsorted unsorted) {

    /** What becomes of spikes with sorted_id 0. */
    public enum Unsorted {
        /** A neuron for each electrode that has no sorted unit; left out where there is one. */
        AUTO,
        /** A neuron for each electrode. */
        KEEP,
        /** Left out. */
        DROP
    }

    /**
     * A digital line.
     *
     * @param node  id of the processor it comes from, or -1 for any
     * @param index from 0 to 63
     * @param name  of the input it becomes
     */
    public record Line(int node, int index, String name) {

        private static final Pattern FORM = Pattern.compile("(?:(\\d{1,9}):)?(\\d{1,2})(?:=(.+))?");

        /** [NODE:]LINE[=NAME], lines counted from 0 as on the wire. */
        public static Line parse(String option, String text) {
            Matcher parts = FORM.matcher(text);
            if (parts.matches() && Integer.parseInt(parts.group(2)) < 64) {
                int node = parts.group(1) == null ? -1 : Integer.parseInt(parts.group(1));
                int index = Integer.parseInt(parts.group(2));
                return new Line(node, index, parts.group(3) == null ? "line " + text : parts.group(3));
            }
            throw new InvalidInputException(
                    option + " is " + text + ", expected LINE, LINE=NAME or NODE:LINE=NAME with a line from 0 to 63");
        }
    }

    private static final Pattern ENDPOINT = Pattern.compile("tcp://([^\\s/]+):(\\d{1,5})");

    public OpenEphysSettings {
        inputLines = List.copyOf(inputLines);
        inputChannels = List.copyOf(inputChannels);
        behaviorChannels = List.copyOf(behaviorChannels);
        requireEndpoint(endpoint);
        if (!(binWidthSeconds >= 1e-3 && binWidthSeconds <= 10)) {
            throw new InvalidInputException(
                    "--bin-width is " + binWidthSeconds + ", expected seconds from 0.001 to 10");
        }
        if (!Double.isNaN(sampleRate) && !(sampleRate >= 100 && sampleRate <= 1e6)) {
            throw new InvalidInputException(
                    "--sample-rate is " + sampleRate + ", expected samples per second from 100 to 1e6");
        }
        if (!(latenessSeconds >= 0.01 && latenessSeconds <= 10)) {
            throw new InvalidInputException("--lateness is " + latenessSeconds + ", expected seconds from 0.01 to 10");
        }
        if (onlyTrials && trialLine == null) {
            throw new InvalidInputException("--only-trials needs --trial-line");
        }
        Set<String> names = new HashSet<>();
        List<String> used = new ArrayList<>(inputLines.stream().map(Line::name).toList());
        used.addAll(inputChannels);
        used.stream().filter(name -> !names.add(name)).findFirst().ifPresent(name -> {
            throw new InvalidInputException("--input-line, --input-channel: " + name + " is given twice");
        });
    }

    static void requireEndpoint(String endpoint) {
        Matcher parts = ENDPOINT.matcher(endpoint);
        // The heartbeat is on the next port.
        if (!parts.matches() || Integer.parseInt(parts.group(2)) < 1 || Integer.parseInt(parts.group(2)) > 65_534) {
            throw new InvalidInputException(
                    "--endpoint is " + endpoint + ", expected tcp://HOST:PORT, such as tcp://127.0.0.1:5556");
        }
    }

    /** The address of heartbeats: on the port after that of the data. */
    static String heartbeat(String endpoint) {
        int colon = endpoint.lastIndexOf(':');
        return endpoint.substring(0, colon + 1) + (Integer.parseInt(endpoint.substring(colon + 1)) + 1);
    }

    /** Names of the S inputs: lines, then channels. */
    List<String> inputs() {
        return Stream.concat(inputLines.stream().map(Line::name), inputChannels.stream()).toList();
    }
}
