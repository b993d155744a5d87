package kappa.dashboards.reproduce;

/** One figure or table of the papers. Stateless: equal contexts give equal results. */
public abstract class Item {

    private final String name;
    private final String title;
    private final String source;

    /**
     * @param name what it is called on the command line
     * @param title what it shows, as a heading
     * @param source paper, figure and equations
     */
    Item(String name, String title, String source) {
        this.name = name;
        this.title = title;
        this.source = source;
    }

    public final String name() {
        return name;
    }

    public final String title() {
        return title;
    }

    public final String source() {
        return source;
    }

    /** Computes it. */
    abstract Result compute(Context context);
}
