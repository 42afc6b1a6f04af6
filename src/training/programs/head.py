"""Common to the programs that `foramen train` runs; it stands before each of them in the work folder's driver.py.

`foramen train` writes the job (a JSON file, the first argument) and reads the lines that begin with `FORAMEN `. With
`attended` as second argument the program ends when its standard input ends: when the `foramen` that started it is killed,
no training goes on unseen beside the one that resumes it.
"""

import difflib
import json
import os
import platform
import shutil
import sys
import threading
import time

JOB = json.load(open(sys.argv[1], encoding="utf-8"))


def end_with_parent():
    """Ends this process and what it started (workers of several GPUs, loaders) with standard input."""
    # Not through sys.stdin: a thread in its lock makes Python abort when it ends by itself.
    while os.read(0, 4096):
        pass
    try:
        import psutil

        for child in psutil.Process().children(recursive=True):
            child.kill()
    finally:
        os._exit(75)


if sys.argv[2:] == ["attended"]:
    threading.Thread(target=end_with_parent, daemon=True).start()

import numpy  # noqa: E402
import onnx  # noqa: E402
import torch  # noqa: E402


def say(**what):
    print("FORAMEN " + json.dumps(what), flush=True)


def refuse(why):
    say(refused=why)
    sys.exit(9)


def unfetched(name, error):
    say(unfetched=name, why=" ".join(str(error).split()) or type(error).__name__)
    sys.exit(9)


def refuse_unknown(settings, known, who):
    """Before anything is trained."""
    for key in settings:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=3, cutoff=0.6)
            hint = f"; near to it: {', '.join(near)}" if near else ""
            refuse(f"the recipe sets '{key}', which {who} does not know{hint}")


def on_cpu():
    return JOB["device"] == "cpu"


def has_bfloat16():
    try:
        flags = open("/proc/cpuinfo", encoding="utf-8").read()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def stage_folder(index):
    return os.path.join(JOB["work"], f"stage{index + 1}")


def weights_of(index, name="last.pt"):
    return os.path.join(stage_folder(index), "weights", name)


def mark_done(index):
    path = os.path.join(stage_folder(index), "done")
    with open(path + ".partial", "w", encoding="utf-8") as file:
        file.write("trained\n")
    os.replace(path + ".partial", path)


def is_marked_done(index):
    return os.path.exists(os.path.join(stage_folder(index), "done"))


def say_stage(index, state):
    say(stage=index + 1, stages=len(JOB["stages"]), state=state, results=os.path.join(stage_folder(index), "results.csv"))


def half(model):
    """Keeps large weights as float16, widened by a Cast when the model is loaded: half the size of the file.
    Both engines still compute in float32."""
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or numpy.prod(weight.dims) < 1024:
            continue
        name = weight.name
        values = onnx.numpy_helper.to_array(weight).astype(numpy.float16)
        weight.CopyFrom(onnx.numpy_helper.from_array(values, name + "_half"))
        casts.append(onnx.helper.make_node("Cast", [name + "_half"], [name], name + "_widen", to=onnx.TensorProto.FLOAT))
    for at, cast in enumerate(casts):
        model.graph.node.insert(at, cast)
    onnx.checker.check_model(model)
    return model


def save_model(network):
    """The ONNX file in the work folder, there whole or not at all, and its opset."""
    target = os.path.join(JOB["work"], "model.onnx")
    onnx.save(network, target + ".partial")
    os.replace(target + ".partial", target)
    return target, next(o.version for o in network.opset_import if o.domain in ("", "ai.onnx"))


def versions(**more):
    return {**more, "torch": torch.__version__, "onnx": onnx.__version__, "Python": platform.python_version()}
