package kappa.dashboards.web;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.BinClock;
import kappa.ingest.wire.Carried;
import kappa.ingest.wire.ConditionEffect;
import kappa.ingest.wire.Connectivity;
import kappa.ingest.wire.FitQuality;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.FixedPoint;
import kappa.ingest.wire.FixedPointType;
import kappa.ingest.wire.FlowField;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.LimitCycle;
import kappa.ingest.wire.Masks;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.NumberOfPopulations;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Phase;
import kappa.ingest.wire.Polyline;
import kappa.ingest.wire.Population;
import kappa.ingest.wire.Populations;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.SilencedSet;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;

/**
 * What a rig and the pipeline would have published: a network of N = 80 with the overlaps of figure 4.1 b of the thesis
 * (rank 2) or with two stable points (rank 1), one pulsed input, Poisson counts, and a model that is the network itself.
 * Reproducible: everything is drawn from one seed.
 */
final class SimulatedPipeline {

    static final int N = 80;
    static final int TRIAL_BINS = 100;
    private static final double ALPHA = 0.2;
    private static final double GAIN = 0.6;
    private static final double BIN_S = 0.01;
    private static final double SD = 0.12;

    final String session;
    final int rank;
    private final Random random = new Random(7);
    private final double[][] m;
    private final double[][] n;
    private final double[] w = new double[N];
    private final double[] kappa;
    private double v;
    private double drive;
    private long next;
    private long version;
    private final List<Double> oneStep = new ArrayList<>();
    private final List<Double> freeRun = new ArrayList<>();
    /** What the rig says of its clocks, bin by bin; nothing at first. */
    LongFunction<BinClock> clock = bin -> null;
    /** Steps that a rig too fast for learning costs each trial. */
    long shed;
    private Intervention obeyed;
    private int perturbedTrials;
    private boolean perturbed;
    private double decision;
    private final Map<String, Carried.Builder> carried = new LinkedHashMap<>();
    /** All networks of a rank are the same one, so that its analyses are made once. */
    private static final Map<String, Phase> PORTRAITS = new ConcurrentHashMap<>();
    private static final Map<Integer, List<SilencedSet>> SILENCED_SETS = new ConcurrentHashMap<>();

    SimulatedPipeline(String session, int rank) {
        this.session = session;
        this.rank = rank;
        m = new double[rank][N];
        n = new double[rank][N];
        kappa = new double[rank];
        double[][] x = new double[4][N];
        for (int i = 0; i < N; i++) {
            for (double[] row : x) {
                row[i] = random.nextGaussian();
            }
            m[0][i] = x[0][i] + x[2][i];
            n[0][i] = 2.5 * x[0][i];
            if (rank > 1) {
                m[1][i] = x[1][i] + x[3][i];
                n[1][i] = 0.5 * x[2][i] + 1.5 * x[3][i];
            }
            w[i] = x[0][i] + 0.5 * x[1][i] + 0.3 * random.nextGaussian();
        }
    }

    /** What the header says that the session is from. */
    String origin = "simulated";

    SessionHeader header(long unixNs) {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession(session)
                .setBinWidthS(BIN_S).addInputChannels("motion").addInputChannels("context").setTrials(true)
                .addBehaviorChannels("lever").setObservation(Observation.COUNTS).addPhases("stimulus")
                .addPhases("decision")
                .setCreatedUnixNs(unixNs).setOrigin(origin + ", rank " + rank)
                .setFit(FitSettings.newBuilder().setRank(rank));
        for (int i = 0; i < N; i++) {
            header.addNeurons("unit-" + i);
        }
        return header.build();
    }

    long next() {
        return next;
    }

