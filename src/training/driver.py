"""Trains one YOLOv8 detector with Ultralytics, exports it to ONNX and says what came of it.

Run by `foramen train`, which writes the job (a JSON file, the first argument) and reads the
lines that begin with `FORAMEN `. Ultralytics is AGPL-3.0: a program that is called, not linked.

With `attended` as second argument it ends when its standard input ends: when the `foramen` that
started it is killed, no training goes on unseen beside the one that resumes it.
"""

import difflib
import hashlib
import json
import os
import platform
import shutil
import sys
import threading
import time

JOB = json.load(open(sys.argv[1], encoding="utf-8"))
# No settings in the user's home, no telemetry, and no network but for weights that were asked for by name.
os.environ["YOLO_CONFIG_DIR"] = JOB["work"]
os.environ["YOLO_OFFLINE"] = "true"


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
import ultralytics  # noqa: E402
from ultralytics import YOLO  # noqa: E402
from ultralytics.cfg import DEFAULT_CFG_DICT, get_cfg  # noqa: E402
from ultralytics.models.yolo.detect import DetectionTrainer  # noqa: E402
from ultralytics.nn.tasks import DetectionModel  # noqa: E402


def say(**what):
    print("FORAMEN " + json.dumps(what), flush=True)


def refuse(why):
    say(refused=why)
    sys.exit(9)


def check_recipe():
    """Every setting, against what this version of Ultralytics knows; before anything is trained."""
    for key in JOB["recipe"]:
        if key not in DEFAULT_CFG_DICT:
            near = difflib.get_close_matches(key, DEFAULT_CFG_DICT, n=3, cutoff=0.6)
            hint = f"; near to it: {', '.join(near)}" if near else ""
            refuse(f"the recipe sets '{key}', which Ultralytics {ultralytics.__version__} does not know{hint}")
    try:
        get_cfg(overrides=dict(JOB["recipe"]))
    except (SyntaxError, TypeError, ValueError) as error:
        refuse(f"the recipe: {error}")


