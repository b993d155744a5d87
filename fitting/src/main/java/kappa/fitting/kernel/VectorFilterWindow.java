package kappa.fitting.kernel;

import static kappa.fitting.kernel.VectorFilter.BLOCK;
import static kappa.fitting.kernel.VectorFilter.INDEX;
import static kappa.fitting.kernel.VectorFilter.INFO;
import static kappa.fitting.kernel.VectorFilter.SCORE;
import static kappa.fitting.kernel.VectorFilter.SUMS;
import static kappa.fitting.kernel.VectorFilter.overLanes;
import static kappa.fitting.kernel.VectorFilter.roundUp;
import static kappa.fitting.kernel.VectorKernels.LANES;
import static kappa.fitting.kernel.VectorKernels.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;

/**
 * The window's sweeps over SIMD lanes, in the manner of {@link VectorFilter}.
 *
 * <p>Forward sweeps keep the rates, so that none is computed twice. A backward sweep writes down what each neuron contributes:
 * delta, score and info, or delta, phi' and r. The gradient is a sum of such rows, each times a number of its sweep (of kappa, v,
 * or an adjoint), so that it is a skinny matrix product over the rows of several bins: each gradient row is read and written
 * once for {@value #CHUNK} bins. What is quadratic in m and n, like info sum_l I_kl m_l, is summed as H_kl = sum info I_kl
 * first, and multiplied with m at the window's end.
 *
 * <p>A row has a place for each lane of each vector; lanes of the last vector that overlap the one before hold zeros. The rows
 * of a vector of neurons stand side by side.
 */
final class VectorFilterWindow extends FilterWindow {

    private static final int CHUNK = 8;

    /** Latent dimensions up to which one pass over a block makes all of a backward sweep's rows. */
    private static final int AT_ONCE = 3;

    // Places within scratch memory, beside those of VectorFilter's steps that are not in use together with them.
    private static final int LINEAR = SCORE;
    private static final int BILINEAR = INFO;

    /** Rows of one kind, and what they are multiplied with. */
    private static final class Rows {
        /** Of the rows of a vector of neurons, the first of this kind. */
        final int first;
        /** Gradient rows that these are summed to, a multiple of four, and the first of them. */
        final int outputs;
        final int firstOutput;
        /** [rows, outputs]; zero for outputs that only fill up. */
        final float[] coefficients;
        int count;

        Rows(int first, int rows, int outputs, int firstOutput) {
            this.first = first;
            this.outputs = outputs + 3 & -4;
            this.firstOutput = firstOutput;
            coefficients = new float[rows * this.outputs];
        }

        /** Where the coefficients of a new row stand. */
        int add() {
            return outputs * count++;
        }

        int end() {
            return firstOutput + outputs;
        }
    }

    /** Lanes of all vectors, an even number of them. */
    private final int places;
    /** [maxBins, SWEEPS, places] rates, or currents where they are observed. */
    private final float[] kept;
    /** [vectors, rows of all kinds, WIDTH]. */
    private final float[] rows;
    private final int rowsOfVector;
    private final Rows delta;
    private final Rows score;
    private final Rows info;
    private final Rows slope;
    private final Rows sent;
    /** [outputs of all kinds, places]. */
    private final float[] sums;
    private final float[] scratch = new float[RnnKernels.SCRATCH];

    VectorFilterWindow(int neurons, int rank, int inputs, int maxBins) {
        super(neurons, rank, inputs, maxBins);
        places = roundUp(neurons) + (WIDTH & roundUp(neurons));
        kept = new float[maxBins * SWEEPS * places];
        delta = new Rows(0, SWEEPS * CHUNK, rank + inputs + 1, 0);
        score = new Rows(SWEEPS * CHUNK, 2 * CHUNK, rank, delta.end());
        info = new Rows(5 * CHUNK, 2 * CHUNK, rank * (rank + 1) / 2, score.end());
        slope = new Rows(7 * CHUNK, CHUNK, rank * rank, info.end());
        sent = new Rows(8 * CHUNK, CHUNK, rank, slope.end());
        rowsOfVector = 9 * CHUNK;
        rows = new float[rowsOfVector * places];
        sums = new float[sent.end() * places];
    }

    @Override
    public void begin(KernelModel newModel, float[] newY, int newYOffset, float[] newV, int newVOffset,
            Gradient newGradient) {
        super.begin(newModel, newY, newYOffset, newV, newVOffset, newGradient);
        Arrays.fill(sums, 0);
        clearRows();
    }

