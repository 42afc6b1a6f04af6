"""What Ultralytics' own validation says: job on stdin, answer on stdout, both JSON.

Job:    {"runs": [{"model": "x.onnx", "data": "data.yaml", "imgsz": 384}, ...]}
Answer: {"version": "...", "runs": [{"map50", "map50_95", "classes": {name: ap50}}, ...]}

One image at a time on the full square: a batch of unequal images would be padded to a rectangle that no study gets.
"""

import contextlib
import json
import sys
import tempfile


def main():
    job = json.load(sys.stdin)
    # Ultralytics prints; only the answer may stand on stdout.
    with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as out:
        import ultralytics

        runs = []
        for run in job["runs"]:
            metrics = ultralytics.YOLO(run["model"], task="detect").val(
                data=run["data"], imgsz=run["imgsz"], batch=1, rect=False, conf=0.001, iou=0.7, max_det=300,
                device="cpu", workers=0, plots=False, verbose=False, project=out,
            )
            box = metrics.box
            classes = {metrics.names[c]: ap for c, ap in zip(box.ap_class_index.tolist(), box.ap50.tolist())}
            runs.append({"map50": box.map50, "map50_95": box.map, "classes": classes})
    json.dump({"version": ultralytics.__version__, "runs": runs}, sys.stdout, default=float)


main()
