package kappa.analysis.pipeline;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.ObservedBin;
import kappa.analysis.PhasePortrait;
import kappa.analysis.Snapshot;
import kappa.analysis.connectivity.Connectivity;
import kappa.analysis.connectivity.Linearisation;
import kappa.analysis.connectivity.VectorOverlaps;
import kappa.analysis.dynamics.Basins;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.dynamics.FixedPoints;
import kappa.analysis.dynamics.FlowField;
import kappa.analysis.dynamics.LimitCycle;
import kappa.analysis.dynamics.Nullclines;
import kappa.analysis.dynamics.SlowPoint;
import kappa.analysis.inactivation.ClosedLoop;
import kappa.analysis.inactivation.InactivationResult;
import kappa.analysis.inactivation.InactivationResult.CarriedOut;
import kappa.analysis.inactivation.InactivationResult.RandomSets;
import kappa.analysis.inactivation.InactivationResult.SetEffect;
import kappa.analysis.inactivation.InactivationResult.Shares;
import kappa.analysis.inactivation.InactivationResult.Traces;
import kappa.analysis.populations.Clustering;
import kappa.analysis.populations.NeuronSet;
import kappa.analysis.populations.Populations.Tried;
import kappa.fitting.pipeline.SnapshotCodec;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Carried;
import kappa.ingest.wire.ConditionEffect;
import kappa.ingest.wire.FixedPointType;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.NumberOfPopulations;
import kappa.ingest.wire.Phase;
import kappa.ingest.wire.Polyline;
import kappa.ingest.wire.Population;
import kappa.ingest.wire.Populations;
import kappa.ingest.wire.SilencedSet;
import kappa.ingest.wire.WireChecks;

/**
 * The results of analyses as messages of kappa.analyses and kappa.inactivations, and back; and what the analyses start from,
 * out of messages of kappa.models and kappa.latents. Every number survives the way unchanged. What a message lacks because an
 * older version wrote it is empty in the record. Stateless.
 */
public final class AnalysisCodec {

    private AnalysisCodec() {}

    /**
     * Decodes the value of a record of kappa.models.
     *
     * @throws IllegalArgumentException if it is not readable or the snapshot contradicts itself
     */
    public static Snapshot snapshot(byte[] value) {
        return snapshot(parsed(ModelSnapshot.parser(), value));
    }

    private static <M> M parsed(Parser<M> parser, byte[] value) {
        try {
            return parser.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("a record is not readable: " + e.getMessage(), e);
        }
    }

    /** @throws IllegalArgumentException if the snapshot contradicts itself */
    public static Snapshot snapshot(ModelSnapshot wire) {
        return new Snapshot(new Snapshot.Id(wire.getSession(), wire.getVersion(), wire.getBinsLearned()),
                wire.getFinal(), SnapshotCodec.network(wire), wire.getInputChannelsList(),
                wire.getInputBasis().getBumps(), wire.getHiddenNeurons(), array(wire.getKappaStdList()),
                wire.getStartCount() == 0 ? new double[wire.getRank()] : array(wire.getStartList()));
    }

    /**
     * The bins of a record, in order.
     *
     * @param neurons that are recorded in the session
     */
    static List<ObservedBin> bins(Latents wire, int neurons) {
        return IntStream.range(0, wire.getBinsCount())
                .mapToObj(t -> bin(wire.getFirstBin() + t, wire.getBins(t), wire.getModelVersion(), neurons)).toList();
    }

    private static ObservedBin bin(long index, LatentBin wire, long modelVersion, int neurons) {
        int[] silenced = wire.getSilenced().isEmpty()
                ? new int[0]
                : IntStream.range(0, neurons).filter(i -> WireChecks.marked(wire.getSilenced(), i)).toArray();
        return new ObservedBin(index, wire.getTrial(), wire.getTrialStart(), wire.getPhase(),
                SnapshotCodec.array(wire.getInputsList()), SnapshotCodec.array(wire.getBehaviorList()),
                SnapshotCodec.array(wire.getKappaList()), modelVersion, silenced, wire.getIntervention());
    }

    public static Analysis message(NetworkAnalysis analysis, long publishedUnixNs) {
        Analysis.Builder wire = Analysis.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                .setSession(analysis.snapshot().session()).setModelVersion(analysis.snapshot().version())
                .setBinsLearned(analysis.snapshot().binsLearned()).addAllOverlaps(list(analysis.overlaps()))
                .addAllJacobianAtOrigin(list(analysis.jacobianAtOrigin())).setPublishedUnixNs(publishedUnixNs);
        analysis.portraits().forEach(portrait -> wire.addConditions(message(portrait)));
        analysis.connectivity().ifPresent(connectivity -> wire.setConnectivity(message(connectivity)));
        analysis.populations().ifPresent(populations -> wire.setPopulations(message(populations)));
        return wire.build();
    }

