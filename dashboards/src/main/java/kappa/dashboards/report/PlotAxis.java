package kappa.dashboards.report;

import java.math.BigDecimal;
import java.math.MathContext;

/** The axis of a picture: the interval of numbers that it shows, and where its ticks are. Immutable. */
record PlotAxis(String name, double from, double to, boolean logarithmic, double[] ticks) {

    private static final int TICKS = 5;

    /** Ticks at round numbers; an empty interval is widened. */
    static PlotAxis of(String name, double from, double to) {
        double end = to > from ? to : from + 1;
        return new PlotAxis(name, from, end, false, steps(from, end));
    }

    PlotAxis byLogarithm() {
        return new PlotAxis(name, from, to, true, ticks);
    }

    PlotAxis ticksAt(double... values) {
        return new PlotAxis(name, from, to, logarithmic, values.clone());
    }

    /** Where a number is: 0 at the beginning, 1 at the end. */
    double at(double value) {
        return logarithmic ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
    }

    /** Round numbers within an interval, about {@value #TICKS} of them. */
    static double[] steps(double from, double to) {
        double raw = (to - from) / TICKS;
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double factor = raw / power;
        double step = (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10) * power;
        long first = (long) Math.ceil(from / step - 1e-9);
        long last = (long) Math.floor(to / step + 1e-9);
        double[] values = new double[(int) (last - first + 1)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (first + i) * step;
        }
        return values;
    }

    /** A number as a tick shows it. */
    static String number(double value) {
        return new BigDecimal(value, new MathContext(6)).stripTrailingZeros().toPlainString();
    }
}
