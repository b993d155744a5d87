package kappa.analysis.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.commons.math3.ode.FirstOrderDifferentialEquations;
import org.apache.commons.math3.util.MathArrays;

/**
 * The periodic orbits of a reduced system, d kappa / dt = F(kappa): of the equation, not of the network's steps of alpha.
 *
 * <p>For K = 1 there are none. For K = 2 the search rests on three facts: an orbit encloses at least one fixed point that is
 * no saddle (the indices inside add up to 1); it crosses every ray from that point to the edge of the box that holds all
 * that stays; and the angle about the point gains 2 pi along it, so that at one of its crossings r it is a root of r -> r',
 * the distance at which the trajectory from r on the ray first comes back with 2 pi gained. That map is evaluated on a
 * covering set of starts, forward and backward in time, so that stable and unstable orbits are found alike; each change of
 * sign of r' - r, and the orbit that the last start of each stretch that comes back runs to, is refined. What is missed
 * are orbits closer to each other, or smaller, than the steps between starts: a twentieth of the ray at its end, and a
 * sixteen-hundredth of it at the fixed point. A forward trajectory that goes to no fixed point goes to an orbit or, where a
 * bifurcation is, to a loop through saddles (Poincare and Bendixson); {@code settled} says that none was left undecided, the
 * length of each and the work in all being limited.
 *
 * <p>For K >= 3 only what trajectories from the neighbourhood of unstable fixed points and from random starts run to is
 * found: best effort.
 *
 * <p>Orbits are refined by Newton's iteration on kappa(T) = kappa(0) with the phase condition F(kappa(0)) . step = 0, the
 * derivative being the solution M(T) of the variational equation dM/dt = J M, M(0) = 1.
 *
 * @param cycles by their period, shortest first
 * @param settled whether each trajectory of the search was followed to its end
 */
public record LimitCycles(List<LimitCycle> cycles, boolean settled) {

    /** Points of an orbit. */
    public static final int SAMPLES = 100;

    private static final int STARTS_ON_A_RAY = 40;
    private static final int DIRECTIONS = 16;
    private static final int RETURNS_OF_THE_LAST = 12;
    private static final int RANDOM_STARTS = 24;
    private static final int STARTS_AT_A_POINT = 4;
    private static final int CROSSINGS = 12;
    private static final int MOST_CYCLES = 32;
    private static final int EVALUATIONS = 20_000;
    private static final double TRANSIENT = 60;
    private static final double LONGEST_RETURN = 1_000;
    private static final double SCAN_TOLERANCE = 1e-6;
    /** Evaluations of F times neurons, in each direction of time: about two seconds. */
    private static final long WORK = 200_000_000;
    private static final double SAME = 5e-3;

    public static LimitCycles of(ReducedDynamics dynamics, FixedPoints points) {
        if (dynamics.rank() == 1) {
            return new LimitCycles(List.of(), true);
        }
        Search search = new Search(dynamics, points);
        if (dynamics.rank() == 2) {
            search.plane();
        } else {
            search.space();
        }
        return new LimitCycles(
                search.cycles.stream().sorted((a, b) -> Double.compare(a.period(), b.period())).toList(),
                search.settled);
    }

    private static final class Search {
        private final ReducedDynamics dynamics;
        private final int rank;
        private final FixedPoints points;
        private final double[] box;
        private final double scale;
        private final OrbitShooting shooting;
        private final List<LimitCycle> cycles = new ArrayList<>();
        private boolean settled = true;

        Search(ReducedDynamics dynamics, FixedPoints points) {
            this.dynamics = dynamics;
            this.rank = dynamics.rank();
            this.points = points;
            this.box = dynamics.bounds();
            this.scale = Arrays.stream(box).max().orElseThrow();
            this.shooting = new OrbitShooting(dynamics, scale);
        }

        void plane() {
            for (int direction : new int[]{1, -1}) {
                Trajectories trajectories = trajectories(direction);
                for (FixedPoint point : points.points()) {
                    if (point.type() != FixedPoint.Type.SADDLE) {
                        scan(new Ray(point.kappa()), direction, trajectories);
                    }
                }
            }
        }

        private Trajectories trajectories(int direction) {
            return new Trajectories(dynamics, TrappingRegion.around(points, dynamics, direction > 0),
                    SCAN_TOLERANCE * scale, EVALUATIONS);
        }

        /** A ray from a fixed point to the edge of the box, away from all other fixed points. */
        private final class Ray {
            private final double[] from;
            private final double[] along = new double[2];
            private final double length;

