"""Publishing a session: the bins of a rig, and the κ that kappa makes of them."""

import itertools
import re
import time

import confluent_kafka
import numpy as np

from . import topics, wire
from .latents import Watch

_OBSERVATIONS = {"counts": wire.COUNTS, "rates": wire.RATES, "currents": wire.CURRENTS}
_RECORD_BYTES = 500_000
_LARGEST_COUNT = 1 << 24


def _names(given, word):
    return ["%s %d" % (word, i) for i in range(given)] if isinstance(given, int) else [str(name) for name in given]


def _rows(values, width, bins, what):
    """[bins,width] of a row or of several."""
    if values is None:
        if width and what == "inputs":
            raise ValueError("inputs is missing, expected %d numbers a bin" % width)
        return None
    rows = np.asarray(values, dtype=float)
    rows = rows.reshape(1, -1) if rows.ndim < 2 else rows
    if rows.shape != (bins, width):
        raise ValueError("%s has shape %s, expected %s, a row for each bin" % (what, rows.shape, (bins, width)))
    return rows


def _per_bin(value, bins, what):
    values = np.broadcast_to(np.asarray(value), (bins,)) if np.ndim(value) == 0 else np.asarray(value)
    if values.shape != (bins,):
        raise ValueError("%s has shape %s, expected one value for each of the %d bins" % (what, values.shape, bins))
    return values


