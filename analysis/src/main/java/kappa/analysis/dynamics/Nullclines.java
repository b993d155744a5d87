package kappa.analysis.dynamics;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The nullclines of a two-dimensional system: where F_1 = 0, and where F_2 = 0. Fixed points are where they cross.
 *
 * <p>By marching squares on the grid of a {@link PlaneFlow}. A vertex is the root along its edge of the cubic through F_k and
 * its slope at both ends (an error of order h^4); where a cell has four, the value in its middle decides which belong
 * together. What lies between two neighbouring grid points without a change of sign at either is missed.
 *
 * @param first polylines of F_1 = 0, each [P,2] by rows (kappa_1, kappa_2); a closed one ends where it began
 * @param second polylines of F_2 = 0
 */
public record Nullclines(List<double[]> first, List<double[]> second) {

    /** None. */
    public static final Nullclines NONE = new Nullclines(List.of(), List.of());

    private static final int ITERATIONS = 60;

    /** Traces both. They cover the flow's grid, which may be more than its reach. */
    public static Nullclines of(PlaneFlow flow) {
        return new Nullclines(new Tracer(flow, 0).lines(), new Tracer(flow, 1).lines());
    }

    /** Edges are numbered 2 (x ny + y), to the right of grid point (x, y), and one more, above it. */
    private static final class Tracer {
        private final PlaneFlow flow;
        private final int k;
        private final int nx;
        private final int ny;
        private final Map<Integer, double[]> vertices = new HashMap<>();
        /** The one or two neighbours of each vertex on its line. */
        private final Map<Integer, List<Integer>> neighbours = new HashMap<>();

        Tracer(PlaneFlow flow, int k) {
            this.flow = flow;
            this.k = k;
            this.nx = flow.axis(0).length;
            this.ny = flow.axis(1).length;
        }

        List<double[]> lines() {
            for (int x = 0; x < nx - 1; x++) {
                for (int y = 0; y < ny - 1; y++) {
                    cell(x, y);
                }
            }
            List<double[]> lines = new ArrayList<>();
            // Open lines first, from an end; what is left then is closed.
            for (int ends = 1; ends <= 2; ends++) {
                for (Integer edge : neighbours.keySet().stream().sorted().toList()) {
                    if (neighbours.get(edge).size() == ends) {
                        lines.add(line(edge));
                    }
                }
            }
            return lines;
        }

        private boolean above(int x, int y) {
            return flow.value(k, x, y) > 0;
        }

        private void cell(int x, int y) {
            int bottom = 2 * (x * ny + y);
            int left = bottom + 1;
            int top = bottom + 2;
            int right = 2 * ((x + 1) * ny + y) + 1;
            boolean a = above(x, y);
            boolean b = above(x + 1, y);
            boolean c = above(x + 1, y + 1);
            boolean d = above(x, y + 1);
            Deque<Integer> crossed = new ArrayDeque<>();
            if (a != b) {
                crossed.add(horizontal(bottom, x, y));
            }
            if (b != c) {
                crossed.add(vertical(right, x + 1, y));
            }
            if (c != d) {
                crossed.add(horizontal(top, x, y + 1));
            }
            if (d != a) {
                crossed.add(vertical(left, x, y));
            }
            if (crossed.size() == 2) {
                join(crossed.poll(), crossed.poll());
            } else if (crossed.size() == 4) {
                double[] middle = new double[2];
                flow.velocity(0.5 * (flow.axis(0)[x] + flow.axis(0)[x + 1]),
                        0.5 * (flow.axis(1)[y] + flow.axis(1)[y + 1]), middle);
                if (middle[k] > 0 == a) {
                    // The middle belongs to the corners (x, y) and (x + 1, y + 1): the other two are cut off.
                    join(bottom, right);
                    join(top, left);
                } else {
                    join(bottom, left);
                    join(top, right);
                }
            }
        }

        private void join(int a, int b) {
            neighbours.computeIfAbsent(a, _ -> new ArrayList<>(2)).add(b);
            neighbours.computeIfAbsent(b, _ -> new ArrayList<>(2)).add(a);
        }

        private int horizontal(int edge, int x, int y) {
            if (!vertices.containsKey(edge)) {
                double h = flow.axis(0)[x + 1] - flow.axis(0)[x];
                double part = root(flow.value(k, x, y), flow.value(k, x + 1, y), h * flow.slope(k, 0, x, y),
                        h * flow.slope(k, 0, x + 1, y));
                vertices.put(edge, new double[]{flow.axis(0)[x] + part * h, flow.axis(1)[y]});
            }
            return edge;
        }

        private int vertical(int edge, int x, int y) {
            if (!vertices.containsKey(edge)) {
                double h = flow.axis(1)[y + 1] - flow.axis(1)[y];
                double part = root(flow.value(k, x, y), flow.value(k, x, y + 1), h * flow.slope(k, 1, x, y),
                        h * flow.slope(k, 1, x, y + 1));
                vertices.put(edge, new double[]{flow.axis(0)[x], flow.axis(1)[y] + part * h});
            }
            return edge;
        }

        /** Root in [0, 1] of the cubic with the given values and slopes at both ends, of different sign, by bisection. */
        private static double root(double f0, double f1, double s0, double s1) {
            double low = 0;
            double high = 1;
            for (int i = 0; i < ITERATIONS; i++) {
                double t = 0.5 * (low + high);
                double u = 1 - t;
                double value = u * u * ((1 + 2 * t) * f0 + t * s0) + t * t * ((1 + 2 * u) * f1 - u * s1);
                if (value > 0 == f0 > 0) {
                    low = t;
                } else {
                    high = t;
                }
            }
            return 0.5 * (low + high);
        }

        /** Takes a line out of the graph, from one of its vertices to its end, or round to where it began. */
        private double[] line(int from) {
            List<double[]> points = new ArrayList<>();
            Integer at = from;
            while (at != null) {
                points.add(vertices.get(at));
                List<Integer> next = neighbours.get(at);
                Integer to = next.isEmpty() ? null : next.removeFirst();
                if (to != null) {
                    neighbours.get(to).remove(at);
                }
                at = to;
            }
            double[] line = new double[2 * points.size()];
            for (int p = 0; p < points.size(); p++) {
                line[2 * p] = points.get(p)[0];
                line[2 * p + 1] = points.get(p)[1];
            }
            return line;
        }
    }
}
