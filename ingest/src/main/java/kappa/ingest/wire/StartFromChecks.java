package kappa.ingest.wire;

import java.util.List;
import java.util.Optional;

/**
 * The rules for the model that a header says to start from. It is what the first trial is predicted with, so its numbers must be
 * such that a filter can run on it, whoever wrote them. Pure functions, thread-safe.
 */
final class StartFromChecks {

    /** Far beyond what a fit makes of activity of order one, far below what overflows a product of three. */
    private static final double MOST = 1e12;

    private StartFromChecks() {}

    /** @param header that is valid but for its start_from, which it has */
    static Optional<Fault> fault(SessionHeader header) {
        ModelSnapshot model = header.getStartFrom().getModel();
        Optional<Fault> shapes = WireChecks.snapshot(model);
        if (shapes.isPresent()) {
            return Optional.of(new Fault(Reason.BAD_HEADER, "start_from.model: " + shapes.get().detail()));
        }
        WireChecks.Rules rules = new WireChecks.Rules(Reason.BAD_HEADER);
        int neurons = header.getNeuronsCount() + header.getFit().getHiddenNeurons();
        rules.require(model.getNeurons() == neurons, "start_from.model.neurons", model.getNeurons(),
                neurons + ", as many as the session has with its hidden ones");
        rules.require(model.getRank() == header.getFit().getRank(), "start_from.model.rank", model.getRank(),
                "fit.rank, " + header.getFit().getRank());
        rules.require(model.getInputs() == header.getInputChannelsCount(), "start_from.model.inputs",
                model.getInputs(), "the number of input channels, " + header.getInputChannelsCount());
        rules.require(model.getObservation() == header.getObservation(), "start_from.model.observation",
                model.getObservation(), "the session's, " + header.getObservation());
        rules.require(model.getAlpha() > 0 && model.getAlpha() <= 1, "start_from.model.alpha", model.getAlpha(),
                "a number in (0, 1]");
        int bytes = Math.ceilDiv(neurons, Byte.SIZE);
        rules.require(header.getStartFrom().getKnown().size() == bytes, "start_from.known",
                header.getStartFrom().getKnown().size() + " bytes", bytes + ", a bit for each neuron");
        int k = model.getRank();
        sizes(rules, model, neurons, k);
        if (rules.broken().isPresent()) {
            return rules.broken();
        }
        numbers(rules, model);
        if (rules.broken().isEmpty()) {
            for (int row = 0; row < k; row++) {
                double square = 0;
                for (int i = 0; i < neurons; i++) {
                    square += (double) model.getM(row * neurons + i) * model.getM(row * neurons + i);
                }
                rules.require(square > 0, "start_from.model.m", "0 in row " + row, "a loading other than 0");
            }
            rules.require(isCovariance(model.getProcessNoiseList(), k), "start_from.model.process_noise",
                    "no covariance", "a symmetric, positive definite matrix");
            rules.require(isCovariance(model.getStartCovarianceList(), k), "start_from.model.start_covariance",
                    "no covariance", "a symmetric, positive definite matrix");
        }
        return rules.broken();
    }

    /** Of the arrays that a snapshot may do without, but not a model to start from. */
    private static void sizes(WireChecks.Rules rules, ModelSnapshot model, int neurons, int k) {
        rules.size("start_from.model.offset", model.getOffsetCount(), neurons);
        rules.size("start_from.model.noise", model.getNoiseCount(), neurons);
        rules.size("start_from.model.mean", model.getMeanCount(), neurons);
        rules.size("start_from.model.process_noise", model.getProcessNoiseCount(), (long) k * k);
        rules.size("start_from.model.kappa_std", model.getKappaStdCount(), k);
        rules.size("start_from.model.start", model.getStartCount(), k);
        rules.size("start_from.model.start_covariance", model.getStartCovarianceCount(), (long) k * k);
    }

    private static void numbers(WireChecks.Rules rules, ModelSnapshot model) {
        boolean counts = model.getObservation() == Observation.COUNTS;
        within(rules, "m", model.getMList(), -MOST);
        within(rules, "n", model.getNList(), -MOST);
        within(rules, "w", model.getWList(), -MOST);
        within(rules, "b", model.getBList(), -MOST);
        within(rules, "gain", model.getGainList(), counts ? Float.MIN_NORMAL : -MOST);
        within(rules, "offset", model.getOffsetList(), -MOST);
        within(rules, "noise", model.getNoiseList(), counts ? 0 : Float.MIN_NORMAL, MOST * MOST);
        within(rules, "mean", model.getMeanList(), counts ? Float.MIN_NORMAL : -MOST);
        within(rules, "kappa_std", model.getKappaStdList(), 0);
        within(rules, "start", model.getStartList(), -MOST);
        within(rules, "process_noise", model.getProcessNoiseList(), -MOST);
        within(rules, "start_covariance", model.getStartCovarianceList(), -MOST);
    }

    private static void within(WireChecks.Rules rules, String array, List<? extends Number> values, double least) {
        within(rules, array, values, least, MOST);
    }

    /** Not a number is not within anything. */
    private static void within(WireChecks.Rules rules, String array, List<? extends Number> values, double least,
            double most) {
        for (int i = 0; i < values.size() && rules.broken().isEmpty(); i++) {
            double value = values.get(i).doubleValue();
            rules.require(value >= least && value <= most, "start_from.model." + array + "[" + i + "]", value,
                    "a number from " + least + " to " + most);
        }
    }

    /** Whether a matrix is symmetric, but for rounding, and has a Cholesky factor. */
    private static boolean isCovariance(List<Double> matrix, int k) {
        double[] factor = new double[k * k];
        for (int i = 0; i < k; i++) {
            for (int j = 0; j <= i; j++) {
                double here = matrix.get(i * k + j);
                double scale = Math.sqrt(Math.abs(matrix.get(i * k + i) * matrix.get(j * k + j)));
                if (Math.abs(here - matrix.get(j * k + i)) > 1e-6 * scale) {
                    return false;
                }
                double sum = here;
                for (int l = 0; l < j; l++) {
                    sum -= factor[i * k + l] * factor[j * k + l];
                }
                if (i == j && !(sum > 1e-12 * here)) {
                    return false;
                }
                factor[i * k + j] = i == j ? Math.sqrt(sum) : sum / factor[j * k + j];
            }
        }
        return true;
    }
}
