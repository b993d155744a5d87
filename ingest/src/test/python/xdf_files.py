"""Writes XDF files after the XDF 1.0 specification, as LabRecorder does, and what a rig would have made of their streams.

usage: xdf_files.py DIRECTORY [HOURS]

With HOURS it writes long.xdf only: one stream of that length, for a test of memory.

Truth is computed here from the samples themselves, on the data stream's clock in whole nanoseconds: NAME.npz holds for each bin its
activity, inputs, behavior, trial, phase (1 within a trial, 2 between trials), epoch, and the end of the bin (ns).
"""

import struct
import sys
from xml.sax.saxutils import escape

import numpy as np

directory = sys.argv[1]
BIN_NS = 20_000_000
FORMATS = dict(float32="<f4", double64="<f8", int8="<i1", int16="<i2", int32="<i4", int64="<i8")
BOUNDARY = bytes.fromhex("43A546DCCBF5410FB30ED5467383CBE4")

# ------------------------------------------------------------------ the specification


def number(n):
    """[NumLengthBytes][Length]"""
    if n < 256:
        return struct.pack("<BB", 1, n)
    return struct.pack("<BI", 4, n) if n < 2**32 else struct.pack("<BQ", 8, n)


def chunk(tag, content, stream=None):
    body = struct.pack("<H", tag) + (b"" if stream is None else struct.pack("<I", stream)) + content
    return number(len(body)) + body


def file_header():
    return b"XDF:" + chunk(1, b'<?xml version="1.0"?><info><version>1.0</version></info>')


def offset(stream, stamp, value):
    return chunk(4, struct.pack("<dd", stamp, value), stream)


class Stream:
    """A stream, its samples and its clock: recorder's time = stamp + offset(recorder's time)."""

    def __init__(self, ident, name, kind, fmt, rate, labels, host="rig", clock=lambda r: 0.0):
        self.ident, self.name, self.kind, self.fmt, self.rate = ident, name, kind, fmt, rate
        self.labels, self.host, self.clock = labels, host, clock
        self.away = []  # when the sender does not answer, so that its clock cannot be measured
        self.times, self.values = [], []  # recorder's times and rows

    def stamps(self):
        return np.array([r - self.clock(r) for r in self.times])

    def header(self):
        channels = "".join(f"<channel><label>{escape(label)}</label></channel>" for label in self.labels)
        xml = (f'<?xml version="1.0"?><info><name>{self.name}</name><type>{self.kind}</type>'
               f"<channel_count>{len(self.labels)}</channel_count><nominal_srate>{self.rate}</nominal_srate>"
               f"<channel_format>{self.fmt}</channel_format><source_id>{self.name}-1</source_id>"
               f"<hostname>{self.host}</hostname><desc><channels>{channels}</channels></desc></info>")
        return chunk(2, xml.encode(), self.ident)

    def footer(self, count=None):
        stamps = self.stamps()
        xml = (f'<?xml version="1.0"?><info><first_timestamp>{stamps[0] if len(stamps) else 0}</first_timestamp>'
               f"<last_timestamp>{stamps[-1] if len(stamps) else 0}</last_timestamp>"
               f"<sample_count>{len(stamps) if count is None else count}</sample_count></info>")
        return chunk(6, xml.encode(), self.ident)

    def samples(self, first, end, explicit):
        """A chunk of samples; a stamp that follows from the one before it is left out unless it has to be there."""
        content = [struct.pack("<BI", 4, end - first)]
        stamps = self.stamps()
        for k in range(first, end):
            deducible = self.rate > 0 and k % 5 != 0 and k > first and not explicit
            content.append(b"\0" if deducible else struct.pack("<Bd", 8, stamps[k]))
            row = self.values[k]
            if self.fmt == "string":
                content += [number(len(text.encode())) + text.encode() for text in row]
            else:
                content.append(np.asarray(row).astype(FORMATS[self.fmt]).tobytes())
        return chunk(3, b"".join(content), self.ident)