    private void clearRows() {
        delta.count = 0;
        score.count = 0;
        info.count = 0;
        slope.count = 0;
        sent.count = 0;
    }

    private int kept(int bin, int sweep) {
        return (bin * SWEEPS + sweep) * places;
    }

    @Override
    void sweepRecurrent(int bin, float[] kappa, double[] drive, double[] slopes) {
        VectorFilter.recurrent(model, kappa, v, coordinates(bin, 0), drive, slopes, scratch, kept, kept(bin, 0));
    }

    @Override
    void sweepObservation(int bin, int update, float[] kappa, double[] mScore, double[] mInfo) {
        VectorFilter.observe(model, y, activity(bin), kappa, v, coordinates(bin, 1 + update), mScore, mInfo, false,
                scratch, kept, kept(bin, 1 + update));
    }

    @Override
    public void recurrentAdjoint(int bin, float[] driveAdjoint, float[] slopeAdjoint, double[] kappaAdjoint) {
        int N = neurons;
        int K = rank;
        LowRankNetwork net = model.network();
        float scale = (float) LowRankNetwork.connectivityScale(N);
        int deltaRow = addDelta(bin, 0, 1f);
        int slopeRow = slope.first + slope.count;
        System.arraycopy(slopeAdjoint, 0, slope.coefficients, slope.add(), K * K);
        int sentRow = sent.first + sent.count;
        int at = sent.add();
        for (int k = 0; k < K; k++) {
            sent.coefficients[at + k] = scale * driveAdjoint[k];
        }
        for (int from = 0; from < N; from += BLOCK) {
            int count = Math.min(BLOCK, N - from);
            if (K <= AT_ONCE) {
                recurrentAtOnce(kept(bin, 0), scale, from, count, deltaRow, slopeRow, sentRow, driveAdjoint,
                        slopeAdjoint);
                addDots(kappaAdjoint, 0);
                continue;
            }
            forms(net.n(), net.m(), driveAdjoint, slopeAdjoint, from, count);
            recurrentRows(kept(bin, 0), scale, from, count, deltaRow, slopeRow, sentRow);
            throughCurrents(net.m(), from, count, deltaRow, kappaAdjoint);
        }
        if (slope.count == CHUNK) {
            sumRows();
        }
    }

    /** A row of delta, which goes to m times kappa, to W times v and to b. */
    private int addDelta(int bin, int sweep, float bias) {
        int row = delta.first + delta.count;
        int at = delta.add();
        System.arraycopy(states, state(bin, sweep), delta.coefficients, at, rank);
        System.arraycopy(v, coordinates(bin, sweep), delta.coefficients, at + rank, inputs);
        delta.coefficients[at + rank + inputs] = bias;
        return row;
    }

    /** sum_k a_k linear_k and sum_kl a_k bilinear_kl m_l of each neuron of a block, three k and three l at a time. */
    private void forms(float[] a, float[] m, float[] linear, float[] bilinear, int from, int count) {
        Arrays.fill(scratch, LINEAR, LINEAR + roundUp(count), 0f);
        Arrays.fill(scratch, BILINEAR, BILINEAR + roundUp(count), 0f);
        for (int k = 0; k < rank; k += 3) {
            for (int l = 0; l < rank; l += 3) {
                form(a, k, m, l, linear, bilinear, from, count);
            }
        }
    }

