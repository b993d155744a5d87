package kappa.fitting.pipeline;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import kappa.fitting.filter.LatentPath;
import kappa.fitting.fit.ActivityScale;
import kappa.fitting.fit.FitState;
import kappa.fitting.fit.Parameters;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.SavedModel;
import kappa.fitting.model.StartingModel;
import kappa.fitting.model.Trial;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.FilterState;
import kappa.ingest.wire.LearnerState;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.ParameterBlock;
import kappa.ingest.wire.RecordingCodec;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.StartFrom;
import kappa.ingest.wire.TrialRef;
import kappa.ingest.wire.WireChecks;

/** Models and fitter states as records of the wire, and back; every number survives the way unchanged. */
public final class SnapshotCodec {

    private SnapshotCodec() {}

    /** @param mean [N] of each neuron's activity, see {@link SavedModel}; empty if unknown */
    public static ModelSnapshot.Builder toWire(SessionPlan plan, PublishedModel published, float[] mean) {
        return toWire(published).setSession(plan.session()).addAllMean(list(mean))
                .addAllInputChannels(plan.header().getInputChannelsList())
                .setHiddenNeurons(plan.header().getFit().getHiddenNeurons())
                .setInputBasis(plan.header().getInputBasis());
    }

    private static ModelSnapshot.Builder toWire(PublishedModel published) {
        KernelModel model = published.model();
        LowRankNetwork net = model.network();
        return ModelSnapshot.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                .setVersion(published.version()).setNeurons(net.neurons()).setRank(net.rank()).setInputs(net.inputs())
                .setAlpha(net.alpha()).addAllM(list(net.m())).addAllN(list(net.n())).addAllW(list(net.w()))
                .addAllB(list(net.b())).setObservation(RecordingCodec.observation(model.kind()))
                .addAllGain(list(model.gain()))
                .addAllOffset(list(model.offset())).addAllNoise(list(model.noise()))
                .addAllProcessNoise(list(published.processNoise())).addAllKappaStd(list(published.kappaStd()))
                .addAllStart(list(published.start())).addAllStartCovariance(list(published.startCovariance()))
                .setBinsLearned(published.binsLearned()).setSteps(published.steps());
    }

    /**
     * A model to start from as a session's header carries it.
     *
     * @param origin where it comes from, in words
     */
    public static byte[] toWire(StartingModel start, String origin) {
        BitSet known = new BitSet();
        for (int i = 0; i < start.known().length; i++) {
            known.set(i, start.known()[i]);
        }
        byte[] bits = Arrays.copyOf(known.toByteArray(), Math.ceilDiv(start.known().length, Byte.SIZE));
        return StartFrom.newBuilder().setModel(toWire(start.model()).setBinsLearned(start.bins())
                .setSteps(start.steps()).addAllMean(list(start.mean())))
                .setKnown(ByteString.copyFrom(bits)).setOrigin(origin).build().toByteArray();
    }

    /** The model that a valid header says to start from, if it does. */
    static Optional<StartingModel> start(SessionHeader header) {
        if (!header.hasStartFrom()) {
            return Optional.empty();
        }
        ModelSnapshot wire = header.getStartFrom().getModel();
        PublishedModel earlier = fromWire(wire);
        boolean[] known = new boolean[wire.getNeurons()];
        for (int i = 0; i < known.length; i++) {
            known[i] = WireChecks.marked(header.getStartFrom().getKnown(), i);
        }
        PublishedModel first = new PublishedModel(0, earlier.model(), earlier.processNoise(), earlier.kappaStd(),
                earlier.start(), earlier.startCovariance(), 0, 0);
        return Optional.of(new StartingModel(header.getNeuronsCount(), first, known, array(wire.getMeanList()),
                wire.getBinsLearned(), wire.getSteps()));
    }

    /**
     * The model of a record of kappa.models.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static PublishedModel decode(byte[] value) {
        return fromWire(parse(value));
    }

    private static ModelSnapshot parse(byte[] value) {
        try {
            return ModelSnapshot.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("a value of " + value.length + " bytes, expected a ModelSnapshot", e);
        }
    }

    public static PublishedModel fromWire(ModelSnapshot wire) {
        LowRankNetwork net = network(wire);
        KernelModel model = KernelModel.of(net, RecordingCodec.observation(wire.getObservation()),
                array(wire.getGainList()),
                array(wire.getOffsetList()), array(wire.getNoiseList()));
        return new PublishedModel(wire.getVersion(), model, doubles(wire.getProcessNoiseList()),
                doubles(wire.getKappaStdList()), start(wire),
                startCovariance(wire), wire.getBinsLearned(), wire.getSteps());
    }

    /**
     * A fitted model as {@code --out} writes it.
     *
     * @param mean [N] of each neuron's activity; empty if unknown
     */
    public static SavedModel saved(SessionPlan plan, PublishedModel published, float[] mean) {
        SessionHeader header = plan.header();
        return new SavedModel(published, header.getNeuronsList(), header.getInputChannelsList(),
                header.getBinWidthS(), basis(header.getInputBasis()), mean);
    }

