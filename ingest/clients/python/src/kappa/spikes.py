"""Spike times of other packages as sessions of kappa."""

import time

import numpy as np

from .session import Session


def spike_trains(spikes):
    """``(names, [seconds of each neuron])`` of spike times in any of these forms:

    - a dictionary of names and times, or a list of times, in seconds;
    - a sorting of SpikeInterface;
    - a ``TsGroup`` of pynapple;
    - a list of neo's ``SpikeTrain``, or a ``Segment`` of neo.
    """
    if hasattr(spikes, "get_unit_spike_train"):
        return _sorting(spikes)
    if hasattr(spikes, "spiketrains"):
        spikes = list(spikes.spiketrains)
    if hasattr(spikes, "keys"):
        names = list(spikes.keys())
        trains = [spikes[name] for name in names]
    else:
        trains = list(spikes)
        names = [getattr(train, "name", None) or i for i, train in enumerate(trains)]
    names = [str(name) for name in names]
    if len(set(names)) < len(names):
        names = ["%d %s" % (i, name) for i, name in enumerate(names)]
    return names, [_seconds(train, name) for train, name in zip(trains, names)]


def _sorting(sorting):
    units = list(sorting.get_unit_ids() if hasattr(sorting, "get_unit_ids") else sorting.unit_ids)
    if hasattr(sorting, "get_num_segments") and sorting.get_num_segments() != 1:
        raise ValueError("the sorting has %d segments, expected one; choose it with select_segments"
                         % sorting.get_num_segments())
    rate = float(sorting.get_sampling_frequency() if hasattr(sorting, "get_sampling_frequency")
                 else sorting.sampling_frequency)
    trains = [np.asarray(sorting.get_unit_spike_train(unit), dtype=float) / rate for unit in units]
    return [str(unit) for unit in units], trains


def _seconds(train, name):
    if hasattr(train, "rescale"):  # quantities, and with it neo
        train = train.rescale("s").magnitude
    elif hasattr(train, "times"):  # pynapple
        train = train.times() if callable(train.times) else train.times
    times = np.asarray(train, dtype=float).ravel()
    if not np.isfinite(times).all():
        raise ValueError("spike times of neuron %s hold %r, expected seconds" % (name, times[~np.isfinite(times)][0]))
    return np.sort(times)


def count(trains, bin_width, start=0.0, stop=None):
    """[bins,neurons] spikes in bins of ``bin_width`` seconds from ``start`` to ``stop``.

    A spike at ``t`` is in bin trunc(round((t - start) / bin_width, 6)), as in kappa itself.
    """
    if stop is None:
        stop = max((train[-1] for train in trains if len(train)), default=start)
        bins = int(np.trunc(np.round((stop - start) / bin_width, 6))) + 1
    else:
        bins = int(np.trunc(np.round((stop - start) / bin_width, 6)))
    counts = np.zeros((bins, len(trains)), np.int32)
    for i, train in enumerate(trains):
        at = np.trunc(np.round((train - start) / bin_width, 6)).astype(np.int64)
        inside = (train >= start) & (at < bins)
        counts[:, i] = np.bincount(at[inside], minlength=bins)
    return counts


def _in_trials(counts, bin_width, start, trials):
    """Number of the trial of each bin, and which bins to send."""
    numbers = np.full(len(counts), -1)
    for number, (begin, end) in enumerate(trials):
        first, last = (int(np.trunc(np.round((t - start) / bin_width, 6))) for t in (begin, end))
        if first < 0 or last > len(counts) or last <= first:
            raise ValueError("trial %d is from %r to %r s, expected a part of the recording" % (number, begin, end))
        if (numbers[first:last] >= 0).any():
            raise ValueError("trial %d begins before the one before it ends" % number)
        numbers[first:last] = number
    return numbers


def publish(spike_times, bin_width=0.02, start=0.0, stop=None, trials=None, inputs=None, input_names=None,
            behavior=None, behavior_names=None, speed=1.0, progress=None, **settings):
    """Publishes recorded spike times as a session, as if they were being recorded now, and returns its id.

    :param spike_times: see :func:`spike_trains`
    :param bin_width: seconds
    :param start: seconds of the first bin's beginning; earlier spikes are left out
    :param stop: seconds of the last bin's end; without it, the last spike is in the last bin
    :param trials: [trials,2] begin and end of each trial in seconds, in order. Only these bins are sent
    :param inputs: [bins,S] u(t) of all bins from ``start`` on, or [trials,S]: constant over each trial
    :param input_names: names of the input channels
    :param behavior: [bins,channels]
    :param speed: multiple of real time, or ``"max"``: as fast as kappa takes it
    :param progress: called with the number of bins sent
    :param settings: those of :class:`kappa.Session`
    """
    names, trains = spike_trains(spike_times)
    counts = count(trains, bin_width, start, stop)
    bins = len(counts)
    numbers = None if trials is None else _in_trials(counts, bin_width, start, np.asarray(trials, dtype=float))
    given = None if inputs is None else np.asarray(inputs, dtype=float).reshape(len(inputs), -1)
    if given is not None and numbers is not None and len(given) == len(trials) and len(given) != bins:
        given = given[np.maximum(numbers, 0)]
    if given is not None and len(given) != bins:
        raise ValueError("inputs has %d rows, expected one for each of the %d bins%s"
                         % (len(given), bins, "" if trials is None else " or %d trials" % len(trials)))
    behaved = None if behavior is None else np.asarray(behavior, dtype=float).reshape(len(behavior), -1)
    if behaved is not None and len(behaved) != bins:
        raise ValueError("behavior has %d rows, expected one for each of the %d bins" % (len(behaved), bins))
    fast = speed == "max" or np.isinf(float(speed))
    if fast:
        from . import wire
        settings["fit"] = {"pacing": wire.LOCKSTEP, **(settings.get("fit") or {})}
    chosen = np.arange(bins) if numbers is None else np.flatnonzero(numbers >= 0)
    at_once = 100 if fast else max(1, int(float(speed) * 0.02 / bin_width))
    with Session(names, bin_width,
                 inputs=input_names or (0 if given is None else given.shape[1]),
                 behavior=behavior_names or (0 if behaved is None else behaved.shape[1]), **settings) as session:
        begun = time.monotonic()
        for first, last in _pieces(chosen, numbers, at_once):
            if not fast:
                time.sleep(max(0.0, begun + (session.bins + last - first) * bin_width / float(speed) - time.monotonic()))
            at = chosen[first:last]
            session.send(counts[at], inputs=None if given is None else given[at],
                         behavior=None if behaved is None else behaved[at],
                         trial=None if numbers is None else numbers[at],
                         trial_end=numbers is not None and (last == len(chosen) or numbers[chosen[last]] != numbers[at[-1]]),
                         rig_time=start + (at[-1] + 1) * bin_width)
            if progress is not None:
                progress(session.bins)
    return session.id


def _pieces(chosen, numbers, at_once):
    """Stretches of the chosen bins that follow one another in the recording, within a trial."""
    first = 0
    while first < len(chosen):
        last = first + 1
        while (last < len(chosen) and last - first < at_once and chosen[last] == chosen[last - 1] + 1
               and (numbers is None or numbers[chosen[last]] == numbers[chosen[first]])):
            last += 1
        yield first, last
        first = last
