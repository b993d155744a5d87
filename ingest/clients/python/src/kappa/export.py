"""What ``kappa export`` wrote, as NumPy arrays."""

import json
import pathlib

import numpy as np


class Export:
    """The arrays of an export by their names: ``e["kappa"]``, ``e["models/m"]``. ``dashboards/docs/export.md`` lists them."""

    def __init__(self, arrays):
        self._arrays = arrays

    def __getitem__(self, name):
        return self._arrays[name]

    def __contains__(self, name):
        return name in self._arrays

    def __iter__(self):
        return iter(self._arrays)

    def keys(self):
        return self._arrays.keys()

    @property
    def time(self):
        """[bins] seconds from the beginning of the session to the end of each bin."""
        return (self["bin"] + 1) * float(self["bin_width"])

    @property
    def kappa(self):
        """[bins,K] κ; NaN where there is none yet."""
        return self["kappa"]

    @property
    def sd(self):
        """[bins,K] standard deviations of κ."""
        return np.sqrt(np.diagonal(self["kappa_covariance"], axis1=1, axis2=2))

    @property
    def activity(self):
        """[bins,N] counts, rates or currents."""
        return self["counts"] if "counts" in self else self["activity"]

    def analysis(self, index=-1):
        """An analysis as a dictionary, with the names of the schema's ``Analysis``; the newest by default."""
        return json.loads(bytes(self["analyses/json"][index]))

    def inactivations(self, index=-1):
        """Predicted effects of silencing as a dictionary, with the names of the schema's ``Inactivations``."""
        return json.loads(bytes(self["inactivations/json"][index]))

    def by_trial(self, values):
        """A list of one array for each trial, of an array with a row for each bin."""
        trial = self["trial"]
        cuts = np.flatnonzero(np.diff(trial)) + 1
        return np.split(np.asarray(values), cuts)

    def to_xarray(self):
        """An ``xarray.Dataset`` with the dimensions time, neuron, input, latent."""
        import xarray
        rows = {"kappa": ("time", "latent"), "kappa_covariance": ("time", "latent", "latent_2"), "v": ("time", "input"),
                "inputs": ("time", "input"), "behavior": ("time", "channel"), "trial": ("time",), "phase": ("time",),
                "counts": ("time", "neuron"), "activity": ("time", "neuron"), "silenced": ("time", "neuron"),
                "model_version": ("time",), "prediction_error": ("time",), "baseline_error": ("time",)}
        data = {name: (dims, self[name]) for name, dims in rows.items() if name in self}
        coordinates = {"time": self.time, "bin": ("time", self["bin"])}
        for dimension, names in (("neuron", "neuron_names"), ("input", "input_names"), ("channel", "behavior_names")):
            if any(dimension in dims for dims, _ in data.values()) and names in self:
                coordinates[dimension] = np.asarray(self[names]).astype(str)
        return xarray.Dataset(data, coords=coordinates, attrs={
            "session": str(self["session"]), "bin_width": float(self["bin_width"])})


def read(path):
    """Reads a file of ``kappa export``: NPZ, or HDF5 where h5py is installed. See :class:`Export`."""
    path = pathlib.Path(path)
    with open(path, "rb") as file:
        hdf5 = file.read(8) == b"\x89HDF\r\n\x1a\n"
    arrays = _hdf5(path) if hdf5 else _npz(path)
    if "layout_version" not in arrays or "kappa" not in arrays:
        raise ValueError("%s: is no export of kappa; kappa export --session ID --out FILE.npz writes one" % path)
    return Export(arrays)


def _npz(path):
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _hdf5(path):
    import h5py
    arrays = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset):
            text = h5py.check_string_dtype(item.dtype) is not None and not name.endswith("json")
            arrays[name] = np.asarray(item.asstr()[()]).astype(str) if text else item[()]

    with h5py.File(path) as file:
        file.visititems(take)
    return arrays
