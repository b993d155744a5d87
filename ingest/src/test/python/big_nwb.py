"""Writes an NWB 2 file far larger than memory, with real spikes in it, to measure how fast it replays.

usage: big_nwb.py FILE --hours H [--units 384] [--rate 20] [--raw-gb 20] [--series-hz 0] [--trials] [--gzip]

Spikes are Poisson with a rate that waxes and wanes, sorted within each unit. --raw-gb adds a raw ElectricalSeries of int16 at 30
kHz of which the file system keeps only what is written (a sparse file), as most of a lab's file is. --series-hz adds a binned
series [time, units] of float32 instead, really written.
"""

import argparse

import h5py
import numpy as np

ap = argparse.ArgumentParser()
ap.add_argument("file")
ap.add_argument("--hours", type=float, required=True)
ap.add_argument("--units", type=int, default=384)
ap.add_argument("--rate", type=float, default=20)
ap.add_argument("--raw-gb", type=float, default=0)
ap.add_argument("--series-hz", type=float, default=0)
ap.add_argument("--trials", action="store_true")
ap.add_argument("--gzip", action="store_true")
a = ap.parse_args()

rng = np.random.default_rng(1)
seconds = a.hours * 3600
text = h5py.string_dtype()
packed = dict(chunks=True, compression="gzip", compression_opts=1, shuffle=True) if a.gzip else {}


def typed(group, name, neurodata_type, **attributes):
    made = group.create_group(name)
    made.attrs.update(dict(namespace="core", neurodata_type=neurodata_type, object_id=name, **attributes))
    return made


with h5py.File(a.file, "w") as f:
    f.attrs.update(dict(namespace="core", neurodata_type="NWBFile", nwb_version="2.7.0", object_id="root"))
    f.create_dataset("session_start_time", data="2025-01-02T03:04:05+00:00", dtype=h5py.string_dtype("ascii"))
    acquisition = f.create_group("acquisition")

    if a.raw_gb:
        samples = int(a.raw_gb * 1e9 / 2 / a.units)
        raw = typed(acquisition, "raw", "ElectricalSeries", comments="", description="")
        data = raw.create_dataset("data", (samples, a.units), "<i2")  # contiguous; what is never written takes no blocks
        data.attrs.update(dict(conversion=1e-6, offset=0.0, unit="volts"))
        data[-1] = 1  # the file is as long as it says
        raw.create_dataset("starting_time", data=0.0).attrs.update(dict(rate=samples / seconds, unit="seconds"))

    units = typed(f, "units", "Units", description="")
    units.attrs["colnames"] = np.array(["spike_times"], dtype=object)
    units.create_dataset("id", data=np.arange(a.units))
    counts = rng.poisson(a.rate * seconds, a.units)
    times = units.create_dataset("spike_times", (int(counts.sum()),), "<f8", **packed)
    ends = np.cumsum(counts)
    for unit, count in enumerate(counts):
        # Sorted uniform times from exponential gaps, warped a little.
        gaps = rng.exponential(size=count + 1)
        t = np.cumsum(gaps[:-1]) / gaps.sum()
        times[ends[unit] - count : ends[unit]] = (t + 0.02 * np.sin(2 * np.pi * t) / (2 * np.pi)) * seconds
    units.create_dataset("spike_times_index", data=ends.astype("<u8"))

    if a.series_hz:
        rows = int(seconds * a.series_hz)
        series = typed(acquisition, "binned", "TimeSeries", comments="", description="")
        data = series.create_dataset("data", (rows, a.units), "<f4", **packed)
        data.attrs.update(dict(conversion=1.0, offset=0.0, unit="a.u."))
        step = 1 << 14
        for row in range(0, rows, step):
            data[row : row + step] = rng.standard_normal((min(step, rows - row), a.units), dtype="f4")
        series.create_dataset("starting_time", data=0.0).attrs.update(dict(rate=a.series_hz, unit="seconds"))

    if a.trials:
        starts = np.arange(0.0, seconds - 2, 2.0)
        trials = typed(f.create_group("intervals"), "trials", "TimeIntervals", description="")
        trials.attrs["colnames"] = np.array(["start_time", "stop_time", "condition"], dtype=object)
        trials.create_dataset("id", data=np.arange(starts.size))
        trials.create_dataset("start_time", data=starts)
        trials.create_dataset("stop_time", data=starts + 1.8)
        trials.create_dataset("condition", data=np.arange(starts.size) % 4)
