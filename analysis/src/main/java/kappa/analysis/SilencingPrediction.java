package kappa.analysis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import kappa.analysis.inactivation.ClosedLoop;
import kappa.analysis.inactivation.Effect;
import kappa.analysis.inactivation.Inactivation;
import kappa.analysis.inactivation.InactivationResult;
import kappa.analysis.inactivation.InactivationResult.CarriedOut;
import kappa.analysis.inactivation.InactivationResult.ConditionEffect;
import kappa.analysis.inactivation.InactivationResult.SetEffect;
import kappa.analysis.inactivation.InactivationResult.Shares;
import kappa.analysis.inactivation.InactivationResult.Traces;
import kappa.analysis.inactivation.IntactTrials;
import kappa.analysis.inactivation.IntervalWidth;
import kappa.analysis.inactivation.Readout;
import kappa.analysis.inactivation.SeenTrial;
import kappa.analysis.inactivation.SeenTrials;
import kappa.analysis.inactivation.SilencedSets;
import kappa.analysis.inactivation.TaskConditions;
import kappa.analysis.populations.NeuronSet;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Silencing;

/**
 * What one snapshot predicts that silencing does in a session's recent trials. The readout is regressed from the first channel
 * of behaviour. Where none was recorded, kappa_1 stands for it. Not thread-safe.
 */
final class SilencingPrediction implements ClosedLoop.Prediction {

    private static final int LARGEST_SETS = 12;
    private static final int RANDOM_SETS = 3;
    private static final long RANDOM_SEED = 1;
    /** Sizes for which sets are drawn again with each snapshot, and room for seeds of those drawn with one. */
    private static final int RANDOM_SIZES = 4;
    private static final int MOST_DRAWN = 100;
    /** Intact trials beside perturbed ones: they visit the same states. */
    private static final int COMPARED = 50;

    private final Snapshot snapshot;
    private final LowRankNetwork fit;
    private final List<ObservedTrial> intact;
    private final Optional<String> behavior;
    private final Readout readout;
    private final RecentPredictions memory;

