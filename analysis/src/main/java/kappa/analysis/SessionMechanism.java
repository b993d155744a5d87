package kappa.analysis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import kappa.analysis.inactivation.ClosedLoop;
import kappa.analysis.inactivation.Effect;
import kappa.analysis.inactivation.Inactivation;
import kappa.analysis.inactivation.Readout;
import kappa.analysis.inactivation.SeenTrial;
import kappa.analysis.inactivation.SeenTrials;
import kappa.analysis.inactivation.SilencedSets;
import kappa.analysis.inactivation.TaskConditions;
import kappa.analysis.inactivation.Uncertainty;
import kappa.analysis.populations.NeuronSet;
import kappa.analysis.populations.Populations;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Silencing;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Carried;
import kappa.ingest.wire.ConditionEffect;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.SilencedSet;

/**
 * What is known of one session's mechanism: its phase portraits, its populations, what silencing them would do, and what it
 * did. Populations and orbits are looked for every ten seconds and in the last snapshot; the rest with every snapshot. Not
 * thread-safe.
 *
 * <p>The readout is regressed from the first channel of behaviour. Where none was recorded, kappa_1 stands for it.
 */
public final class SessionMechanism {

    private static final long SEARCH_EVERY_NS = 10_000_000_000L;
    private static final long SEED = 1;
    /** Trials below which nothing is predicted, and snapshots over which predictions are compared. */
    private static final int FEWEST_TRIALS = 10;
    private static final int SNAPSHOTS = 10;
    private static final int LARGEST_SETS = 12;
    /** Intact trials beside perturbed ones: they visit the same states. */
    private static final int COMPARED = 50;

    private final SessionHeader header;
    private final LongSupplier nanoTime;
    private Populations found;
    private kappa.ingest.wire.Populations populations;
    private Analysis orbits;
    private Analysis analysis;
    private long searchedAtNs;
    private Inactivations inactivations;
    /** What recent snapshots predicted. */
    private Map<NeuronSet, Deque<Uncertainty.Prediction>> recent = new HashMap<>();

    public SessionMechanism(SessionHeader header) {
        this(header, System::nanoTime);
    }

    SessionMechanism(SessionHeader header, LongSupplier nanoTime) {
        this.header = header;
        this.nanoTime = nanoTime;
    }

    /**
     * Takes a snapshot and the recent trials into account.
     *
     * @throws RuntimeException if the snapshot contradicts itself, or its neurons allow no further analysis: then
     *         {@link #knows} tells whether there is a phase portrait of it
     */
    public void update(ModelSnapshot snapshot, List<ObservedTrial> intact, List<ObservedTrial> perturbed) {
        inactivations = null;
        analysis = NetworkAnalysis.of(snapshot, NetworkAnalysis.Depth.POINTS);
        if (snapshot.getVersion() == 0) {
            return;
        }
        LowRankNetwork network = NetworkAnalysis.network(snapshot);
        long now = nanoTime.getAsLong();
        if (populations == null || snapshot.getFinal() || now - searchedAtNs >= SEARCH_EVERY_NS) {
            found = Populations.of(network, Populations.Settings.standard(SEED));
            populations = AnalysisMessages.of(found, snapshot.getVersion());
            orbits = NetworkAnalysis.of(snapshot, NetworkAnalysis.Depth.ORBITS);
            searchedAtNs = now;
        }
        analysis = NetworkAnalysis.withOrbits(analysis, orbits).setPopulations(populations).build();
        if (intact.size() >= FEWEST_TRIALS) {
            inactivations = new Prediction(snapshot, network, intact).over(perturbed);
        }
    }

    /** Whether {@link #analysis} is of this snapshot. */
    public boolean knows(ModelSnapshot snapshot) {
        return analysis != null && analysis.getModelVersion() == snapshot.getVersion();
    }

    /** Of the newest snapshot; {@link #update} comes first. */
    public Analysis analysis() {
        return analysis;
    }

    /** Absent before enough intact trials were seen. */
    public Optional<Inactivations> inactivations() {
        return Optional.ofNullable(inactivations);
    }

    /** With one snapshot. */
    private final class Prediction implements ClosedLoop.Prediction {
        private final ModelSnapshot snapshot;
        private final LowRankNetwork fit;
        private final List<ObservedTrial> intact;
        private final boolean behaves;
        private final int channels;
        private final Readout readout;