    private void form(float[] a, int k, float[] m, int l, float[] linear, float[] bilinear, int from, int count) {
        int N = neurons;
        int last = rank - 1;
        float[] work = scratch;
        int k0 = k * N;
        int k1 = Math.min(k + 1, last) * N;
        int k2 = Math.min(k + 2, last) * N;
        int l0 = l * N;
        int l1 = Math.min(l + 1, last) * N;
        int l2 = Math.min(l + 2, last) * N;
        boolean first = l == 0;
        FloatVector d0 = FloatVector.broadcast(LANES, first ? linear[k] : 0f);
        FloatVector d1 = FloatVector.broadcast(LANES, first && k + 1 <= last ? linear[k + 1] : 0f);
        FloatVector d2 = FloatVector.broadcast(LANES, first && k + 2 <= last ? linear[k + 2] : 0f);
        FloatVector g00 = FloatVector.broadcast(LANES, entry(bilinear, k, l));
        FloatVector g01 = FloatVector.broadcast(LANES, entry(bilinear, k, l + 1));
        FloatVector g02 = FloatVector.broadcast(LANES, entry(bilinear, k, l + 2));
        FloatVector g10 = FloatVector.broadcast(LANES, entry(bilinear, k + 1, l));
        FloatVector g11 = FloatVector.broadcast(LANES, entry(bilinear, k + 1, l + 1));
        FloatVector g12 = FloatVector.broadcast(LANES, entry(bilinear, k + 1, l + 2));
        FloatVector g20 = FloatVector.broadcast(LANES, entry(bilinear, k + 2, l));
        FloatVector g21 = FloatVector.broadcast(LANES, entry(bilinear, k + 2, l + 1));
        FloatVector g22 = FloatVector.broadcast(LANES, entry(bilinear, k + 2, l + 2));
        for (int j = 0; j < count; j += WIDTH) {
            int at = Math.min(from + j, N - WIDTH);
            FloatVector m0 = FloatVector.fromArray(LANES, m, l0 + at);
            FloatVector m1 = FloatVector.fromArray(LANES, m, l1 + at);
            FloatVector m2 = FloatVector.fromArray(LANES, m, l2 + at);
            FloatVector a0 = FloatVector.fromArray(LANES, a, k0 + at);
            FloatVector a1 = FloatVector.fromArray(LANES, a, k1 + at);
            FloatVector a2 = FloatVector.fromArray(LANES, a, k2 + at);
            FloatVector lines = FloatVector.fromArray(LANES, work, LINEAR + j);
            a0.fma(d0, a1.fma(d1, a2.fma(d2, lines))).intoArray(work, LINEAR + j);
            FloatVector pairs = FloatVector.fromArray(LANES, work, BILINEAR + j);
            FloatVector c0 = m0.mul(g00).add(m1.mul(g01)).add(m2.mul(g02));
            FloatVector c1 = m0.mul(g10).add(m1.mul(g11)).add(m2.mul(g12));
            FloatVector c2 = m0.mul(g20).add(m1.mul(g21)).add(m2.mul(g22));
            a0.fma(c0, a1.fma(c1, a2.fma(c2, pairs))).intoArray(work, BILINEAR + j);
        }
    }

    /** One of K numbers, or 0 beyond them. */
    private float entry(float[] numbers, int k) {
        return k < rank ? numbers[k] : 0f;
    }

    /** An entry of a [K,K] matrix, or 0 beyond it. */
    private float entry(float[] matrix, int k, int l) {
        return k < rank && l < rank ? matrix[k * rank + l] : 0f;
    }

    private void recurrentRows(int keptAt, float scale, int from, int count, int deltaRow, int slopeRow, int sentRow) {
        int last = neurons - WIDTH;
        int stride = rowsOfVector;
        float bend = model.linearDynamics() ? 0f : 1f;
        float[] to = rows;
        float[] work = scratch;
        float[] rates = kept;
        for (int j = 0; j < count; j += WIDTH) {
            int i = from + j;
            VectorMask<Float> twice = INDEX.lt(i - Math.min(i, last));
            FloatVector r = FloatVector.fromArray(LANES, rates, keptAt + i);
            FloatVector prime = r.mul(r).mul(-bend).add(1f).mul(scale).blend(0f, twice);
            FloatVector drive = FloatVector.fromArray(LANES, work, LINEAR + j);
            FloatVector across = FloatVector.fromArray(LANES, work, BILINEAR + j);
            drive.sub(r.mul(across).mul(2 * bend)).mul(prime).intoArray(to, i * stride + deltaRow * WIDTH);
            prime.intoArray(to, i * stride + slopeRow * WIDTH);
            r.blend(0f, twice).intoArray(to, i * stride + sentRow * WIDTH);
        }
    }

    /** dL/dkappa_k += sum_i m_ki delta_i over a block. */
    private void throughCurrents(float[] m, int from, int count, int deltaRow, double[] kappaAdjoint) {
        for (int k = 0; k < rank; k += 4) {
            dots(m, k, from, count, deltaRow);
            addDots(kappaAdjoint, k);
        }
    }

    private void addDots(double[] kappaAdjoint, int k) {
        for (int j = k; j < Math.min(k + 4, rank); j++) {
            kappaAdjoint[j] += overLanes(scratch, j - k);
        }
    }

