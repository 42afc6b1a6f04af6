"""export.py STAGE2.pt levels.onnx: the weights of train.py as an ONNX file of the program's contract.

As src/training/programs/detectors.py does for the other detectors: 1x3x384x384 in, 1x9x3024 out, no NMS inside, opset 17, large
weights as float16 that a Cast widens. Several .pt before the target: their mean.
"""

import os
import sys
import tempfile

import numpy
import onnx
import torch

os.environ["YOLO_OFFLINE"] = "true"
from ultralytics import YOLO  # noqa: E402
from ultralytics.nn.tasks import DetectionModel  # noqa: E402

NAMES = {0: "disc_l1_l2", 1: "disc_l2_l3", 2: "disc_l3_l4", 3: "disc_l4_l5", 4: "disc_l5_s1"}


def half(model):
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


def mean(paths):
    states = [torch.load(p)["model"] for p in paths]
    return {k: sum(s[k] for s in states) / len(states) if v.dtype.is_floating_point else v for k, v in states[0].items()}


def main():
    *sources, target = map(os.path.abspath, sys.argv[1:])
    wrapper = YOLO("yolov8n.yaml")
    model = DetectionModel("yolov8n.yaml", ch=3, nc=len(NAMES), verbose=False)
    model.load_state_dict(mean(sources))
    model.names, model.args, model.task, model.pt_path = NAMES, wrapper.model.args, "detect", "levels.pt"
    wrapper.model = model.eval()
    os.chdir(tempfile.mkdtemp())
    path = str(wrapper.export(format="onnx", imgsz=384, batch=1, dynamic=False, simplify=True, opset=17, device="cpu"))
    network = half(onnx.load(path))
    for entry in network.metadata_props:
        if entry.key == "description":
            entry.value = "Foramen levels: YOLOv8n, discs L1/L2 to L5/S1 on sagittal slices; trained on SPIDER, Sudirman and phantoms"
    onnx.save(network, target + ".partial")
    os.replace(target + ".partial", target)
    print({p.key: p.value for p in network.metadata_props}["names"], os.path.getsize(target), "bytes")


if __name__ == "__main__":
    main()
