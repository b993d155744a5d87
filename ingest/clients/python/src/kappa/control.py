"""Asking something of a rig or of a replay, over the page of a running kappa."""

import json
import os
import pathlib
import urllib.error
import urllib.request


class Refused(Exception):
    """kappa did not accept a request. The message says why."""


def _token(token):
    found = token or os.environ.get("KAPPA_CONTROL_TOKEN")
    if found:
        return found
    for file in (pathlib.Path(".kappa/control-token"), pathlib.Path.home() / ".kappa/control-token"):
        if file.is_file():
            return file.read_text().strip()
    raise Refused("a request needs the control token: kappa live prints it within its address, and keeps it in "
                  ".kappa/control-token")


def _post(path, request, url, token):
    asked = urllib.request.Request(url.rstrip("/") + path, json.dumps(request).encode(), {
        "Content-Type": "application/json", "Authorization": "Bearer " + _token(token)})
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as e:
        raise Refused(e.read().decode().strip()) from None
    except urllib.error.URLError as e:
        raise Refused("no kappa answers at %s: %s" % (url, e.reason)) from None


def silence(session, neurons=None, set=None, trials=30, every=2, first_bin=0, bins=0, url="http://localhost:8080",
            token=None):
    """Asks the rig of a session to silence neurons, and returns the id of the request and how many neurons it names.

    :param neurons: indices from 0
    :param set: name of a set, such as ``"population 1"``, in place of them
    :param trials: how many trials to perturb; 0 takes the request before back
    :param every: one trial in this number is perturbed
    :param first_bin: first bin within the trial
    :param bins: how many bins; 0 means to the trial's end
    :param token: the control token; without it, ``KAPPA_CONTROL_TOKEN`` or the file ``.kappa/control-token``
    """
    request = {"session": session, "trials": trials, "every": every, "first_bin": first_bin, "bins": bins}
    if set is not None:
        request["set"] = set
    if neurons is not None:
        request["neurons"] = [int(i) for i in neurons]
    return _post("/interventions", request, url, token)


def playback(session, pause=None, seek=None, speed=None, url="http://localhost:8080", token=None):
    """Pauses a replay or lets it go on (``pause``), goes to a time (``seek``, in seconds), or changes its speed.

    :param speed: multiple of real time, or ``"max"``
    """
    wishes = {"pause": pause, "seek": seek, "speed": speed}
    return _post("/controls", {"session": session, **{k: v for k, v in wishes.items() if v is not None}}, url, token)
