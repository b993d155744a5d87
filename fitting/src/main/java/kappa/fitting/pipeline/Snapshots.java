package kappa.fitting.pipeline;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Observation;
import kappa.ingest.wire.LearnerState;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observations;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;

/** Models and fitter states as records of the wire, and back; every number survives the way unchanged. */
public final class Snapshots {

    private Snapshots() {}

    public static ModelSnapshot.Builder toWire(SessionPlan plan, PublishedModel published) {
        KernelModel model = published.model();
        LowRankNetwork net = model.network();
        return ModelSnapshot.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION).setSession(plan.session())
                .setVersion(published.version()).setNeurons(net.neurons()).setRank(net.rank()).setInputs(net.inputs())
                .setAlpha(net.alpha()).addAllM(list(net.m())).addAllN(list(net.n())).addAllW(list(net.w()))
                .addAllB(list(net.b())).setObservation(Observations.wire(model.kind())).addAllGain(list(model.gain()))
                .addAllOffset(list(model.offset())).addAllNoise(list(model.noise()))
                .addAllProcessNoise(list(published.processNoise())).addAllKappaStd(list(published.kappaStd()))
                .addAllStart(list(published.start())).addAllStartCovariance(list(published.startCovariance()))
                .setBinsLearned(published.binsLearned()).setSteps(published.steps())
                .addAllInputChannels(plan.header().getInputChannelsList())
                .setHiddenNeurons(plan.header().getFit().getHiddenNeurons())
                .setInputBasis(plan.header().getInputBasis());
    }

    /**
     * The model of a record of kappa.models.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static PublishedModel decode(byte[] value) {
        try {
            return fromWire(ModelSnapshot.parseFrom(value));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("a value of " + value.length + " bytes, expected a ModelSnapshot", e);
        }
    }

    public static PublishedModel fromWire(ModelSnapshot wire) {
        LowRankNetwork net = network(wire);
        KernelModel model = KernelModel.of(net, Observations.of(wire.getObservation()), array(wire.getGainList()),
                array(wire.getOffsetList()), array(wire.getNoiseList()));
        return new PublishedModel(wire.getVersion(), model, doubles(wire.getProcessNoiseList()),
                doubles(wire.getKappaStdList()), start(wire),
                startCovariance(wire), wire.getBinsLearned(), wire.getSteps());
    }

    /** A model as the network file that {@code --out} writes. */
    public static LowRankNetwork networkFile(SessionHeader header, PublishedModel published) {
        KernelModel model = published.model();
        Optional<InputBasis> basis = header.hasInputBasis()
                ? Optional.of(new InputBasis(header.getInputBasis().getBumps(), header.getInputBasis().getBins()))
                : Optional.empty();
        float[] gain = model.kind() == Observation.COUNTS ? model.gain() : new float[0];
        return model.network().withInitialState(published.initialState())
                .fittedTo(new LowRankNetwork.FittedTo(gain, header.getFit().getHiddenNeurons(), basis));
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

    public static LearnerState toWire(OnlineFitter.State state) {
        LearnerState.Builder wire = LearnerState.newBuilder().setSteps(state.steps())
                .setKappaWeight(state.kappaWeight()).setNoiseWeight(state.noiseWeight())
                .setTrialsSeen(state.trialsSeen())
                .setBinsLearned(state.binsLearned()).addAllSeen(booleans(state.seen()))
                .addAllFactorLosses(list(state.factorLosses()))
                .addAllNoise(list(state.noise()));
        for (float[] part : state.parameters()) {
            wire.addAllTheta(list(part));
        }
        for (float[] part : state.first()) {
            wire.addAllAdamM(list(part));
        }
        for (float[] part : state.second()) {
            wire.addAllAdamV(list(part));
        }
        for (float[] part : state.average()) {
            wire.addAllAverage(list(part));
        }
        wire.addAllKappaMeanSquare(list(state.kappaSquares())).addAllNoiseMeanSquare(list(state.noiseSquares()));
        return wire.build();
    }

    /** @param like a state of the same fitter, for the lengths of its parts */
    public static OnlineFitter.State fromWire(LearnerState wire, OnlineFitter.State like) {
        return new OnlineFitter.State(split(wire.getThetaList(), like), split(wire.getAdamMList(), like),
                split(wire.getAdamVList(), like), split(wire.getAverageList(), like), wire.getSteps(),
                doubles(wire.getKappaMeanSquareList()), wire.getKappaWeight(),
                doubles(wire.getNoiseMeanSquareList()), wire.getNoiseWeight(),
                array(wire.getNoiseList()), doubles(wire.getFactorLossesList()), wire.getTrialsSeen(),
                wire.getBinsLearned(), booleans(wire.getSeenList()));
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

    private static float[][] split(List<Float> joined, OnlineFitter.State like) {
        int expected = Arrays.stream(like.parameters()).mapToInt(part -> part.length).sum();
        if (joined.size() != expected) {
            throw new IllegalStateException("a checkpoint of " + joined.size() + " parameters, expected " + expected
                    + ": it was written by another version of kappa");
        }
        float[][] parts = new float[like.parameters().length][];
        int at = 0;
        for (int p = 0; p < parts.length; p++) {
            parts[p] = new float[like.parameters()[p].length];
            for (int i = 0; i < parts[p].length; i++) {
                parts[p][i] = joined.get(at++);
            }
        }
        return parts;
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