def write(name, streams, explicit=False, footers=True):
    """Chunks of half a second in the order in which they were recorded, offsets every five seconds, boundaries every ten."""
    events = []
    end = max(s.times[-1] for s in streams if s.times)
    start = min(s.times[0] for s in streams if s.times)
    for s in streams:
        window = np.floor((np.array(s.times) - start) / 0.5).astype(int)
        cuts = [0] + [k for k in range(1, len(window)) if window[k] != window[k - 1]] + [len(window)]
        for a, b in zip(cuts, cuts[1:]):
            if b > a:
                events.append((max(s.times[a:b]), s.samples(a, b, explicit)))
        for r in np.arange(start + 0.3, end + 5, 5):
            if not any(lo < r < hi for lo, hi in s.away):
                events.append((r, offset(s.ident, r - s.clock(r), s.clock(r) + 2e-5 * np.sin(r))))
    for r in np.arange(start + 10, end, 10):
        events.append((r, chunk(5, BOUNDARY)))
    events.sort(key=lambda event: event[0])
    with open(f"{directory}/{name}.xdf", "wb") as f:
        f.write(file_header())
        for s in streams:
            f.write(s.header())
        for _, data in events:
            f.write(data)
        for s in streams if footers else []:
            f.write(s.footer())


# ------------------------------------------------------------------ truth


def ns(seconds):
    return int(np.rint(seconds * 1e9))


def bin_of(tick, origin):
    return (tick - origin) // BIN_NS


def held(steps, origin, bins):
    """Means over time of an input that keeps its value from one step (tick, value) to the next."""
    out = np.zeros(bins)
    steps = sorted(steps) + [(origin + bins * BIN_NS, None)]
    value, since = 0.0, origin
    for tick, following in steps:
        for k in range(max(0, bin_of(since, origin)), min(bins, bin_of(tick - 1, origin) + 1)):
            lo, hi = max(since, origin + k * BIN_NS), min(tick, origin + (k + 1) * BIN_NS)
            out[k] += value * (hi - lo) / BIN_NS
        value, since = following, max(tick, origin)
    return out


def trials(starts, ends, origin, bins):
    """Number of the trial and phase of each bin, for marks that lie within bins."""
    trial, phase = np.zeros(bins, int), np.full(bins, 2)
    now, inside = 0, False
    marks = sorted([(bin_of(t, origin), 1) for t in starts] + [(bin_of(t, origin), 0) for t in ends])
    for k in range(bins):
        touched = inside
        for at, begins in marks:
            if at == k:
                now += begins
                touched |= bool(begins)
                inside = bool(begins)
        trial[k], phase[k] = now, 1 if touched else 2
    return trial, phase


def means(ticks, values, origin, bins):
    out = np.full((bins, values.shape[1]), np.nan, np.float32)
    which = np.array([bin_of(t, origin) for t in ticks])
    for k in range(bins):
        rows = values[which == k].astype(np.float32)
        for c in range(values.shape[1]):
            if len(rows):
                total = 0.0
                for value in rows[:, c]:
                    total += float(value)
                out[k, c] = total / len(rows)
    return out


def save(name, **arrays):
    np.savez(f"{directory}/{name}.npz", **arrays)


# ------------------------------------------------------------------ recordings


