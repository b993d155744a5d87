package kappa.ingest.recording;

import java.util.ArrayList;
import java.util.List;

/**
 * What the spike times of a file look like, as they stand there: how many are whole numbers or negative, and how often they
 * fall. A reader shows it each unit once. Not thread-safe.
 */
public final class SpikeTimes {

    /** Sorters write neighbouring spikes in the wrong order by less. */
    private static final double JITTER_S = 0.01;

    /** Units with fewer spikes say nothing of clocks. */
    static final int ENOUGH = 10;

    private final List<Long> counts = new ArrayList<>();
    private final List<Integer> falls = new ArrayList<>();
    private long spikes;
    private long looked;
    private long whole;
    private long negative;
    private double first = Double.POSITIVE_INFINITY;
    private double last = Double.NEGATIVE_INFINITY;
    private double deepestFall;
    private double repeated = Double.NaN;
    private String repeatedIn = "";
    private int repeats;
    private long withinTrials;

    /**
     * Looks at a unit.
     *
     * @param unit its name
     * @param times all of them in the file's order, finite
     */
    public void add(String unit, double[] times) {
        add(unit, times, times.length);
    }

    /**
     * Looks at a unit of which only the first times are in memory.
     *
     * @param times its first times, rising
     * @param count how many it has
     * @param end the last of them
     */
    public void addRising(String unit, double[] times, long count, double end) {
        add(unit, times, count);
        if (Double.isFinite(end)) {
            last = Math.max(last, end);
        }
    }

    /** Takes over what another one has seen: units of another table of the same recording. */
    public void addAll(SpikeTimes others) {
        counts.addAll(others.counts);
        falls.addAll(others.falls);
        spikes += others.spikes;
        looked += others.looked;
        whole += others.whole;
        negative += others.negative;
        first = Math.min(first, others.first);
        last = Math.max(last, others.last);
        deepestFall = Math.max(deepestFall, others.deepestFall);
        withinTrials += others.withinTrials;
        if (others.repeats > repeats) {
            repeats = others.repeats;
            repeated = others.repeated;
            repeatedIn = others.repeatedIn;
        }
    }

    private void add(String unit, double[] times, long count) {
        int fallen = 0;
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        int atLeast = 0;
        int atMost = 0;
        for (int i = 0; i < times.length; i++) {
            double time = times[i];
            whole += time == Math.rint(time) ? 1 : 0;
            negative += time < 0 ? 1 : 0;
            if (i > 0 && time < times[i - 1] - JITTER_S) {
                fallen++;
                deepestFall = Math.max(deepestFall, times[i - 1] - time);
            }
            atLeast = time < least ? 1 : time == least ? atLeast + 1 : atLeast;
            least = Math.min(least, time);
            atMost = time > most ? 1 : time == most ? atMost + 1 : atMost;
            most = Math.max(most, time);
        }
        spikes += count;
        looked += times.length;
        counts.add(count);
        if (times.length >= ENOUGH) {
            falls.add(fallen);
        }
        first = Math.min(first, least);
        last = Math.max(last, most);
        repeated(unit, least, least <= 0 ? atLeast : 0);
        repeated(unit, most, atMost);
    }

    private void repeated(String unit, double time, int times) {
        if (times > repeats) {
            repeats = times;
            repeated = time;
            repeatedIn = unit;
        }
    }

    /** @param count spikes from the first trial's begin to the last one's end */
    public void setWithinTrials(long count) {
        withinTrials = count;
    }

    long spikes() {
        return spikes;
    }

    boolean allWhole() {
        return looked > 0 && whole == looked;
    }

    long negative() {
        return negative;
    }

    /** Seconds; infinite without a spike. */
    double first() {
        return first;
    }

    double last() {
        return last;
    }

    long withinTrials() {
        return withinTrials;
    }

    /** The first or last time of a unit that it has most often, such as -1 or 0 for spikes that are missing. */
    double repeated() {
        return repeated;
    }

    String repeatedIn() {
        return repeatedIn;
    }

    int repeats() {
        return repeats;
    }

    /** Spikes of the median unit. */
    long medianCount() {
        return counts.isEmpty() ? 0 : counts.stream().sorted().toList().get(counts.size() / 2);
    }

    /** How often times fall in each unit that has enough spikes to tell, least first. */
    List<Integer> falls() {
        return falls.stream().sorted().toList();
    }

    /** Seconds. */
    double deepestFall() {
        return deepestFall;
    }
}
