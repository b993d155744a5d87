"""Sessions of currents for the table of fitting/docs/units.md. Needs numpy.

currents.py calcium SEED OUT.npz             fluorescence of 60 cells as suite2p gives it, less 0.7 of the neuropil
currents.py scaled SESSION.npz OWN.npz SIX.npz   64 neurons of a simulated session, in their own unit, and each in another unit
"""
import sys

import numpy as np


def calcium(seed, out):
    """Spikes of cells that follow two latent variables, seen through calcium, neuropil, bleaching and shot noise."""
    rng = np.random.default_rng(seed)
    bins, cells, width = 6000, 60, 1 / 30
    latent = np.zeros((bins, 2))
    for t in range(1, bins):
        latent[t] = 0.97 * latent[t - 1] + 0.24 * rng.normal(size=2)
    rate = np.exp(np.clip(latent @ rng.normal(size=(2, cells)) * 0.8 - 1.5, -6, 2.5))
    spikes = rng.poisson(3 * rate * width).astype(float)
    amplitude = rng.uniform(100, 400, cells)
    keep = np.exp(-width / rng.uniform(0.4, 1.2, cells))
    trace = np.zeros((bins, cells))
    for t in range(1, bins):
        trace[t] = keep * trace[t - 1] + spikes[t]
    slow = np.convolve(rng.normal(size=bins), np.exp(-np.arange(60) / 15) / 15, 'same')
    neuropil = 300 + 100 * slow[:, None] * rng.uniform(0.5, 1.5, cells)
    bleached = rng.uniform(500, 3000, cells) * np.exp(-np.arange(bins) * width / 600)[:, None]
    f = bleached + amplitude * trace + 0.7 * neuropil
    f += rng.normal(size=f.shape) * np.sqrt(np.maximum(f, 1))
    f_neuropil = neuropil + 8 * rng.normal(size=neuropil.shape)
    np.savez(out, activity=(f - 0.7 * f_neuropil).astype('f4'), bin_width=width)


def scaled(session, own, six):
    """Scales over six decades and offsets of ten times as much."""
    arrays = {name: values for name, values in np.load(session).items() if not name.startswith('neuron')}
    rng = np.random.default_rng(5)
    y = arrays['activity'].astype('f8')
    y = y[..., np.sort(rng.permutation(y.shape[-1])[:64])]
    np.savez(own, **{**arrays, 'activity': y.astype('f4')})
    scale = 10 ** rng.uniform(-3, 3, y.shape[-1])
    offset = 10 * scale * rng.normal(size=y.shape[-1])
    np.savez(six, **{**arrays, 'activity': (y * scale + offset).astype('f4')})


if __name__ == '__main__':
    if sys.argv[1] == 'calcium':
        calcium(int(sys.argv[2]), sys.argv[3])
    else:
        scaled(*sys.argv[2:5])