    /**
     * Decodes the value of a record of kappa.analyses.
     *
     * @throws IllegalArgumentException if it is not readable or the neurons of a population do not ascend
     */
    public static NetworkAnalysis analysis(byte[] value) {
        return analysis(parsed(Analysis.parser(), value));
    }

    /** @throws IllegalArgumentException if the neurons of a population do not ascend */
    public static NetworkAnalysis analysis(Analysis wire) {
        return new NetworkAnalysis(
                new Snapshot.Id(wire.getSession(), wire.getModelVersion(), wire.getBinsLearned()),
                array(wire.getOverlapsList()), array(wire.getJacobianAtOriginList()),
                wire.getConditionsList().stream().map(AnalysisCodec::portrait).toList(),
                wire.hasConnectivity() ? Optional.of(connectivity(wire.getConnectivity())) : Optional.empty(),
                wire.hasPopulations() ? Optional.of(clustering(wire.getPopulations())) : Optional.empty());
    }

    private static Phase message(PhasePortrait portrait) {
        Linearisation origin = portrait.origin();
        PhasePortrait.Orbits orbits = portrait.orbits();
        Phase.Builder wire = Phase.newBuilder().setInput(portrait.input()).addAllDrive(list(portrait.drive()))
                .setComplete(portrait.fixedPoints().complete()).setSaturation(origin.saturation())
                .addAllEffectiveOverlaps(list(origin.effectiveOverlaps()))
                .addAllOriginEigenvaluesRe(list(origin.re())).addAllOriginEigenvaluesIm(list(origin.im()))
                .setOrbitsVersion(orbits.version());
        portrait.fixedPoints().points().forEach(point -> wire.addFixedPoints(message(point)));
        portrait.flow().ifPresent(flow -> wire.getFlowBuilder().addAllAxis(list(flow.axis()))
                .addAllVelocity(list(flow.velocity())).addAllPotential(list(flow.potential())));
        orbits.cycles().forEach(cycle -> wire.addLimitCyclesBuilder().setPeriod(cycle.period())
                .setStable(cycle.stable()).addAllOrbit(list(cycle.orbit()))
                .addAllMultipliersRe(list(cycle.multipliersRe())).addAllMultipliersIm(list(cycle.multipliersIm())));
        orbits.nullclines().first().forEach(line -> wire.addNullclinesBuilder().addAllPoints(list(line)));
        orbits.nullclines().second()
                .forEach(line -> wire.addNullclinesBuilder().setDimension(1).addAllPoints(list(line)));
        orbits.slowPoints().forEach(point -> wire.addSlowPointsBuilder().addAllKappa(list(point.kappa()))
                .setSpeed(point.speed()).addAllEigenvaluesRe(list(point.re())).addAllEigenvaluesIm(list(point.im())));
        orbits.basins().ifPresent(basins -> wire.getBasinsBuilder().addAllAxis(list(basins.axis()))
                .addAllAttractor(list(basins.attractor())).addAllFractions(list(basins.fractions())));
        return wire.build();
    }

    private static PhasePortrait portrait(Phase wire) {
        List<FixedPoint> points = wire.getFixedPointsList().stream().map(AnalysisCodec::point).toList();
        List<LimitCycle> cycles = wire.getLimitCyclesList().stream()
                .map(cycle -> new LimitCycle(cycle.getPeriod(), array(cycle.getOrbitList()),
                        array(cycle.getMultipliersReList()), array(cycle.getMultipliersImList()), cycle.getStable()))
                .toList();
        List<SlowPoint> slow = wire.getSlowPointsList().stream()
                .map(point -> new SlowPoint(array(point.getKappaList()), point.getSpeed(),
                        array(point.getEigenvaluesReList()), array(point.getEigenvaluesImList())))
                .toList();
        Optional<Basins> basins = wire.hasBasins()
                ? Optional.of(new Basins(array(wire.getBasins().getAxisList()),
                        ints(wire.getBasins().getAttractorList()), array(wire.getBasins().getFractionsList())))
                : Optional.empty();
        Optional<FlowField> flow = wire.hasFlow()
                ? Optional.of(new FlowField(array(wire.getFlow().getAxisList()),
                        array(wire.getFlow().getVelocityList()), array(wire.getFlow().getPotentialList())))
                : Optional.empty();
        return new PhasePortrait(wire.getInput(), array(wire.getDriveList()),
                new FixedPoints(points, wire.getComplete()),
                new Linearisation(array(wire.getEffectiveOverlapsList()),
                        array(wire.getOriginEigenvaluesReList()), array(wire.getOriginEigenvaluesImList()),
                        wire.getSaturation()),
                flow, new PhasePortrait.Orbits(wire.getOrbitsVersion(), cycles,
                        new Nullclines(lines(wire, 0), lines(wire, 1)), slow, basins));
    }

