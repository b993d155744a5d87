package kappa.dashboards.cli;

import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.NetworkAnalysis.Held;
import kappa.analysis.dynamics.BifurcationScan;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.InvalidInputException;

/** Inputs held constant as the options {@code --input} and {@code --scan} of {@code analyze} name them. Stateless. */
final class HeldInputs {

    private static final int SCAN_STEPS = 60;

    private HeldInputs() {}

    /** @param text NAME[=U],.. */
    static Held held(String text, List<String> channels) {
        double[] drive = new double[channels.size()];
        for (String part : text.split(",", -1)) {
            String[] sides = part.split("=", 2);
            drive[channel("--input " + text, sides[0], channels)] = sides.length == 1
                    ? 1
                    : number("--input " + text, sides[1]);
        }
        return new Held(text.matches("\\d+") ? channels.get(channel("--input " + text, text, channels)) : text, drive);
    }

    /** @param text NAME=FROM:TO */
    static BifurcationScan scan(String text, LowRankNetwork net, List<String> channels) {
        String[] sides = text.split("=", 2);
        String[] ends = sides[sides.length - 1].split(":", 2);
        if (sides.length != 2 || ends.length != 2) {
            throw new InvalidInputException("--scan " + text + ": expected NAME=FROM:TO, such as 2=0:1.5");
        }
        double from = number("--scan " + text, ends[0]);
        double to = number("--scan " + text, ends[1]);
        if (!(to > from)) {
            throw new InvalidInputException("--scan " + text + ": expected FROM below TO");
        }
        double[] amplitudes = IntStream.rangeClosed(0, SCAN_STEPS)
                .mapToDouble(i -> from + (to - from) * i / SCAN_STEPS).toArray();
        return BifurcationScan.of(net, new double[channels.size()], channel("--scan " + text, sides[0], channels),
                amplitudes);
    }

    private static int channel(String option, String name, List<String> channels) {
        String number = name.strip();
        int channel = channels.contains(name) || !number.matches("\\d{1,6}")
                ? channels.indexOf(name)
                : Integer.parseInt(number);
        if (channel < 0 || channel >= channels.size()) {
            throw new InvalidInputException(option + ": no input '" + name + "', expected one of "
                    + String.join(", ", channels));
        }
        return channel;
    }

    private static double number(String option, String value) {
        try {
            double number = Double.parseDouble(value);
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Reported below, like a number that is not finite.
        }
        throw new InvalidInputException(option + ": '" + value + "', expected a finite number");
    }
}
