package kappa.dashboards.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import kappa.analysis.inactivation.SeenTrials;
import kappa.analysis.inactivation.TaskConditions;

/** The trials of a session in the few groups that a figure has colours for. Stateless. */
final class TrialGroups {

    /** As many as there are colours. */
    static final int MOST = SvgPlot.COLOURS.size();

    /**
     * Trials of one kind.
     *
     * @param name of the condition, from the names of the inputs and of what was wanted
     * @param trials ascending
     */
    record Group(String name, List<Integer> trials) {}

    /** What a trial may be divided by further: a test with its name. */
    private record Half(String name, IntPredicate holds) {}

    private TrialGroups() {}

    /**
     * By context; where that leaves room, also by the sign of what was wanted, or of the one graded input. The largest groups if
     * there are too many.
     */
    static List<Group> of(SeenTrials seen) {
        TaskConditions conditions = TaskConditions.of(seen);
        int contexts = conditions.contexts().size();
        List<Half> halves = halves(seen, conditions);
        boolean divided = !halves.isEmpty() && 2 * contexts <= MOST;
        List<Group> groups = new ArrayList<>();
        for (int c = 0; c < contexts; c++) {
            int[] trials = conditions.trialsOf(c);
            String context = conditions.contexts().get(c);
            if (divided) {
                for (Half half : halves) {
                    add(groups, contexts == 1 ? half.name : context + ", " + half.name,
                            Arrays.stream(trials).filter(half.holds));
                }
            } else {
                add(groups, name(context), Arrays.stream(trials));
            }
        }
        return groups.stream().sorted(Comparator.comparingInt(group -> -group.trials.size())).limit(MOST)
                .sorted(Comparator.comparing(Group::name)).toList();
    }

    /** A context as people call it. */
    static String name(String context) {
        return context.equals(TaskConditions.ALL) ? "all trials" : context;
    }

    private static void add(List<Group> groups, String name, IntStream trials) {
        List<Integer> own = trials.boxed().toList();
        if (!own.isEmpty()) {
            groups.add(new Group(name, own));
        }
    }

    private static List<Half> halves(SeenTrials seen, TaskConditions conditions) {
        if (seen.choices()) {
            double[] wanted = seen.wanted();
            return List.of(new Half("choice +", i -> wanted[i] > 0), new Half("choice \u2212", i -> wanted[i] < 0));
        }
        if (conditions.signals().size() != 1) {
            return List.of();
        }
        TaskConditions.Signal signal = conditions.signals().getFirst();
        double[] strength = signal.strength();
        double[] sorted = strength.clone();
        Arrays.sort(sorted);
        boolean signs = sorted[0] < 0 && sorted[sorted.length - 1] > 0;
        double middle = signs ? 0 : sorted[sorted.length / 2];
        return List.of(new Half(signal.channel() + (signs ? " > 0" : " high"), i -> strength[i] >= middle),
                new Half(signal.channel() + (signs ? " < 0" : " low"), i -> strength[i] < middle));
    }
}