    private static List<double[]> lines(Phase wire, int dimension) {
        return wire.getNullclinesList().stream().filter(line -> line.getDimension() == dimension)
                .map(Polyline::getPointsList).map(AnalysisCodec::array).toList();
    }

    private static kappa.ingest.wire.FixedPoint message(FixedPoint point) {
        return kappa.ingest.wire.FixedPoint.newBuilder().setType(message(point.type()))
                .addAllKappa(list(point.kappa())).addAllEigenvaluesRe(list(point.re()))
                .addAllEigenvaluesIm(list(point.im())).build();
    }

    private static FixedPoint point(kappa.ingest.wire.FixedPoint wire) {
        return new FixedPoint(array(wire.getKappaList()), type(wire.getType()), array(wire.getEigenvaluesReList()),
                array(wire.getEigenvaluesImList()));
    }

    private static FixedPointType message(FixedPoint.Type type) {
        return type == FixedPoint.Type.UNKNOWN
                ? FixedPointType.FIXED_POINT_TYPE_UNSPECIFIED
                : FixedPointType.valueOf(type.name());
    }

    private static FixedPoint.Type type(FixedPointType wire) {
        return wire == FixedPointType.FIXED_POINT_TYPE_UNSPECIFIED || wire == FixedPointType.UNRECOGNIZED
                ? FixedPoint.Type.UNKNOWN
                : FixedPoint.Type.valueOf(wire.name());
    }

    private static kappa.ingest.wire.Connectivity message(Connectivity connectivity) {
        return kappa.ingest.wire.Connectivity.newBuilder().addAllVectors(connectivity.overlaps().names())
                .addAllProducts(list(connectivity.overlaps().products()))
                .addAllCosines(list(connectivity.overlaps().cosines()))
                .addAllIdentifiable(list(connectivity.identifiable())).build();
    }

    private static Connectivity connectivity(kappa.ingest.wire.Connectivity wire) {
        return new Connectivity(new VectorOverlaps(List.copyOf(wire.getVectorsList()), array(wire.getProductsList()),
                array(wire.getCosinesList())), array(wire.getIdentifiableList()));
    }

    private static Populations message(Clustering found) {
        Populations.Builder wire = Populations.newBuilder().setModelVersion(found.snapshotVersion())
                .addAllMeanConnection(list(found.connections()));
        found.populations().forEach(population -> wire.addPopulations(Population.newBuilder()
                .setName(population.neurons().name()).addAllNeurons(list(population.neurons().neurons()))
                .addAllMean(list(population.mean())).addAllCovariance(list(population.covariance()))
                .addAllOverlaps(list(population.overlaps()))));
        found.tried().forEach(tried -> wire.addNumbers(NumberOfPopulations.newBuilder()
                .setPopulations(tried.number()).setLogLikelihood(tried.logLikelihood()).setEvidence(tried.evidence())
                .setStability(tried.stability())));
        return wire.build();
    }

    private static Clustering clustering(Populations wire) {
        return new Clustering(wire.getModelVersion(),
                wire.getPopulationsList().stream()
                        .map(population -> new kappa.analysis.populations.Populations.Population(
                                new NeuronSet(population.getName(), ints(population.getNeuronsList())),
                                array(population.getMeanList()), array(population.getCovarianceList()),
                                array(population.getOverlapsList())))
                        .toList(),
                wire.getNumbersList().stream().map(number -> new Tried(number.getPopulations(),
                        number.getLogLikelihood(), number.getEvidence(), number.getStability())).toList(),
                array(wire.getMeanConnectionList()));
    }