    /**
     * The model of a record of kappa.models as {@code --out} writes it.
     *
     * @param session that it is of
     * @throws IllegalArgumentException if it is none
     */
    public static SavedModel saved(SessionDescription session, byte[] value) {
        ModelSnapshot wire = parse(value);
        return new SavedModel(fromWire(wire), session.neurons(), session.inputChannels(), session.binWidthS(),
                basis(wire.getInputBasis()), array(wire.getMeanList()));
    }

    private static Optional<InputBasis> basis(kappa.ingest.wire.InputBasis wire) {
        return wire.getBumps() == 0
                ? Optional.empty()
                : Optional.of(new InputBasis(wire.getBumps(), wire.getBins()));
    }

    /** Records written before there was a start begin at 0. */
    private static double[] start(ModelSnapshot wire) {
        return wire.getStartCount() == 0 ? new double[wire.getRank()] : doubles(wire.getStartList());
    }

    private static double[] startCovariance(ModelSnapshot wire) {
        return wire.getStartCovarianceCount() == 0
                ? PublishedModel.certainStart(wire.getRank())
                : doubles(wire.getStartCovarianceList());
    }

    public static LowRankNetwork network(ModelSnapshot wire) {
        return new LowRankNetwork(wire.getNeurons(), wire.getRank(), wire.getInputs(), wire.getAlpha(),
                array(wire.getMList()), array(wire.getNList()), array(wire.getWList()), array(wire.getBList()));
    }

    /** A fitter's state, each parameter under its name and with its shape. */
    public static LearnerState toWire(FitState state) {
        FitState.Optimiser optimiser = state.optimiser();
        LearnerState.Builder wire = LearnerState.newBuilder().setSteps(optimiser.steps())
                .addAllKappaMeanSquare(list(state.kappaSquares().sums()))
                .setKappaWeight(state.kappaSquares().weight())
                .addAllNoiseMeanSquare(list(state.noiseSquares().sums()))
                .setNoiseWeight(state.noiseSquares().weight()).setTrialsSeen(state.trialsSeen())
                .setBinsLearned(state.binsLearned()).addAllSeen(booleans(state.seen()))
                .addAllFactorLosses(list(state.factorLosses())).addAllNoise(list(state.noise()))
                .setAlpha(state.alpha()).addAllTimeConstantLosses(list(state.timeConstantLosses()));
        if (!state.activity().isNone()) {
            wire.addAllActivityCentre(list(state.activity().centre()))
                    .addAllActivityScale(list(state.activity().scale()))
                    .addAllSaturated(booleans(state.activity().saturated()));
        }
        List<Parameters.Block> values = optimiser.values().blocks();
        for (int i = 0; i < values.size(); i++) {
            wire.addBlocks(ParameterBlock.newBuilder().setName(values.get(i).name())
                    .addAllShape(values.get(i).shape()).addAllValue(list(values.get(i).values()))
                    .addAllFirst(list(optimiser.first().blocks().get(i).values()))
                    .addAllSecond(list(optimiser.second().blocks().get(i).values()))
                    .addAllAverage(list(optimiser.average().blocks().get(i).values())));
        }
        return wire.build();
    }

    /**
     * A fitter's state.
     *
     * @param like a state of the same fitter, for the names and shapes of its parameters
     * @throws IllegalStateException if the parameters are others, or have other shapes
     */
    public static FitState fromWire(LearnerState wire, FitState like) {
        FitState.Optimiser shapes = like.optimiser();
        FitState.Optimiser optimiser = wire.getBlocksCount() == 0
                ? new FitState.Optimiser(joined(wire.getThetaList(), shapes.values()),
                        joined(wire.getAdamMList(), shapes.first()), joined(wire.getAdamVList(), shapes.second()),
                        joined(wire.getAverageList(), shapes.average()), wire.getSteps())
                : new FitState.Optimiser(named(wire, shapes.values(), ParameterBlock::getValueList),
                        named(wire, shapes.first(), ParameterBlock::getFirstList),
                        named(wire, shapes.second(), ParameterBlock::getSecondList),
                        named(wire, shapes.average(), ParameterBlock::getAverageList), wire.getSteps());
        return new FitState(optimiser,
                new FitState.RunningSquares(doubles(wire.getKappaMeanSquareList()), wire.getKappaWeight()),
                new FitState.RunningSquares(doubles(wire.getNoiseMeanSquareList()), wire.getNoiseWeight()),
                array(wire.getNoiseList()), doubles(wire.getFactorLossesList()), wire.getTrialsSeen(),
                wire.getBinsLearned(), booleans(wire.getSeenList()), activity(wire, like.activity()),
                wire.getAlpha() == 0 ? like.alpha() : wire.getAlpha(),
                wire.getTimeConstantLossesCount() == 0
                        ? like.timeConstantLosses()
                        : doubles(wire.getTimeConstantLossesList()));
    }

