package kappa.dashboards.web;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import kappa.analysis.inactivation.SeenTrial;
import kappa.analysis.inactivation.SeenTrials;
import kappa.analysis.inactivation.TaskConditions;
import kappa.ingest.session.LatentHistory;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.session.SessionState;

/**
 * Averages over a session's kept trials, aligned to an event in each: kappa, and the rate of some neurons. Trials with silenced
 * neurons are left out.
 *
 * <p>Trials are grouped by the contexts of {@link TaskConditions}, and by the sign of each graded input as long as that makes no
 * more than {@value #MOST_CONDITIONS} groups.
 *
 * @param events what can be aligned to: "trial", "phase " with its name, "input " with its name
 * @param event what is
 * @param from the first bin, relative to the event's
 * @param of whose rate is averaged, in words
 * @param trials how many trials are averaged over
 * @param leftOut trials with silenced neurons
 */
record PeriEvents(List<String> events, String event, int from, String of, int trials, int leftOut,
        List<Condition> conditions) {

    /** Groups that can be told apart in a picture. */
    static final int MOST_CONDITIONS = 8;

    private static final String TRIAL = "trial";
    private static final String PHASE = "phase ";
    private static final String INPUT = "input ";
    private static final double BEFORE_S = 0.5;
    private static final double AFTER_S = 2;
    private static final int MOST_BINS = 400;
    private static final int MOST_TRIALS = 500;
    private static final int LONGEST_TRIAL = 5_000;
    private static final int MOST_NEURONS = 200;
    /** An input begins where it first reaches this share of its largest size. */
    private static final double ON = 0.5;

    /**
     * Means over the trials of a condition, bin by bin; NaN where no trial has that bin.
     *
     * @param kappa of each dimension
     * @param rate activity per bin, averaged over the neurons and over those trials whose activity is still kept
     */
    record Condition(String name, int trials, List<float[]> kappa, float[] rate) {}

    /** A kept trial, [first, end). */
    private record Trial(long first, long end) {
        int bins() {
            return Math.toIntExact(end - first);
        }
    }

    /**
     * @param wanted one of the events; the first replaces another
     * @param of whose rate is averaged, in words
     * @param neurons whose rate that is
     */
    static PeriEvents of(SessionState state, String wanted, String of, int[] neurons) {
        List<String> events = events(state.description());
        String event = events.contains(wanted) ? wanted : events.isEmpty() ? "" : events.getFirst();
        LatentHistory latents = state.latents();
        double width = state.description().binWidthS();
        int before = Math.clamp(Math.round(BEFORE_S / width), 1, MOST_BINS / 4);
        int after = Math.clamp(Math.round(AFTER_S / width), 2, MOST_BINS - before);
        List<Trial> kept = event.isEmpty() ? List.of() : trials(state);
        List<Trial> intact = kept.stream().filter(trial -> !isPerturbed(latents, trial)).toList();
        List<String> names = intact.isEmpty() ? List.of() : names(state.description(), latents, intact);
        Map<String, List<Long>> groups = new LinkedHashMap<>();
        double largest = largest(state, event, intact);
        int used = 0;
        for (int i = 0; i < intact.size(); i++) {
            long at = at(state, event, intact.get(i), largest);
            if (at >= 0) {
                groups.computeIfAbsent(names.get(i), absent -> new ArrayList<>()).add(at);
                used++;
            }
        }
        int[] shown = Arrays.copyOf(neurons, Math.min(neurons.length, MOST_NEURONS));
        List<Condition> conditions = groups.entrySet().stream().sorted(Map.Entry.comparingByKey())
                .map(group -> condition(state, group.getKey(), group.getValue(), before, after, shown)).toList();
        return new PeriEvents(events, event, -before, of, used, kept.size() - intact.size(), conditions);
    }

    /** What a session with trials can be aligned to; nothing in one without. */
    static List<String> events(SessionDescription session) {
        List<String> events = new ArrayList<>();
        if (session.trials()) {
            events.add(TRIAL);
            session.phases().forEach(phase -> events.add(PHASE + phase));
            session.inputChannels().subList(0, session.ownInputs()).forEach(input -> events.add(INPUT + input));
        }
        return events.stream().distinct().toList();
    }

    /** The newest whole trials of which every bin is kept; not the one that still goes on. */
    private static List<Trial> trials(SessionState state) {
        LatentHistory latents = state.latents();
        List<Trial> trials = new ArrayList<>();
        long end = state.newest() + 1;
        for (long bin = end - 1; bin >= 0 && latents.has(bin) && trials.size() < MOST_TRIALS; bin--) {
            if (latents.startsTrial(bin)) {
                boolean goesOn = end == state.newest() + 1 && !state.ended();
                if (end - bin <= LONGEST_TRIAL && !goesOn) {
                    trials.add(new Trial(bin, end));
                }
                end = bin;
            }
        }
        return trials.reversed();
    }

    private static boolean isPerturbed(LatentHistory latents, Trial trial) {
        for (long bin = trial.first; bin < trial.end; bin++) {
            if (latents.silenced(bin) > 0) {
                return true;
            }
        }
        return false;
    }

    private static double largest(SessionState state, String event, List<Trial> trials) {
        int channel = channel(state.description(), event);
        double largest = 0;
        for (Trial trial : channel < 0 ? List.<Trial>of() : trials) {
            for (long bin = trial.first; bin < trial.end; bin++) {
                largest = Math.max(largest, Math.abs(state.latents().input(bin, channel)));
            }
        }
        return largest;
    }

    private static int channel(SessionDescription session, String event) {
        return event.startsWith(INPUT)
                ? session.inputChannels().subList(0, session.ownInputs()).indexOf(event.substring(INPUT.length()))
                : -1;
    }

    /** The bin of the event in a trial; -1 if it does not happen in it. */
    private static long at(SessionState state, String event, Trial trial, double largest) {
        LatentHistory latents = state.latents();
        int channel = channel(state.description(), event);
        int phase = event.startsWith(PHASE)
                ? state.description().phases().indexOf(event.substring(PHASE.length())) + 1
                : 0;
        for (long bin = trial.first; bin < trial.end; bin++) {
            boolean here = channel >= 0
                    ? largest > 0 && Math.abs(latents.input(bin, channel)) >= ON * largest
                    : phase == 0 || latents.phase(bin) == phase;
            if (here) {
                return bin;
            }
        }
        return -1;
    }

    /** The condition of each trial, by its name. */
    private static List<String> names(SessionDescription session, LatentHistory latents, List<Trial> trials) {
        int channels = session.ownInputs();
        List<SeenTrial> seen = trials.stream().map(trial -> {
            float[] inputs = new float[trial.bins() * channels];
            for (int at = 0; at < inputs.length; at++) {
                inputs[at] = latents.input(trial.first + at / channels, at % channels);
            }
            return new SeenTrial(trial.bins(), inputs, inputs, new float[trial.bins()], new float[trial.bins()]);
        }).toList();
        TaskConditions conditions = TaskConditions.of(new SeenTrials(seen, session.inputChannels().subList(0, channels),
                List.of(), SeenTrials.Kind.NONE, false));
        int contexts = conditions.contexts().size();
        int signs = 0;
        while (signs < conditions.signals().size() && contexts << (signs + 1) <= MOST_CONDITIONS) {
            signs++;
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < trials.size(); i++) {
            int context = conditions.contextOf()[i];
            StringBuilder name = new StringBuilder(context < MOST_CONDITIONS - 1 || contexts <= MOST_CONDITIONS
                    ? conditions.contexts().get(context)
                    : "others");
            for (TaskConditions.Signal signal : conditions.signals().subList(0, signs)) {
                name.append(", ").append(signal.channel()).append(signal.strength()[i] < 0 ? " \u2212" : " +");
            }
            names.add(name.toString());
        }
        return names;
    }

    private static Condition condition(SessionState state, String name, List<Long> events, int before, int after,
            int[] neurons) {
        int bins = before + after;
        LatentHistory latents = state.latents();
        // Not beyond the next trial: what follows the event there is another condition's.
        List<float[]> kappa = IntStream.range(0, state.description().rank())
                .mapToObj(k -> mean(events, before, bins, (event, bin) -> isOf(latents, event, bin)
                        ? latents.kappa(bin, k)
                        : Float.NaN))
                .toList();
        float[] rate = mean(events, before, bins, (event, bin) -> isOf(latents, event, bin)
                ? rate(state, neurons, bin)
                : Float.NaN);
        return new Condition(name, events.size(), kappa, rate);
    }

    /** Whether a bin belongs to the event's trial, or comes just before it. */
    private static boolean isOf(LatentHistory latents, long event, long bin) {
        return bin < event || (latents.has(bin) && latents.trial(bin) == latents.trial(event));
    }

    private static float rate(SessionState state, int[] neurons, long bin) {
        double sum = 0;
        int observed = 0;
        for (int neuron : neurons) {
            float value = state.activity().value(neuron, bin);
            if (!Float.isNaN(value)) {
                sum += value;
                observed++;
            }
        }
        return observed == 0 ? Float.NaN : (float) (sum / observed);
    }

    private interface Aligned {
        float at(long event, long bin);
    }

    private static float[] mean(List<Long> events, int before, int bins, Aligned series) {
        float[] mean = new float[bins];
        for (int t = 0; t < bins; t++) {
            double sum = 0;
            int there = 0;
            for (long event : events) {
                float value = series.at(event, event - before + t);
                if (!Float.isNaN(value)) {
                    sum += value;
                    there++;
                }
            }
            mean[t] = there == 0 ? Float.NaN : (float) (sum / there);
        }
        return mean;
    }
}
