"""Trains one YOLOv8 detector with Ultralytics, exports it to ONNX and says what came of it.

Run by `foramen train`, which writes the job (a JSON file, the only argument) and reads the
lines that begin with `FORAMEN `. Ultralytics is AGPL-3.0: a program that is called, not linked.
"""

import json
import os
import sys
import time

JOB = json.load(open(sys.argv[1], encoding="utf-8"))
# No network, no settings in the user's home, no telemetry.
os.environ["YOLO_CONFIG_DIR"] = JOB["work"]
os.environ["YOLO_OFFLINE"] = "true"

import numpy  # noqa: E402
import onnx  # noqa: E402
import torch  # noqa: E402
import ultralytics  # noqa: E402
from ultralytics import YOLO  # noqa: E402
from ultralytics.models.yolo.detect import DetectionTrainer  # noqa: E402
from ultralytics.nn.tasks import DetectionModel  # noqa: E402


def say(**what):
    print("FORAMEN " + json.dumps(what), flush=True)


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


def has_bfloat16():
    try:
        flags = open("/proc/cpuinfo", encoding="utf-8").read()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def watch(stage, stages):
    started = time.time()

    def on_epoch(trainer):
        spent = time.time() - started
        losses = trainer.tloss.values() if isinstance(trainer.tloss, dict) else trainer.tloss
        loss = [round(float(v), 4) for v in losses]
        say(stage=stage + 1, stages=stages, epoch=trainer.epoch + 1, epochs=trainer.epochs, loss=loss, seconds=round(spent))

    return on_epoch


def train():
    weights, on_cpu = JOB["weights"], JOB["device"] == "cpu"
    if on_cpu and has_bfloat16():
        DetectionModel.loss = bfloat16_loss
    resume = JOB.get("resume")
    for index, stage in enumerate(JOB["stages"]):
        if resume and index < resume["stage"]:
            continue
        if resume and index == resume["stage"]:
            model = YOLO(resume["checkpoint"])
        else:
            model = YOLO(JOB["architecture"])
            if weights:
                model.load(weights)
        model.add_callback("on_train_epoch_end", watch(index, len(JOB["stages"])))
        options = dict(JOB["recipe"], **stage)
        model.train(
            trainer=CpuTrainer if on_cpu else None,
            resume=bool(resume and index == resume["stage"]),
            data=JOB["data"],
            device=JOB["device"],
            project=JOB["work"],
            name=f"stage{index + 1}",
            exist_ok=True,
            plots=False,
            val=False,
            deterministic=False,
            **options,
        )
        weights = os.path.join(JOB["work"], f"stage{index + 1}", "weights", "last.pt")
    return weights


def store_half(path):
    """Keeps large weights as float16, widened by a Cast when the model is loaded: half the size of the file.
    Both engines still compute in float32."""
    model = onnx.load(path)
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
    onnx.save(model, path)


def main():
    say(ultralytics=ultralytics.__version__, torch=torch.__version__)
    weights = train()
    model = YOLO(weights)
    size = JOB["input"]
    scores = model.val(data=JOB["data"], imgsz=size, batch=16, device=JOB["device"], plots=False, project=JOB["work"],
                       name="val", exist_ok=True)
    exported = str(model.export(format="onnx", imgsz=size, batch=1, dynamic=False, simplify=True, opset=17, device="cpu"))
    store_half(exported)
    names = [model.names[i] for i in range(len(model.names))]
    say(done=True, weights=weights, onnx=exported, names=names, map50=float(scores.box.map50), map=float(scores.box.map))


if __name__ == "__main__":
    main()