    /**
     * @param memory what earlier snapshots predicted; takes this one's predictions
     * @param intact recent trials, at least one
     * @param behaviorChannels names; may be none
     */
    SilencingPrediction(Snapshot snapshot, List<ObservedTrial> intact, List<String> behaviorChannels,
            RecentPredictions memory) {
        this.snapshot = snapshot;
        this.memory = memory;
        this.intact = intact;
        boolean behaves = intact.stream().anyMatch(trial -> !Double.isNaN(ClosedLoop.observed(trial)));
        behavior = behaves ? behaviorChannels.stream().findFirst() : Optional.empty();
        LowRankNetwork network = snapshot.network();
        fit = network.withInitialState(network.currents(snapshot.start())).fittedTo(
                new LowRankNetwork.FittedTo(new float[0], snapshot.hiddenNeurons(), Optional.empty()));
        readout = behavior.isPresent()
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
                boolean known = behavior.isEmpty() || !Float.isNaN(trial.behavior()[t * behaviors]);
                wanted[t] = behavior.isPresent() && known ? trial.behavior()[t * behaviors] : 0;
                weights[t] = known && (!decision || t >= trial.decisionStart()) ? 1 : 0;
            }
            seen.add(new SeenTrial(trial.bins(), sessionInputs(trial), trial.inputs(), wanted, weights));
        }
        SeenTrials all = new SeenTrials(seen, snapshot.sessionChannels(), List.of(readoutName()),
                behavior.isPresent() ? SeenTrials.Kind.BEHAVIOR : SeenTrials.Kind.NONE, false);
        double[] decisions = all.wanted();
        boolean choices = behavior.isPresent() && Arrays.stream(decisions).anyMatch(z -> z > 0)
                && Arrays.stream(decisions).anyMatch(z -> z < 0);
        return new SeenTrials(seen, all.inputNames(), all.outputNames(), all.kind(), choices);
    }

    private String readoutName() {
        return behavior.orElse("kappa 1");
    }

    /** The inputs of the channels that were not made of others. */
    private float[] sessionInputs(ObservedTrial trial) {
        int all = trial.inputs().length / trial.bins();
        int channels = snapshot.sessionChannels().size();
        if (all == channels) {
            return trial.inputs();
        }
        float[] first = new float[trial.bins() * channels];
        for (int t = 0; t < trial.bins(); t++) {
            System.arraycopy(trial.inputs(), t * all, first, t * channels, channels);
        }
        return first;
    }

    /**
     * Predicts the effect of silencing each population and each context's neurons, else those that each input drives most; and
     * of as many neurons drawn at random.
     *
     * @param perturbed trials in which the rig silenced neurons
     */
    InactivationResult over(List<NeuronSet> populations, List<ObservedTrial> perturbed) {
        SeenTrials seen = seen(intact, true);
        Inactivation inactivation = Inactivation.of(fit, seen, Inactivation.Plan.STANDARD, readout);
        TaskConditions conditions = TaskConditions.of(seen);
        List<Effect> predicted = sets(populations, inactivation, conditions).stream().map(inactivation::effect)
                .toList();
        Map<NeuronSet, Double> changes = new HashMap<>();
        predicted.forEach(effect -> changes.put(effect.set(), effect.change()));
        memory.keep(snapshot.id().version(), changes);
        drawAtRandom(predicted, inactivation);
        IntactTrials compared = IntactTrials.of(intact, this);
        double noise = compared.halfWidth(ClosedLoop.LEVEL);
        List<SetEffect> effects = predicted.stream()
                .map(effect -> new SetEffect(effect.set(), effects(effect, conditions), changes.get(effect.set()),
                        memory.deviation(effect.set()), memory.random(effect.set().size()),
                        compared.suffice() ? halfWidth(effect, noise) : 0))
                .toList();
        memory.keepTrials(perturbed);
        List<CarriedOut> carriedOut = ClosedLoop.of(compared, perturbed, this).stream()
                .map(outcome -> new CarriedOut(name(outcome.neurons(), effects), outcome)).toList();
        return new InactivationResult(snapshot.id(), intact.size(), readoutName(),
                behavior.isPresent() ? readout.r2() : 0, effects, carriedOut);
    }

    private List<NeuronSet> sets(List<NeuronSet> populations, Inactivation inactivation, TaskConditions conditions) {
        List<NeuronSet> sets = new ArrayList<>();
        if (populations.size() > 1) {
            populations.forEach(set -> sets.add(new NeuronSet(set.name(),
                    Arrays.stream(set.neurons()).filter(i -> i < snapshot.recordedNeurons()).toArray())));
        }
        sets.addAll(SilencedSets.ofContexts(inactivation, conditions));
        if (sets.isEmpty()) {
            sets.addAll(SilencedSets.ofInputs(inactivation));
        }
        List<NeuronSet> predicted = new ArrayList<>(
                sets.stream().filter(set -> set.size() > 0).limit(LARGEST_SETS).toList());
        // A set matters if it does more than as many neurons drawn at random.
        sets.stream().mapToInt(NeuronSet::size).filter(size -> size > 0 && size < snapshot.recordedNeurons()).distinct()
                .limit(RANDOM_SETS)
                .forEach(size -> predicted.add(SilencedSets.random(snapshot.recordedNeurons(), size, RANDOM_SEED)));
        return predicted;
    }

    /** Of the interval around a predicted change, before any trial was perturbed. */
    private double halfWidth(Effect effect, double noise) {
        double size = size(decisions(intact, effect, effect.intact()), decisions(intact, effect, effect.silenced()));
        double change = effect.change();
        return new IntervalWidth(noise, size).of(change > 0 ? memory.deviation(effect.set()) / change * size : 0);
    }

    /** Root mean square of the change, over trials in which it is known. */
    private static double size(double[] without, double[] with) {
        return Math.sqrt(IntStream.range(0, without.length).mapToDouble(i -> with[i] - without[i])
                .filter(by -> !Double.isNaN(by)).map(by -> by * by).average().orElse(0));
    }

    /** What random sets do is known after the first model, and better with each that follows. */
    private void drawAtRandom(List<Effect> predicted, Inactivation inactivation) {
        int recorded = snapshot.recordedNeurons();
        List<Integer> sizes = predicted.stream().map(effect -> effect.set().size()).filter(size -> size < recorded)
                .distinct().limit(RANDOM_SIZES).toList();
        memory.keepRandom(sizes);
        for (int size : sizes) {
            long version = snapshot.id().version();
            int draws = memory.draws(size, version);
            for (int i = 0; i < draws; i++) {
                long seed = RANDOM_SEED + 1 + version * MOST_DRAWN + i;
                memory.drew(size, version, inactivation.effect(SilencedSets.random(recorded, size, seed)).change());
            }
        }
    }

    @Override
    public double[] deviations(List<ObservedTrial> trials, double[] changes) {
        return IntStream.range(0, changes.length)
                .mapToDouble(i -> memory.deviation(trials.get(i).trial(), snapshot.id().version(), changes[i]))
                .toArray();
    }

    /** The set that was silenced may be none of today's. Then its size says what it was. */
    private static String name(int[] neurons, List<SetEffect> effects) {
        return effects.stream().map(SetEffect::set).filter(set -> Arrays.equals(set.neurons(), neurons))
                .map(NeuronSet::name).findFirst().orElse(neurons.length + " neurons");
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
                decisions(trials, effect, effect.silenced()),
                size(decisions(all, effect, effect.intact()), decisions(all, effect, effect.silenced())));
    }

    /** Of the first trials that were run. */
    private double[] decisions(List<ObservedTrial> trials, Effect effect, Inactivation.Run run) {
        return behavior.isPresent()
                ? Arrays.copyOf(effect.decisions(run), trials.size())
                : IntStream.range(0, trials.size())
                        .mapToDouble(i -> kappa(trials.get(i), run.kappa().get(i))).toArray();
    }

    /** Mean of kappa_1 over the bins of the decision; row 0 is before the first bin. */
    private double kappa(ObservedTrial trial, float[] kappa) {
        int rank = snapshot.network().rank();
        return IntStream.range(trial.decisionStart(), trial.bins()).mapToDouble(t -> kappa[(t + 1) * rank])
                .average().orElseThrow();
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
            effects.add(new ConditionEffect(trace.context() + sign, trials.length,
                    new Traces(doubles(trace.kappaIntact()), doubles(trace.readoutIntact())),
                    new Traces(doubles(trace.kappaSilenced()), doubles(trace.readoutSilenced())),
                    new Shares(share(trials, i -> before[i] > 0), share(trials, i -> after[i] > 0)),
                    new Shares(share(trials, i -> before[i] * wanted[i] > 0),
                            share(trials, i -> after[i] * wanted[i] > 0))));
        }
        return effects;
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static double share(int[] trials, IntPredicate of) {
        return (double) Arrays.stream(trials).filter(of).count() / trials.length;
    }
}
