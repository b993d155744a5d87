package kappa.dashboards.web;

import java.util.List;
import java.util.Objects;
import kappa.ingest.InvalidInputException;

/**
 * What a page asks for.
 *
 * @param session the session chosen; null follows the newest
 * @param resync asks for everything in the window, at once
 * @param since the last bin drawn; -1 for none
 * @param windowSeconds length of the time axis
 * @param width of the plot, pixels
 * @param neurons ids chosen; empty for the most active
 * @param axes the two loading vectors of the scatter; null if it does not show, empty for the first m and n
 * @param set the set of neurons whose predicted traces show; null if none do, empty for the first
 * @param events what averages of trials are aligned to, {@link PeriEvents}; null if they do not show
 * @param of whose rate is averaged: a neuron's id or a population's name; empty for the most active neuron
 * @param table whether the table of sessions shows
 */
record PageQuestion(String session, boolean resync, long since, double windowSeconds, int width, List<String> neurons,
        List<String> axes, String set, String events, String of, boolean table) {

    static final int MAX_NEURONS = 8;

    private static final int MAX_ID = 256;
    private static final double DEFAULT_WINDOW_SECONDS = 20;
    private static final int DEFAULT_WIDTH = 800;

    /** The question as the page writes it. What is missing has a default. */
    private record Written(String session, Boolean resync, Long since, Double window, Integer width,
            List<String> neurons, List<String> axes, String set, String events, String of, Boolean table) {}

    /** @throws InvalidInputException with one line if the text is not such a question */
    static PageQuestion parse(String text) {
        try {
            return of(StrictJson.read(text, Written.class));
        } catch (InvalidInputException e) {
            throw new InvalidInputException("request: " + e.getMessage(), e);
        }
    }

    private static PageQuestion of(Written written) {
        double window = or(written.window, DEFAULT_WINDOW_SECONDS);
        if (!(window > 0)) {
            throw new InvalidInputException("window is " + window + ", expected a number of seconds above 0.");
        }
        return new PageQuestion(or(written.session, "").isEmpty() ? null : written.session, or(written.resync, false),
                Math.max(-1, or(written.since, -1L)), Math.clamp(window, 0.1, 86_400),
                Math.clamp(or(written.width, DEFAULT_WIDTH), 50, 4_000),
                names("neurons", or(written.neurons, List.of()), MAX_NEURONS),
                written.axes == null ? null : names("axes", written.axes, 2), written.set,
                name("events", written.events),
                or(name("of", written.of), ""), or(written.table, false));
    }

    private static String name(String field, String name) {
        return name == null ? null : names(field, List.of(name), 1).getFirst();
    }

    private static List<String> names(String field, List<String> names, int most) {
        if (names.size() > most || names.stream().anyMatch(name -> name == null || name.length() > MAX_ID)) {
            throw new InvalidInputException(field + " does not fit, expected at most " + most + " names of at most "
                    + MAX_ID + " characters.");
        }
        return List.copyOf(names);
    }

    private static <V> V or(V value, V otherwise) {
        return value == null ? otherwise : value;
    }

    /** Whether it asks for the same stretch of the same session as the other, which may be null. */
    boolean asksTheSameAs(PageQuestion other) {
        return other != null && Objects.equals(session, other.session) && windowSeconds == other.windowSeconds
                && width == other.width;
    }

    /** Whether it shows the same neurons, vectors, set, events and tables as the other. */
    boolean showsTheSameAs(PageQuestion other) {
        return neurons.equals(other.neurons) && Objects.equals(axes, other.axes) && Objects.equals(set, other.set)
                && Objects.equals(events, other.events) && of.equals(other.of) && table == other.table;
    }
}
