package kappa.fitting.bench;

/** A piece of work that can be done over and over, each time as much. Not thread-safe. */
interface Step extends AutoCloseable {

    void run();

    /** Lets go of threads, where there are any. */
    @Override
    default void close() {}
}
