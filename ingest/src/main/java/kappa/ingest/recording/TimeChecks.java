package kappa.ingest.recording;

import static kappa.ingest.recording.Plausibility.plain;
import static kappa.ingest.recording.Plausibility.rough;

import java.util.Arrays;
import java.util.List;

/** Says what looks wrong with the times that a file holds: their units, their clocks, and how they go with the trials. */
final class TimeChecks {

    /** Fewer spikes tell nothing of units and clocks. */
    private static final long ENOUGH_SPIKES = 20;

    /** Spikes are in other units if they reach so many times as far as the trials. */
    private static final double FAR = 20;

    /** The median unit of a recording fires more often. */
    private static final double LEAST_RATE_HZ = 0.01;

    private static final double DAY_S = 86_400;
    private static final double LONGEST_RECORDING_S = 30 * DAY_S;

    /** A unit has the same time so often only if that time stands for something else. */
    private static final int SENTINEL_REPEATS = 3;

    /** Times fall so often only if they begin anew with each event. */
    private static final int RESTARTS = 10;

    /** A clock that is reset falls by more. */
    private static final double RESET_S = 1;

    private static final int ENOUGH_TRIALS = 3;

    /** Code of the warning that spike times are not in seconds. */
    static final String UNIT = "time-unit";

    private static final String UNITS_ADVICE = "write spike_times in seconds, or give --rate with the number of samples per"
            + " second (1000 for milliseconds)";

    private final FileTimes times;
    private final int trials;
    private final double start;
    private final double stop;
    private final boolean together;

    TimeChecks(FileTimes times) {
        this.times = times;
        trials = times.starts().length;
        start = times.firstStart();
        stop = times.lastStop();
        together = together();
    }

    /** Whether all trials begin at the same time, so that none of their times says anything. */
    private boolean together() {
        double[] known = Arrays.stream(times.starts()).filter(time -> !Double.isNaN(time)).toArray();
        return known.length >= ENOUGH_TRIALS && Arrays.stream(known).allMatch(time -> time == known[0]);
    }

    void addTo(List<Warning> warnings) {
        times.spikes().filter(spikes -> spikes.spikes() >= ENOUGH_SPIKES)
                .ifPresent(spikes -> addSpikes(spikes, warnings));
        addTrials(warnings);
        times.series().forEach(series -> addSeries(series, warnings));
    }

    private boolean hasTrials() {
        return stop > start && !together;
    }

    // ------------------------------------------------------------------ spikes

    private void addSpikes(SpikeTimes spikes, List<Warning> warnings) {
        int before = warnings.size();
        addUnits(spikes, warnings);
        if (warnings.size() == before) {
            addRestarts(spikes, warnings);
        }
        addStrangeTimes(spikes, warnings, warnings.size() > before);
        if (warnings.size() == before && hasTrials() && spikes.withinTrials() == 0 && expectedWithinTrials(spikes)) {
            warnings.add(new Warning("other-clock",
                    "spikes go from " + plain(spikes.first()) + " to " + plain(spikes.last()) + " s and none lies in"
                            + " the trials, which go from " + plain(start) + " to " + plain(stop) + " s",
                    "bring spikes and trials onto the same clock"));
        }
    }

    /** Whether so many spikes would be there that chance cannot have left all of them out. */
    private boolean expectedWithinTrials(SpikeTimes spikes) {
        boolean apart = spikes.last() < start || spikes.first() > stop;
        return apart
                || spikes.spikes() * (stop - start) / (spikes.last() - spikes.first()) >= ENOUGH_SPIKES;
    }

    private void addUnits(SpikeTimes spikes, List<Warning> warnings) {
        double seconds = spikes.last() - spikes.first();
        double rate = spikes.medianCount() / seconds;
        String range = plain(spikes.first()) + " to " + plain(spikes.last());
        if (spikes.allWhole()) {
            warnings.add(new Warning(UNIT, "all " + spikes.spikes() + " spike times are whole numbers, from "
                    + range + ": they may be sample numbers or milliseconds", UNITS_ADVICE));
        } else if (hasTrials() && spikes.last() > FAR * Math.max(stop, stop - start)) {
            warnings.add(new Warning(UNIT,
                    "spike times go from " + range + " s, but the trials end at " + plain(stop)
                            + " s: they may be milliseconds or sample numbers",
                    UNITS_ADVICE));
        } else if (!hasTrials() && spikes.medianCount() >= SpikeTimes.ENOUGH
                && (rate < LEAST_RATE_HZ || seconds > LONGEST_RECORDING_S)) {
            warnings.add(new Warning(UNIT,
                    "spike times go from " + range + " s, which is " + rough(seconds / DAY_S)
                            + " days, and the median unit fires " + rough(rate)
                            + " times a second: they may be milliseconds or sample numbers",
                    UNITS_ADVICE));
        }
    }

