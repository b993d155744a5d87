package kappa.fitting.kernel;

import java.util.Optional;

/**
 * The JDK's module of the Vector API. It is in the process from its start with {@code --add-modules}, or is loaded when kernels
 * are first asked for. A virtual machine that starts with an incubator module leaves out what its cache knows of linked classes
 * and lambdas, which is a third of the work of a start. So the launcher starts without it where it has a cache, and sets
 * {@value #LATE}. Loading it is the same call with which the JDK itself loads the module of an agent into a running process.
 * Thread-safe.
 */
public final class VectorModule {

    /** The system property that asks for it to be loaded late; {@code java.base/jdk.internal.module} must be exported. */
    static final String LATE = "kappa.vectors.late";

    private static final String NAME = "jdk.incubator.vector";

    private VectorModule() {}

    /** Whether the Vector API is there; loads its module if that is asked for. */
    static boolean available() {
        return ModuleLayer.boot().findModule(NAME).isPresent() || (Boolean.getBoolean(LATE) && problem().isEmpty());
    }

    /** Loads the module unless it is loaded. Why that is impossible on this JDK; empty if it is there. */
    private static Optional<String> problem() {
        try {
            Class.forName("jdk.internal.module.Modules").getMethod("loadModule", String.class).invoke(null, NAME);
            return Optional.empty();
        } catch (ReflectiveOperationException | LinkageError e) {
            return Optional.of(e.toString());
        }
    }

    /** Why kernels cannot use it on this JDK when it is loaded late; empty if they can. */
    public static Optional<String> problemWhenLate() {
        // Every class of it that kernels use is found by way of VectorKernels.
        return problem().or(() -> VectorKernels.lanes() > 1 ? Optional.empty() : Optional.of("vectors of one number"));
    }
}
