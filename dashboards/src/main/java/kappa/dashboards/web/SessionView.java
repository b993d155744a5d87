package kappa.dashboards.web;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import kappa.fitting.model.Score;
import kappa.ingest.session.NewestBin;
import kappa.ingest.session.Pace;
import kappa.ingest.session.Quality;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.Snapshot;

/**
 * What the page shows of one session: its header, its figures, its newest bin and its scores. {@link Traces} has what changes
 * with each bin, {@link MechanismView} how the network works.
 *
 * <p>Not thread-safe: {@link LiveView} guards it with its lock.
 */
final class SessionView {

    private static final int EXAMPLES = 3;
    private static final double[] LATENCY_PERCENTILES = {50, 99, 99.9};

    /** What of a session does not change. */
    private record Header(int rank, double binWidth, boolean trials, String unit, boolean lockstep, String observation,
            String origin, int neurons, List<String> inputs, List<String> behaviors, List<String> phases,
            List<String> examples,
            List<String> warnings) {}

    /** The newest snapshot, and what learning did over the last half minute of snapshots. */
    private record Model(long version, @JsonProperty("final") boolean last, long binsLearned, long stepsLately,
            long stepsShedLately) {}

    /** @param latencyMs percentiles 50, 99 and 99.9 over the last minute; left out before the first bin */
    private record Status(long newest, long trials, Float binsPerSecond, long lag, Float ageMs, boolean ended,
            double[] latencyMs, Map<String, Object> counters, Model model) {}

    /** Milliseconds, as a page counts Unix time; left out where the rig tells its own time only. */
    private record Now(long bin, double t, long trial, int phase, long epoch, Long sample, Double hostMs,
            Double errorMs, double[] kappa, double[] covariance) {}

    /** Scores of each trial from {@code before} on, as the newest snapshot has them, and what keeps them from a meaning. */
    private record Scores(String unit, long before, double[] oneStep, double[] freeRun, List<String> doubts) {}

    final String id;
    final MechanismView mechanism;
    private final SessionState state;
    private final Traces traces;

    SessionView(SessionState state) {
        this.state = state;
        id = state.description().session();
        mechanism = new MechanismView(state);
        traces = new Traces(state);
    }

    SessionState state() {
        return state;
    }

    Traces traces() {
        return traces;
    }

    boolean ended() {
        return state.ended();
    }

    /** Index of the newest bin that has a kappa; -1 before the first. */
    long newest() {
        return state.newest();
    }

    /** -1 before the first snapshot. */
    long modelVersion() {
        return state.snapshot().map(Snapshot::version).orElse(-1L);
    }

    /** @return the index of the neuron with this id, or -1 */
    int neuron(String neuronId) {
        return state.description().neuronIndex().getOrDefault(neuronId, -1);
    }

    Record header() {
        SessionDescription of = state.description();
        List<String> neurons = of.neurons();
        return new Header(of.rank(), of.binWidthS(), of.trials(), Score.unit(of.observation()), of.lockstep(),
                of.observation().name().toLowerCase(Locale.ROOT), of.origin(), neurons.size(),
                of.inputChannels().subList(0, of.ownInputs()),
                of.behaviorChannels().subList(0, state.latents().behaviors()), of.phases(),
                neurons.subList(0, Math.min(EXAMPLES, neurons.size())), of.warnings());
    }

    Record status(long nowUnixNs) {
        Pace pace = state.pace();
        double[] latencyMs = pace.newestLatencyMs(LATENCY_PERCENTILES);
        Optional<Model> model = state.snapshot().map(snapshot -> new Model(snapshot.version(), snapshot.last(),
                snapshot.binsLearned(), pace.stepsLately(), pace.stepsShedLately()));
        return new Status(state.newest(), state.trials(), drawn(pace.binsPerSecond(nowUnixNs)), state.lag(),
                drawn(state.ageSeconds(nowUnixNs) * 1e3), state.ended(), latencyMs.length == 0 ? null : latencyMs,
                state.counters().figures(), model.orElse(null));
    }

    Record now() {
        NewestBin bin = state.newestBin().orElseThrow();
        NewestBin.Clock clock = bin.clock();
        boolean host = clock != null && clock.hostUnixNs() != 0;
        return new Now(bin.index(), bin.rigTimeNs() * 1e-9, bin.trial(), bin.phase(), bin.epoch(),
                clock == null ? null : clock.sample(), host ? clock.hostUnixNs() * 1e-6 : null,
                host ? clock.errorNs() * 1e-6 : null, array(bin.kappa()), array(bin.covariance()));
    }

    Record quality() {
        Quality quality = state.quality();
        return new Scores(Score.unit(state.description().observation()), quality.firstTrial(), quality.oneStep(),
                quality.freeRun(), state.doubts());
    }

    /** As a float, whose digits are enough to draw; null, which the page leaves out, if JSON has no such number. */
    private static Float drawn(double value) {
        return Float.isFinite((float) value) ? (float) value : null;
    }

    private static double[] array(List<Float> values) {
        return values.stream().mapToDouble(Float::doubleValue).toArray();
    }
}