    /** One bin, and the kappa the pipeline makes of it 2 ms later. */
    void step(long unixNs, BiConsumer<Activity, Latents> to) {
        long inTrial = next % TRIAL_BINS;
        if (inTrial == 0) {
            java.util.Arrays.fill(kappa, 0);
            v = 0;
            drive = random.nextGaussian();
            decision = 0;
            perturbed = obeyed != null && perturbedTrials < obeyed.getTrials()
                    && next / TRIAL_BINS % Math.max(1, obeyed.getEvery()) == 0;
        }
        boolean[] off = silenced(perturbed ? obeyed.getNeuronsList() : List.of());
        double u = inTrial >= 10 && inTrial < 50 ? 0.6 * drive + 0.1 * random.nextGaussian() : 0;
        double[] before = kappa.clone();
        for (int k = 0; k < rank; k++) {
            kappa[k] += ALPHA * velocity(before, v, k, off) + 0.04 * random.nextGaussian();
        }
        v = (1 - ALPHA) * v + ALPHA * u;
        int phase = inTrial < 10 ? 0 : inTrial < 50 ? 1 : inTrial >= 80 ? 2 : 0;
        Bin.Builder bin = Bin.newBuilder().setRigTimeNs(Math.round((next + 1) * BIN_S * 1e9)).addInputs((float) u)
                .addInputs((float) (next / TRIAL_BINS % 2)).setTrial(next / TRIAL_BINS).setPhase(phase)
                .addBehavior((float) Math.sin(next * 0.05))
                .setTrialEnd(inTrial == TRIAL_BINS - 1);
        if (perturbed) {
            bin.setSilenced(Masks.mask(N, obeyed.getNeuronsList())).setIntervention(obeyed.getId());
        }
        if (clock.apply(next) != null) {
            bin.setClock(clock.apply(next));
        }
        if (phase == 2) {
            decision += kappa[0] / 20;
        }
        if (inTrial == TRIAL_BINS - 1 && perturbed) {
            carryOut();
        }
        double error = 0;
        double baseline = 0;
        int spikes = 0;
        for (int i = 0; i < N; i++) {
            double rate = GAIN * (1 + Math.tanh(current(i, kappa, v)));
            int y = poisson(rate);
            bin.addCounts(y);
            error += rate - y * Math.log(rate + 1e-9);
            baseline += GAIN - y * Math.log(GAIN);
            spikes += y;
        }
        LatentBin.Builder latent = LatentBin.newBuilder().addV((float) v).addV(0).setRigTimeNs(bin.getRigTimeNs())
                .setTrial(bin.getTrial()).setTrialStart(inTrial == 0).addInputs((float) u)
                .addInputs((float) (next / TRIAL_BINS % 2)).setPhase(phase).setPredictionError(error)
                .setBaselineError(baseline).setSpikes(spikes).setSilenced(bin.getSilenced())
                .setIntervention(bin.getIntervention()).addAllBehavior(bin.getBehaviorList());
        if (bin.hasClock()) {
            latent.setClock(bin.getClock());
        }
        for (int k = 0; k < rank; k++) {
            latent.addKappa((float) kappa[k]);
            for (int l = 0; l <= k; l++) {
                latent.addCovariance((float) (k == l ? SD * SD : 0.4 * SD * SD));
            }
        }
        to.accept(
                Activity.newBuilder().setSchemaVersion(1).setSession(session).setFirstBin(next).addBins(bin)
                        .setSentUnixNs(unixNs).build(),
                Latents.newBuilder().setSchemaVersion(1).setSession(session).setFirstBin(next).addBins(latent)
                        .setModelVersion(version).setActivityUnixNs(unixNs).setPublishedUnixNs(unixNs + 2_000_000)
                        .build());
        next++;
    }

    Activity end() {
        return Activity.newBuilder().setSchemaVersion(1).setSession(session).setFirstBin(next).setEndOfSession(true)
                .build();
    }

    /** Bins that never come. */
    void lose(int bins) {
        next += bins;
    }

