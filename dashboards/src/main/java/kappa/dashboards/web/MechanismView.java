package kappa.dashboards.web;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.Snapshot;
import kappa.analysis.inactivation.InactivationResult;
import kappa.analysis.inactivation.InactivationResult.SetEffect;
import kappa.analysis.pipeline.AnalysisCodec;
import kappa.analysis.populations.NeuronSet;
import kappa.analysis.populations.Populations;
import kappa.ingest.session.Published;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.SilencingRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How one session's network works: the newest analysis, and what silencing would do and did. Each has a revision, which grows
 * whenever there is something new to send.
 *
 * <p>Not thread-safe: {@link LiveView} guards it with its lock.
 */
final class MechanismView {

    private static final Logger LOG = LoggerFactory.getLogger(MechanismView.class);

    /** The newest record of one kind, decoded once. One that contradicts itself is logged and passed over. */
    private static final class Newest<T> {
        private final Function<byte[], T> decode;
        private long revision = -1;
        private Optional<T> decoded = Optional.empty();

        Newest(Function<byte[], T> decode) {
            this.decode = decode;
        }

        Optional<T> of(long newestRevision, byte[] value, String session) {
            if (newestRevision != revision) {
                revision = newestRevision;
                try {
                    decoded = Optional.of(decode.apply(value));
                } catch (IllegalArgumentException e) {
                    LOG.atWarn().addKeyValue("session", session)
                            .log("the page cannot show a result of session {}: {}", session, e.getMessage());
                }
            }
            return decoded;
        }
    }

    private final SessionState state;
    private final Newest<NetworkAnalysis> analyses = new Newest<>(AnalysisCodec::analysis);
    private final Newest<InactivationResult> results = new Newest<>(AnalysisCodec::inactivations);
    private final Newest<Snapshot> snapshots = new Newest<>(AnalysisCodec::snapshot);

    MechanismView(SessionState state) {
        this.state = state;
    }

    /** 0 before the first. */
    long analysisRevision() {
        return state.analysis().map(Published::revision).orElse(0L);
    }

    /** 0 before the first. */
    long inactivationsRevision() {
        return state.inactivations().map(Published::revision).orElse(0L);
    }

    /** 0 before the first. */
    long requestRevision() {
        return state.request().map(SilencingRequest::revision).orElse(0L);
    }

    private Optional<NetworkAnalysis> analysis() {
        return state.analysis().flatMap(of -> analyses.of(of.revision(), of.value(), session()));
    }

    private Optional<InactivationResult> inactivations() {
        return state.inactivations().flatMap(of -> results.of(of.revision(), of.value(), session()));
    }

    private Optional<Snapshot> snapshot() {
        return state.snapshot().flatMap(of -> snapshots.of(of.version(), of.value(), session()));
    }

    private String session() {
        return state.description().session();
    }

    /** A set by its name as it is now: of the newest inactivations first, with its prediction, then of the populations. */
    Optional<DryRun> set(String name) {
        int recorded = state.description().neurons().size();
        return inactivations()
                .flatMap(result -> result.sets().stream().filter(effect -> effect.set().name().equals(name)).findFirst()
                        .map(effect -> DryRun.of(effect.set(), result.snapshot().version(), recorded,
                                Optional.of(DryRun.Predicted.of(result, effect)))))
                .or(() -> analysis().flatMap(NetworkAnalysis::populations)
                        .flatMap(clustering -> clustering.populations().stream()
                                .map(Populations.Population::neurons).filter(set -> set.name().equals(name)).findFirst()
                                .map(set -> DryRun.of(set, clustering.snapshotVersion(), recorded, Optional.empty()))));
    }

    /** Names that {@link #set} knows. */
    List<String> setNames() {
        return sets().map(NeuronSet::name).distinct().toList();
    }

    private Stream<NeuronSet> sets() {
        return Stream.concat(inactivations().stream().flatMap(of -> of.sets().stream()).map(SetEffect::set),
                analysis().flatMap(NetworkAnalysis::populations).stream().flatMap(of -> of.populations().stream())
                        .map(Populations.Population::neurons));
    }

    Optional<AnalysisPart> analysisPart() {
        // alpha = dt / tau, and a bin is one step.
        Double tauS = snapshot().map(of -> state.description().binWidthS() / of.network().alpha()).orElse(null);
        return analysis().map(of -> AnalysisPart.of(of, analysisRevision(), tauS));
    }

    /** @param axes names of two vectors; the first m and n replace those that the snapshot does not have */
    Optional<LoadingsPart> loadingsPart(List<String> axes) {
        return snapshot().map(of -> LoadingsPart.of(of, axes, analysis().flatMap(NetworkAnalysis::populations)));
    }

    /** @param chosen name of the set whose traces are wanted, empty for the first; null for none */
    Optional<InactivationsPart> inactivationsPart(String chosen) {
        return inactivations().map(of -> InactivationsPart.of(of, chosen, state::requestName));
    }
}
