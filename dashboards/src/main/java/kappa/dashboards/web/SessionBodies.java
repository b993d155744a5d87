package kappa.dashboards.web;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.wire.WireChecks;

/**
 * Sessions and bins as programs write them in JSON. What it lets through is a well-formed one; {@link WireChecks} says whether a
 * session can have it. Stateless.
 */
final class SessionBodies {

    private static final double NS_PER_S = 1e9;
    private static final int MAX_BINS = 10_000;

    private SessionBodies() {}

    /**
     * A session's header.
     *
     * @param neurons how many, or their names
     * @param binWidth seconds
     * @param observation counts, rates or currents
     * @param inputs how many channels, or their names; may be missing, as may all that follow
     * @param tau time constant in seconds
     */
    record Header(JsonNode neurons, Double binWidth, String observation, JsonNode inputs, JsonNode behavior,
            List<String> phases, Boolean trials, Integer rank, Double tau, Long seed, String origin) {

        RecordingDescription description() {
            String observed = observation == null ? "counts" : observation;
            Observation kind;
            try {
                kind = Observation.valueOf(observed.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new InvalidInputException("observation is " + Lines.one(observed)
                        + ", expected counts, rates or currents.", e);
            }
            return new RecordingDescription(names("neurons", StrictJson.required("neurons", neurons,
                    "a number or a list of names"), "unit ", WireChecks.MAX_NEURONS),
                    StrictJson.required("bin_width", binWidth, "seconds"),
                    names("inputs", inputs, "input ", WireChecks.MAX_CHANNELS),
                    names("behavior", behavior, "behavior ", WireChecks.MAX_CHANNELS), kind,
                    Boolean.TRUE.equals(trials), phases == null ? List.of() : phases, origin == null ? "HTTP" : origin,
                    Optional.empty());
        }

        FitSettings fit() {
            FitSettings usual = FitSettings.of(rank == null ? 2 : rank, seed == null ? 1 : seed);
            return tau == null
                    ? usual
                    : new FitSettings(usual.rank(), usual.hiddenNeurons(), tau, usual.seed(), usual.lockstep(),
                            usual.stepsPerTrial(), usual.oneStep(), usual.biases(), usual.prior(),
                            usual.halfLifeTrials(), usual.trackerBins());
        }
    }

    private static List<String> names(String field, JsonNode given, String word, int most) {
        if (given == null || given.isNull()) {
            return List.of();
        }
        if (given.isInt() && given.intValue() >= 0 && given.intValue() <= most) {
            return IntStream.range(0, given.intValue()).mapToObj(i -> word + i).toList();
        }
        boolean texts = given.isArray() && given.size() <= most
                && StreamSupport.stream(given.spliterator(), false).allMatch(JsonNode::isTextual);
        if (!texts) {
            throw new InvalidInputException(field + " is " + Lines.one(given.toString())
                    + ", expected a number or a list of names, at most " + most + ".");
        }
        return StreamSupport.stream(given.spliterator(), false).map(JsonNode::textValue).toList();
    }

    /**
     * A bin.
     *
     * @param bin index within the session; may be missing, as may all that the session does not have
     * @param counts [N] spikes; null where a neuron was not observed
     * @param values [N] rates or currents, in place of counts
     * @param rigTime seconds, end of the bin on the rig's clock
     * @param end whether no bin follows this one; an object with nothing else ends the session
     */
    record OneBin(Long bin, List<Double> counts, List<Double> values, List<Double> inputs, List<Double> behavior,
            Long trial, Boolean trialEnd, String phase, Double rigTime, List<Integer> silenced, String intervention,
            Boolean end) {

        private boolean endsOnly() {
            return Boolean.TRUE.equals(end) && counts == null && values == null;
        }
    }

    /** Bins that follow one another. */
    record Bins(OptionalLong first, List<RecordedBin> bins, boolean end) {}

    /**
     * Reads bins.
     *
     * @param texts a JSON object each
     * @throws InvalidInputException that says which of them is wrong, from 1, and what
     */
    static Bins bins(SessionDescription session, List<String> texts) {
        if (texts.isEmpty() || texts.size() > MAX_BINS) {
            throw new InvalidInputException("The request has " + texts.size() + " bins, expected 1 to " + MAX_BINS
                    + ".");
        }
        List<RecordedBin> bins = new ArrayList<>();
        OptionalLong first = OptionalLong.empty();
        boolean end = false;
        for (int i = 0; i < texts.size(); i++) {
            try {
                OneBin one = StrictJson.read(texts.get(i), OneBin.class);
                if (end) {
                    throw new InvalidInputException("It comes after the end.");
                }
                if (one.bin != null) {
                    long begins = one.bin - i;
                    if ((i > 0 && first.isEmpty()) || (first.isPresent() && first.getAsLong() != begins)
                            || begins < 0) {
                        throw new InvalidInputException(
                                "bin is " + one.bin + ", expected bins that follow one another.");
                    }
                    first = OptionalLong.of(begins);
                }
                end = Boolean.TRUE.equals(one.end);
                if (!one.endsOnly()) {
                    bins.add(bin(session, one));
                }
            } catch (InvalidInputException e) {
                throw texts.size() == 1
                        ? e
                        : new InvalidInputException("Bin " + (i + 1) + " of the request: "
                                + e.getMessage(), e);
            }
        }
        return new Bins(first, bins, end);
    }

    private static RecordedBin bin(SessionDescription session, OneBin one) {
        RecordedBin bin = new RecordedBin(session.neurons().size(), session.inputs(),
                session.behaviorChannels().size());
        boolean counts = session.observation() == Observation.COUNTS;
        String field = counts ? "counts" : "values";
        if ((counts ? one.values : one.counts) != null) {
            throw new InvalidInputException("Session " + session.session() + " observes "
                    + session.observation().name().toLowerCase(Locale.ROOT) + ", expected " + field + ".");
        }
        List<Double> activity = counts ? one.counts : one.values;
        copy(field, StrictJson.required(field, activity, "a list of numbers"), bin.activity, true);
        for (int i = 0; counts && i < bin.activity.length; i++) {
            float count = bin.activity[i];
            if (count != Math.rint(count) || count < 0 || count > WireChecks.MAX_COUNT) {
                if (!Float.isNaN(count)) {
                    throw new InvalidInputException(field + "[" + i + "] is " + activity.get(i)
                            + ", expected a whole number from 0.");
                }
            }
        }
        copy("inputs", one.inputs == null ? List.of() : one.inputs, bin.inputs, false);
        if (one.behavior == null) {
            Arrays.fill(bin.behavior, Float.NaN);
        } else {
            copy("behavior", one.behavior, bin.behavior, true);
        }
        if (session.trials()) {
            bin.trial = StrictJson.required("trial", one.trial, "a whole number, since the session has trials");
        } else if (one.trial != null) {
            throw new InvalidInputException("trial is given, and session " + session.session() + " has no trials.");
        }
        bin.trialEnd = Boolean.TRUE.equals(one.trialEnd);
        if (one.phase != null) {
            bin.phase = session.phases().indexOf(one.phase) + 1;
            if (bin.phase == 0) {
                throw new InvalidInputException("phase is " + Lines.one(one.phase) + ", expected one of "
                        + Lines.one(String.join(", ", session.phases())) + ".");
            }
        }
        bin.rigTimeNs = one.rigTime == null ? 0 : Math.round(one.rigTime * NS_PER_S);
        if (one.silenced != null) {
            one.silenced.forEach(neuron -> {
                if (neuron == null || neuron < 0 || neuron >= bin.activity.length) {
                    throw new InvalidInputException("silenced holds " + neuron + ", expected 0 to "
                            + (bin.activity.length - 1) + ".");
                }
                bin.silenced.set(neuron);
            });
        }
        bin.intervention = one.intervention == null ? "" : one.intervention;
        return bin;
    }

    /** @param unknown whether null means that a number is not known */
    private static void copy(String field, List<Double> from, float[] to, boolean unknown) {
        if (from.size() != to.length) {
            throw new InvalidInputException(field + " has " + from.size() + " numbers, expected " + to.length + ".");
        }
        for (int i = 0; i < to.length; i++) {
            Double value = from.get(i);
            if (value == null && !unknown) {
                throw new InvalidInputException(field + "[" + i + "] is null, expected a number.");
            }
            to[i] = value == null ? Float.NaN : value.floatValue();
        }
    }
}
