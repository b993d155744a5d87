"""Reads streams of the Lab Streaming Layer with a liblsl itself, through ctypes, as another program would.

usage: lsl_reader.py LIBLSL SAMPLES MARKERS OUT.json

Writes what the streams "kappa" and "kappa crossings" say of themselves, so many samples with their stamps (on this machine's clock),
and so many markers.
"""

import ctypes
import json
import sys

lib = ctypes.CDLL(sys.argv[1])
pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_double


def declare(name, result, *arguments):
    function = getattr(lib, name)
    function.restype, function.argtypes = result, arguments
    return function


resolve = declare("lsl_resolve_byprop", ctypes.c_int, ctypes.POINTER(pointer), ctypes.c_uint, text, text, ctypes.c_int, number)
create_inlet = declare("lsl_create_inlet", pointer, pointer, ctypes.c_int, ctypes.c_int, ctypes.c_int)
open_stream = declare("lsl_open_stream", None, pointer, number, ctypes.POINTER(ctypes.c_int))
full_info = declare("lsl_get_fullinfo", pointer, pointer, number, ctypes.POINTER(ctypes.c_int))
xml = declare("lsl_get_xml", text, pointer)
pull = declare("lsl_pull_sample_f", number, pointer, ctypes.POINTER(ctypes.c_float), ctypes.c_int, number,
               ctypes.POINTER(ctypes.c_int))
pull_text = declare("lsl_pull_sample_str", number, pointer, ctypes.POINTER(text), ctypes.c_int, number,
                    ctypes.POINTER(ctypes.c_int))
clock = declare("lsl_local_clock", number)
channels = declare("lsl_get_channel_count", ctypes.c_int, pointer)
error = ctypes.c_int()


def inlet(name):
    found = (pointer * 8)()
    if resolve(found, 8, b"name", name, 1, 60.0) < 1:
        sys.exit(f"no stream {name}")
    opened = create_inlet(found[0], 360, 0, 1)
    open_stream(opened, 60.0, ctypes.byref(error))
    return opened, full_info(opened, 60.0, ctypes.byref(error))


crossings, of_crossings = inlet(b"kappa crossings")
latents, of_latents = inlet(b"kappa")
count = channels(of_latents)
out = dict(latents=xml(of_latents).decode(), crossings=xml(of_crossings).decode(), samples=[], stamps=[], seen=[], markers=[])
values = (ctypes.c_float * count)()
while len(out["samples"]) < int(sys.argv[2]):
    stamp = pull(latents, values, count, 60.0, ctypes.byref(error))
    out["seen"].append(clock())
    out["stamps"].append(stamp)
    out["samples"].append(list(values))
marker = (text * 1)()
while len(out["markers"]) < int(sys.argv[3]):
    pull_text(crossings, marker, 1, 60.0, ctypes.byref(error))
    out["markers"].append(marker[0].decode())
with open(sys.argv[4], "w") as file:
    json.dump(out, file)
