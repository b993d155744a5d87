package kappa.fitting.kernel;

/** What this machine has of SIMD, in a class that needs no other one to be ready. Thread-safe. */
final class Simd {

    /** Whether the Vector API is there. */
    static final boolean AVAILABLE = VectorModule.available();

    /** Numbers of a panel, which is what packed models and matrices are made of: two vectors. */
    static final int PANEL = 2 * (AVAILABLE ? VectorKernels.lanes() : 1);

    private Simd() {}
}