def widen(value):
    """bfloat16 outputs as float32: boxes need more than 8 bits of mantissa in the loss."""
    if torch.is_tensor(value):
        return value.float()
    if isinstance(value, dict):
        return {k: widen(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(widen(v) for v in value)
    return value


def bfloat16_loss(self, batch, preds=None):
    """DetectionModel.loss with the forward pass in bfloat16: 2 to 5 times the speed on a CPU that has it."""
    if getattr(self, "criterion", None) is None:
        self.criterion = self.init_criterion()
    if preds is None:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            preds = self.forward(batch["img"])
    return self.criterion(widen(preds), batch)


class CpuTrainer(DetectionTrainer):
    """Channels last, which oneDNN wants."""

    def get_model(self, *args, **kwargs):
        return super().get_model(*args, **kwargs).to(memory_format=torch.channels_last)

    def preprocess_batch(self, batch):
        batch = super().preprocess_batch(batch)
        batch["img"] = batch["img"].contiguous(memory_format=torch.channels_last)
        return batch


def on_cpu():
    return JOB["device"] == "cpu"


def has_bfloat16():
    try:
        flags = open("/proc/cpuinfo", encoding="utf-8").read()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def watch(stage, stages):
    """Says what every epoch came to. With several GPUs Ultralytics pickles this with the trainer and calls it in each
    of its processes: it holds nothing but numbers and speaks in the first of them only."""
    started = time.time()

    def on_epoch(trainer):
        if os.environ.get("RANK", "-1") not in ("-1", "0"):
            return
        spent = time.time() - started
        losses = trainer.tloss.values() if isinstance(trainer.tloss, dict) else trainer.tloss
        loss = [round(float(v), 4) for v in losses]
        say(stage=stage + 1, stages=stages, epoch=trainer.epoch + 1, epochs=trainer.epochs, loss=loss, seconds=round(spent))

    return on_epoch


def keep_whole(trainer):
    """A copy of the checkpoint that is there whole or not at all: Ultralytics writes last.pt in place, and a kill
    in the middle of that would leave nothing to go on from."""
    partial = str(trainer.wdir / "whole.partial")
    shutil.copyfile(trainer.last, partial)
    os.replace(partial, trainer.wdir / "whole.pt")


def stage_folder(index):
    return os.path.join(JOB["work"], f"stage{index + 1}")


def weights_of(index, name="last.pt"):
    return os.path.join(stage_folder(index), "weights", name)


def read_checkpoint(path):
    """The checkpoint, or None if there is none or it is not whole."""
    from ultralytics.utils.patches import torch_load

    try:
        return torch_load(path, map_location="cpu")
    except Exception:
        return None


def mark_done(index):
    path = os.path.join(stage_folder(index), "done")
    with open(path + ".partial", "w", encoding="utf-8") as file:
        file.write("trained\n")
    os.replace(path + ".partial", path)
    if os.path.exists(weights_of(index, "whole.pt")):
        os.remove(weights_of(index, "whole.pt"))


def state_of(index):
    """'done', 'begun' (last.pt can be gone on with), or 'new'."""
    last = weights_of(index)
    if os.path.exists(os.path.join(stage_folder(index), "done")) and read_checkpoint(last):
        return "done"
    for path in (last, weights_of(index, "whole.pt")):
        checkpoint = read_checkpoint(path)
        if not checkpoint:
            continue
        if path != last:
            shutil.copyfile(path, last)
        # Ultralytics takes the optimizer out of what is finished.
        ended = checkpoint.get("epoch", -1) + 1 >= checkpoint["train_args"]["epochs"]
        if checkpoint.get("epoch", -1) < 0 or ended:
            mark_done(index)
            return "done"
        if checkpoint.get("optimizer") is not None:
            return "begun"
    return "new"


def fetched(name):
    """The file of weights that are known by name alone. Ultralytics knows where its own are; they are kept in the user's
    cache, so that five folds fetch them once."""
    folder = JOB["cache"] or JOB["work"]
    target = os.path.join(folder, name)
    if read_checkpoint(target):
        return target
    import socket

    from ultralytics.utils.downloads import attempt_download_asset

    # Ultralytics sets none, and would wait for a network that swallows what it is sent.
    socket.setdefaulttimeout(30)
    # The file's own name tells Ultralytics what to fetch.
    partial = os.path.join(folder, f"fetching-{os.getpid()}", name)
    os.makedirs(os.path.dirname(partial), exist_ok=True)
    try:
        attempt_download_asset(partial)
        if not os.path.exists(partial):
            raise OSError("it knows no weights of this name")
        if not read_checkpoint(partial):
            raise OSError("what came is no whole checkpoint")
        os.replace(partial, target)
    except (Exception, SystemExit) as error:
        say(unfetched=name, why=" ".join(str(error).split()) or type(error).__name__)
        sys.exit(9)
    finally:
        shutil.rmtree(os.path.dirname(partial), ignore_errors=True)
    return target


def first_weights():
    """What the first stage starts from: a file, or None."""
    return fetched(JOB["pretrained"]) if JOB["pretrained"] else JOB["weights"]


def result_of(index):
    """The checkpoint that a stage came to."""
    best = weights_of(index, "best.pt")
    return best if JOB["checkpoint"] == "best" and read_checkpoint(best) else weights_of(index)


def start_from(architecture, weights, is_users):
    model = YOLO(architecture)
    if not weights:
        return model
    if is_users:
        from ultralytics.nn.tasks import load_checkpoint

        own, given = model.model.state_dict(), load_checkpoint(weights)[0].state_dict()
        total = sum(v.numel() for v in own.values())
        taken = sum(v.numel() for k, v in own.items() if k in given and given[k].shape == v.shape)
        if taken == 0:
            refuse(f"{weights}: none of its weights fit {architecture}")
        if taken < 0.5 * total:
            say(warning=f"{weights}: only {100 * taken / total:.0f} % of the weights of {architecture} are taken from it")
    model.load(weights)
    return model


def train_stage(index, weights, begun):
    if begun:
        model = YOLO(weights_of(index))
    else:
        shutil.rmtree(stage_folder(index), ignore_errors=True)
        model = start_from(JOB["architecture"], weights, is_users=index == 0)
    model.add_callback("on_train_epoch_end", watch(index, len(JOB["stages"])))
    model.add_callback("on_model_save", keep_whole)
    options = dict(JOB["recipe"], **JOB["stages"][index])
    if begun:
        # Where the work is now, which need not be where it was begun.
        options["save_dir"] = stage_folder(index)
    model.train(
        trainer=CpuTrainer if on_cpu() else None,
        resume=begun,
        data=JOB["data"],
        device=JOB["device"],
        project=JOB["work"],
        name=f"stage{index + 1}",
        exist_ok=True,
        plots=False,
        val=JOB["validate"],
        deterministic=False,
        **options,
    )
    mark_done(index)


def train():
    weights = None
    if on_cpu() and has_bfloat16():
        DetectionModel.loss = bfloat16_loss
    for index in range(len(JOB["stages"])):
        state = state_of(index) if JOB["resume"] else "new"
        say(stage=index + 1, stages=len(JOB["stages"]), state=state, results=os.path.join(stage_folder(index), "results.csv"))
        if index == 0 and state == "new":
            weights = first_weights()
        if state != "done":
            train_stage(index, weights, begun=state == "begun")
        weights = result_of(index)
    return weights


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


def export(model):
    """The ONNX file in the work folder, there whole or not at all, and its opset."""
    path = str(model.export(format="onnx", imgsz=JOB["input"], batch=1, dynamic=False, simplify=True,
                            opset=JOB["opset"], device="cpu"))
    network = half(onnx.load(path))
    target = os.path.join(JOB["work"], "model.onnx")
    onnx.save(network, target + ".partial")
    os.replace(target + ".partial", target)
    return target, next(o.version for o in network.opset_import if o.domain in ("", "ai.onnx"))


def main():
    check_recipe()
    weights = train()
    model = YOLO(weights)
    # Several GPUs are for training: one validates.
    scores = model.val(data=JOB["data"], imgsz=JOB["input"], batch=16, device=JOB["device"].split(",")[0], plots=False,
                       project=JOB["work"], name="val", exist_ok=True)
    path, opset = export(model)
    versions = {"Ultralytics": ultralytics.__version__, "torch": torch.__version__, "onnx": onnx.__version__,
                "Python": platform.python_version()}
    if JOB["pretrained"]:
        kept = os.path.join(JOB["cache"] or JOB["work"], JOB["pretrained"])
        if os.path.exists(kept):
            versions["weights sha256"] = hashlib.sha256(open(kept, "rb").read()).hexdigest()
    say(
        onnx=path,
        opset=opset,
        names=[model.names[i] for i in range(len(model.names))],
        map50=float(scores.box.map50),
        map=float(scores.box.map),
        bfloat16=on_cpu() and has_bfloat16(),
        versions=versions,
    )


if __name__ == "__main__":
    main()
