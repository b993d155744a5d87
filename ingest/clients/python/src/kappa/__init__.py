"""Sends binned neural activity to kappa, and reads the latent state κ(t) that kappa publishes while it fits."""

from . import wire
from .control import Refused, playback, silence
from .export import Export, read
from .latents import Latent, Rejected, Watch, watch
from .session import Session
from .spikes import count, publish, spike_trains
from .topics import NotReachable

__all__ = ["Export", "Latent", "NotReachable", "Refused", "Rejected", "Session", "Watch", "count", "playback", "publish",
           "read", "silence", "spike_trains", "watch", "wire"]
