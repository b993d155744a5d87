package kappa.fitting.file;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.SavedModel;
import kappa.fitting.model.StartingModel;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.RecordingDescription;

/**
 * A saved model in the terms of another session. Neurons are matched by name. Those that the session does not have become hidden
 * neurons beside the ones that were hidden before, so that the network stays the same; those that are new have no connections.
 *
 * <p>With N' neurons in place of N, n' = n sqrt(N'/N), m' = m sqrt(N'/N) and kappa' = kappa / sqrt(N'/N) are the same network,
 * m n'/N, in canonical gauge.
 *
 * @param settings of the session, with as many hidden neurons as are needed
 * @param matched neurons that were found by name
 * @param added neurons that are new
 * @param hidden neurons of the saved model that the session does not have
 */
public record MatchedModel(FitSettings settings, StartingModel model, int matched, int added, int hidden) {

    /** What variances are at least, so that a file with exact zeros can be started from. */
    private static final double LEAST_VARIANCE = PublishedModel.TRIAL_START_VARIANCE;

    private static final double SAME = 1e-6;

    /**
     * Matches a saved model with a session.
     *
     * @param file that it was read from, for messages
     * @throws InvalidInputException if the two do not agree: one line that names both values
     */
    public static MatchedModel of(Path file, SavedModel saved, RecordingDescription session, FitSettings settings) {
        // 0 asks for none in particular.
        double alpha = settings.timeConstantS() == 0
                ? saved.model().model().network().alpha()
                : LowRankNetwork.alpha(session.binWidthSeconds(), settings.timeConstantS());
        LowRankNetwork network = saved.model().model().network();
        require(file, saved.observation() == session.observation(), "fitted to " + saved.observation(),
                "the session's observation, " + session.observation());
        require(file, same(saved.binWidthSeconds(), session.binWidthSeconds()),
                "bins of " + saved.binWidthSeconds() + " s", "the session's, " + session.binWidthSeconds() + " s");
        require(file, network.rank() == settings.rank(), "rank " + network.rank(), "the rank that is fitted, "
                + settings.rank() + " (--rank)");
        require(file, same(network.alpha(), alpha),
                "a time constant of " + (float) (saved.binWidthSeconds() / network.alpha()) + " s",
                (float) (saved.binWidthSeconds() / alpha) + " s (--tau)");
        require(file, saved.basis().equals(session.inputBasis()), words(saved.basis()),
                "the session's, " + words(session.inputBasis()) + " (--input-basis)");
        require(file, saved.inputs().equals(session.inputs()), "inputs " + brief(saved.inputs()),
                "the session's, " + brief(session.inputs()));
        require(file, settings.biases() || !hasBiases(saved), "biases", "none, as --no-biases asks for");
        return matched(file, saved, session, settings);
    }

    private static void require(Path file, boolean agree, String holds, String expected) {
        if (!agree) {
            throw new InvalidInputException("--start-from " + file + ": holds " + holds + ", expected " + expected);
        }
    }

    private static boolean same(double a, double b) {
        return Math.abs(a - b) <= SAME * Math.max(a, b);
    }

    private static String words(Optional<InputBasis> basis) {
        return basis.map(of -> "an input basis of " + of.bumps() + " bumps over " + of.bins() + " bins")
                .orElse("no input basis");
    }

    private static String brief(List<String> names) {
        return names.size() <= 8 ? names.toString() : names.subList(0, 8) + " and " + (names.size() - 8) + " more";
    }

    /** Whether a model was fitted with biases. */
    public static boolean hasBiases(SavedModel saved) {
        for (float bias : saved.model().model().network().b()) {
            if (bias != 0) {
                return true;
            }
        }
        return Arrays.stream(saved.model().start()).anyMatch(start -> start != 0);
    }

