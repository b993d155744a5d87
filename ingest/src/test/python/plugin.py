"""Sends as the plugin "ZMQ Interface" does, by another implementation of ZeroMQ and of JSON.

    plugin.py PORT BLOCKS

Waits for a subscriber, sends blocks of varying length, and prints the truth: a line with the number of each bin of 600
samples and its counts.
"""
import json
import random
import struct
import sys

import zmq

UNITS, BIN, TAIL = 8, 600, 100
port, blocks = int(sys.argv[1]), int(sys.argv[2])
draw = random.Random(2)
data = zmq.Context().socket(zmq.XPUB)
data.sndhwm = 0
data.linger = 10_000
data.bind("tcp://127.0.0.1:%d" % port)
print("bound", flush=True)
while data.recv()[:1] != b"\x01":
    pass
number, at, held, truth = 0, 30_000, [], {}


def send(topic, header, payload):
    global number
    number += 1
    header = {"message_num": number, **header, "timestamp": 1751900000000 + number}
    data.send_multipart([topic, json.dumps(header, indent=2).replace("\n", "\r\n").encode(), payload])


for _ in range(blocks):
    samples = draw.randint(690, 704)
    spikes = [(at + draw.randrange(samples), draw.randrange(UNITS)) for _ in range(30)]
    for sample, unit in spikes:
        truth.setdefault(sample // BIN, [0] * UNITS)[unit] += 1
    due = held + [s for s in spikes if s[0] < at + samples - TAIL]
    held = [s for s in spikes if s[0] >= at + samples - TAIL]
    for sample, unit in sorted(due, key=lambda s: -s[1]):  # electrode by electrode, the last one first
        send(b"EVENT\0", {"type": "spike", "spike": {
            "stream": "Probe-A", "source_node": 103, "electrode": "Tetrode %d" % (unit // 2 + 1), "sample_num": sample,
            "num_channels": 4, "num_samples": 40, "sorted_id": unit % 2 + 1, "threshold": [-50.0] * 4}},
            struct.pack("<160f", *[0.0] * 160))
    send(b"DATA\0", {"type": "data", "content": {
        "stream": "Probe-A", "channel_num": 0, "channel_name": "CH1", "num_samples": samples, "sample_num": at,
        "sample_rate": 30000.0}, "data_size": 4 * samples}, struct.pack("<%df" % samples, *[1.0] * samples))
    at += samples
for bin in sorted(truth):
    print(bin, *truth[bin], flush=True)
print("end", flush=True)
sys.stdin.read()  # until the test has read everything