class Session:
    """A session of kappa that this program records.

    ::

        with kappa.Session(neurons=50, bin_width=.02, inputs=["stimulus"]) as s:
            s.send(counts, inputs=[1.0], trial=7)

    Not thread-safe. When the block ends, the session ends: all bins are delivered, and nothing can follow.

    :param neurons: their number, or their names
    :param bin_width: seconds
    :param rank: number of latent variables
    :param observation: what is sent: ``counts`` (spikes per bin), ``rates`` within [-1, 1], or ``currents`` (z-scored data, LFP)
    :param inputs: names of the input channels u(t), or their number
    :param behavior: names of the behaviour channels, or their number
    :param phases: names of the phases of a trial
    :param tau: time constant of the network, seconds
    :param session: id of the session; without one, it is named after the time
    :param fit: further settings of the fit by their names in ``FitSettings`` of the schema, such as ``{"seed": 3}``
    :param origin: where the data come from, for people
    :param bootstrap_servers: address of Kafka; ``kappa live`` and ``kappa broker`` print theirs
    :param kafka: further settings of the Kafka client, such as those for TLS
    """

    def __init__(self, neurons, bin_width, rank=2, observation="counts", inputs=(), behavior=(), phases=(), tau=0.1,
                 session=None, fit=None, origin="Python", bootstrap_servers="localhost:9092", kafka=None):
        if observation not in _OBSERVATIONS:
            raise ValueError("observation is %r, expected counts, rates or currents" % observation)
        if not 0 < bin_width <= 60:
            raise ValueError("bin_width is %r, expected seconds, at most 60" % bin_width)
        if session is not None and not re.fullmatch("[A-Za-z0-9._-]{1,128}", session):
            raise ValueError("session is %r, expected 1 to 128 characters out of A-Z a-z 0-9 . _ -" % session)
        #: id of the session
        self.id = session or time.strftime("python-%Y%m%d-%H%M%S")
        self._header = wire.SessionHeader(
            schema_version=wire.SCHEMA_VERSION, session=self.id, neurons=_names(neurons, "unit"), bin_width_s=bin_width,
            observation=_OBSERVATIONS[observation], input_channels=_names(inputs, "input"),
            behavior_channels=_names(behavior, "behavior"), phases=list(phases), origin=origin,
            fit=wire.FitSettings(rank=rank, time_constant_s=tau, **(fit or {})))
        if not 1 <= rank <= len(self._header.neurons):
            raise ValueError("rank is %r, expected 1 to the number of neurons" % rank)
        #: number of bins that were sent
        self.bins = 0
        self._failure = None
        self._kafka = {"bootstrap_servers": bootstrap_servers, "kafka": kafka}
        # The topics are looked for before anything is sent, and κ is read from here on.
        self._watch = Watch(self.id, from_start=False, **self._kafka)
        self._requests = topics.Topics(self.id, [topics.INTERVENTIONS], from_start=False, **self._kafka)
        self._producer = confluent_kafka.Producer({
            "bootstrap.servers": bootstrap_servers, "enable.idempotence": True, "partitioner": "murmur2_random",
            "linger.ms": 0, **topics.QUIET, **(kafka or {})})

    # ------------------------------------------------------------------ sending

    def send(self, activity, inputs=None, behavior=None, trial=None, trial_end=False, phase=None, rig_time=None,
             silenced=(), intervention=""):
        """Sends one bin, or several bins that follow one another.

        Returns at once; it waits only while Kafka is more than 100,000 records behind.

        :param activity: [N] numbers of one bin, or [bins,N]. NaN where a neuron was not observed
        :param inputs: [S] or [bins,S]
        :param behavior: [channels] or [bins,channels]; NaN where unknown
        :param trial: number of the trial, which grows; for all bins, or one for each. Sessions in which the first call gives
            none have no trials
        :param trial_end: whether the last of these bins is the trial's last. Without it, a trial ends when the next begins
        :param phase: name of the phase, or its index from 1
        :param rig_time: end of the last of these bins on the rig's clock, seconds. Without it, bins follow one another from 0
        :param silenced: indices of neurons that the rig silenced in these bins
        :param intervention: id of the request that the rig obeyed
        """
        self._require_deliveries()
        rows = np.asarray(activity, dtype=float)
        rows = rows.reshape(1, -1) if rows.ndim < 2 else rows
        bins, neurons = rows.shape[0], len(self._header.neurons)
        if rows.ndim != 2 or rows.shape[1] != neurons:
            raise ValueError("activity has shape %s, expected %d numbers for each bin" % (np.shape(activity), neurons))
        counts = self._header.observation == wire.COUNTS
        seen = ~np.isnan(rows)
        rows = np.where(seen, rows, 0)
        if counts and ((rows < 0).any() or (rows > _LARGEST_COUNT).any() or (rows != np.floor(rows)).any()):
            raise ValueError("activity holds %r, expected counts: whole numbers from 0"
                             % rows[(rows < 0) | (rows > _LARGEST_COUNT) | (rows != np.floor(rows))].flat[0])
        if not counts and not (np.abs(rows) <= 1e9).all():
            raise ValueError("activity holds numbers above 1e9, expected finite ones, or NaN where nothing was observed")
        given = _rows(inputs, len(self._header.input_channels), bins, "inputs")
        behaved = _rows(behavior, len(self._header.behavior_channels), bins, "behavior")
        trials = None if trial is None else _per_bin(trial, bins, "trial")
        self._open(trials is not None)
        width_ns = round(self._header.bin_width_s * 1e9)
        last_ns = (self.bins + bins) * width_ns if rig_time is None else round(rig_time * 1e9)
        messages = []
        for t in range(bins):
            bin_ = wire.Bin(rig_time_ns=last_ns - (bins - 1 - t) * width_ns, intervention=intervention,
                            phase=self._phase(phase), trial_end=trial_end and t == bins - 1)
            if counts:
                bin_.counts.extend(rows[t].astype(np.int64).tolist())
            else:
                bin_.values.extend(rows[t].tolist())
            if not seen[t].all():
                bin_.unobserved = np.packbits(~seen[t], bitorder="little").tobytes()
            if len(silenced):
                mask = np.zeros(neurons, bool)
                mask[np.asarray(silenced)] = True
                bin_.silenced = np.packbits(mask, bitorder="little").tobytes()
            if given is not None:
                bin_.inputs.extend(given[t].tolist())
            if behaved is not None:
                bin_.behavior.extend(behaved[t].tolist())
            if trials is not None:
                bin_.trial = int(trials[t])
            messages.append(bin_)
        at_once = max(1, min(1000, _RECORD_BYTES // (5 * (neurons + len(self._header.input_channels)) + 100)))
        for first in range(0, bins, at_once):
            self._publish(messages[first:first + at_once])

    def _phase(self, phase):
        if phase is None:
            return 0
        if isinstance(phase, str):
            if phase not in self._header.phases:
                raise ValueError("phase is %r, expected one of %s" % (phase, ", ".join(self._header.phases)))
            return list(self._header.phases).index(phase) + 1
        return int(phase)

    def _open(self, trials):
        if self.bins == 0 and not self._header.created_unix_ns:
            self._header.trials = trials
            self._header.created_unix_ns = time.time_ns()
            self._produce(topics.SESSIONS, self._header)
            # A header comes before its first bin.
            self._flush()
        elif trials != self._header.trials:
            raise ValueError("trial is %s, as it was not in the first bin" % ("given" if trials else "missing"))

    def _publish(self, bins, end=False):
        self._produce(topics.ACTIVITY, wire.Activity(
            schema_version=wire.SCHEMA_VERSION, session=self.id, first_bin=self.bins, bins=bins, end_of_session=end,
            sent_unix_ns=time.time_ns()))
        self.bins += len(bins)

    def _produce(self, topic, message):
        while True:
            try:
                self._producer.produce(topic, key=self.id, value=message.SerializeToString(), on_delivery=self._delivered)
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)

    def _delivered(self, error, _):
        self._failure = self._failure or error

    def _require_deliveries(self):
        if self._failure is not None:
            raise confluent_kafka.KafkaException(self._failure)

    def _flush(self):
        if self._producer.flush(topics.PATIENCE):
            raise topics.NotReachable("Kafka does not take what was sent")
        self._require_deliveries()

    # ------------------------------------------------------------------ what comes back

    def latents(self, timeout=None):
        """κ of the bins, in their order, each once (:class:`kappa.Latent`).

        :param timeout: seconds after which the iteration ends if no κ came; 0 gives what is there. Without it, the iteration
            ends when every bin that was sent has its κ
        """
        self._require_deliveries()
        self._producer.poll(0)
        if timeout is None:
            yield from itertools.islice(self._watch, self.bins - self._watch.given)
        else:
            while (latent := self._watch.read(timeout)) is not None:
                yield latent

    @property
    def model(self):
        """The newest snapshot of the fitted network that :meth:`latents` met (``wire.ModelSnapshot``), or None."""
        return self._watch.model

    def intervention(self):
        """The newest request to silence neurons that came since the last call (``wire.Intervention``), or None.

        A rig that can silence neurons obeys it in one of ``every`` trials to come, and says so with ``silenced`` and
        ``intervention`` of :meth:`send`.
        """
        newest = None
        while True:
            request = self._requests.read(0)
            if request is None:
                return newest
            newest = request

    # ------------------------------------------------------------------ ending

    def close(self):
        """Ends the session, and waits until Kafka has all of it. κ can still be read."""
        if self._header.created_unix_ns and not self._ended:
            self._ended = True
            self._publish([], end=True)
        self._flush()

    _ended = False

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        # A program that failed leaves its session open.
        if kind is None:
            self.close()
        else:
            self._producer.flush(topics.PATIENCE)
