package kappa.fitting.kernel;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the kernels once for the process, and says why. */
public final class KernelProvider {

    private static final Logger LOG = LoggerFactory.getLogger(KernelProvider.class);

    private static final RnnKernels KERNELS = choose();

    private static final MatrixKernels MATRICES = KERNELS instanceof VectorKernels
            ? new VectorMatrixKernels()
            : new ScalarMatrixKernels();

    private static final MachineProbe PROBE = KERNELS instanceof VectorKernels
            ? new VectorProbes()
            : new ScalarProbes();

    private KernelProvider() {}

    public static RnnKernels kernels() {
        return KERNELS;
    }

    public static MatrixKernels matrices() {
        return MATRICES;
    }

    /** What the chosen kernels are measured against. */
    public static MachineProbe probe() {
        return PROBE;
    }

    static RnnKernels choose() {
        if (!Simd.AVAILABLE) {
            LOG.warn("scalar kernels are used, about ten times slower than SIMD: start the JVM with"
                    + " --add-modules=jdk.incubator.vector, as the launcher ./kappa does");
            return new ScalarKernels();
        }
        LOG.info("SIMD kernels, {} floats wide", VectorKernels.lanes());
        return new VectorKernels();
    }
}
