package kappa.dashboards.reproduce;

/** One figure or table of the papers. Stateless: equal contexts give equal results. */
public interface Item {

    /** What it is called on the command line. */
    String name();

    /** What it shows, as a heading. */
    String title();

    /** Paper, figure and equations. */
    String source();

    /** Computes it. */
    Result compute(Context context);
}
