"""Writes small NWB 2 files of every unusual and malformed kind into a directory, one file each. usage: unusual_nwb.py DIRECTORY

All hold the same three units and two trials unless their name says what is wrong: unit 7 spikes at 0.01, 0.02 and 1.5 s, unit 8
never, unit 9 at 0.5 and 1.25 s; trials last from 0 to 1 and from 1 to 2 s.
"""

import sys

import h5py
import numpy as np

TIMES = np.array([0.01, 0.02, 1.5, 0.5, 1.25])
ENDS = [3, 3, 5]
IDS = [7, 8, 9]

directory = sys.argv[1]


def typed(group, name, neurodata_type, **attributes):
    made = group.create_group(name)
    made.attrs.update(dict(namespace="core", neurodata_type=neurodata_type, object_id=name, **attributes))
    return made


def names(*columns):
    return np.array(columns, dtype=object)


def root(f):
    f.attrs.update(dict(namespace="core", neurodata_type="NWBFile", nwb_version="2.7.0", object_id="root"))
    f.create_dataset("session_start_time", data="2025-01-02T03:04:05+00:00", dtype=h5py.string_dtype("ascii"))


def units(f, times=TIMES, ends=ENDS, ids=IDS, index_type="<u1", columns=("spike_times",), **storage):
    table = typed(f, "units", "Units")
    table.attrs["colnames"] = names(*columns)
    table.create_dataset("id", data=np.array(ids, dtype="<i8"))
    table.create_dataset("spike_times", data=times, **storage)
    if ends is not None:
        index = table.create_dataset("spike_times_index", data=np.array(ends, dtype=index_type))
        index.attrs["target"] = table["spike_times"].ref
    return table


def trials(f, starts=(0.0, 1.0), stops=(1.0, 2.0), columns=("start_time", "stop_time"), name="trials"):
    table = typed(f.require_group("intervals"), name, "TimeIntervals")
    table.attrs["colnames"] = names(*columns)
    table.create_dataset("id", data=np.arange(len(starts)))
    table.create_dataset("start_time", data=np.array(starts, dtype="<f8"))
    if stops is not None:
        table.create_dataset("stop_time", data=np.array(stops, dtype="<f8"))
    return table


def series(group, name, data, rate=None, stamps=None, start=0.0, comments="", **storage):
    made = typed(group, name, "TimeSeries", comments=comments)
    values = made.create_dataset("data", data=data, **storage)
    values.attrs.update(dict(conversion=1.0, offset=0.0, unit="a.u."))
    if rate is not None:
        made.create_dataset("starting_time", data=start).attrs["rate"] = rate
    if stamps is not None:
        made.create_dataset("timestamps", data=np.array(stamps, dtype="<f8"))
    return made


def case(name, *makers, make_root=True, **options):
    with h5py.File(f"{directory}/{name}.nwb", "w", **options) as f:
        if make_root:
            root(f)
        for maker in makers:
            maker(f)


def text(table, name, values, dtype=None):
    table.create_dataset(name, data=np.array(values, dtype=dtype or object),
                         dtype=None if dtype else h5py.string_dtype())


# ---------------------------------------------------------------- unusual, and as good as any other

for width in (1, 2, 4, 8):
    case(f"index-uint{8 * width}", lambda f: units(f, index_type=f"<u{width}"), trials)
case("index-int32", lambda f: units(f, index_type="<i4"), trials)
case("big-endian", lambda f: units(f, times=TIMES.astype(">f8"), index_type=">u4"), trials)
case("float32-times", lambda f: units(f, times=TIMES.astype("<f4")), trials)
case("lzf", lambda f: units(f, chunks=(2,), compression="lzf"), trials)
case("gzip-shuffle-fletcher", lambda f: units(f, chunks=(2,), compression="gzip", shuffle=True, fletcher32=True), trials)
case("unsorted", lambda f: units(f, times=np.array([1.5, 0.02, 0.01, 1.25, 0.5])), trials)
case("nan-spikes", lambda f: units(f, times=np.array([0.01, np.nan, 0.02, 1.5, 0.5, np.inf, 1.25]), ends=[4, 4, 7]), trials)
case("nan-trials", units, lambda f: trials(f, (0.0, np.nan, 1.0, 5.0), (1.0, 2.0, 2.0, np.nan)))
case("overlapping-trials", units, lambda f: trials(f, (0.0, 0.0, 1.0), (1.0, 2.0, 2.0)))
case("short-trials", units, lambda f: trials(f, (0.0, 0.5, 1.0), (1.0, 0.501, 2.0)))
case("no-trials", units)
case("no-colnames", units, trials, lambda f: f["units"].attrs.__delitem__("colnames"))
case("colnames-of-nothing", lambda f: units(f, columns=("spike_times", "ghost")), trials)
case("latest", units, trials, libver="latest")
case("user-block", units, trials, userblock_size=1024)


def elsewhere(f):
    box = typed(f.create_group("processing"), "ecephys", "ProcessingModule")
    units(box)
    box.move("units", "curated spikes")