    public static Inactivations message(InactivationResult result, long publishedUnixNs) {
        Inactivations.Builder wire = Inactivations.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                .setSession(result.snapshot().session()).setModelVersion(result.snapshot().version())
                .setBinsLearned(result.snapshot().binsLearned()).setTrials(result.trials())
                .setReadout(result.readout()).setReadoutR2(result.readoutR2()).setPublishedUnixNs(publishedUnixNs);
        for (SetEffect effect : result.sets()) {
            SilencedSet.Builder set = wire.addSetsBuilder().setName(effect.set().name())
                    .addAllNeurons(list(effect.set().neurons())).setChange(effect.change())
                    .setChangeSd(effect.changeDeviation()).setRandomSets(effect.random().sets())
                    .setRandomChange(effect.random().change()).setRandomChangeSd(effect.random().deviation())
                    .setTrialHalfWidth(effect.trialHalfWidth());
            effect.conditions().forEach(condition -> set.addConditions(message(condition)));
        }
        result.carriedOut().forEach(carried -> wire.addCarried(message(carried)));
        return wire.build();
    }

    /**
     * Decodes the value of a record of kappa.inactivations.
     *
     * @throws IllegalArgumentException if it is not readable or the neurons of a set do not ascend
     */
    public static InactivationResult inactivations(byte[] value) {
        return inactivations(parsed(Inactivations.parser(), value));
    }

    /** @throws IllegalArgumentException if the neurons of a set do not ascend */
    public static InactivationResult inactivations(Inactivations wire) {
        return new InactivationResult(
                new Snapshot.Id(wire.getSession(), wire.getModelVersion(), wire.getBinsLearned()), wire.getTrials(),
                wire.getReadout(), wire.getReadoutR2(),
                wire.getSetsList().stream()
                        .map(set -> new SetEffect(new NeuronSet(set.getName(), ints(set.getNeuronsList())),
                                set.getConditionsList().stream().map(AnalysisCodec::condition).toList(),
                                set.getChange(), set.getChangeSd(), new RandomSets(set.getRandomSets(),
                                        set.getRandomChange(), set.getRandomChangeSd()),
                                set.getTrialHalfWidth()))
                        .toList(),
                wire.getCarriedList().stream().map(AnalysisCodec::carriedOut).toList());
    }

    private static ConditionEffect message(InactivationResult.ConditionEffect effect) {
        return ConditionEffect.newBuilder().setName(effect.name()).setTrials(effect.trials())
                .addAllKappaIntact(list(effect.intact().kappa())).addAllKappaSilenced(list(effect.silenced().kappa()))
                .addAllReadoutIntact(list(effect.intact().readout()))
                .addAllReadoutSilenced(list(effect.silenced().readout()))
                .setPositiveIntact(effect.positive().intact()).setPositiveSilenced(effect.positive().silenced())
                .setCorrectIntact(effect.correct().intact()).setCorrectSilenced(effect.correct().silenced()).build();
    }

    private static InactivationResult.ConditionEffect condition(ConditionEffect wire) {
        return new InactivationResult.ConditionEffect(wire.getName(), wire.getTrials(),
                new Traces(array(wire.getKappaIntactList()), array(wire.getReadoutIntactList())),
                new Traces(array(wire.getKappaSilencedList()), array(wire.getReadoutSilencedList())),
                new Shares(wire.getPositiveIntact(), wire.getPositiveSilenced()),
                new Shares(wire.getCorrectIntact(), wire.getCorrectSilenced()));
    }

    private static Carried message(CarriedOut carried) {
        ClosedLoop.Outcome outcome = carried.outcome();
        return Carried.newBuilder().setIntervention(outcome.intervention()).setName(carried.name())
                .addAllNeurons(list(outcome.neurons()))
                .addAllTrials(Arrays.stream(outcome.trials()).boxed().toList())
                .addAllPredicted(list(outcome.predicted())).addAllHalfWidth(list(outcome.halfWidth()))
                .addAllObserved(list(outcome.observed()))
                .setCorrelation(outcome.correlation()).setR2(outcome.r2())
                .setChoiceAgreement(outcome.choiceAgreement()).build();
    }

    private static CarriedOut carriedOut(Carried wire) {
        return new CarriedOut(wire.getName(), new ClosedLoop.Outcome(wire.getIntervention(),
                ints(wire.getNeuronsList()), wire.getTrialsList().stream().mapToLong(Long::longValue).toArray(),
                array(wire.getPredictedList()), array(wire.getHalfWidthList()), array(wire.getObservedList()),
                wire.getCorrelation(), wire.getR2(),
                wire.getChoiceAgreement()));
    }

    private static List<Integer> list(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static List<Double> list(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
