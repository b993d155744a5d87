"""Writes folders as suite2p leaves them, and what NumPy makes of them. usage: suite2p_folders.py DIRECTORY

truth.npz in each folder holds "corrected", F - 0.7 Fneu in double precision and then rounded, [frames, regions], and "cells", the
numbers of the regions that are cells.
"""

import os
import pickle
import sys

import numpy as np

directory = sys.argv[1]
rng = np.random.default_rng(2)
ROIS, FRAMES = 37, 2500
F = (3000 + 500 * rng.standard_normal((ROIS, FRAMES))).astype("f4")
F[5, 100:110] = np.nan
Fneu = (1500 + 100 * rng.standard_normal((ROIS, FRAMES))).astype("f4")
spks = np.maximum(0, rng.standard_normal((ROIS, FRAMES))).astype("f4")
iscell = np.stack([(rng.random(ROIS) < 0.6).astype("f8"), rng.random(ROIS)], 1)
OPS = {"nplanes": 1, "look_one_level_down": False, "batch": ["fs", "tau"], "meanImg": rng.random((64, 64)).astype("f4"),
       "fs": 30.0, "tau": 1.25, "save_path": "/data/fs", "badframes": np.zeros(9, bool), "refImg": None}


def folder(name, F=F, Fneu=Fneu, iscell=iscell, ops=OPS, protocol=None):
    path = os.path.join(directory, name)
    os.makedirs(path)
    arrays = {"F": F, "Fneu": Fneu, "iscell": iscell, "spks": spks}
    for key, array in arrays.items():
        if array is not None:
            np.save(f"{path}/{key}.npy", array)
    if ops is not None and protocol is None:
        np.save(f"{path}/ops.npy", ops)
    elif ops is not None:
        with open(f"{path}/ops.npy", "wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
            pickle.dump(np.array(ops, object), file, protocol=protocol)
    if F is not None and Fneu is not None and F.shape == Fneu.shape:
        corrected = (F.astype("f8") - 0.7 * Fneu.astype("f8")).astype("f4")
        np.savez(f"{path}/truth.npz", corrected=corrected.T, spks=spks.T, raw=F.T,
                 cells=np.flatnonzero(iscell[:, 0]) if iscell is not None else np.arange(len(F)))
    return path


folder("plane0")
folder("fortran", np.asfortranarray(F.astype(">f8")), np.asfortranarray(Fneu))
folder("no-iscell", iscell=None)
for protocol in range(6):
    if protocol <= pickle.HIGHEST_PROTOCOL:
        folder(f"protocol-{protocol}", ops={**OPS, "fs": 7.5}, protocol=protocol)
folder("whole-rate", ops={"fs": 300, "x": 1})
folder("no-rate", ops={"tau": 1.0})
folder("no-ops", ops=None)
folder("two-rates", ops={"fs": 30.0, "db": {"fs": 15.0}})
folder("wrapped-rate", ops={"fs": np.float64(30.0)})
folder("no-fneu", Fneu=None)
folder("unequal", Fneu=Fneu[:, :-1])
folder("short-iscell", iscell=iscell[:-1])
folder("flat", F[0], Fneu[0])
folder("no-cells", iscell=np.zeros((ROIS, 2)))
folder("infinite", np.where(F > 4500, np.inf, F))
folder("objects", F.astype(object))
path = folder("cut")
with open(f"{path}/F.npy", "r+b") as file:
    file.truncate(10000)

# For fuzzing.
iscell_of_three = np.array([[1, 0.9], [0, 0.2], [1, 0.6]])
folder("small", F[:3, :8], Fneu[:3, :8], iscell_of_three, {"fs": 30.0, "tau": 1.25, "meanImg": np.zeros((2, 2))})
