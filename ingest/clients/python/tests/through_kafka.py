"""Sessions through a running kappa: ``through_kafka.py BOOTSTRAP_SERVERS PAGE CONTROL_TOKEN SPEED``.

A minute of 1,000 neurons in bins of 20 ms is sent at SPEED times its pace. Run by PythonClientTest.
"""

import sys
import time

import numpy as np

import kappa

bootstrap_servers, page, token, speed = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
rng = np.random.default_rng(1)


def lose_nothing():
    neurons, bins, width = 1000, 3000, .02
    got = []
    with kappa.Session(neurons, width, inputs=["go"], session="minute", bootstrap_servers=bootstrap_servers) as s:
        begun = time.monotonic()
        for t in range(bins):
            time.sleep(max(0, begun + (t + 1) * width / speed - time.monotonic()))
            s.send(rng.poisson(.2, neurons), inputs=[t % 50 < 5], trial=t // 50, trial_end=t % 50 == 49)
            got += s.latents(timeout=0)
        got += s.latents()
    assert [k.bin for k in got] == list(range(bins)), "each bin has one kappa, in order"
    assert [k.trial for k in got] == [t // 50 for t in range(bins)]
    assert all(k.kappa.shape == (2,) and np.linalg.eigvalsh(k.covariance)[0] > 0 for k in got)
    assert [k.bin for k in kappa.watch("minute", bootstrap_servers)] == list(range(bins)), "and so for who comes later"


def send_many_bins_at_once():
    values = rng.normal(size=(400, 5))
    values[10, 2] = np.nan
    with kappa.Session(["a", "b", "c", "d", "e"], .01, observation="currents", behavior=["hand"], phases=["rest", "move"],
                       session="currents", bootstrap_servers=bootstrap_servers) as s:
        s.send(values, behavior=np.arange(400.0).reshape(-1, 1), phase="move", rig_time=100.0)
        got = list(s.latents())
    assert len(got) == 400 and got[-1].rig_time == 100.0 and abs(got[0].rig_time - 96.01) < 1e-9
    assert got[7].behavior[0] == 7


def obey_requests():
    with kappa.Session(20, .02, rank=1, session="rig", bootstrap_servers=bootstrap_servers) as s:
        s.send(rng.poisson(.2, (50, 20)), trial=0)
        list(s.latents())
        for _ in range(200):  # the page learns of the session a little later
            try:
                asked = kappa.silence("rig", neurons=[3, 1], trials=4, url=page, token=token)
                break
            except kappa.Refused as e:
                assert "no session" in str(e), e
                time.sleep(.1)
        request = None
        while request is None:
            request = s.intervention()
            time.sleep(.02)
        assert request.id == asked["id"] and list(request.neurons) == [1, 3] and request.trials == 4
        s.send(rng.poisson(.2, (50, 20)), trial=1, silenced=request.neurons, intervention=request.id)
        got = list(s.latents())
        assert all(list(k.silenced) == [1, 3] for k in got), "kappa knows which neurons were silenced"
    try:
        kappa.silence("rig", neurons=[1], url=page, token="not the control token")
        raise AssertionError("a wrong token was taken")
    except kappa.Refused as e:
        assert "control token" in str(e), e


def publish_spike_times():
    spikes = {"unit %d" % i: np.sort(rng.uniform(0, 20, 100)) for i in range(10)}
    trials = [(i * 2, i * 2 + 1.5) for i in range(10)]
    session = kappa.publish(spikes, .05, trials=trials, inputs=np.arange(10).reshape(-1, 1), input_names=["strength"],
                            speed="max", session="published", bootstrap_servers=bootstrap_servers)
    got = list(kappa.watch(session, bootstrap_servers))
    assert len(got) == 300 and [k.trial for k in got] == [t // 30 for t in range(300)]
    assert [k.inputs[0] for k in got] == [t // 30 for t in range(300)]
    assert abs(got[31].rig_time - 2.1) < 1e-9, "gaps between trials stay gaps on the rig's clock"


def tell_what_was_rejected():
    import confluent_kafka
    with kappa.Session(3, .02, session="wrong", bootstrap_servers=bootstrap_servers) as s:
        s.send([1, 2, 3])
        bad = kappa.wire.Activity(schema_version=1, session="wrong", first_bin=1, bins=[kappa.wire.Bin(counts=[1])])
        producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap_servers, "partitioner": "murmur2_random"})
        producer.produce("kappa.activity", key="wrong", value=bad.SerializeToString())
        producer.flush()
        s.bins += 1
        try:
            list(s.latents())
            raise AssertionError("it was taken")
        except kappa.Rejected as e:
            assert "1 counts, expected 3" in str(e), e


for test in (lose_nothing, send_many_bins_at_once, obey_requests, publish_spike_times, tell_what_was_rejected):
    begun = time.monotonic()
    test()
    print("%s: %.1f s" % (test.__name__, time.monotonic() - begun), flush=True)
