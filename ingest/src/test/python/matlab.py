"""Writes MATLAB files: with SciPy those of v5 and v7, with h5py those of v7.3, and what they hold as truth.npz.

usage: matlab.py DIRECTORY
"""

import struct
import sys

import h5py
import numpy as np
import scipy.io
import scipy.sparse

directory = sys.argv[1]
random = np.random.default_rng(5)

TRIALS, BINS, NEURONS = 5, 7, 3
counts = random.poisson(1.5, (TRIALS, BINS, NEURONS)).astype(np.uint8)
rates = np.tanh(random.normal(size=(TRIALS, BINS, NEURONS)))
rates[1, 2, 0] = np.nan
behavior = random.normal(size=(TRIALS, BINS, 2)).astype(np.float32)
inputs = random.normal(size=(TRIALS, BINS))  # MATLAB has no [trials, bins, 1]
lengths = np.array([7, 5, 6, 7, 4])

session = dict(counts=counts, bin_width=0.02, inputs=inputs, behavior=behavior, trial_length=lengths.astype(float))
flat = np.concatenate([counts[k, : lengths[k]] for k in range(TRIALS)])

np.savez(f"{directory}/truth.npz", counts=counts, rates=rates, behavior=behavior, inputs=inputs[..., None], flat=flat,
         trial_length=lengths)

TYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
types = {f"a_{name}": np.arange(24).reshape(2, 3, 4).astype(name) for name in TYPES}
types["a_logical"] = np.arange(24).reshape(2, 3, 4) % 2 == 1

cell = np.empty((1, TRIALS), dtype=object)
for k in range(TRIALS):
    cell[0, k] = counts[k, : lengths[k]].astype(float)
trials = np.array([(cell[0, k], float(k)) for k in range(TRIALS)], dtype=[("counts", object), ("side", object)])

unreadable = dict(counts=cell, text="counts", sparse=scipy.sparse.csc_matrix(flat.astype(float)), complex=rates[0] + 1j,
                  trials=trials, empty=np.zeros((0, 3)), struct=dict(a=1.0, b="two"), bin_width=0.02)

# ------------------------------------------------------------------ v5 and v7


def mat(name, content, **options):
    scipy.io.savemat(f"{directory}/{name}.mat", content, oned_as="row", **options)


mat("v5", session)
mat("v7", session, do_compression=True)
mat("types", types)
mat("types-compressed", types, do_compression=True)
mat("one-stretch", dict(counts=flat.astype(float), bin_width=0.02))
mat("unequal", dict(counts=flat.astype(float), bin_width=0.02, trial_length=lengths[:, None]))
mat("rates", dict(activity=rates, bin_width=0.02))
mat("struct", dict(session=session, subject="M1"), do_compression=True)
mat("other-names", dict(spikes=dict(binned=counts, meta=dict(dt=0.02, trials=lengths)), note="from the lab"))
named = np.empty((1, NEURONS), dtype=object)
named[0, :] = ["M1-a", "", "é3"]
named[0, 1] = "PMd 2"
mat("named", {**session, "neuron_names": named})
mat("named-compressed", dict(session={**session, "neuron_names": named}), do_compression=True)
mat("named-rows", {**session, "neuron_names": np.array(["M1-a", "PMd 2", "é3"])})
mat("misnamed", {**session, "neuron_names": cell})
mat("unreadable", unreadable)
mat("unreadable-compressed", unreadable, do_compression=True)
mat("v4", dict(counts=flat.astype(float), bin_width=0.02), format="4")