            Ray(double[] from) {
                this.from = from;
                double widest = -1;
                for (int d = 0; d < DIRECTIONS; d++) {
                    // Not along an axis: a network that is made by hand has its symmetries there.
                    double angle = 2 * Math.PI * (d + 0.37) / DIRECTIONS;
                    double gap = Math.PI;
                    for (FixedPoint other : points.points()) {
                        double x = other.kappa()[0] - from[0];
                        double y = other.kappa()[1] - from[1];
                        if (x != 0 || y != 0) {
                            double apart = Math.abs(Math.IEEEremainder(Math.atan2(y, x) - angle, 2 * Math.PI));
                            gap = Math.min(gap, apart);
                        }
                    }
                    if (gap > widest) {
                        widest = gap;
                        along[0] = Math.cos(angle);
                        along[1] = Math.sin(angle);
                    }
                }
                double reach = Double.POSITIVE_INFINITY;
                for (int k = 0; k < 2; k++) {
                    double room = Math.copySign(box[k], along[k]) - from[k];
                    reach = Math.min(reach, Math.max(0, room / along[k]));
                }
                this.length = reach;
            }

            double[] at(double r) {
                return new double[]{from[0] + r * along[0], from[1] + r * along[1]};
            }
        }

        /** What became of a start on a ray: distance and time of its return, or why there is none. */
        private record Return(double start, double distance, double time, Trajectories.End end) {

            boolean came() {
                return end == Trajectories.End.EVENT;
            }

            double gain() {
                return distance - start;
            }
        }

        private void scan(Ray ray, int direction, Trajectories trajectories) {
            List<Return> returns = new ArrayList<>();
            for (int j = 1; j <= STARTS_ON_A_RAY; j++) {
                if (exhausted(trajectories)) {
                    break;
                }
                double part = (double) j / STARTS_ON_A_RAY;
                Return found = comeBack(ray, ray.length * part * part, direction, trajectories);
                settled &= found.end() != Trajectories.End.UNDECIDED;
                returns.add(found);
            }
            for (int j = 0; j < returns.size(); j++) {
                Return here = returns.get(j);
                if (!here.came()) {
                    continue;
                }
                Return next = j + 1 < returns.size() ? returns.get(j + 1) : null;
                if (next != null && next.came() && here.gain() > 0 != next.gain() > 0) {
                    bisect(ray, here, next, direction, trajectories);
                }
                boolean first = j == 0 || !returns.get(j - 1).came();
                boolean last = next == null || !next.came();
                if (first || last) {
                    follow(ray, here, direction, trajectories);
                }
            }
        }

        /** Whether the work allowed is done; then the search is not settled. */
        private boolean exhausted(Trajectories trajectories) {
            boolean exhausted = trajectories.spent() * dynamics.neurons() > WORK;
            settled &= !exhausted;
            return exhausted;
        }

        /** Narrows a change of sign down until Newton's iteration can take over. */
        private void bisect(Ray ray, Return low, Return high, int direction, Trajectories trajectories) {
            Return a = low;
            Return b = high;
            for (int i = 0; i < 60; i++) {
                Return closer = Math.abs(a.gain()) < Math.abs(b.gain()) ? a : b;
                if (i % 4 == 0 && Math.abs(closer.gain()) < 0.02 * scale
                        && refine(ray.at(closer.start()), closer.time(), direction)) {
                    return;
                }
                Return middle = comeBack(ray, 0.5 * (a.start() + b.start()), direction, trajectories);
                if (!middle.came() || b.start() - a.start() < 1e-9 * scale) {
                    // A jump of the return map, past a saddle: no orbit.
                    return;
                }
                if (middle.gain() > 0 == a.gain() > 0) {
                    a = middle;
                } else {
                    b = middle;
                }
            }
        }

        /** To where a start that keeps coming back converges. */
        private void follow(Ray ray, Return start, int direction, Trajectories trajectories) {
            Return here = start;
            for (int turn = 0; turn < RETURNS_OF_THE_LAST && here.came() && here.distance() > 0
                    && !exhausted(trajectories); turn++) {
                if (Math.abs(here.gain()) < 0.05 * here.start()
                        && refine(ray.at(here.distance()), here.time(), direction)) {
                    return;
                }
                here = comeBack(ray, here.distance(), direction, trajectories);
                settled &= here.end() != Trajectories.End.UNDECIDED;
            }
        }

        /** State: kappa and the angle gained about the ray's origin. */
        private Return comeBack(Ray ray, double r, int direction, Trajectories trajectories) {
            FirstOrderDifferentialEquations equations = Trajectories.equations(3, (_, state, derivative) -> {
                dynamics.velocity(state, derivative);
                double x = state[0] - ray.from[0];
                double y = state[1] - ray.from[1];
                derivative[0] *= direction;
                derivative[1] *= direction;
                derivative[2] = (x * derivative[1] - y * derivative[0]) / (x * x + y * y);
            });
            double[] at = ray.at(r);
            double[] state = {at[0], at[1], 0};
            Trajectories.Reached reached = trajectories.run(equations, state, LONGEST_RETURN,
                    s -> Math.abs(s[2]) - 2 * Math.PI);
            double distance = (state[0] - ray.from[0]) * ray.along[0] + (state[1] - ray.from[1]) * ray.along[1];
            return new Return(r, distance, reached.time(), reached.end());
        }

