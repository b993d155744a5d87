"""The latent state κ, bin by bin."""

import dataclasses
import time
import warnings
from typing import Optional

import numpy as np

from . import topics, wire


@dataclasses.dataclass(frozen=True)
class Latent:
    """κ of one bin."""

    bin: int                     #: index within the session, from 0
    kappa: np.ndarray            #: [K] the latent state at the end of the bin
    covariance: np.ndarray       #: [K,K] its covariance
    trial: int                   #: number of the trial; means nothing in sessions without trials
    trial_start: bool            #: whether this is the first bin of a trial
    inputs: np.ndarray           #: [S] u(t)
    v: np.ndarray                #: [S] the inputs, filtered by the network's time constant
    behavior: np.ndarray         #: as it was sent; empty where there is none
    silenced: np.ndarray         #: indices of the neurons that were silenced
    model_version: int           #: of the model that filtered the bin; 0 before the first
    rig_time: float              #: seconds, end of the bin on the rig's clock
    published_unix_ns: int       #: when κ was published

    @property
    def sd(self):
        """[K] standard deviations of κ."""
        return np.sqrt(np.diagonal(self.covariance))


class Rejected(Exception):
    """kappa could not use a record of the session. The message says why."""


def symmetric(lower, rank):
    """[K,K] from the lower triangle by rows."""
    covariance = np.zeros((rank, rank))
    covariance[np.tril_indices(rank)] = lower
    return covariance + np.tril(covariance, -1).T


def bits(mask):
    """Indices of the bits that are set, lowest first."""
    return np.flatnonzero(np.unpackbits(np.frombuffer(mask, np.uint8), bitorder="little"))


def _latent(message, index, bin_):
    rank = len(bin_.kappa)
    return Latent(bin=index, kappa=np.array(bin_.kappa), covariance=symmetric(bin_.covariance, rank), trial=bin_.trial,
                  trial_start=bin_.trial_start, inputs=np.array(bin_.inputs), v=np.array(bin_.v),
                  behavior=np.array(bin_.behavior), silenced=bits(bin_.silenced), model_version=message.model_version,
                  rig_time=bin_.rig_time_ns / 1e9, published_unix_ns=message.published_unix_ns)


class Watch:
    """An iterator of the κ of a session: one :class:`Latent` for each bin, in their order. Not thread-safe.

    It ends when the session's last model is published and every κ has come.

    :param from_start: whether to begin with the session's first bin that Kafka still has, or with what comes next
    """

    def __init__(self, session, bootstrap_servers="localhost:9092", kafka=None, from_start=True):
        self._topics = topics.Topics(session, [topics.LATENTS, topics.MODELS, topics.REJECTED], bootstrap_servers,
                                     kafka, from_start)
        self._next = 0
        self._ready = []
        self._over = False
        #: the newest snapshot of the model (``wire.ModelSnapshot``), or None before the first
        self.model = None

    def read(self, timeout: float) -> Optional[Latent]:
        """The next κ, or None if none comes within ``timeout`` seconds."""
        until = time.monotonic() + timeout
        while not self._ready:
            message = self._topics.read(max(0.0, until - time.monotonic()))
            if message is None:
                return None
            self._take(message)
        return self._ready.pop()

    def _take(self, message):
        if isinstance(message, wire.ModelSnapshot):
            self.model = message
            self._over |= message.final
        elif isinstance(message, wire.Rejected):
            if not message.record_used:
                raise Rejected(message.detail)
        else:
            # After a crash of kappa some bins come twice.
            new = [(t, b) for t, b in enumerate(message.bins, message.first_bin) if t >= self._next]
            self._next = max(self._next, message.first_bin + len(message.bins))
            self._ready = [_latent(message, t, b) for t, b in reversed(new)]

    @property
    def given(self):
        """Index of the bin whose κ is given out next."""
        return self._next - len(self._ready)

    def __iter__(self):
        return self

    def __next__(self):
        waited = 0
        while True:
            latent = self.read(1.0)
            if latent is not None:
                return latent
            if self._over:
                raise StopIteration
            waited += 1
            if waited == 10:
                warnings.warn("no κ came for 10 s; is kappa live or kappa serve running on this Kafka?", stacklevel=2)

    def close(self):
        self._topics.close()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()


def watch(session, bootstrap_servers="localhost:9092", kafka=None, from_start=True):
    """An iterator of the κ of a session that anybody publishes. See :class:`Watch`."""
    return Watch(session, bootstrap_servers, kafka, from_start)
