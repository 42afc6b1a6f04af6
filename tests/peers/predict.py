"""What Ultralytics' own predict says: job on stdin, answer on stdout, both JSON.

Job:    {"runs": [{"model": "x.onnx", "images": ["a.png", ...], "conf": 0.25}, ...]}
Answer: {"versions": {...}, "runs": [[[{"class", "score", "box": [x0, y0, x1, y1]}, ...] per image] per run]}
"""

import contextlib
import importlib.metadata
import json
import sys


def boxes(result):
    return [
        {"class": result.names[int(c)], "score": s, "box": b}
        for c, s, b in zip(
            result.boxes.cls.tolist(), result.boxes.conf.tolist(), result.boxes.xyxy.tolist()
        )
    ]


def main():
    job = json.load(sys.stdin)
    # Ultralytics prints; only the answer may stand on stdout.
    with contextlib.redirect_stdout(sys.stderr):
        from ultralytics import YOLO

        models, runs = {}, []
        for run in job["runs"]:
            model = models.setdefault(run["model"], YOLO(run["model"], task="detect"))
            predict = dict(conf=run["conf"], iou=0.7, imgsz=384, device="cpu", verbose=False)
            runs.append([boxes(model.predict(image, **predict)[0]) for image in run["images"]])
    packages = ["ultralytics", "torch", "torchvision", "onnxruntime", "opencv-python", "numpy"]
    versions = {package: importlib.metadata.version(package) for package in packages}
    json.dump({"versions": versions, "runs": runs}, sys.stdout)


main()