def element(kind, data):
    return struct.pack(">ii", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def big_endian(name, content):
    """SciPy writes in the machine's own order only."""
    with open(f"{directory}/{name}.mat", "wb") as f:
        f.write(b"MATLAB 5.0 MAT-file, Platform: SOL2".ljust(124) + b"\1\0MI")
        for key, array in content.items():
            array = np.atleast_2d(array)
            f.write(element(14, element(6, struct.pack(">ii", 6, 0))
                            + element(5, struct.pack(f">{array.ndim}i", *array.shape))
                            + element(1, key.encode())
                            + element(9, array.astype(">f8").tobytes(order="F"))))


big_endian("big-endian", session)

# ------------------------------------------------------------------ v7.3

CLASSES = dict(float64="double", float32="single", bool="logical")
reference = h5py.special_dtype(ref=h5py.Reference)


def put(group, name, value, **storage):
    """One variable or field as MATLAB lays it out: extents in reverse order, its class as an attribute."""
    if isinstance(value, dict):
        made = group.create_group(name)
        made.attrs["MATLAB_class"] = np.bytes_("struct")
        for key, field in value.items():
            put(made, key, field, **storage)
        return made
    if isinstance(value, str):
        made = group.create_dataset(name, data=np.array([[ord(c)] for c in value], dtype="<u2"))
        made.attrs["MATLAB_class"] = np.bytes_("char")
        return made
    array = np.atleast_2d(value)
    kind = CLASSES.get(array.dtype.name, array.dtype.name)
    if array.size == 0:
        made = group.create_dataset(name, data=np.array(array.shape, dtype="<u8"))
        made.attrs["MATLAB_empty"] = np.uint8(1)
    elif np.iscomplexobj(array):
        pairs = np.empty(array.T.shape, dtype=[("real", "<f8"), ("imag", "<f8")])
        pairs["real"], pairs["imag"] = array.T.real, array.T.imag
        made = group.create_dataset(name, data=pairs)
        kind = "double"
    else:
        data = array.T.astype("u1") if kind == "logical" else array.T
        made = group.create_dataset(name, data=data, **storage)
    made.attrs["MATLAB_class"] = np.bytes_(kind)
    return made


def mat73(name, content, **storage):
    path = f"{directory}/{name}.mat"
    with h5py.File(path, "w", userblock_size=512) as f:
        for key, value in content.items():
            put(f, key, value, **storage)
        yield_references(f, name)
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Tue Dec  1 05:00:00 2026 HDF5 schema 1.00 ."
    with open(path, "r+b") as f:
        f.write(header.ljust(116) + b"\0" * 8 + b"\x00\x02IM")


def yield_references(f, name):
    """Cells, struct arrays and sparse matrices, for the file of what cannot be read; names, for that with names."""
    if not name.startswith(("unreadable", "named")):
        return
    refs = f.create_group("#refs#")
    if name.startswith("named"):
        parts = [put(refs, f"n{k}", text).ref for k, text in enumerate(named[0])]
        made = f.create_dataset("neuron_names", data=np.array([[part] for part in parts], dtype=reference), dtype=reference)
        made.attrs["MATLAB_class"] = np.bytes_("cell")
        return
    parts = [put(refs, f"c{k}", cell[0, k]).ref for k in range(TRIALS)]
    made = f.create_dataset("counts", data=np.array([[part] for part in parts], dtype=reference), dtype=reference)
    made.attrs["MATLAB_class"] = np.bytes_("cell")
    group = f.create_group("trials")
    group.attrs["MATLAB_class"] = np.bytes_("struct")
    group.create_dataset("counts", data=np.array([[part] for part in parts], dtype=reference), dtype=reference)
    group = f.create_group("sparse")
    group.attrs["MATLAB_class"] = np.bytes_("double")
    group.attrs["MATLAB_sparse"] = np.uint64(3)
    table = f.create_dataset("table", data=np.zeros((1, 6), dtype="<u4"))
    table.attrs["MATLAB_class"] = np.bytes_("table")
    table.attrs["MATLAB_object_decode"] = np.int32(3)


mat73("v7.3", session)
mat73("v7.3-compressed", session, chunks=True, compression="gzip", shuffle=True)
mat73("types-v7.3", types)
mat73("unequal-v7.3", dict(counts=flat.astype(float), bin_width=0.02, trial_length=lengths[:, None].astype(float)))
mat73("rates-v7.3", dict(activity=rates, bin_width=0.02))
mat73("named-v7.3", session)
mat73("struct-v7.3", dict(session=session, subject="M1"))
mat73("other-names-v7.3", dict(spikes=dict(binned=counts, meta=dict(dt=0.02, trials=lengths.astype(float))), note="lab"))
mat73("unreadable-v7.3", dict(text="counts", complex=rates[0] + 1j, empty=np.zeros((0, 3)), struct=dict(a=1.0, b="two"),
                              bin_width=0.02))