case("units-elsewhere", elsewhere, trials)


def compact(f):
    table = units(f)
    del table["spike_times"]
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple(TIMES.shape)
    made = h5py.h5d.create(table.id, b"spike_times", h5py.h5t.IEEE_F64LE, space, dcpl=layout)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, TIMES)


case("compact", compact, trials)


def columns(f):
    table = units(f, columns=("spike_times", "heldout", "area", "depth", "electrode_group", "tags", "missing"))
    table.create_dataset("heldout", data=np.array([False, True, False]))
    text(table, "area", ["M1", "PMd", "M1 deep"])
    table.create_dataset("depth", data=np.array([100, 200, 300], dtype="<u2"))
    table.create_dataset("electrode_group", data=np.array([f.ref] * 3, dtype=h5py.ref_dtype))
    text(table, "tags", ["a", "b", "c", "d"])
    table.create_dataset("tags_index", data=np.array([1, 1, 4], dtype="<u1"))
    rows = trials(f, columns=("start_time", "stop_time", "go", "side", "correct", "contrast", "timeseries"))
    rows.create_dataset("go", data=np.array([0.5, np.nan]))
    text(rows, "side", [b"left", b"right"], "S8")  # of fixed length
    rows.create_dataset("correct", data=np.array([True, False]))
    rows.create_dataset("contrast", data=np.array([0.25, np.nan]))
    piece = np.dtype([("idx_start", "<i4"), ("count", "<i4"), ("timeseries", h5py.ref_dtype)])
    rows.create_dataset("timeseries", data=np.array([(0, 1, f.ref), (1, 1, f.ref)], dtype=piece))


case("columns", columns)


def observed(f):
    table = units(f, columns=("spike_times", "obs_intervals"))
    table.create_dataset("obs_intervals", data=np.array([[0, 1.2], [1.2, 2.0], [0.0, 0.9], [1.0, 2.0]]))
    table.create_dataset("obs_intervals_index", data=np.array([2, 2, 4], dtype="<u1"))
    trials(f)
    trials(f, (1.5,), (1.6,), name="invalid_times")


case("observed", observed)


def all_series(f):
    units(f)
    trials(f)
    behavior = typed(f.create_group("processing"), "behavior", "ProcessingModule")
    position = typed(behavior, "Position", "Position")
    ramp = np.arange(200) / 100
    hand = series(position, "hand", np.stack([ramp, -ramp], 1), rate=100.0, comments="columns=[x, y]")
    hand["data"].attrs.update(dict(conversion=2.0, offset=1.0))
    linked = typed(behavior, "linked", "TimeSeries", comments="")
    linked["data"] = h5py.SoftLink("/processing/behavior/Position/hand/data")
    linked["timestamps"] = h5py.SoftLink("/processing/behavior/slow/timestamps")
    series(behavior, "slow", np.array([0.0, 1.0, 2.0, np.nan]), stamps=[0.0, 0.5, 1.0, 1.5])
    sparse = series(behavior, "linked by its stamps", np.array([3, 4, 5, 6], dtype="<i2"))
    sparse["timestamps"] = h5py.SoftLink("/processing/behavior/slow/timestamps")
    series(behavior, "late", np.array([1.0, 2.0]), stamps=[0.75, 1.25])
    acquisition = f.create_group("acquisition")
    binned = series(acquisition, "counts", np.arange(12, dtype="<u4").reshape(4, 3), rate=2.0)
    binned.create_dataset("channel_conversion", data=np.array([1.0, 1.0, 2.0]))
    series(acquisition, "rates", np.linspace(-1, 1, 200).reshape(100, 2), rate=50.0, chunks=(7, 1), compression="gzip")
    series(acquisition, "movie", np.zeros((4, 2, 2)), rate=2.0)
    series(acquisition, "empty", np.zeros((0, 2)), rate=2.0)
    series(acquisition, "unordered", np.zeros(3), stamps=[0.0, 2.0, 1.0])
    stamps = np.arange(400) / 100
    stamps[[7, 300]] = [1e6, np.nan]
    series(acquisition, "two bad stamps", np.arange(400.0), stamps=stamps)
    series(acquisition, "unequal", np.zeros(3), stamps=[0.0, 1.0])
    series(acquisition, "timeless", np.zeros(3), rate=np.nan)
    series(acquisition, "huge", np.full(10, 1e30), rate=5.0)
    series(acquisition, "wordy", np.array([b"a", b"b"]), rate=1.0)
    twin = typed(acquisition, "Position", "Position")
    series(twin, "hand", np.zeros(4), rate=2.0)
    never = typed(acquisition, "never written", "TimeSeries", comments="")
    never.create_dataset("data", (100,), "<f8", chunks=(10,), fillvalue=0.5)
    never.create_dataset("starting_time", data=0.0).attrs["rate"] = 50.0
    half = typed(acquisition, "half written", "TimeSeries", comments="")
    half.create_dataset("data", (100, 3), "<f8", chunks=(10, 2), fillvalue=0.5)[:50] = 0.25
    half.create_dataset("starting_time", data=0.0).attrs["rate"] = 50.0