        Prediction(ModelSnapshot snapshot, LowRankNetwork network, List<ObservedTrial> intact) {
            this.snapshot = snapshot;
            this.intact = intact;
            channels = InputBasis.channels(snapshot.getInputs(), snapshot.getInputBasis().getBumps());
            behaves = intact.stream().anyMatch(trial -> !Double.isNaN(ClosedLoop.observed(trial)))
                    && header.getBehaviorChannelsCount() > 0;
            double[] start = new double[network.rank()];
            for (int k = 0; k < snapshot.getStartCount(); k++) {
                start[k] = snapshot.getStart(k);
            }
            fit = network.withInitialState(network.currents(start)).fittedTo(
                    new LowRankNetwork.FittedTo(new float[0], snapshot.getHiddenNeurons(), Optional.empty()));
            readout = behaves
                    ? Inactivation.of(fit, seen(intact, false), Inactivation.Plan.STANDARD).readout()
                    // What kappa_1 is driven by.
                    : new Readout(1, Arrays.copyOf(network.n(), network.neurons()), new double[1],
                            Readout.Origin.NETWORK, Double.NaN);
        }

        /** @param decision whether only the bins of the decision count */
        private SeenTrials seen(List<ObservedTrial> trials, boolean decision) {
            List<SeenTrial> seen = new ArrayList<>();
            for (ObservedTrial trial : trials) {
                float[] wanted = new float[trial.bins()];
                float[] weights = new float[trial.bins()];
                int behaviors = trial.behavior().length / trial.bins();
                for (int t = 0; t < trial.bins(); t++) {
                    boolean known = !behaves || !Float.isNaN(trial.behavior()[t * behaviors]);
                    wanted[t] = behaves && known ? trial.behavior()[t * behaviors] : 0;
                    weights[t] = known && (!decision || t >= trial.decisionStart()) ? 1 : 0;
                }
                seen.add(new SeenTrial(trial.bins(), firstColumns(trial), trial.inputs(), wanted, weights));
            }
            List<String> names = header.getInputChannelsList().subList(0, channels);
            SeenTrials all = new SeenTrials(seen, names, List.of(readoutName()),
                    behaves ? SeenTrials.Kind.BEHAVIOR : SeenTrials.Kind.NONE, false);
            double[] decisions = all.wanted();
            boolean choices = behaves && Arrays.stream(decisions).anyMatch(z -> z > 0)
                    && Arrays.stream(decisions).anyMatch(z -> z < 0);
            return new SeenTrials(seen, names, all.outputNames(), all.kind(), choices);
        }

        private String readoutName() {
            return behaves ? header.getBehaviorChannels(0) : "kappa 1";
        }

        /** The channels that were not made of others. */
        private float[] firstColumns(ObservedTrial trial) {
            int all = trial.inputs().length / trial.bins();
            if (all == channels) {
                return trial.inputs();
            }
            float[] first = new float[trial.bins() * channels];
            for (int t = 0; t < trial.bins(); t++) {
                System.arraycopy(trial.inputs(), t * all, first, t * channels, channels);
            }
            return first;
        }

        Inactivations over(List<ObservedTrial> perturbed) {
            SeenTrials seen = seen(intact, true);
            Inactivation inactivation = Inactivation.of(fit, seen, Inactivation.Plan.STANDARD, readout);
            TaskConditions conditions = TaskConditions.of(seen);
            Inactivations.Builder out = Inactivations.newBuilder().setSchemaVersion(1).setSession(snapshot.getSession())
                    .setModelVersion(snapshot.getVersion()).setBinsLearned(snapshot.getBinsLearned())
                    .setTrials(intact.size()).setReadout(readoutName())
                    .setReadoutR2(behaves ? readout.r2() : 0);
            Map<NeuronSet, Deque<Uncertainty.Prediction>> kept = new HashMap<>();
            for (NeuronSet set : sets(inactivation, conditions)) {
                Effect effect = inactivation.effect(set);
                Deque<Uncertainty.Prediction> predictions = recent.getOrDefault(set, new ArrayDeque<>());
                predictions.add(Uncertainty.Prediction.of(effect, conditions));
                if (predictions.size() > SNAPSHOTS) {
                    predictions.remove();
                }
                kept.put(set, predictions);
                double spread = Uncertainty.over(List.copyOf(predictions)).change().deviation();
                out.addSets(SilencedSet.newBuilder().setName(set.name()).addAllNeurons(AnalysisMessages.neurons(set))
                        .addAllConditions(effects(effect, conditions)).setChange(effect.change())
                        .setChangeSd(Double.isNaN(spread) ? 0 : spread));
            }
            recent = kept;
            for (ClosedLoop.Outcome outcome : ClosedLoop.of(intact, perturbed, this)) {
                out.addCarried(message(outcome, out.getSetsList()));
            }
            return out.build();
        }

        private List<NeuronSet> sets(Inactivation inactivation, TaskConditions conditions) {
            int recorded = header.getNeuronsCount();
            List<NeuronSet> sets = new ArrayList<>();
            if (found.sets().size() > 1) {
                found.sets().forEach(set -> sets.add(new NeuronSet(set.name(),
                        Arrays.stream(set.neurons()).filter(i -> i < recorded).toArray())));
            }
            sets.addAll(SilencedSets.ofContexts(inactivation, conditions));
            return sets.stream().filter(set -> set.size() > 0).limit(LARGEST_SETS).toList();
        }

