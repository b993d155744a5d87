"""Names of kappa's topics, and a reader of them."""

import collections
import time

import confluent_kafka

from . import wire

SESSIONS = "kappa.sessions"
ACTIVITY = "kappa.activity"
LATENTS = "kappa.latents"
MODELS = "kappa.models"
REJECTED = "kappa.rejected"
INTERVENTIONS = "kappa.interventions"

_TYPES = {LATENTS: "Latents", MODELS: "ModelSnapshot", REJECTED: "Rejected", INTERVENTIONS: "Intervention",
          SESSIONS: "SessionHeader", ACTIVITY: "Activity"}

#: The Kafka client tells of every connection that it tries again. What does not heal is raised as an exception.
QUIET = {"log_level": 0, "error_cb": lambda error: None}

#: Seconds within which a broker answers.
PATIENCE = 20


class NotReachable(Exception):
    """There is no broker, or it has none of kappa's topics."""


class Topics:
    """Reads the records of one session, in the order of each topic. Not thread-safe.

    A reader belongs to no consumer group and commits nothing, so any number of them may read a session.
    """

    def __init__(self, session, topics, bootstrap_servers, kafka=None, from_start=True):
        self._key = session.encode()
        self._waiting = collections.deque()
        settings = {"bootstrap.servers": bootstrap_servers, "group.id": "kappa-python", "enable.auto.commit": False,
                    **QUIET}
        self._consumer = confluent_kafka.Consumer({**settings, **(kafka or {})})
        try:
            known = self._consumer.list_topics(timeout=PATIENCE).topics
        except confluent_kafka.KafkaException:
            self._consumer.close()
            raise NotReachable("no Kafka answers at %s; start kappa live or kappa broker, or name its address with "
                               "bootstrap_servers" % bootstrap_servers) from None
        missing = [topic for topic in topics if topic not in known or not known[topic].partitions]
        if missing:
            self._consumer.close()
            raise NotReachable("the Kafka at %s has no topic %s; kappa serve makes it" % (bootstrap_servers, missing[0]))
        places = [confluent_kafka.TopicPartition(topic, partition) for topic in topics
                  for partition in known[topic].partitions]
        for place in places:
            first, end = self._consumer.get_watermark_offsets(place, timeout=PATIENCE)
            place.offset = first if from_start else end
        self._consumer.assign(places)

    def read(self, timeout):
        """The next message of the session, or None if none comes within ``timeout`` seconds."""
        until = time.monotonic() + timeout
        while not self._waiting:
            left = until - time.monotonic()
            records = self._consumer.consume(500, max(0.0, left))
            for record in records:
                if record.error() is None and record.key() == self._key:
                    message = getattr(wire, _TYPES[record.topic()])
                    self._waiting.append(message.FromString(record.value()))
            if not records and left <= 0:
                return None
        return self._waiting.popleft()

    def close(self):
        self._consumer.close()