    /**
     * {@link #forms}, {@link #recurrentRows} and {@link #dots} in one pass over a block, for up to {@value #AT_ONCE} latent
     * dimensions. The numbers are the same.
     */
    private void recurrentAtOnce(int keptAt, float scale, int from, int count, int deltaRow, int slopeRow, int sentRow,
            float[] drive, float[] slopes) {
        int N = neurons;
        int stride = rowsOfVector;
        int second = Math.min(1, rank - 1) * N;
        int third = Math.min(2, rank - 1) * N;
        float bend = model.linearDynamics() ? 0f : 1f;
        float[] to = rows;
        float[] rates = kept;
        float[] m = model.network().m();
        float[] n = model.network().n();
        FloatVector zero = FloatVector.zero(LANES);
        FloatVector d0 = zero.broadcast(drive[0]);
        FloatVector d1 = zero.broadcast(entry(drive, 1));
        FloatVector d2 = zero.broadcast(entry(drive, 2));
        FloatVector g00 = zero.broadcast(slopes[0]);
        FloatVector g01 = zero.broadcast(entry(slopes, 0, 1));
        FloatVector g02 = zero.broadcast(entry(slopes, 0, 2));
        FloatVector g10 = zero.broadcast(entry(slopes, 1, 0));
        FloatVector g11 = zero.broadcast(entry(slopes, 1, 1));
        FloatVector g12 = zero.broadcast(entry(slopes, 1, 2));
        FloatVector g20 = zero.broadcast(entry(slopes, 2, 0));
        FloatVector g21 = zero.broadcast(entry(slopes, 2, 1));
        FloatVector g22 = zero.broadcast(entry(slopes, 2, 2));
        FloatVector s0 = zero;
        FloatVector s1 = zero;
        FloatVector s2 = zero;
        for (int j = 0; j < count; j += WIDTH) {
            int i = from + j;
            int at = Math.min(i, N - WIDTH);
            VectorMask<Float> twice = INDEX.lt(i - at);
            FloatVector m0 = FloatVector.fromArray(LANES, m, at);
            FloatVector m1 = FloatVector.fromArray(LANES, m, second + at);
            FloatVector m2 = FloatVector.fromArray(LANES, m, third + at);
            FloatVector n0 = FloatVector.fromArray(LANES, n, at);
            FloatVector n1 = FloatVector.fromArray(LANES, n, second + at);
            FloatVector n2 = FloatVector.fromArray(LANES, n, third + at);
            FloatVector lines = n0.fma(d0, n1.fma(d1, n2.fma(d2, zero)));
            FloatVector c0 = m0.mul(g00).add(m1.mul(g01)).add(m2.mul(g02));
            FloatVector c1 = m0.mul(g10).add(m1.mul(g11)).add(m2.mul(g12));
            FloatVector c2 = m0.mul(g20).add(m1.mul(g21)).add(m2.mul(g22));
            FloatVector across = n0.fma(c0, n1.fma(c1, n2.fma(c2, zero)));
            FloatVector r = FloatVector.fromArray(LANES, rates, keptAt + i);
            FloatVector prime = r.mul(r).mul(-bend).add(1f).mul(scale).blend(0f, twice);
            FloatVector d = lines.sub(r.mul(across).mul(2 * bend)).mul(prime);
            d.intoArray(to, i * stride + deltaRow * WIDTH);
            prime.intoArray(to, i * stride + slopeRow * WIDTH);
            r.blend(0f, twice).intoArray(to, i * stride + sentRow * WIDTH);
            s0 = m0.fma(d, s0);
            s1 = m1.fma(d, s1);
            s2 = m2.fma(d, s2);
        }
        s0.intoArray(scratch, SUMS);
        s1.intoArray(scratch, SUMS + WIDTH);
        s2.intoArray(scratch, SUMS + 2 * WIDTH);
    }

    private void dots(float[] m, int k, int from, int count, int deltaRow) {
        int N = neurons;
        int stride = rowsOfVector;
        int last = rank - 1;
        int first = k * N;
        int second = Math.min(k + 1, last) * N;
        int third = Math.min(k + 2, last) * N;
        int fourth = Math.min(k + 3, last) * N;
        float[] deltas = rows;
        FloatVector s0 = FloatVector.zero(LANES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int j = 0; j < count; j += WIDTH) {
            int i = from + j;
            int at = Math.min(i, N - WIDTH);
            FloatVector d = FloatVector.fromArray(LANES, deltas, i * stride + deltaRow * WIDTH);
            s0 = FloatVector.fromArray(LANES, m, first + at).fma(d, s0);
            s1 = FloatVector.fromArray(LANES, m, second + at).fma(d, s1);
            s2 = FloatVector.fromArray(LANES, m, third + at).fma(d, s2);
            s3 = FloatVector.fromArray(LANES, m, fourth + at).fma(d, s3);
        }
        s0.intoArray(scratch, SUMS);
        s1.intoArray(scratch, SUMS + WIDTH);
        s2.intoArray(scratch, SUMS + 2 * WIDTH);
        s3.intoArray(scratch, SUMS + 3 * WIDTH);
    }

