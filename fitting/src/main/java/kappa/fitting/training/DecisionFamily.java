package kappa.fitting.training;

import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.model.LowRankNetwork;

/**
 * The family of rank-1 decision networks of Valente (2019), equations 3.1 to 3.4, whose six numbers are trained while the
 * Gaussian vectors x are drawn anew before each step:
 *
 * <pre>
 * n = sqrt(rho) x_1 + alpha_n x_2      m = sqrt(rho) x_1 + alpha_m x_3      W = x_4 + sigma_n x_2 + sigma_m x_3      wo = omega m
 * </pre>
 *
 * <p>So nothing can be learnt but statistics, and networks of any number of neurons can be drawn afterwards. Not thread-safe.
 */
public final class DecisionFamily extends DrawnNetwork {

    /** What the six numbers are called, in the order of {@link #numbers}. */
    public static final List<String> NAMES = List.of("rho", "alpha_n", "alpha_m", "omega", "sigma_n", "sigma_m");

    /** Where rho stands among the six numbers. */
    public static final int RHO = 0;

    private static final int ALPHA_N = 1;
    private static final int ALPHA_M = 2;
    private static final int OMEGA = 3;
    private static final int SIGMA_N = 4;
    private static final int SIGMA_M = 5;
    private static final int VECTORS = 4;
    /** Below it, sqrt(rho) has no slope to speak of. */
    private static final float SMALLEST_RHO = 1e-3f;

    private final float[] numbers;
    private final float[] x; // [VECTORS,N]

    /**
     * @param numbers one for each of {@link #NAMES}; training changes a copy
     * @param neurons of the networks drawn during training
     * @param random draws the first of them
     */
    public DecisionFamily(double[] numbers, int neurons, double alpha, SplittableRandom random) {
        super(LowRankNetwork
                .withoutBias(neurons, 1, 1, alpha, new float[neurons], new float[neurons], new float[neurons])
                .withReadout(new float[neurons]));
        this.numbers = new float[NAMES.size()];
        for (int i = 0; i < this.numbers.length; i++) {
            this.numbers[i] = (float) numbers[i];
        }
        this.x = new float[VECTORS * neurons];
        resample(random);
    }

    /** The six numbers as they are now. */
    public double[] numbers() {
        double[] now = new double[numbers.length];
        for (int i = 0; i < now.length; i++) {
            now[i] = numbers[i];
        }
        return now;
    }

    /** A network of any number of neurons drawn from the family. */
    public LowRankNetwork sample(int neurons, SplittableRandom random) {
        return new DecisionFamily(numbers(), neurons, network().alpha(), random).network();
    }

    private float root() {
        return (float) Math.sqrt(Math.max(SMALLEST_RHO, numbers[RHO]));
    }

    @Override
    void fill() {
        LowRankNetwork network = network();
        int neurons = network.neurons();
        float root = root();
        for (int i = 0; i < neurons; i++) {
            float shared = root * x[i];
            float second = x[neurons + i];
            float third = x[2 * neurons + i];
            network.n()[i] = shared + numbers[ALPHA_N] * second;
            network.m()[i] = shared + numbers[ALPHA_M] * third;
            network.w()[i] = x[3 * neurons + i] + numbers[SIGMA_N] * second + numbers[SIGMA_M] * third;
            network.readout()[i] = numbers[OMEGA] * network.m()[i];
        }
    }

    @Override
    public List<float[]> parameters() {
        return List.of(numbers);
    }

    @Override
    public void resample(SplittableRandom random) {
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        fill();
    }

    /** The chain rule over the equations above; wo depends on the numbers of m too. */
    @Override
    public List<float[]> gradient(NetworkGradient gradient) {
        float[] byM = gradient.of(NetworkParameter.M);
        float[] byN = gradient.of(NetworkParameter.N);
        float[] byW = gradient.of(NetworkParameter.WI);
        float[] byReadout = gradient.of(NetworkParameter.WO);
        LowRankNetwork network = network();
        int neurons = network.neurons();
        double[] slope = new double[numbers.length];
        double omega = numbers[OMEGA];
        for (int i = 0; i < neurons; i++) {
            double ofM = byM[i] + omega * byReadout[i];
            double second = x[neurons + i];
            double third = x[2 * neurons + i];
            slope[RHO] += (ofM + byN[i]) * x[i] / (2 * root());
            slope[ALPHA_N] += byN[i] * second;
            slope[ALPHA_M] += ofM * third;
            slope[OMEGA] += (double) byReadout[i] * network.m()[i];
            slope[SIGMA_N] += byW[i] * second;
            slope[SIGMA_M] += byW[i] * third;
        }
        float[] flat = new float[slope.length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = (float) slope[i];
        }
        return List.of(flat);
    }
}