        @Override
        public double[] intact(List<ObservedTrial> trials) {
            Inactivation inactivation = Inactivation.of(fit, seen(trials, true), Inactivation.Plan.STANDARD, readout);
            return decisions(trials, inactivation.effect(new NeuronSet("none", new int[0])), inactivation.intact());
        }

        @Override
        public ClosedLoop.Pair perturbed(List<ObservedTrial> trials, ObservedTrial.Perturbation perturbation) {
            // The components on which n is projected are those of some intact trials as well.
            List<ObservedTrial> all = new ArrayList<>(trials);
            all.addAll(intact.subList(Math.max(0, intact.size() - COMPARED), intact.size()));
            Inactivation inactivation = Inactivation.of(fit, seen(all, true), new Inactivation.Plan(Silencing.MASK,
                    perturbation.from(), perturbation.to(), Inactivation.Plan.STANDARD.variance()), readout);
            Effect effect = inactivation.effect(new NeuronSet("silenced", perturbation.neurons()));
            return new ClosedLoop.Pair(decisions(trials, effect, effect.intact()),
                    decisions(trials, effect, effect.silenced()));
        }

        /** Of the first trials that were run. */
        private double[] decisions(List<ObservedTrial> trials, Effect effect, Inactivation.Run run) {
            return behaves
                    ? Arrays.copyOf(effect.decisions(run), trials.size())
                    : IntStream.range(0, trials.size())
                            .mapToDouble(i -> kappa(trials.get(i), run.kappa().get(i))).toArray();
        }

        /** Mean of kappa_1 over the bins of the decision; row 0 is before the first bin. */
        private double kappa(ObservedTrial trial, float[] kappa) {
            int rank = snapshot.getRank();
            return IntStream.range(trial.decisionStart(), trial.bins()).mapToDouble(t -> kappa[(t + 1) * rank])
                    .average().orElseThrow();
        }
    }

    private static List<ConditionEffect> effects(Effect effect, TaskConditions conditions) {
        double[] wanted = effect.seen().wanted();
        double[] before = effect.decisions(effect.intact());
        double[] after = effect.decisions(effect.silenced());
        List<ConditionEffect> effects = new ArrayList<>();
        for (Effect.Trace trace : effect.traces(conditions)) {
            int context = conditions.contexts().indexOf(trace.context());
            int[] trials = Arrays.stream(conditions.trialsOf(context))
                    .filter(i -> trace.wanted() == 0 || Math.signum(wanted[i]) == trace.wanted()).toArray();
            String sign = trace.wanted() == 0 ? "" : trace.wanted() > 0 ? ", +" : ", \u2212";
            effects.add(ConditionEffect.newBuilder().setName(trace.context() + sign).setTrials(trials.length)
                    .addAllKappaIntact(AnalysisMessages.list(trace.kappaIntact()))
                    .addAllKappaSilenced(AnalysisMessages.list(trace.kappaSilenced()))
                    .addAllReadoutIntact(AnalysisMessages.list(trace.readoutIntact()))
                    .addAllReadoutSilenced(AnalysisMessages.list(trace.readoutSilenced()))
                    .setPositiveIntact(share(trials, i -> before[i] > 0))
                    .setPositiveSilenced(share(trials, i -> after[i] > 0))
                    .setCorrectIntact(share(trials, i -> before[i] * wanted[i] > 0))
                    .setCorrectSilenced(share(trials, i -> after[i] * wanted[i] > 0)).build());
        }
        return effects;
    }

    private static double share(int[] trials, IntPredicate of) {
        return (double) Arrays.stream(trials).filter(of).count() / trials.length;
    }

    private static Carried message(ClosedLoop.Outcome outcome, List<SilencedSet> sets) {
        List<Integer> neurons = Arrays.stream(outcome.neurons()).boxed().toList();
        // The set as it was may be none of today's: then its size says what it was.
        String name = sets.stream().filter(set -> set.getNeuronsList().equals(neurons)).map(SilencedSet::getName)
                .findFirst().orElse(neurons.size() + " neurons");
        return Carried.newBuilder().setIntervention(outcome.intervention()).setName(name).addAllNeurons(neurons)
                .addAllTrials(Arrays.stream(outcome.trials()).boxed().toList())
                .addAllPredicted(AnalysisMessages.list(outcome.predicted()))
                .addAllObserved(AnalysisMessages.list(outcome.observed())).setCorrelation(outcome.correlation())
                .setR2(outcome.r2()).setChoiceAgreement(outcome.choiceAgreement()).build();
    }
}