    /** The network, as the next version of the model. */
    ModelSnapshot model() {
        version++;
        oneStep.add(0.1 + 0.1 * (1 - Math.exp(-version / 4.0)));
        freeRun.add(0.05 + 0.1 * (1 - Math.exp(-version / 4.0)) + 0.01 * random.nextGaussian());
        ModelSnapshot.Builder model = ModelSnapshot.newBuilder().setSchemaVersion(1).setSession(session)
                .setVersion(version).setNeurons(N).setRank(rank).setInputs(2).setAlpha(ALPHA)
                .setObservation(Observation.COUNTS).setBinsLearned(next).setSteps(25 * version)
                .setStepsShed(shed * version).setPublishedUnixNs(version * 1_000_000_000L)
                .addInputChannels("motion").addInputChannels("context")
                .setQuality(
                        FitQuality.newBuilder().setUnit("bits/spike").addAllOneStep(oneStep).addAllFreeRun(freeRun));
        for (int k = 0; k < rank; k++) {
            for (int i = 0; i < N; i++) {
                model.addM((float) m[k][i]).addN((float) n[k][i]);
            }
        }
        // addM and addN above interleave in the calls only: each field keeps its own order.
        for (int i = 0; i < N; i++) {
            model.addW((float) w[i]);
        }
        for (int i = 0; i < N; i++) {
            model.addW(0).addB(0).addGain((float) GAIN).addOffset(0);
        }
        return model.build();
    }

    Analysis analysis() {
        return Analysis.newBuilder().setSchemaVersion(1).setSession(session).setModelVersion(version)
                .setBinsLearned(next)
                .addConditions(PORTRAITS.computeIfAbsent("none, rank " + rank, key -> portrait("none", 0)))
                .addConditions(PORTRAITS.computeIfAbsent("motion, rank " + rank, key -> portrait("motion", 1)))
                .setConnectivity(connectivity()).setPopulations(populations()).build();
    }

    /** From the next trial on. */
    void obey(Intervention request) {
        obeyed = request;
        perturbedTrials = 0;
    }

    private Connectivity connectivity() {
        Connectivity.Builder connectivity = Connectivity.newBuilder();
        List<double[]> vectors = new ArrayList<>(List.of(m));
        vectors.addAll(List.of(n));
        vectors.add(w);
        for (int a = 0; a < 2 * rank; a++) {
            connectivity.addVectors((a < rank ? "m" : "n") + (rank == 1 ? "" : " " + (a % rank + 1)));
        }
        connectivity.addVectors("motion");
        for (double[] a : vectors) {
            for (double[] b : vectors) {
                connectivity.addProducts(product(a, b))
                        .addCosines(product(a, b) / Math.sqrt(product(a, a) * product(b, b)));
            }
        }
        for (int k = 0; k < rank; k++) {
            connectivity.addIdentifiable(0.9 - 0.1 * k);
        }
        return connectivity.build();
    }

