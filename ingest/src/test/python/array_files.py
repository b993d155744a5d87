"""Writes arrays and tables as NumPy and others write them, and the truth. usage: array_files.py DIRECTORY

truth.npz holds "counts" and "rates", [300 bins, 7 neurons], which every file holds one of.
"""

import sys

import numpy as np

directory = sys.argv[1]
rng = np.random.default_rng(11)
counts = rng.poisson(0.7, (300, 7))
rates = np.round(rng.uniform(-1, 1, (300, 7)), 6)
rates[17, 3] = np.nan
np.savez(f"{directory}/truth.npz", counts=counts.astype("f4"), rates=rates.astype("f4"))


def npy(name, array):
    np.save(f"{directory}/{name}.npy", array)


npy("counts-i8", counts.astype("<i8"))
npy("counts-u1", counts.astype("u1"))
npy("counts-big-endian", counts.astype(">i2"))
npy("counts-fortran", np.asfortranarray(counts.astype("<i4")))
npy("counts-f8", counts.astype("f8"))
npy("counts-trials", counts.reshape(10, 30, 7))
npy("counts-trials-fortran", np.asfortranarray(counts.reshape(10, 30, 7)))
npy("rates-f8", rates)
npy("rates-f4", rates.astype("f4"))
npy("currents", rates * 100)
npy("flat", counts[:, 0])
npy("text", counts.astype(str))
ragged = np.empty(3, object)
ragged[:] = [counts[:10], counts[10:25], counts[25:]]
npy("objects", ragged)
npy("infinite", np.where(rates > 0.9, np.inf, rates))
with open(f"{directory}/cut.npy", "wb") as file:
    file.write(open(f"{directory}/counts-i8.npy", "rb").read()[:5000])
with open(f"{directory}/long.npy", "wb") as file:
    file.write(open(f"{directory}/counts-i8.npy", "rb").read() + b"more")
for number, extents in enumerate(("(1099511627776, 7)", "(1048576, 1048576)")):
    header = f"{{'descr': '<u1', 'fortran_order': False, 'shape': {extents}, }}".encode()
    with open(f"{directory}/announces-{number}.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + header.ljust(117) + b"\n" + bytes(64))

names = [f"unit {i}" for i in range(7)]
np.savetxt(f"{directory}/counts-savetxt.csv", counts, "%d", ",", header=",".join(names))
np.savetxt(f"{directory}/counts-blanks.txt", counts, "%5d", " ", header=" ".join(f"n{i}" for i in range(7)), comments="")
np.savetxt(f"{directory}/rates-tabs.tsv", rates, "%.6f", "\t", header="\t".join(names), comments="", newline="\r\n")


def text(name, lines, end="\n"):
    with open(f"{directory}/{name}", "w", encoding="utf-8", newline="") as file:
        file.write(end.join(lines) + end)


# As pandas writes a frame: a first column with the index and no name; nothing where a number is not known.
text("rates-pandas.csv", ["," + ",".join(names)] + [
    f"{t}," + ",".join("" if np.isnan(x) else repr(float(x)) for x in row) for t, row in enumerate(rates)])
text("counts-excel.csv", ["\ufefftime;" + ";".join(f'"{name}"' for name in names)] + [
    f"{t / 50};" + ";".join(map(str, row)) for t, row in enumerate(counts)] + [""], "\r\n")
text("no-names.csv", [",".join(map(str, row)) for row in counts])
text("names-only.csv", ["a,b,c"])
text("blank.csv", ["", "  "])
text("twice.csv", ["a,b,a", "1,2,3"])
text("unnamed.csv", ["a,,b", "1,2,3"])
text("short-row.csv", ["a,b", "1,2", "3"])
text("long-row.csv", ["a,b", "1,2", "3,4,5"])
text("words.csv", ["a,b", "1,2", "3,four"])
text("decimal-comma.csv", ["a;b", "0,5;1,5"])
np.savez(f"{directory}/other-names.npz", spikes=counts.reshape(10, 30, 7), dt=np.array(0.02), labels=np.array(names))
np.savez(f"{directory}/unnamed.npz", counts, 0.02)
np.savez(f"{directory}/named.npz", counts=counts, bin_width=0.02, neuron_names=np.array(names),
         rig_time_ns=1_000_000_000 + 20_000_000 * np.arange(300))
np.savez(f"{directory}/bytes-names.npz", counts=counts, bin_width=0.02,
         neuron_names=np.array([name.encode() for name in names]))
np.savez(f"{directory}/bad-names.npz", counts=counts, bin_width=0.02, neuron_names=np.array(["a"] * 7),
         rig_time_ns=np.arange(5))
np.savez(f"{directory}/object-names.npz", counts=counts, bin_width=0.02, neuron_names=np.array(names, object),
         rig_time_ns=np.linspace(0, 6, 300))