    @Override
    public void observeAdjoint(int bin, int update, float[] scoreAdjoint, float[] infoAdjoint, float lossScale,
            double[] kappaAdjoint) {
        int N = neurons;
        int K = rank;
        float[] m = model.network().m();
        int deltaRow = addDelta(bin, 1 + update, model.kind() == Observation.CURRENTS ? 0f : 1f);
        int scoreRow = score.first + score.count;
        System.arraycopy(scoreAdjoint, 0, score.coefficients, score.add(), rank);
        int infoRow = info.first + info.count;
        int pair = info.add();
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l <= k; l++) {
                info.coefficients[pair++] = 2 * infoAdjoint[k * rank + l];
            }
        }
        int keptAt = kept(bin, 1 + update);
        for (int from = 0; from < N; from += BLOCK) {
            int count = Math.min(BLOCK, N - from);
            if (K <= AT_ONCE && model.kind() == Observation.COUNTS) {
                countsAtOnce(activity(bin), keptAt, lossScale, from, count, deltaRow, scoreRow, infoRow, scoreAdjoint,
                        infoAdjoint);
                addDots(kappaAdjoint, 0);
                continue;
            }
            forms(m, m, scoreAdjoint, infoAdjoint, from, count);
            switch (model.kind()) {
                case COUNTS -> countRows(activity(bin), keptAt, lossScale, from, count, deltaRow, scoreRow, infoRow);
                case RATES -> rateRows(activity(bin), keptAt, lossScale, from, count, deltaRow, scoreRow, infoRow);
                case CURRENTS -> currentRows(activity(bin), keptAt, lossScale, from, count, deltaRow, scoreRow,
                        infoRow);
            }
            throughCurrents(m, from, count, deltaRow, kappaAdjoint);
        }
    }

    private void countRows(int yAt, int keptAt, float lossScale, int from, int count, int deltaRow, int scoreRow,
            int infoRow) {
        int last = neurons - WIDTH;
        int stride = rowsOfVector;
        float[] to = rows;
        float[] work = scratch;
        float[] rates = kept;
        float[] activity = y;
        float[] gains = model.gain();
        float[] inverseGains = model.map().inverseGain();
        float[] gainGradient = gradient.gain();
        for (int j = 0; j < count; j += WIDTH) {
            int i = from + j;
            int at = Math.min(i, last);
            FloatVector seen = FloatVector.fromArray(LANES, activity, yAt + at);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN).or(INDEX.lt(i - at));
            FloatVector r = FloatVector.fromArray(LANES, rates, keptAt + i);
            FloatVector low = r.neg().add(1f);
            FloatVector one = r.add(1f);
            FloatVector g = FloatVector.fromArray(LANES, gains, at);
            FloatVector rate = one.mul(g);
            FloatVector error = seen.sub(rate);
            FloatVector a = FloatVector.fromArray(LANES, work, LINEAR + j);
            FloatVector c = FloatVector.fromArray(LANES, work, BILINEAR + j);
            FloatVector prime = low.mul(one);
            FloatVector gLow = g.mul(low);
            // a score' + c info' = phi' (c (1-r) (g (1-r) - 2 rate) - a (g (1-r) + y - rate)), and the loss's (1-r)(rate - y)
            c.mul(low).mul(gLow.sub(rate).sub(rate)).sub(a.mul(gLow.add(error))).mul(prime)
                    .sub(low.mul(error).mul(lossScale)).blend(0f, missing)
                    .intoArray(to, i * stride + deltaRow * WIDTH);
            error.mul(low).blend(0f, missing).intoArray(to, i * stride + scoreRow * WIDTH);
            rate.mul(low).mul(low).blend(0f, missing).intoArray(to, i * stride + infoRow * WIDTH);
            FloatVector gain = prime.mul(c.mul(low).sub(a))
                    .add(one.sub(seen.mul(FloatVector.fromArray(LANES, inverseGains, at))).mul(lossScale));
            FloatVector.fromArray(LANES, gainGradient, at).add(gain.blend(0f, missing)).intoArray(gainGradient, at);
        }
    }

    /**
     * {@link #forms}, {@link #countRows} and {@link #dots} in one pass over a block, for up to {@value #AT_ONCE} latent
     * dimensions. The numbers are the same.
     */
    private void countsAtOnce(int yAt, int keptAt, float lossScale, int from, int count, int deltaRow, int scoreRow,
            int infoRow, float[] scores, float[] infos) {
        int last = neurons - WIDTH;
        int stride = rowsOfVector;
        int second = Math.min(1, rank - 1) * neurons;
        int third = Math.min(2, rank - 1) * neurons;
        float[] to = rows;
        float[] rates = kept;
        float[] activity = y;
        float[] m = model.network().m();
        float[] gains = model.gain();
        float[] inverseGains = model.map().inverseGain();
        float[] gainGradient = gradient.gain();
        FloatVector zero = FloatVector.zero(LANES);
        FloatVector d0 = zero.broadcast(scores[0]);
        FloatVector d1 = zero.broadcast(entry(scores, 1));
        FloatVector d2 = zero.broadcast(entry(scores, 2));
        FloatVector g00 = zero.broadcast(infos[0]);
        FloatVector g01 = zero.broadcast(entry(infos, 0, 1));
        FloatVector g02 = zero.broadcast(entry(infos, 0, 2));
        FloatVector g10 = zero.broadcast(entry(infos, 1, 0));
        FloatVector g11 = zero.broadcast(entry(infos, 1, 1));
        FloatVector g12 = zero.broadcast(entry(infos, 1, 2));
        FloatVector g20 = zero.broadcast(entry(infos, 2, 0));
        FloatVector g21 = zero.broadcast(entry(infos, 2, 1));
        FloatVector g22 = zero.broadcast(entry(infos, 2, 2));
        FloatVector s0 = zero;
        FloatVector s1 = zero;
        FloatVector s2 = zero;
        for (int j = 0; j < count; j += WIDTH) {
            int i = from + j;
            int at = Math.min(i, last);
            FloatVector m0 = FloatVector.fromArray(LANES, m, at);
            FloatVector m1 = FloatVector.fromArray(LANES, m, second + at);
            FloatVector m2 = FloatVector.fromArray(LANES, m, third + at);
            FloatVector a = m0.fma(d0, m1.fma(d1, m2.fma(d2, zero)));
            FloatVector c0 = m0.mul(g00).add(m1.mul(g01)).add(m2.mul(g02));
            FloatVector c1 = m0.mul(g10).add(m1.mul(g11)).add(m2.mul(g12));
            FloatVector c2 = m0.mul(g20).add(m1.mul(g21)).add(m2.mul(g22));
            FloatVector c = m0.fma(c0, m1.fma(c1, m2.fma(c2, zero)));
            FloatVector seen = FloatVector.fromArray(LANES, activity, yAt + at);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN).or(INDEX.lt(i - at));
            FloatVector r = FloatVector.fromArray(LANES, rates, keptAt + i);
            FloatVector low = r.neg().add(1f);
            FloatVector one = r.add(1f);
            FloatVector g = FloatVector.fromArray(LANES, gains, at);
            FloatVector rate = one.mul(g);
            FloatVector error = seen.sub(rate);
            FloatVector prime = low.mul(one);
            FloatVector gLow = g.mul(low);
            FloatVector d = c.mul(low).mul(gLow.sub(rate).sub(rate)).sub(a.mul(gLow.add(error))).mul(prime)
                    .sub(low.mul(error).mul(lossScale)).blend(0f, missing);
            d.intoArray(to, i * stride + deltaRow * WIDTH);
            error.mul(low).blend(0f, missing).intoArray(to, i * stride + scoreRow * WIDTH);
            rate.mul(low).mul(low).blend(0f, missing).intoArray(to, i * stride + infoRow * WIDTH);
            FloatVector gain = prime.mul(c.mul(low).sub(a))
                    .add(one.sub(seen.mul(FloatVector.fromArray(LANES, inverseGains, at))).mul(lossScale));
            FloatVector.fromArray(LANES, gainGradient, at).add(gain.blend(0f, missing)).intoArray(gainGradient, at);
            s0 = m0.fma(d, s0);
            s1 = m1.fma(d, s1);
            s2 = m2.fma(d, s2);
        }
        s0.intoArray(scratch, SUMS);
        s1.intoArray(scratch, SUMS + WIDTH);
        s2.intoArray(scratch, SUMS + 2 * WIDTH);
    }

    private void rateRows(int yAt, int keptAt, float lossScale, int from, int count, int deltaRow, int scoreRow,
            int infoRow) {
        int last = neurons - WIDTH;
        int stride = rowsOfVector;
        float[] to = rows;
        float[] work = scratch;
        float[] rates = kept;
        float[] activity = y;
        float[] gains = model.gain();
        float[] offsets = model.offset();
        float[] noises = model.noise();
        for (int j = 0; j < count; j += WIDTH) {
            int i = from + j;
            int at = Math.min(i, last);
            FloatVector seen = FloatVector.fromArray(LANES, activity, yAt + at);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN).or(INDEX.lt(i - at));
            FloatVector r = FloatVector.fromArray(LANES, rates, keptAt + i);
            FloatVector g = FloatVector.fromArray(LANES, gains, at);
            FloatVector slopes = r.mul(r).neg().add(1f).mul(g);
            FloatVector weight = slopes.div(FloatVector.fromArray(LANES, noises, at));
            FloatVector error = seen.sub(g.mul(r)).sub(FloatVector.fromArray(LANES, offsets, at));
            FloatVector scores = weight.mul(error);
            FloatVector infos = weight.mul(slopes);
            FloatVector a = FloatVector.fromArray(LANES, work, LINEAR + j);
            FloatVector c = FloatVector.fromArray(LANES, work, BILINEAR + j);
            // score' = -2 r score - info and info' = -4 r info
            r.mul(-2f).mul(a.mul(scores).add(c.mul(infos).mul(2f))).sub(a.mul(infos))
                    .sub(slopes.mul(error).mul(lossScale)).blend(0f, missing)
                    .intoArray(to, i * stride + deltaRow * WIDTH);
            scores.blend(0f, missing).intoArray(to, i * stride + scoreRow * WIDTH);
            infos.blend(0f, missing).intoArray(to, i * stride + infoRow * WIDTH);
        }
    }

    private void currentRows(int yAt, int keptAt, float lossScale, int from, int count, int deltaRow, int scoreRow,
            int infoRow) {
        int last = neurons - WIDTH;
        int stride = rowsOfVector;
        float[] to = rows;
        float[] work = scratch;
        float[] currents = kept;
        float[] activity = y;
        float[] gains = model.gain();
        float[] offsets = model.offset();
        float[] noises = model.noise();
        float[] offsetGradient = gradient.offset();
        for (int j = 0; j < count; j += WIDTH) {
            int i = from + j;
            int at = Math.min(i, last);
            FloatVector seen = FloatVector.fromArray(LANES, activity, yAt + at);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN).or(INDEX.lt(i - at));
            FloatVector g = FloatVector.fromArray(LANES, gains, at);
            FloatVector weight = g.div(FloatVector.fromArray(LANES, noises, at));
            FloatVector error = seen.sub(g.mul(FloatVector.fromArray(LANES, currents, keptAt + i)))
                    .sub(FloatVector.fromArray(LANES, offsets, at));
            FloatVector infos = weight.mul(g);
            FloatVector a = FloatVector.fromArray(LANES, work, LINEAR + j);
            error.mul(g).mul(-lossScale).sub(a.mul(infos)).blend(0f, missing)
                    .intoArray(to, i * stride + deltaRow * WIDTH);
            error.mul(weight).blend(0f, missing).intoArray(to, i * stride + scoreRow * WIDTH);
            infos.blend(0f, missing).intoArray(to, i * stride + infoRow * WIDTH);
            FloatVector offset = error.mul(-lossScale).sub(a.mul(weight)).blend(0f, missing);
            FloatVector.fromArray(LANES, offsetGradient, at).add(offset).intoArray(offsetGradient, at);
        }
    }

    /** Adds the rows so far to the sums, two vectors of neurons at a time, and forgets them. */
    private void sumRows() {
        for (int i = 0; i < places; i += 2 * WIDTH) {
            sumRows(i, delta);
            sumRows(i, score);
            sumRows(i, info);
            sumRows(i, slope);
            sumRows(i, sent);
        }
        clearRows();
    }

    private void sumRows(int i, Rows kind) {
        for (int output = 0; output < kind.outputs; output += 4) {
            sumRows(i, kind.first, kind.count, kind.coefficients, output, kind.outputs, kind.firstOutput + output);
        }
    }

    /** Four sums of two vectors stay in registers for all rows. */
    private void sumRows(int i, int first, int count, float[] coefficients, int output, int stride, int to) {
        float[] from = rows;
        float[] out = sums;
        int row = places;
        int neighbour = rowsOfVector * WIDTH;
        int at = to * row + i;
        FloatVector s0 = FloatVector.fromArray(LANES, out, at);
        FloatVector s1 = FloatVector.fromArray(LANES, out, at + row);
        FloatVector s2 = FloatVector.fromArray(LANES, out, at + 2 * row);
        FloatVector s3 = FloatVector.fromArray(LANES, out, at + 3 * row);
        FloatVector t0 = FloatVector.fromArray(LANES, out, at + WIDTH);
        FloatVector t1 = FloatVector.fromArray(LANES, out, at + row + WIDTH);
        FloatVector t2 = FloatVector.fromArray(LANES, out, at + 2 * row + WIDTH);
        FloatVector t3 = FloatVector.fromArray(LANES, out, at + 3 * row + WIDTH);
        int place = i * rowsOfVector + first * WIDTH;
        for (int r = 0; r < count; r++) {
            FloatVector s = FloatVector.fromArray(LANES, from, place + r * WIDTH);
            FloatVector t = FloatVector.fromArray(LANES, from, place + r * WIDTH + neighbour);
            int c = r * stride + output;
            FloatVector c0 = FloatVector.broadcast(LANES, coefficients[c]);
            FloatVector c1 = FloatVector.broadcast(LANES, coefficients[c + 1]);
            FloatVector c2 = FloatVector.broadcast(LANES, coefficients[c + 2]);
            FloatVector c3 = FloatVector.broadcast(LANES, coefficients[c + 3]);
            s0 = s.fma(c0, s0);
            t0 = t.fma(c0, t0);
            s1 = s.fma(c1, s1);
            t1 = t.fma(c1, t1);
            s2 = s.fma(c2, s2);
            t2 = t.fma(c2, t2);
            s3 = s.fma(c3, s3);
            t3 = t.fma(c3, t3);
        }
        s0.intoArray(out, at);
        s1.intoArray(out, at + row);
        s2.intoArray(out, at + 2 * row);
        s3.intoArray(out, at + 3 * row);
        t0.intoArray(out, at + WIDTH);
        t1.intoArray(out, at + row + WIDTH);
        t2.intoArray(out, at + 2 * row + WIDTH);
        t3.intoArray(out, at + 3 * row + WIDTH);
    }
    @Override
    public void end() {
        sumRows();
        float[] m = model.network().m();
        float[] n = model.network().n();
        int K = rank;
        for (int k = 0; k < K; k++) {
            addTo(gradient.m(), k, delta.firstOutput + k);
            addTo(gradient.m(), k, score.firstOutput + k);
            addTo(gradient.n(), k, sent.firstOutput + k);
            for (int l = 0; l < K; l++) {
                int pair = Math.max(k, l) * (Math.max(k, l) + 1) / 2 + Math.min(k, l);
                addTo(gradient.m(), k, info.firstOutput + pair, m, l);
                addTo(gradient.m(), k, slope.firstOutput + l * K + k, n, l);
                addTo(gradient.n(), k, slope.firstOutput + k * K + l, m, l);
            }
        }
        for (int s = 0; s < inputs; s++) {
            addTo(gradient.w(), s, delta.firstOutput + K + s);
        }
        addTo(gradient.b(), 0, delta.firstOutput + K + inputs);
    }

    /** Adds a sum to a row of the gradient. */
    private void addTo(float[] to, int k, int output) {
        float[] from = sums;
        int last = neurons - WIDTH;
        for (int i = 0; i < neurons; i += WIDTH) {
            int at = k * neurons + Math.min(i, last);
            FloatVector.fromArray(LANES, from, output * places + i).add(FloatVector.fromArray(LANES, to, at))
                    .intoArray(to, at);
        }
    }

    /** Adds a sum times a row of m or n to a row of the gradient. */
    private void addTo(float[] to, int k, int output, float[] factor, int l) {
        float[] from = sums;
        int last = neurons - WIDTH;
        for (int i = 0; i < neurons; i += WIDTH) {
            int at = Math.min(i, last);
            FloatVector.fromArray(LANES, from, output * places + i)
                    .fma(FloatVector.fromArray(LANES, factor, l * neurons + at),
                            FloatVector.fromArray(LANES, to, k * neurons + at))
                    .intoArray(to, k * neurons + at);
        }
    }
}
