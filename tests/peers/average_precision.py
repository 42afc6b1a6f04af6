"""Average precision by Ultralytics' own functions and by pycocotools: job on stdin, answer on stdout, both JSON.

Job:    {"classes": 5, "images": [{"labels": [[class, x0, y0, x1, y1], ...], "boxes": [[class, score, x0, ...], ...]}]}
Answer: {"ultralytics": {"class": [ap50, ap50_95], ...}, "coco": {...}}, of the classes that have labels
"""

import contextlib
import json
import sys

import numpy
import torch


def ultralytics(job):
    from ultralytics.engine.validator import BaseValidator
    from ultralytics.utils.metrics import ap_per_class, box_iou

    validator = object.__new__(BaseValidator)
    validator.iouv = torch.linspace(0.5, 0.95, 10)
    hits, scores, said, truth = [], [], [], []
    for image in job["images"]:
        labels = torch.tensor(image["labels"]).reshape(-1, 5)
        boxes = torch.tensor(sorted(image["boxes"], key=lambda b: -b[1])).reshape(-1, 6)
        truth += labels[:, 0].tolist()
        scores += boxes[:, 1].tolist()
        said += boxes[:, 0].tolist()
        if len(labels) and len(boxes):
            iou = box_iou(labels[:, 1:], boxes[:, 2:])
            hits.append(validator.match_predictions(boxes[:, 0], labels[:, 0], iou).numpy())
        else:
            hits.append(numpy.zeros((len(boxes), 10), dtype=bool))
    found = ap_per_class(numpy.concatenate(hits), numpy.array(scores), numpy.array(said), numpy.array(truth))
    ap, classes = found[5], found[6]
    return {str(c): [row[0], row.mean()] for c, row in zip(classes.tolist(), ap)}


def coco(job):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    corner = lambda b: [b[0], b[1], b[2] - b[0], b[3] - b[1]]
    labels, boxes = [], []
    for number, image in enumerate(job["images"], 1):
        for name, *b in image["labels"]:
            box = corner(b)
            labels.append(
                {"id": len(labels) + 1, "image_id": number, "category_id": name, "bbox": box, "iscrowd": 0}
                | {"area": box[2] * box[3]}
            )
        for name, score, *b in image["boxes"]:
            boxes.append({"image_id": number, "category_id": name, "bbox": corner(b), "score": score})
    truth = COCO()
    truth.dataset = {
        "images": [{"id": number} for number in range(1, len(job["images"]) + 1)],
        "categories": [{"id": name} for name in range(job["classes"])],
        "annotations": labels,
    }
    truth.createIndex()
    evaluation = COCOeval(truth, truth.loadRes(boxes), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    # Thresholds, recalls, classes, areas (0: all), numbers of boxes (2: 100).
    precision = evaluation.eval["precision"][:, :, :, 0, 2]
    of = lambda name: [precision[0, :, name].mean(), precision[:, :, name].mean()]
    return {str(name): of(name) for name in range(job["classes"]) if precision[0, 0, name] > -1}


def main():
    job = json.load(sys.stdin)
    # Both print; only the answer may stand on stdout.
    with contextlib.redirect_stdout(sys.stderr):
        answer = {"ultralytics": ultralytics(job), "coco": coco(job)}
    json.dump(answer, sys.stdout, default=float)


main()