    private static double product(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < N; i++) {
            sum += a[i] * b[i];
        }
        return sum / N;
    }

    /** Two, split by the input's sign. */
    private Populations populations() {
        Populations.Builder populations = Populations.newBuilder().setModelVersion(version);
        for (int p = 0; p < 2; p++) {
            populations.addPopulations(
                    Population.newBuilder().setName("population " + (p + 1)).addAllNeurons(population(p)));
            populations.addNumbers(NumberOfPopulations.newBuilder().setPopulations(p + 1).setEvidence(-900 + 40 * p)
                    .setStability(1 - 0.1 * p));
        }
        return populations.addAllMeanConnection(List.of(0.012, -0.004, 0.002, 0.02)).build();
    }

    private List<Integer> population(int p) {
        return IntStream.range(0, N).filter(i -> (w[i] > 0) == (p == 0)).boxed().toList();
    }

    /** kappa over a trial without noise, [T][K]. */
    private double[][] trial(double strength, boolean[] off) {
        double[][] trajectory = new double[TRIAL_BINS][rank];
        double[] at = new double[rank];
        double filtered = 0;
        for (int t = 0; t < TRIAL_BINS; t++) {
            double[] before = at.clone();
            for (int k = 0; k < rank; k++) {
                at[k] += ALPHA * velocity(before, filtered, k, off);
            }
            filtered = (1 - ALPHA) * filtered + ALPHA * (t >= 10 && t < 50 ? 0.6 * strength : 0);
            trajectory[t] = at.clone();
        }
        return trajectory;
    }

    private static double decided(double[][] trajectory) {
        double sum = 0;
        for (int t = 80; t < TRIAL_BINS; t++) {
            sum += trajectory[t][0] / 20;
        }
        return sum;
    }

    private void carryOut() {
        perturbedTrials++;
        Carried.Builder of = carried.computeIfAbsent(obeyed.getId(),
                id -> Carried.newBuilder().setIntervention(id).setName(obeyed.getName())
                        .addAllNeurons(obeyed.getNeuronsList()));
        double intact = decided(trial(drive, new boolean[N]));
        of.addTrials(next / TRIAL_BINS).addPredicted(decided(trial(drive, silenced(obeyed.getNeuronsList()))) - intact)
                .addObserved(decision - intact).addHalfWidth(0.5);
        double[] x = of.getPredictedList().stream().mapToDouble(value -> value).toArray();
        double[] y = of.getObservedList().stream().mapToDouble(value -> value).toArray();
        of.setCorrelation(x.length < 3 ? Double.NaN : new PearsonsCorrelation().correlation(x, y)).setR2(0.5)
                .setChoiceAgreement(0.9);
    }

    /** The readout is kappa 1. */
    Inactivations inactivations() {
        Inactivations.Builder all = Inactivations.newBuilder().setSchemaVersion(1).setSession(session)
                .setModelVersion(version).setBinsLearned(next).setTrials(40).setReadout("choice").setReadoutR2(0.93);
        all.addAllSets(SILENCED_SETS.computeIfAbsent(rank, key -> silencedSets()));
        carried.values().forEach(all::addCarried);
        return all.build();
    }

    private List<SilencedSet> silencedSets() {
        List<SilencedSet> sets = new ArrayList<>();
        for (int p = 0; p < 2; p++) {
            SilencedSet.Builder set = SilencedSet.newBuilder().setName("population " + (p + 1))
                    .addAllNeurons(population(p)).setChange(0.7 - 0.3 * p).setChangeSd(0.04).setRandomSets(5)
                    .setRandomChange(0.35).setRandomChangeSd(0.05).setTrialHalfWidth(0.5);
            for (double strength : new double[]{-1.6, -0.4, 0.4, 1.6}) {
                double[][] intact = trial(strength, new boolean[N]);
                double[][] off = trial(strength, silenced(population(p)));
                ConditionEffect.Builder effect = ConditionEffect.newBuilder().setName("motion " + strength)
                        .setTrials(10).setPositiveIntact(strength > 0 ? 0.95 : 0.05).setPositiveSilenced(0.5)
                        .setCorrectIntact(0.95).setCorrectSilenced(0.5);
                for (int t = 0; t < TRIAL_BINS; t++) {
                    effect.addReadoutIntact(intact[t][0]).addReadoutSilenced(off[t][0]);
                    for (int k = 0; k < rank; k++) {
                        effect.addKappaIntact(intact[t][k]).addKappaSilenced(off[t][k]);
                    }
                }
                set.addConditions(effect);
            }
            sets.add(set.build());
        }
        return List.copyOf(sets);
    }

    private static boolean[] silenced(List<Integer> neurons) {
        boolean[] off = new boolean[N];
        neurons.forEach(i -> off[i] = true);
        return off;
    }

    private Phase portrait(String input, double amplitude) {
        Phase.Builder phase = Phase.newBuilder().setInput(input).addDrive(amplitude).addDrive(0)
                .setComplete(rank < 3).setSaturation(0.1 + 0.3 * amplitude);
        double[] origin = jacobian(new double[rank], amplitude);
        RealMatrix jacobian = MatrixUtils.createRealMatrix(rank, rank);
        for (int k = 0; k < rank * rank; k++) {
            phase.addEffectiveOverlaps(origin[k] + (k % (rank + 1) == 0 ? 1 : 0));
            jacobian.setEntry(k / rank, k % rank, origin[k]);
        }
        EigenDecomposition eigen = new EigenDecomposition(jacobian);
        for (int k = 0; k < rank; k++) {
            phase.addOriginEigenvaluesRe(eigen.getRealEigenvalue(k)).addOriginEigenvaluesIm(eigen.getImagEigenvalue(k));
        }
        if (rank > 2) {
            return phase.addFixedPoints(FixedPoint.newBuilder().setType(FixedPointType.SADDLE).addKappa(0).addKappa(0)
                    .addKappa(0).addEigenvaluesRe(1.5).addEigenvaluesRe(0.5).addEigenvaluesRe(-1).addEigenvaluesIm(0)
                    .addEigenvaluesIm(0).addEigenvaluesIm(0)).build();
        }
        FlowField.Builder flow = FlowField.newBuilder();
        int points = rank == 1 ? 121 : 25;
        double reach = 2.5;
        double potential = 0;
        double lowest = Double.MAX_VALUE;
        double[] potentials = new double[points];
        for (int a = 0; a < points; a++) {
            double y = -reach + 2 * reach * a / (points - 1);
            flow.addAxis(y);
            if (rank == 1) {
                double f = velocity(new double[]{y}, amplitude, 0);
                flow.addVelocity(f);
                potential -= f * 2 * reach / (points - 1);
                potentials[a] = potential;
                lowest = Math.min(lowest, potential);
            }
        }
        for (int a = 0; a < points && rank == 1; a++) {
            flow.addPotential(potentials[a] - lowest);
        }
        for (int iy = 0; iy < points && rank == 2; iy++) {
            for (int ix = 0; ix < points; ix++) {
                double[] at = {flow.getAxis(ix), flow.getAxis(iy)};
                flow.addVelocity(velocity(at, amplitude, 0)).addVelocity(velocity(at, amplitude, 1));
            }
        }
        phase.setFlow(flow);
        if (rank == 2) {
            nullclines(flow, phase);
            // Curves to draw, not of this network.
            phase.addLimitCycles(circle(1.9, true)).addLimitCycles(circle(0.7, false));
        }
        fixedPoints(amplitude).forEach(phase::addFixedPoints);
        return phase.build();
    }

    private static LimitCycle circle(double radius, boolean stable) {
        LimitCycle.Builder cycle = LimitCycle.newBuilder().setPeriod(6.3).setStable(stable);
        for (int p = 0; p < 60; p++) {
            cycle.addOrbit(radius * Math.cos(p * Math.PI / 30)).addOrbit(radius * Math.sin(p * Math.PI / 30));
        }
        return cycle.build();
    }

    /** One short line for each cell of the grid that a nullcline passes. */
    private static void nullclines(FlowField.Builder flow, Phase.Builder phase) {
        int points = flow.getAxisCount();
        int[][] corners = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
        for (int d = 0; d < 2; d++) {
            for (int cell = 0; cell < (points - 1) * (points - 1); cell++) {
                Polyline.Builder line = Polyline.newBuilder().setDimension(d);
                for (int edge = 0; edge < 4; edge++) {
                    int x1 = cell % (points - 1) + corners[edge][0];
                    int y1 = cell / (points - 1) + corners[edge][1];
                    int x2 = cell % (points - 1) + corners[edge + 1][0];
                    int y2 = cell / (points - 1) + corners[edge + 1][1];
                    double f1 = flow.getVelocity(2 * (y1 * points + x1) + d);
                    double f2 = flow.getVelocity(2 * (y2 * points + x2) + d);
                    if (f1 * f2 < 0) {
                        double share = f1 / (f1 - f2);
                        line.addPoints(flow.getAxis(x1) + share * (flow.getAxis(x2) - flow.getAxis(x1)))
                                .addPoints(flow.getAxis(y1) + share * (flow.getAxis(y2) - flow.getAxis(y1)));
                    }
                }
                if (line.getPointsCount() == 4) {
                    phase.addNullclines(line);
                }
            }
        }
    }

    /** Newton from a grid, with numeric Jacobians: enough for a picture, and no part of the analysis under test. */
    private List<FixedPoint> fixedPoints(double amplitude) {
        List<double[]> found = new ArrayList<>();
        List<FixedPoint> points = new ArrayList<>();
        for (int a = 0; a < 121; a++) {
            double[] at = rank == 1
                    ? new double[]{-2 + 4 * a / 120.0}
                    : new double[]{-2 + 4 * (a % 11) / 10.0, -2 + 4 * (a / 11) / 10.0};
            for (int iteration = 0; iteration < 40; iteration++) {
                double[] j = jacobian(at, amplitude);
                if (rank == 1) {
                    at[0] -= velocity(at, amplitude, 0) / j[0];
                } else {
                    double f0 = velocity(at, amplitude, 0);
                    double f1 = velocity(at, amplitude, 1);
                    double det = j[0] * j[3] - j[1] * j[2];
                    at[0] -= (j[3] * f0 - j[1] * f1) / det;
                    at[1] -= (j[0] * f1 - j[2] * f0) / det;
                }
            }
            double residual = 0;
            for (int k = 0; k < rank; k++) {
                residual += Math.abs(velocity(at, amplitude, k));
            }
            if (residual < 1e-9 && Math.abs(at[0]) < 3
                    && found.stream().noneMatch(p -> Math.hypot(p[0] - at[0], rank == 1 ? 0 : p[1] - at[1]) < 1e-4)) {
                found.add(at);
                points.add(classify(at, jacobian(at, amplitude)));
            }
        }
        return points;
    }

    private FixedPoint classify(double[] at, double[] j) {
        FixedPoint.Builder point = FixedPoint.newBuilder();
        for (double value : at) {
            point.addKappa(value);
        }
        if (rank == 1) {
            return point.setType(j[0] < 0 ? FixedPointType.STABLE_NODE : FixedPointType.UNSTABLE_NODE)
                    .addEigenvaluesRe(j[0]).addEigenvaluesIm(0).build();
        }
        double half = (j[0] + j[3]) / 2;
        double discriminant = half * half - (j[0] * j[3] - j[1] * j[2]);
        double root = Math.sqrt(Math.abs(discriminant));
        double re0 = half + (discriminant > 0 ? root : 0);
        double re1 = half - (discriminant > 0 ? root : 0);
        double im = discriminant > 0 ? 0 : root;
        FixedPointType type = re0 > 0 && re1 < 0
                ? FixedPointType.SADDLE
                : re0 < 0
                        ? im > 0 ? FixedPointType.STABLE_FOCUS : FixedPointType.STABLE_NODE
                        : im > 0 ? FixedPointType.UNSTABLE_FOCUS : FixedPointType.UNSTABLE_NODE;
        return point.setType(type).addEigenvaluesRe(re0).addEigenvaluesRe(re1).addEigenvaluesIm(im)
                .addEigenvaluesIm(-im).build();
    }

    private double[] jacobian(double[] at, double amplitude) {
        double[] j = new double[rank * rank];
        double h = 1e-5;
        for (int l = 0; l < rank; l++) {
            double[] up = at.clone();
            double[] down = at.clone();
            up[l] += h;
            down[l] -= h;
            for (int k = 0; k < rank; k++) {
                j[k * rank + l] = (velocity(up, amplitude, k) - velocity(down, amplitude, k)) / (2 * h);
            }
        }
        return j;
    }

    private double velocity(double[] at, double input, int k) {
        return velocity(at, input, k, new boolean[N]);
    }

    private double velocity(double[] at, double input, int k, boolean[] off) {
        double sum = 0;
        for (int i = 0; i < N; i++) {
            sum += off[i] ? 0 : n[k][i] * Math.tanh(current(i, at, input));
        }
        return -at[k] + sum / N;
    }

    private double current(int i, double[] at, double input) {
        double x = w[i] * input;
        for (int k = 0; k < rank; k++) {
            x += m[k][i] * at[k];
        }
        return x;
    }

    private int poisson(double rate) {
        double limit = Math.exp(-rate);
        int count = 0;
        for (double product = random.nextDouble(); product > limit; product *= random.nextDouble()) {
            count++;
        }
        return count;
    }
}
