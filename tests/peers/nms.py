"""Raw outputs full of overlaps and what Ultralytics' NMS leaves of them: `nms.py OUT_DIR`, JSON on stdout.

[{"classes", "conf", "output": file of 32-bit floats, "boxes": [[x0, y0, x1, y1, score, class], ...]}]
"""

import contextlib
import json
import pathlib
import sys

import numpy

ANCHORS = 3024


def output(noise, classes, crowded):
    """Boxes around some places, so that many overlap by about the threshold; scores of a few classes each."""
    places = noise.uniform(20, 364, (6 if crowded else 200, 2))
    centers = places[noise.integers(0, len(places), ANCHORS)] + noise.normal(0, 4, (ANCHORS, 2))
    sizes = noise.uniform(20, 60, (1, 2)) * noise.uniform(0.8, 1.2, (ANCHORS, 2))
    # No two alike: which of two equals comes first is left open by torch's sort.
    scores = noise.permutation(ANCHORS * classes).reshape(ANCHORS, classes) / (ANCHORS * classes)
    scores = scores**12
    return numpy.concatenate([centers, sizes, scores], axis=1).T.astype(numpy.float32)


def main():
    out = pathlib.Path(sys.argv[1])
    with contextlib.redirect_stdout(sys.stderr):
        import torch
        from ultralytics.utils.nms import non_max_suppression
    noise = numpy.random.default_rng(3)
    answer = []
    for number in range(12):
        classes, conf = [15, 30][number % 2], [0.25, 0.01, 0.9][number % 3]
        raw = output(noise, classes, crowded=number < 6)
        file = out / f"{number}.f32"
        file.write_bytes(raw.tobytes())
        kept = non_max_suppression(torch.from_numpy(raw[None]), conf_thres=conf, iou_thres=0.7, max_det=300)
        answer.append({"classes": classes, "conf": conf, "output": str(file), "boxes": kept[0].tolist()})
    json.dump(answer, sys.stdout)


main()