def regular():
    """A regular stream with two gaps, markers of its own host, an eye tracker as behaviour and a sampled input."""
    random = np.random.default_rng(1)
    clock = lambda r: -3000.0  # the sender's clock is 3000 s ahead
    eeg = Stream(1, "EEG", "EEG", "float32", 500, ["Fp1", "Fp2", "Cz"], clock=clock)
    task = Stream(7, "Task", "Markers", "string", 0, ["marker"], clock=clock)
    eye = Stream(3, "Eye", "Gaze", "double64", 100, ["x", "y"], clock=clock)
    light = Stream(4, "Light", "Sensor", "int16", 0, ["light"], clock=clock)
    lost = set(range(2707, 2750)) | {4010}
    for k in range(6000):
        if k not in lost:
            eeg.times.append(50 + k / 500)
            eeg.values.append(random.normal(0, 20, 3).astype(np.float32))
    for k in range(1200):
        eye.times.append(50.001 + k / 100)
        eye.values.append(random.normal(0, 1, 2))
    light.times, light.values = [51.003, 54.003, 57.003], [[3], [-5], [0]]
    starts, ends, go = [], [], []
    for k in range(5):
        t = 50.5071 + 2.3 * k
        for delay, text in ((0, f"trial {k}"), (0.4, "go"), (1.0, f"coh {(-1) ** k * 0.5}"), (1.6, "end")):
            task.times.append(t + delay)
            task.values.append([text])
        starts.append(ns(t + 3000))
        ends.append(ns(t + 1.6 + 3000))
        go += [(ns(t + 0.4 + 3000), 1.0), (ns(t + 1.6 + 3000), 0.0)]
    coherence = [(ns(50.5071 + 2.3 * k + 1.0 + 3000), (-1) ** k * 0.5) for k in range(5)]
    coherence += [(start, 0.0) for start in starts] + [(stop, 0.0) for stop in ends]
    write("regular", [eeg, task, eye, light])
    write("explicit-stamps", [eeg, task, eye, light], explicit=True)
    write("no-footers", [eeg, task, eye, light], footers=False)

    ticks = np.array([ns(s) for s in eeg.stamps()])
    origin = ticks[0] - 1_000_000
    bins = int((ticks[-1] + 1_000_000 - origin) // BIN_NS)
    activity = means(ticks, np.array(eeg.values), origin, bins)
    for k in lost:
        activity[bin_of(ns(3050 + k / 500), origin)] = np.nan
    trial, phase = trials(starts, ends, origin, bins)
    sampled = np.zeros(bins)
    for at, value in ((51.003, 3), (54.003, -5), (57.003, 0)):
        sampled[bin_of(ns(at + 3000), origin):] = value
    save("regular", activity=activity, trial=trial, phase=phase, epoch=np.zeros(bins, int),
         inputs=np.stack([held(go, origin, bins), held(coherence, origin, bins), sampled], 1),
         behavior=means(np.array([ns(s) for s in eye.stamps()]), np.array(eye.values, np.float32), origin, bins),
         end=origin + BIN_NS * np.arange(1, bins + 1))


def spikes(name, fmt):
    """Spikes that are not in order, and markers of another host, whose clock drifts."""
    random = np.random.default_rng(2)
    sorter = Stream(1, "Sorter", "Spikes", fmt, 0, ["unit"], clock=lambda r: 12.5)
    task = Stream(2, "Task", "Markers", "string", 0, ["a", "b"], host="stimulus", clock=lambda r: -800 + 4e-5 * (r - 100))
    names = ["alpha", "beta", "gamma", "delta", "epsilon"]
    stamps = np.sort(random.uniform(100, 130, 1500))
    stamps[0] = 100.0  # the grid begins with it
    stamps = stamps[(stamps < 110) | (stamps > 125)]  # 15 s of silence
    # Edges of bins are no place for a test of rounding.
    stamps = np.array([s for s in stamps if s == 100.0 or 1e4 < ns(s - 100) % BIN_NS < BIN_NS - 1e4])
    order = np.argsort(stamps + random.uniform(0, 0.03, len(stamps)) * (np.arange(len(stamps)) > 0), kind="stable")
    units = random.integers(0, 5, len(stamps))
    sorter.times = list(stamps[order])
    sorter.values = [[names[u]] if fmt == "string" else [u] for u in units[order]]
    starts = []
    for k in range(6):
        t = 100.7105 + 4.6 * k
        task.times += [t, t + 1.0]
        task.values += [["trial", str(k)], ["stop", ""]]
        starts.append(ns(t - 12.5))
    write(name, [sorter, task])
    ticks = np.array([ns(s) for s in sorter.stamps()])
    origin = int(ticks.min())
    last = max(int(ticks.max()), ns(task.times[-1] - 12.5))
    bins = int(bin_of(last, origin)) + 1
    counts = np.zeros((bins, 5), np.float32)
    order_of_names = sorted(range(5), key=lambda u: (len(names[u]), names[u])) if fmt == "string" else list(range(5))
    for tick, unit in zip(ticks, units[order]):
        counts[bin_of(int(tick), origin), order_of_names.index(unit)] += 1
    trial, phase = trials(starts, [], origin, bins)
    save(name, activity=counts, trial=trial, phase=phase, epoch=np.zeros(bins, int), inputs=np.zeros((bins, 0)),
         end=origin + BIN_NS * np.arange(1, bins + 1))


def resets():
    """The sender's machine is started anew twice, the second time with a later clock; the markers come from another host."""
    random = np.random.default_rng(3)

    def clock(r):
        return -500_000.0 if r < 1020 else 970.0 if r < 1045 else 900.0

    lfp = Stream(1, "LFP", "EEG", "double64", 250, ["a", "b"], clock=clock)
    task = Stream(2, "Task", "Markers", "string", 0, ["marker"], host="stimulus")
    lfp.away = [(1019, 1026), (1042, 1052)]
    for r in np.concatenate([1000 + 0.004 * np.arange(4750), 1021 + 0.004 * np.arange(5250), 1050 + 0.004 * np.arange(3250)]):
        lfp.times.append(float(r))
        lfp.values.append(random.normal(0, 1, 2))
    for k, r in enumerate(np.arange(1000.5113, 1062, 3.0)):
        task.times.append(float(r))
        task.values.append([f"trial {k}"])
    write("resets", [lfp, task])
    activity, trial, epoch, end = [], [], [], []
    now = 0
    stamps = lfp.stamps()
    times = np.array(lfp.times)
    for e, (lo, hi) in enumerate([(999, 1020), (1020.5, 1043), (1049, 1064)]):
        chosen = (times > lo) & (times < hi)
        ticks = np.array([ns(s) for s in stamps[chosen]])
        origin = int(ticks[0]) - 2_000_000
        bins = int((ticks[-1] + 2_000_000 - origin) // BIN_NS)
        activity.append(means(ticks, np.array(lfp.values)[chosen], origin, bins))
        starts = [ns(r - clock(times[chosen][0])) for r in task.times if times[chosen][0] < r < times[chosen][-1]]
        number_, _ = trials(starts, [], origin, bins)
        now += 1 if e > 0 else 0
        trial.append(number_ + now)
        now = int(trial[-1][-1])
        epoch.append(np.full(bins, e))
        end.append(origin + BIN_NS * np.arange(1, bins + 1))
    save("resets", activity=np.concatenate(activity), trial=np.concatenate(trial), epoch=np.concatenate(epoch),
         end=np.concatenate(end))


def formats():
    """A stream of counts in every format of numbers, and streams that are empty."""
    random = np.random.default_rng(4)
    streams = []
    for ident, fmt in enumerate(FORMATS, 1):
        s = Stream(ident, fmt, "counts", fmt, 100, ["one", "two"])
        s.times = [10 + k / 100 for k in range(200)]
        s.values = list(random.integers(0, 5, (200, 2)))
        streams.append(s)
        ticks = np.array([ns(t) for t in s.times])
        counts = np.zeros((100, 2), np.float32)
        for tick, row in zip(ticks, s.values):
            counts[bin_of(int(tick), int(ticks[0]) - 5_000_000)] += row
        save(f"formats-{fmt}", activity=counts)
    streams.append(Stream(90, "silent", "Markers", "string", 0, ["marker"]))
    streams.append(Stream(91, "never", "EEG", "float32", 1000, ["Fp1", "Fp2"]))
    write("formats", streams)


def small():
    """A few kilobytes with a bit of everything, for fuzzing."""
    random = np.random.default_rng(5)
    task = Stream(2, "Task", "Markers", "string", 0, ["marker"], host="stimulus", clock=lambda r: 3.0)
    for k in range(4):
        task.times += [10.05 + 0.5 * k, 10.2 + 0.5 * k, 10.4 + 0.5 * k]
        task.values += [[f"trial {k}"], ["go"], ["end"]]
    data = Stream(1, "Small", "EEG", "float32", 50, ["Fp1", "Fp2"])
    data.times = [10 + k / 50 for k in range(100) if not 60 < k < 64]
    data.values = list(random.normal(0, 1, (len(data.times), 2)))
    eye = Stream(3, "Eye", "Gaze", "double64", 20, ["x"])
    eye.times = [10 + k / 20 for k in range(40)]
    eye.values = list(random.normal(0, 1, (40, 1)))
    write("small", [data, task, eye])
    sorter = Stream(1, "Sorter", "Spikes", "int16", 0, ["unit"], clock=lambda r: 0.0 if r < 11 else -90.0)
    sorter.times = sorted(random.uniform(10, 12, 80))
    sorter.values = [[u] for u in random.integers(0, 4, 80)]
    write("small-spikes", [sorter, task])


def long(hours):
    """Made chunk by chunk: 64 channels at 500 Hz, of which channel c has the value c + s in second s."""
    s = Stream(1, "Probe", "LFP", "float32", 500, [f"ch{c}" for c in range(64)])
    with open(f"{directory}/long.xdf", "wb") as f:
        f.write(file_header() + s.header())
        for second in range(int(hours * 3600)):
            row = struct.pack("<64f", *(np.arange(64) + second))
            content = struct.pack("<BI", 4, 500) + struct.pack("<Bd", 8, float(second)) + row + (b"\0" + row) * 499
            f.write(chunk(3, content, 1))


if len(sys.argv) > 2:
    long(float(sys.argv[2]))
else:
    regular()
    spikes("spikes", "int32")
    spikes("named-spikes", "string")
    resets()
    formats()
    small()
