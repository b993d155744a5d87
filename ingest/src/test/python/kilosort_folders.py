"""Writes folders as Kilosort and phy leave them, and what NumPy counts in them. usage: kilosort_folders.py DIRECTORY

truth.npz in each folder holds, for bins of 20 and 5 ms from sample 0 to the last spike, the counts of all clusters that have
spikes ("ids"), in the order of their ids.
"""

import os
import sys

import numpy as np

directory = sys.argv[1]
RATE = 30000.0


def folder(name):
    path = os.path.join(directory, name)
    os.makedirs(path)
    return path


def truth(path, times, clusters, rate=RATE):
    times, clusters = np.ravel(times).astype("f8"), np.ravel(clusters)
    ids = np.unique(clusters)
    arrays = {"ids": ids}
    for ms in (20, 5):
        bins = np.trunc(np.round(times / rate / (ms / 1000), 6)).astype(int)
        counts = np.zeros((bins.max() + 1, len(ids)), "i4")
        np.add.at(counts, (bins, np.searchsorted(ids, clusters)), 1)
        arrays[f"counts_{ms}ms"] = counts
    np.savez(os.path.join(path, "truth.npz"), **arrays)


def text(path, name, content):
    with open(os.path.join(path, name), "w", encoding="utf-8", newline="") as file:
        file.write(content)


# Curated in phy: cluster 3 was merged with others into 14, and the two tables disagree.
path = folder("curated")
rng = np.random.default_rng(14)
times = np.sort(rng.integers(0, 30000 * 60, 5000)).astype("u8")
times[:7] = [0, 0, 599, 600, 601, 1199, 1200]  # on the edges of bins and beside them
times.sort()
clusters = rng.integers(0, 12, 5000).astype("i4")
np.save(f"{path}/spike_times.npy", times[:, None])
np.save(f"{path}/spike_templates.npy", clusters[:, None].astype("u4"))
clusters[clusters == 3] = 14
np.save(f"{path}/spike_clusters.npy", clusters)
text(path, "cluster_group.tsv", "cluster_id\tgroup\n" + "".join(
    f"{i}\t{('good', 'noise', 'mua')[i % 3]}\n" for i in range(8)))
text(path, "cluster_KSLabel.tsv", "cluster_id\tKSLabel\r\n" + "".join(f"{i}\tgood\r\n" for i in range(12)))
text(path, "cluster_ContamPct.tsv", "cluster_id\tContamPct\n" + "".join(f"{i}\t{10 * i}\n" for i in range(12)))
text(path, "cluster_info.tsv", "cluster_id\tAmplitude\tgroup\n0\t12.5\tnoise\n14\t30\tgood\n")
text(path, "params.py", "dat_path = 'recording.dat'\nn_channels_dat = 385\ndtype = 'int16'\nsample_rate = 30000.\n")
truth(path, times, clusters)

# As the sorter leaves it: templates only, no table.
path = folder("uncurated")
np.save(f"{path}/spike_times.npy", times.astype("i8"))
np.save(f"{path}/spike_templates.npy", clusters.astype(">u2"))
text(path, "params.py", "sample_rate = np.float64(25_000.5)  # as NumPy 2 prints it\n")
truth(path, times, clusters, 25000.5)

# Nothing says the rate; the group is a .csv, as in old versions of phy.
path = folder("no-rate")
np.save(f"{path}/spike_times.npy", times)
np.save(f"{path}/spike_clusters.npy", clusters)
text(path, "cluster_groups.csv", "cluster_id,group\n" + "".join(f"{i},noise\n" for i in range(20)))
text(path, "params.py", "dat_path = 'sample_rate = 1'\n")
truth(path, times, clusters)


def broken(name, times=times, clusters=clusters, rate="30000."):
    path = folder(name)
    np.save(f"{path}/spike_times.npy", times)
    np.save(f"{path}/spike_clusters.npy", clusters)
    text(path, "params.py", f"sample_rate = {rate}\n")
    return path


falling = times.astype("i8")
falling[2000] = 5
broken("falling", falling)
broken("negative", np.concatenate([[-3], times.astype("i8")[1:]]))
broken("fractional", times + 0.5)
broken("far", np.concatenate([times.astype("f8")[1:], [1e17]]))
broken("unequal", times[:-1])
broken("wide", np.stack([times, times], 1))
broken("empty", times[:0], clusters[:0])
broken("negative-id", clusters=np.where(clusters == 14, -1, clusters))
broken("large-id", clusters=np.where(clusters == 14, 1 << 20, clusters))
broken("objects", clusters=clusters.astype(object))
broken("rate-zero", rate="0")
broken("rate-text", rate="'30 kHz'")
path = broken("cut")
with open(f"{path}/spike_times.npy", "r+b") as file:
    file.truncate(20000)
path = broken("announces-much")
header = b"{'descr': '<u8', 'fortran_order': False, 'shape': (1099511627776,), }"
with open(f"{path}/spike_times.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + header.ljust(117) + b"\n" + bytes(64))
path = broken("bad-table")
text(path, "cluster_group.tsv", "cluster_id\tgroup\n0\tgood\nseven\tmua\n")

# For fuzzing.
path = folder("small")
np.save(f"{path}/spike_times.npy", np.array([3, 500, 601, 90000], "u8")[:, None])
np.save(f"{path}/spike_clusters.npy", np.array([0, 2, 0, 3], "i4"))
text(path, "params.py", "sample_rate = 30000.\n")
text(path, "cluster_group.tsv", "cluster_id\tgroup\n0\tgood\n2\tmua\n3\tnoise\n")
text(path, "cluster_info.tsv", "cluster_id\tAmplitude\tgroup\n0\t12.5\tnoise\n2\t30\tgood\n")