case("series", all_series)


def circle(f):
    f["processing"] = h5py.SoftLink("/intervals")
    f["intervals/again"] = f["intervals"]
    f["intervals/root"] = f["/"]


case("group-in-itself", units, trials, circle)


def virtual(group, name):
    layout = h5py.VirtualLayout(shape=(4,), dtype="<f8")
    layout[:] = h5py.VirtualSource("nowhere.h5", "x", shape=(4,))
    group.create_virtual_dataset(name, layout)


def virtual_acquisition(f):
    made = typed(f.create_group("acquisition"), "virtual", "TimeSeries")
    virtual(made, "data")
    made.create_dataset("starting_time", data=0.0).attrs["rate"] = 2.0


case("virtual-elsewhere", units, trials, virtual_acquisition)

# ---------------------------------------------------------------- malformed, or beyond what can be read

case("virtual-units", units, trials, lambda f: virtual(f["units"], "waveform_mean"))
case("region-references", units, trials, lambda f: f["units"].create_dataset(
    "where", data=np.array([f["units/id"].regionref[0:1]] * 3, dtype=h5py.regionref_dtype)))
case("scale-offset", lambda f: units(f, chunks=(5,), scaleoffset=3), trials)
case("hdf5-only", lambda f: f.create_dataset("x", data=1.0), make_root=False)
case("nwb-1", lambda f: f.create_dataset("nwb_version", data="NWB-1.0.6"), make_root=False)
case("no-units", trials)
case("empty-units", lambda f: units(f, times=np.zeros(0), ends=[], ids=[]), trials)
case("no-spikes-no-trials", lambda f: units(f, times=np.zeros(0), ends=[0, 0, 0]))
case("no-spike-times", units, trials, lambda f: f["units"].__delitem__("spike_times"))
case("no-index", lambda f: units(f, ends=None), trials)
case("falling-index", lambda f: units(f, ends=[3, 2, 5]), trials)
case("index-beyond", lambda f: units(f, ends=[3, 3, 6]), trials)
case("index-too-short", lambda f: units(f, ends=[3, 5]), trials)
case("index-negative", lambda f: units(f, ends=[3, -1, 5], index_type="<i4"), trials)
case("index-float", lambda f: units(f, index_type="<f8"), trials)
case("index-overflow", lambda f: units(f, ends=[3, 3, 2**64 - 1], index_type="<u8"), trials)
case("text-times", lambda f: units(f, times=np.array([b"a"] * 5)), trials)
case("flat-times", lambda f: units(f, times=TIMES.reshape(5, 1)), trials)
case("ids-twice", lambda f: units(f, ids=[7, 7, 9]), trials)
case("absurd-spike", lambda f: units(f, times=np.array([0.01, 0.02, 1e300, 0.5, 1.25])))
case("far-spike", lambda f: units(f, times=np.array([0.01, 0.02, 8e9, 0.5, 1.25])))
case("no-stop-time", units, lambda f: trials(f, stops=None))
case("all-nan-trials", units, lambda f: trials(f, (np.nan, np.nan)))
case("empty-trials", units, lambda f: trials(f, (), ()))
case("trial-of-ages", units, lambda f: trials(f, (0.0, 1.0), (1e300, 2.0)))
case("uneven-trials", units, lambda f: trials(f, stops=(1.0,)))
case("units-no-group", lambda f: f.create_dataset("units", data=1.0), trials)


def unobserved(f):
    table = units(f, columns=("spike_times", "obs_intervals"))
    table.create_dataset("obs_intervals", data=np.array([[10.0, 11.0]] * 3))
    table.create_dataset("obs_intervals_index", data=np.array([1, 2, 3], dtype="<u1"))


case("unobserved", unobserved, trials)


def link(target):
    def maker(f):
        del f["units/spike_times"]
        f["units/spike_times"] = target

    return maker


case("broken-link", units, trials, link(h5py.SoftLink("/nowhere")))
case("link-to-itself", units, trials, link(h5py.SoftLink("/units/spike_times")))
case("external-link", units, trials, link(h5py.ExternalLink("other.h5", "/x")))


def absurd_size(f):
    del f["units/spike_times"]
    f["units"].create_dataset("spike_times", (2**50,), "<f8", chunks=(1024,))
    del f["units/spike_times_index"]
    f["units"].create_dataset("spike_times_index", data=np.array([3, 3, 2**50], dtype="<u8"))


case("absurd-size", units, trials, absurd_size)


def absurd_table(f):
    del f["units/id"]
    f["units"].create_dataset("id", (2**40,), "<i8", chunks=(1024,))


case("absurd-table", units, trials, absurd_table)

open(f"{directory}/not-hdf5.nwb", "w").write("no HDF5 at all\n" * 100)
open(f"{directory}/empty-file.nwb", "w").close()