    /** Absent where activity is fitted as it is. */
    private static ActivityScale activity(LearnerState wire, ActivityScale none) {
        return wire.getActivityScaleCount() == 0
                ? none
                : new ActivityScale(array(wire.getActivityCentreList()), array(wire.getActivityScaleList()),
                        booleans(wire.getSaturatedList()));
    }

    /** By name. */
    private static Parameters named(LearnerState wire, Parameters like, Function<ParameterBlock, List<Float>> part) {
        Map<String, ParameterBlock> found = new LinkedHashMap<>();
        wire.getBlocksList().forEach(block -> found.put(block.getName(), block));
        Parameters out = like.zeros();
        for (Parameters.Block block : out.blocks()) {
            ParameterBlock saved = found.remove(block.name());
            if (saved == null || !saved.getShapeList().equals(block.shape())
                    || part.apply(saved).size() != block.values().length) {
                throw unreadable("parameters '" + block.name() + "' "
                        + (saved == null
                                ? "are missing"
                                : "have shape " + saved.getShapeList() + " and " + part.apply(saved).size()
                                        + " numbers")
                        + ", expected shape " + block.shape());
            }
            fill(block.values(), part.apply(saved), 0);
        }
        if (!found.isEmpty() || wire.getBlocksCount() != out.blocks().size()) {
            throw unreadable(
                    "it holds parameters " + wire.getBlocksList().stream().map(ParameterBlock::getName).toList()
                            + ", expected " + out.blocks().stream().map(Parameters.Block::name).toList());
        }
        return out;
    }

    /** One after the other, as checkpoints held them before they had names. */
    private static Parameters joined(List<Float> joined, Parameters like) {
        Parameters out = like.zeros();
        int expected = out.blocks().stream().mapToInt(block -> block.values().length).sum();
        if (joined.size() != expected) {
            throw unreadable("it holds " + joined.size() + " parameters, expected " + expected);
        }
        int at = 0;
        for (Parameters.Block block : out.blocks()) {
            fill(block.values(), joined, at);
            at += block.values().length;
        }
        return out;
    }

    private static InvalidInputException unreadable(String why) {
        return new InvalidInputException("the checkpoint cannot be read: " + why
                + ". Another version of kappa has written it. Go on with that version, or remove the session with"
                + " ./kappa session forget and begin it anew.");
    }

    private static void fill(float[] to, List<Float> from, int at) {
        for (int i = 0; i < to.length; i++) {
            to[i] = from.get(at + i);
        }
    }

    /** Where a trial lies on the log, with v before it, for a checkpoint; without its activity. */
    public static TrialRef toWire(Trial trial, int inputs) {
        return TrialRef.newBuilder().setIndex(trial.index()).setFirstBin(trial.firstBin()).setBins(trial.bins())
                .setWarmUp(trial.warmUp()).setOffset(trial.offset())
                .addAllV(list(Arrays.copyOf(trial.v(), inputs))).build();
    }

    /** Where the filter stands. */
    public static FilterState.Builder toWire(LatentPath path) {
        return FilterState.newBuilder().addAllKappa(list(path.filter().kappa()))
                .addAllCovariance(list(path.filter().covariance())).addAllV(list(path.filter().v()))
                .addAllTracker(list(path.trackerSums()))
                .addAllModelError(list(path.modelErrorSums()));
    }

    /** Puts a filter back to where {@link #toWire(LatentPath)} found it, with the means it is scored against. */
    public static void restore(LatentPath path, Checkpoint checkpoint) {
        FilterState state = checkpoint.getFilter();
        path.filter().restore(doubles(state.getKappaList()), doubles(state.getCovarianceList()),
                array(state.getVList()));
        path.restoreTracker(doubles(state.getTrackerList()));
        int known = path.modelErrorSums().length;
        if (state.getModelErrorCount() > 0 && state.getModelErrorCount() != known) {
            throw unreadable("what is known of the model's error has " + state.getModelErrorCount()
                    + " numbers, expected " + known);
        }
        path.restoreModelError(doubles(state.getModelErrorList()));
        path.constantRate().restore(doubles(checkpoint.getBaselineSumsList()),
                doubles(checkpoint.getBaselineObservedList()));
    }

    private static List<Boolean> booleans(boolean[] array) {
        List<Boolean> out = new ArrayList<>(array.length);
        for (boolean value : array) {
            out.add(value);
        }
        return out;
    }

    private static boolean[] booleans(List<Boolean> list) {
        boolean[] out = new boolean[list.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = list.get(i);
        }
        return out;
    }

    public static List<Float> list(float[] array) {
        List<Float> out = new ArrayList<>(array.length);
        for (float value : array) {
            out.add(value);
        }
        return out;
    }

    public static List<Double> list(double[] array) {
        return Arrays.stream(array).boxed().toList();
    }

    public static float[] array(List<Float> list) {
        float[] out = new float[list.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = list.get(i);
        }
        return out;
    }

    public static double[] doubles(List<Double> list) {
        return list.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