        void space() {
            Trajectories trajectories = trajectories(1);
            SplittableRandom random = new SplittableRandom(1);
            for (FixedPoint point : points.points()) {
                if (point.re()[0] > 0) {
                    for (int start = 0; start < STARTS_AT_A_POINT; start++) {
                        double[] kappa = point.kappa().clone();
                        for (int k = 0; k < rank; k++) {
                            kappa[k] += 0.01 * scale * random.nextGaussian();
                        }
                        attractor(kappa, trajectories);
                    }
                }
            }
            for (int start = 0; start < RANDOM_STARTS; start++) {
                double[] kappa = new double[rank];
                for (int k = 0; k < rank; k++) {
                    kappa[k] = box[k] > 0 ? random.nextDouble(-box[k], box[k]) : 0;
                }
                attractor(kappa, trajectories);
            }
        }

        /** The orbit that a start runs to, if that is no fixed point. */
        private void attractor(double[] kappa, Trajectories trajectories) {
            if (exhausted(trajectories)) {
                return;
            }
            FirstOrderDifferentialEquations flow = trajectories.flow(1);
            Trajectories.Reached reached = trajectories.run(flow, kappa, TRANSIENT, _ -> 1);
            if (reached.end() != Trajectories.End.UNDECIDED || known(kappa)) {
                return;
            }
            double[] through = kappa.clone();
            double[] normal = new double[rank];
            dynamics.velocity(through, normal);
            double time = 0;
            for (int crossing = 0; crossing < CROSSINGS; crossing++) {
                // A little on, so that the crossing that it starts at is not found again.
                for (double stretch : new double[]{0.1, LONGEST_RETURN}) {
                    Trajectories.Event event = stretch > 1 ? s -> height(s, through, normal) : _ -> 1;
                    reached = trajectories.run(flow, kappa, stretch, event);
                    if (reached.end() == Trajectories.End.TRAPPED) {
                        return;
                    }
                    time += reached.time();
                }
                if (reached.end() != Trajectories.End.EVENT) {
                    break;
                }
                if (MathArrays.distance(kappa, through) < 0.1 * scale && refine(kappa, time, 1)) {
                    return;
                }
            }
            settled = false;
        }

        private double height(double[] kappa, double[] through, double[] normal) {
            double height = 0;
            for (int k = 0; k < rank; k++) {
                height += (kappa[k] - through[k]) * normal[k];
            }
            return height;
        }

        /** Refines a guess; returns whether there is an orbit, which is kept if it is new. */
        private boolean refine(double[] kappa, double time, int direction) {
            if (known(kappa)) {
                return true;
            }
            LimitCycle cycle = shooting.refine(kappa, time, direction);
            if (cycle == null) {
                return false;
            }
            if (!known(Arrays.copyOf(cycle.orbit(), rank)) && cycles.size() < MOST_CYCLES) {
                cycles.add(cycle);
            }
            return true;
        }

        /** Whether a point lies on an orbit that is known already: within a two-hundredth of its extent. */
        private boolean known(double[] kappa) {
            for (LimitCycle cycle : cycles) {
                double extent = 0;
                double nearest = Double.POSITIVE_INFINITY;
                double[] origin = Arrays.copyOf(cycle.orbit(), rank);
                for (int s = 0; s < SAMPLES; s++) {
                    double[] a = Arrays.copyOfRange(cycle.orbit(), s * rank, (s + 1) * rank);
                    int next = (s + 1) % SAMPLES;
                    double[] b = Arrays.copyOfRange(cycle.orbit(), next * rank, (next + 1) * rank);
                    extent = Math.max(extent, MathArrays.distance(a, origin));
                    nearest = Math.min(nearest, toSegment(kappa, a, b));
                }
                if (nearest < SAME * extent) {
                    return true;
                }
            }
            return false;
        }

        private static double toSegment(double[] point, double[] a, double[] b) {
            double along = 0;
            double square = 0;
            for (int k = 0; k < a.length; k++) {
                along += (point[k] - a[k]) * (b[k] - a[k]);
                square += (b[k] - a[k]) * (b[k] - a[k]);
            }
            double part = square > 0 ? Math.clamp(along / square, 0, 1) : 0;
            double sum = 0;
            for (int k = 0; k < a.length; k++) {
                double off = point[k] - a[k] - part * (b[k] - a[k]);
                sum += off * off;
            }
            return Math.sqrt(sum);
        }
    }
}