    private static MatchedModel matched(Path file, SavedModel saved, RecordingDescription session,
            FitSettings settings) {
        int recorded = session.neurons().size();
        Map<String, Integer> earlier = new HashMap<>();
        for (int i = 0; i < saved.neurons().size(); i++) {
            earlier.put(saved.neurons().get(i), i);
        }
        int[] from = session.neurons().stream().mapToInt(name -> earlier.getOrDefault(name, -1)).toArray();
        int matched = (int) Arrays.stream(from).filter(i -> i >= 0).count();
        if (matched == 0) {
            throw new InvalidInputException("--start-from " + file + ": holds neurons " + brief(saved.neurons())
                    + ", expected at least one of the session's, " + brief(session.neurons()));
        }
        Set<String> today = new HashSet<>(session.neurons());
        int[] left = IntStream.range(0, saved.neurons().size() + saved.hidden())
                .filter(i -> i >= saved.neurons().size() || !today.contains(saved.neurons().get(i))).toArray();
        int hidden = Math.max(settings.hiddenNeurons(), left.length);
        int[] source = IntStream.concat(Arrays.stream(from), IntStream.range(0, hidden)
                .map(i -> i < left.length ? left[i] : -1)).toArray();
        boolean[] known = new boolean[source.length];
        for (int i = 0; i < recorded; i++) {
            // Another unit may have a spare place today.
            known[i] = source[i] >= 0 && !Float.isNaN(saved.mean()[source[i]])
                    && !RecordingDescription.isSparePlace(session.neurons().get(i));
        }
        return new MatchedModel(settings.withHiddenNeurons(hidden), model(saved, recorded, source, known), matched,
                recorded - matched, left.length - saved.hidden());
    }

    /** @param source [N'] index of each neuron in the saved model, -1 for one that it does not have */
    private static StartingModel model(SavedModel saved, int recorded, int[] source, boolean[] known) {
        PublishedModel published = saved.model();
        KernelModel model = published.model();
        LowRankNetwork network = model.network();
        double root = Math.sqrt((double) source.length / network.neurons());
        LowRankNetwork moved = new LowRankNetwork(source.length, network.rank(), network.inputs(), network.alpha(),
                rows(network.m(), network.neurons(), source, root), rows(network.n(), network.neurons(), source, root),
                rows(network.w(), network.neurons(), source, 1), rows(network.b(), network.neurons(), source, 1));
        KernelModel first = KernelModel.of(moved, model.kind(), values(model.gain(), source),
                values(model.offset(), source), values(model.noise(), source));
        return new StartingModel(recorded,
                new PublishedModel(0, first, covariance(published.processNoise(), root),
                        divided(published.kappaStd(), root), divided(published.start(), root),
                        covariance(published.startCovariance(), root), 0, 0),
                known, values(saved.mean(), source), published.binsLearned(), published.steps());
    }

    private static float[] rows(float[] from, int neurons, int[] source, double factor) {
        int rows = from.length / neurons;
        float[] out = new float[rows * source.length];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < source.length; i++) {
                out[row * source.length + i] = source[i] < 0
                        ? 0
                        : (float) (factor * from[row * neurons + source[i]]);
            }
        }
        return out;
    }

    /** What has no value takes the median of the others, a number that can be computed with; nothing is predicted from it. */
    private static float[] values(float[] from, int[] source) {
        double[] there = Arrays.stream(source).filter(i -> i >= 0 && !Float.isNaN(from[i])).mapToDouble(i -> from[i])
                .sorted().toArray();
        float median = (float) (there.length == 0 ? 1 : there[there.length / 2]);
        float[] out = new float[source.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = source[i] < 0 || Float.isNaN(from[source[i]]) ? median : from[source[i]];
        }
        return out;
    }

    private static double[] divided(double[] values, double divisor) {
        return Arrays.stream(values).map(value -> value / divisor).toArray();
    }

    private static double[] covariance(double[] values, double root) {
        double[] out = divided(values, root * root);
        int K = (int) Math.round(Math.sqrt(out.length));
        for (int k = 0; k < K; k++) {
            out[k * K + k] += out[k * K + k] < LEAST_VARIANCE ? LEAST_VARIANCE : 0;
        }
        return out;
    }
}