    private void addRestarts(SpikeTimes spikes, List<Warning> warnings) {
        List<Integer> falls = spikes.falls();
        if (falls.isEmpty() || falls.getFirst() == 0) {
            return;
        }
        int median = falls.get(falls.size() / 2);
        boolean withTrials = trials >= ENOUGH_TRIALS && hasTrials() && 2 * median >= trials - 1
                && 2 * (spikes.last() - spikes.first()) < stop - start;
        boolean often = !hasTrials() && falls.getFirst() >= RESTARTS && 5 * falls.getFirst() >= 4 * falls.getLast();
        if (withTrials || often) {
            warnings.add(new Warning("times-restart",
                    "spike times of every unit begin anew " + median + " times"
                            + (withTrials ? ", where there are " + trials + " trials" : "")
                            + ", and lie between " + plain(spikes.first()) + " and " + plain(spikes.last())
                            + " s: they may be relative to their trial",
                    "add the start of its trial to each spike time"));
        } else if (falls.getFirst().equals(falls.getLast()) && falls.getFirst() < RESTARTS
                && spikes.deepestFall() > RESET_S) {
            warnings.add(new Warning("clock-reset",
                    "spike times of every unit fall back " + (median == 1 ? "once" : median + " times") + ", by up to "
                            + plain(spikes.deepestFall()) + " s: the clock may have been reset, and spikes from before"
                            + " and after lie over each other",
                    "write each part to a file of its own, or add the time before the reset to what comes after it"));
        }
    }

    private void addStrangeTimes(SpikeTimes spikes, List<Warning> warnings, boolean explained) {
        if (spikes.repeats() >= SENTINEL_REPEATS) {
            warnings.add(new Warning("sentinel-times",
                    "unit " + spikes.repeatedIn() + " has " + spikes.repeats() + " spikes at "
                            + plain(spikes.repeated()) + " s: the time may stand for spikes that are missing",
                    "leave them out of spike_times"));
        } else if (!explained && spikes.negative() > 0 && !(start < 0)) {
            warnings.add(new Warning("negative-times",
                    spikes.negative() + " of " + spikes.spikes() + " spike times are negative, down to "
                            + plain(spikes.first()) + " s" + (trials > 0 ? ", and no trial begins before 0" : ""),
                    "give all times in seconds from the session's start"));
        }
    }

    // ------------------------------------------------------------------ trials

    private void addTrials(List<Warning> warnings) {
        int falling = 0;
        int reversed = 0;
        int known = 0;
        double before = Double.NaN;
        for (int i = 0; i < trials; i++) {
            double begin = times.starts()[i];
            if (Double.isNaN(begin)) {
                continue;
            }
            known++;
            falling += begin < before ? 1 : 0;
            reversed += times.stops()[i] < begin ? 1 : 0;
            before = begin;
        }
        if (together) {
            warnings.add(
                    new Warning("trials-start-together", "all " + known + " trials begin at " + plain(start) + " s",
                            "give start_time and stop_time in seconds from the session's start"));
        }
        if (falling > 0) {
            warnings.add(new Warning("trials-out-of-order",
                    falling + " of " + known + (falling == 1
                            ? " trials begins before the one that stands before it"
                            : " trials begin before the one that stands before them"),
                    "sort the trials by their start, because kappa takes them in the order of the file"));
        }
        if (reversed > 0) {
            warnings.add(new Warning("trials-reversed",
                    reversed + " of " + known + (reversed == 1
                            ? " trials ends before it begins and is left out"
                            : " trials end before they begin and are left out"),
                    "check start_time and stop_time"));
        }
        if (trials > 0 && Double.isNaN(times.stops()[trials - 1]) && !Double.isNaN(times.starts()[trials - 1])) {
            warnings.add(new Warning("trial-open", "the last trial has no end and is left out",
                    "give it a stop_time to keep it"));
        }
    }

    // ------------------------------------------------------------------ series

    private void addSeries(FileTimes.Series series, List<Warning> warnings) {
        if (series.regular() && series.channels() > series.samples()) {
            warnings.add(new Warning("transposed",
                    "time series " + series.name() + " has " + series.channels() + " channels and only "
                            + series.samples() + " samples: its data may be turned round",
                    "write them as [times, channels]"));
        }
        if (hasTrials() && (series.last() < start || series.first() > stop)) {
            warnings.add(new Warning("outside-trials",
                    "time series " + series.name() + " goes from " + plain(series.first()) + " to "
                            + plain(series.last()) + " s, but the trials go from " + plain(start) + " to " + plain(stop)
                            + " s",
                    "bring series and trials onto the same clock"));
        }
        if (series.badStamps() > 0) {
            warnings.add(new Warning("bad-stamps",
                    series.badStamps() + " of " + series.samples() + " time stamps of " + series.name()
                            + (series.badStamps() == 1
                                    ? " is out of order or no number, number " + series.firstBad()
                                            + ", and its sample is left out"
                                    : " are out of order or no numbers, the first is number " + series.firstBad()
                                            + ", and their samples are left out"),
                    "mend the time stamps"));
        }
    }
}
