package kappa.dashboards.web;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.FitQuality;
import kappa.ingest.wire.FixedPoint;
import kappa.ingest.wire.FixedPointType;
import kappa.ingest.wire.FlowField;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Phase;
import kappa.ingest.wire.SessionHeader;

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
    private final List<Double> freeRun = new ArrayList<>();

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

    SessionHeader header(long unixNs) {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession(session)
                .setBinWidthS(BIN_S).addInputChannels("motion").addInputChannels("context").setTrials(true)
                .setObservation(Observation.COUNTS).addPhases("stimulus").addPhases("decision")
                .setCreatedUnixNs(unixNs).setOrigin("simulated, rank " + rank);
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
        }
        double u = inTrial >= 10 && inTrial < 50 ? 0.6 * drive + 0.1 * random.nextGaussian() : 0;
        double[] before = kappa.clone();
        for (int k = 0; k < rank; k++) {
            kappa[k] += ALPHA * velocity(before, v, k) + 0.04 * random.nextGaussian();
        }
        v = (1 - ALPHA) * v + ALPHA * u;
        int phase = inTrial < 10 ? 0 : inTrial < 50 ? 1 : inTrial >= 80 ? 2 : 0;
        Bin.Builder bin = Bin.newBuilder().setRigTimeNs(Math.round((next + 1) * BIN_S * 1e9)).addInputs((float) u)
                .addInputs((float) (next / TRIAL_BINS % 2)).setTrial(next / TRIAL_BINS).setPhase(phase)
                .setTrialEnd(inTrial == TRIAL_BINS - 1);
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
                .setBaselineError(baseline).setSpikes(spikes);
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

    /** The network, as the next version of the model. */
    ModelSnapshot model() {
        version++;
        freeRun.add(0.05 + 0.1 * (1 - Math.exp(-version / 4.0)) + 0.01 * random.nextGaussian());
        ModelSnapshot.Builder model = ModelSnapshot.newBuilder().setSchemaVersion(1).setSession(session)
                .setVersion(version).setNeurons(N).setRank(rank).setInputs(2).setAlpha(ALPHA)
                .setObservation(Observation.COUNTS).setBinsLearned(next).setSteps(25 * version)
                .setQuality(FitQuality.newBuilder().setUnit("bits/spike").addAllFreeRun(freeRun));
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
                .setBinsLearned(next).addConditions(portrait("none", 0)).addConditions(portrait("motion", 1)).build();
    }

    private Phase portrait(String input, double amplitude) {
        Phase.Builder phase = Phase.newBuilder().setInput(input).addDrive(amplitude).addDrive(0);
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
        fixedPoints(amplitude).forEach(phase::addFixedPoints);
        return phase.build();
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
        double sum = 0;
        for (int i = 0; i < N; i++) {
            sum += n[k][i] * Math.tanh(current(i, at, input));
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
