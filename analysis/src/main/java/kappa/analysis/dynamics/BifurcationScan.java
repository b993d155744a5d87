package kappa.analysis.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import kappa.fitting.model.LowRankNetwork;
import org.apache.commons.math3.util.MathArrays;

/**
 * The fixed points of a network as one of its inputs is turned up: all of them at each amplitude of a grid, and the amplitudes
 * between which their numbers by type change, narrowed down by bisection.
 *
 * <p>Only changes of fixed points are seen: an orbit that appears by itself is not. Two changes between neighbouring
 * amplitudes of the grid that undo each other are missed. Where symmetry is broken by chance at finite N, what would be a
 * pitchfork is a saddle-node beside a point that goes on, and is called so.
 *
 * @param input the channel s whose amplitude is varied
 * @param amplitudes [A] ascending
 * @param portraits [A] the fixed points at each
 * @param bifurcations by amplitude
 */
public record BifurcationScan(int input, double[] amplitudes, List<FixedPoints> portraits,
        List<Bifurcation> bifurcations) {

    /** Amplitudes are found to this part of the grid's range. */
    private static final double RESOLUTION = 1e-4;

    /** What happens at an amplitude. */
    public enum Kind {
        /** A saddle and another point meet and vanish, or appear. */
        SADDLE_NODE,
        /** A point changes the sign of det J and two others appear or vanish at it. */
        PITCHFORK,
        /** Two points pass through each other and exchange the signs of their det J. */
        TRANSCRITICAL,
        /** A pair of complex eigenvalues crosses the imaginary axis: an orbit is born or dies. */
        HOPF,
        /** Eigenvalues become complex or real: a node becomes a focus or the reverse. No bifurcation, but a change of type. */
        NODE_FOCUS,
        /** Some other change. */
        OTHER
    }

    /**
     * One change.
     *
     * @param kappa [K] where in the plane of kappa
     * @param before of the points that take part, their types below the amplitude
     */
    public record Bifurcation(double amplitude, Kind kind, double[] kappa, List<FixedPoint.Type> before,
            List<FixedPoint.Type> after) {}

    /**
     * @param drive u [S], held constant but for the channel scanned
     * @param input that channel, 0 to S - 1
     * @param amplitudes [A] ascending, at least two: the values of u_s
     * @throws IllegalArgumentException if there is no such channel, or the amplitudes do not ascend
     */
    public static BifurcationScan of(LowRankNetwork network, double[] drive, int input, double[] amplitudes) {
        if (input < 0 || input >= network.inputs()) {
            throw new IllegalArgumentException(
                    "input " + input + ", expected one of the network's " + network.inputs() + " channels");
        }
        if (amplitudes.length < 2) {
            throw new IllegalArgumentException(amplitudes.length + " amplitudes, expected at least 2");
        }
        for (int a = 1; a < amplitudes.length; a++) {
            if (!(amplitudes[a] > amplitudes[a - 1])) {
                throw new IllegalArgumentException("amplitude " + amplitudes[a] + " after " + amplitudes[a - 1]
                        + ", expected ascending ones");
            }
        }
        double narrowest = RESOLUTION * (amplitudes[amplitudes.length - 1] - amplitudes[0]);
        Scan scan = new Scan(network, drive, input, narrowest);
        List<Portrait> portraits = new ArrayList<>();
        for (double amplitude : amplitudes) {
            portraits.add(scan.portrait(amplitude));
        }
        for (int a = 1; a < portraits.size(); a++) {
            scan.narrow(portraits.get(a - 1), portraits.get(a));
        }
        return new BifurcationScan(input, amplitudes.clone(), portraits.stream().map(Portrait::points).toList(),
                List.copyOf(scan.bifurcations));
    }

    private record Portrait(double amplitude, FixedPoints points, Map<FixedPoint.Type, Integer> types) {}

    private static final class Scan {
        private final LowRankNetwork network;
        private final double[] drive;
        private final int input;
        private final double narrowest;
        private final List<Bifurcation> bifurcations = new ArrayList<>();

        Scan(LowRankNetwork network, double[] drive, int input, double narrowest) {
            this.network = network;
            this.drive = drive.clone();
            this.input = input;
            this.narrowest = narrowest;
        }

        Portrait portrait(double amplitude) {
            drive[input] = amplitude;
            FixedPoints points = FixedPoints.of(new ReducedDynamics(network, drive));
            Map<FixedPoint.Type, Integer> types = new EnumMap<>(FixedPoint.Type.class);
            points.points().forEach(point -> types.merge(point.type(), 1, Integer::sum));
            return new Portrait(amplitude, points, types);
        }

        void narrow(Portrait low, Portrait high) {
            if (low.types().equals(high.types())) {
                return;
            }
            if (high.amplitude() - low.amplitude() <= narrowest) {
                name(low, high);
                return;
            }
            Portrait middle = portrait(0.5 * (low.amplitude() + high.amplitude()));
            narrow(low, middle);
            narrow(middle, high);
        }

        /** A point on one side of the change and the one on the other that it goes on as. */
        private record Pair(FixedPoint before, FixedPoint after) {}

        /** Pairs the points on both sides, nearest first, and names what happened to the pairs and the others. */
        private void name(Portrait low, Portrait high) {
            List<FixedPoint> before = new ArrayList<>(low.points().points());
            List<FixedPoint> after = new ArrayList<>(high.points().points());
            List<Pair> changed = new ArrayList<>();
            while (!before.isEmpty() && !after.isEmpty()) {
                int i = 0;
                int j = 0;
                for (int p = 0; p < before.size() * after.size(); p++) {
                    int row = p / after.size();
                    int column = p % after.size();
                    if (distance(before.get(row), after.get(column)) < distance(before.get(i), after.get(j))) {
                        i = row;
                        j = column;
                    }
                }
                Pair pair = new Pair(before.remove(i), after.remove(j));
                if (pair.before().type() != pair.after().type()) {
                    changed.add(pair);
                }
            }
            double amplitude = 0.5 * (low.amplitude() + high.amplitude());
            List<Bifurcation> found = new ArrayList<>();
            boolean appear = before.isEmpty();
            List<FixedPoint> lonely = appear ? after : before;
            while (lonely.size() >= 2) {
                found.add(meeting(amplitude, lonely, appear, changed));
            }
            for (FixedPoint point : lonely) {
                List<FixedPoint.Type> type = List.of(point.type());
                found.add(new Bifurcation(amplitude, Kind.OTHER, point.kappa(), appear ? List.of() : type,
                        appear ? type : List.of()));
            }
            long flipped = changed.stream().filter(Scan::flips).count();
            for (Pair pair : changed) {
                Kind kind;
                if (flips(pair)) {
                    kind = flipped % 2 == 0 ? Kind.TRANSCRITICAL : Kind.OTHER;
                } else if (growing(pair.before()) == growing(pair.after())) {
                    kind = Kind.NODE_FOCUS;
                } else {
                    kind = complex(pair.before()) && complex(pair.after()) ? Kind.HOPF : Kind.OTHER;
                }
                found.add(new Bifurcation(amplitude, kind, middle(pair.before(), pair.after()),
                        List.of(pair.before().type()), List.of(pair.after().type())));
            }
            found.sort(Comparator.comparing(Bifurcation::kappa, Arrays::compare));
            bifurcations.addAll(found);
        }

        /** Takes two points that are on one side only off their list, and names what they do. */
        private static Bifurcation meeting(double amplitude, List<FixedPoint> lonely, boolean appear,
                List<Pair> changed) {
            FixedPoint one = lonely.removeFirst();
            int nearest = 0;
            for (int j = 1; j < lonely.size(); j++) {
                nearest = distance(one, lonely.get(j)) < distance(one, lonely.get(nearest)) ? j : nearest;
            }
            FixedPoint other = lonely.remove(nearest);
            double[] middle = middle(one, other);
            List<FixedPoint.Type> many = new ArrayList<>(List.of(one.type(), other.type()));
            List<FixedPoint.Type> few = new ArrayList<>();
            Kind kind = Kind.SADDLE_NODE;
            if (one.determinantSign() == other.determinantSign()) {
                int through = -1;
                for (int c = 0; c < changed.size(); c++) {
                    if (flips(changed.get(c)) && (through < 0 || MathArrays.distance(changed.get(c).after().kappa(),
                            middle) < MathArrays.distance(changed.get(through).after().kappa(), middle))) {
                        through = c;
                    }
                }
                kind = through < 0 ? Kind.OTHER : Kind.PITCHFORK;
                if (through >= 0) {
                    Pair pair = changed.remove(through);
                    many.add(appear ? pair.after().type() : pair.before().type());
                    few.add(appear ? pair.before().type() : pair.after().type());
                }
            }
            return new Bifurcation(amplitude, kind, middle, appear ? few : many, appear ? many : few);
        }

        private static boolean flips(Pair pair) {
            return pair.before().determinantSign() != pair.after().determinantSign();
        }

        private static long growing(FixedPoint point) {
            return Arrays.stream(point.re()).filter(re -> re > 0).count();
        }

        private static boolean complex(FixedPoint point) {
            return Arrays.stream(point.im()).anyMatch(im -> im != 0);
        }

        private static double[] middle(FixedPoint a, FixedPoint b) {
            double[] middle = new double[a.kappa().length];
            for (int k = 0; k < middle.length; k++) {
                middle[k] = 0.5 * (a.kappa()[k] + b.kappa()[k]);
            }
            return middle;
        }

        private static double distance(FixedPoint a, FixedPoint b) {
            return MathArrays.distance(a.kappa(), b.kappa());
        }
    }
}
