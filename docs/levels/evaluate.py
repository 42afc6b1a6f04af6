"""How well a `levels` model finds the discs.

    evaluate.py MODEL.onnx --real real.pkl [--phantoms p.pkl] [--part val|train|all] [--markdown] [--failed]

One picture a series: of slices the one nearest the middle. A disc is found when the box that stands for it lies within half
a disc pitch of its centre; a series is right when at least four of its five discs are (of four labelled, four; of fewer,
all). Two ways to choose the boxes:

- best: of each class the box with the highest score, 0.05 or more;
- chain: the row of discs with the best total score, even spacing and little bend, as the program does.
"""

import argparse
import collections
import pickle

import cv2
import numpy as np

from prepare import centre, pitch_of

CLASSES = 5


def letterbox(image, side):
    """As Ultralytics and Foramen do: linear, padded with 114, centred."""
    height, width = image.shape
    ratio = min(side / height, side / width)
    w, h = max(round(width * ratio), 1), max(round(height * ratio), 1)
    left, top = round((side - w) / 2 - 0.1), round((side - h) / 2 - 0.1)
    out = np.full((side, side), 114, np.uint8)
    out[top : top + h, left : left + w] = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
    return out, (w / width, h / height, left, top)


class Model:
    """An ONNX file, or the .pt of train.py."""

    def __init__(self, path, side=384, threads=1):
        self.side = side
        if path.endswith(".onnx"):
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            self.run = lambda x: session.run(None, {"images": x})[0][0]
        else:
            import torch
            from ultralytics.nn.tasks import DetectionModel

            torch.set_num_threads(threads)
            model = DetectionModel("yolov8n.yaml", ch=3, nc=CLASSES, verbose=False)
            model.load_state_dict(torch.load(path)["model"])
            model.eval()

            def run(x):
                with torch.no_grad():
                    return model(torch.from_numpy(x))[0][0].numpy()

            self.run = run

    def __call__(self, image):
        """Boxes in pixels of the picture, and the scores of the five classes."""
        boxed, (sx, sy, left, top) = letterbox(image, self.side)
        y = self.run(np.repeat((boxed.astype(np.float32) / 255)[None, None], 3, 1))
        x0, x1 = (y[0] - y[2] / 2 - left) / sx, (y[0] + y[2] / 2 - left) / sx
        y0, y1 = (y[1] - y[3] / 2 - top) / sy, (y[1] + y[3] / 2 - top) / sy
        return np.stack([x0, y0, x1, y1], 1), y[4:].T


def best(boxes, scores, floor=0.05):
    out = {}
    for k in range(CLASSES):
        i = int(scores[:, k].argmax())
        if scores[i, k] >= floor:
            out[k] = boxes[i]
    return out


def candidates(boxes, scores, floor=0.02, most=40):
    """One entry a disc, whatever its name: boxes on the same place are one, with the best score of each class."""
    top = scores.max(1)
    order = [i for i in np.argsort(-top)[:300] if top[i] >= floor]
    found = []
    for i in order:
        at, (w, h) = centre(boxes[i]), (boxes[i][2:] - boxes[i][:2])
        for c in found:
            near_x = abs(at[0] - c["at"][0]) < 0.35 * max(w, c["w"])
            near_y = abs(at[1] - c["at"][1]) < 0.5 * max(min(h, c["h"]), 0.25 * c["w"])
            if near_x and near_y:
                c["scores"] = np.maximum(c["scores"], scores[i])
                break
        else:
            if len(found) < most:
                found.append(dict(at=at, w=w, h=h, box=boxes[i], scores=scores[i].copy(), made=False))
    return found


def with_gaps(found):
    """A disc that was missed between two that were seen two pitches apart is put between them."""
    found = sorted(found, key=lambda c: c["at"][1])
    strong = [c["at"] for c in found if c["scores"].max() > 0.15]
    if len(strong) < 3:
        return found
    pitch = np.median([np.linalg.norm(b - a) for a, b in zip(strong, strong[1:])])
    made = []
    for a in found:
        for b in found:
            apart = np.linalg.norm(b["at"] - a["at"])
            if b["at"][1] > a["at"][1] and 1.6 * pitch < apart < 2.5 * pitch and min(a["scores"].max(), b["scores"].max()) > 0.1:
                made.append(dict(at=(a["at"] + b["at"]) / 2, w=a["w"], h=a["h"], box=(a["box"] + b["box"]) / 2, scores=np.zeros(CLASSES), made=True))
    return found + made


# What a chain costs, tuned on altered pictures: see chain().
COST = dict(absent=0.05, uneven=0.25, uneven_scale=0.45, bend=0.2, bend_scale=0.7, passed=0.7)


def chain(boxes, scores):
    """The run of classes, head to foot, that gains most: its scores (a disc not of that class costs a little), less what uneven
    spacing, bends and discs that were passed over cost. Dynamic programming over pairs of neighbours."""
    found = with_gaps(candidates(boxes, scores))
    n = len(found)
    if n < 2:
        return best(boxes, scores)
    at = np.array([c["at"] for c in found])
    each = np.array([c["scores"] for c in found])
    gain = np.where(each > 0.01, each, -COST["absent"])
    step = at[None] - at[:, None]  # from a to b
    length = np.hypot(step[..., 0], step[..., 1]) + 1e-6
    angle = np.arctan2(step[..., 0], step[..., 1])  # 0: straight down
    strength = each.max(1) * np.array([not c["made"] for c in found])
    passed = np.zeros((n, n))
    for m in range(n):
        r = at[m] - at[:, None]
        share = (r * step).sum(-1) / length**2
        beside = np.abs(r[..., 0] * step[..., 1] - r[..., 1] * step[..., 0]) / length
        passed += strength[m] * ((share > 0.2) & (share < 0.8) & (beside < 0.35 * length))
    pair = np.where((np.abs(angle) < np.deg2rad(75)) & (length > 4), -COST["passed"] * np.minimum(passed, 1.5), -9.0)
    uneven = np.abs(np.log(length[:, :, None] / length[None])) / COST["uneven_scale"]
    bend = np.abs(angle[:, :, None] - angle[None]) / COST["bend_scale"]
    cost = COST["uneven"] * np.minimum(1.3, uneven**2) + COST["bend"] * np.minimum(1.0, bend**2)
    value, before, top = [None] * CLASSES, [None] * CLASSES, (-1.0, None)
    for k in range(1, CLASSES):
        value[k] = gain[:, k - 1][:, None] + gain[:, k][None] + pair
        before[k] = np.full((n, n), -1)
        if k >= 2:
            longer = value[k - 1][:, :, None] + gain[:, k][None, None] + pair[None] - cost
            better = longer.max(0) > value[k]
            before[k] = np.where(better, longer.argmax(0), -1)
            value[k] = np.maximum(value[k], longer.max(0))
        a, b = np.unravel_index(value[k].argmax(), (n, n))
        if value[k][a, b] > top[0]:
            top = (value[k][a, b], (k, a, b))
    if top[1] is None:
        return best(boxes, scores)
    k, a, b = top[1]
    out = {}
    while True:
        out[k], z = found[b]["box"], before[k][a, b]
        if z < 0:
            out[k - 1] = found[a]["box"]
            return out
        k, a, b = k - 1, z, a


def errors(true, found):
    """Distance in pitches of each labelled disc; infinite where none was found."""
    pitch = pitch_of(true)
    return {k: float(np.linalg.norm(centre(true[k]) - centre(found[k])) / pitch) if k in found else np.inf for k in true}


def is_right(errors_of_series):
    hits = sum(e < 0.5 for e in errors_of_series.values())
    return hits >= min(4, len(errors_of_series))


def middle_slices(pictures):
    """One picture a series."""
    by_series = collections.OrderedDict()
    for p in pictures:
        by_series.setdefault((p["source"], p["series"].split("_slice")[0]), []).append(p)
    for group in by_series.values():
        yield min(group, key=lambda p: p["dist"]) if "dist" in group[0] else group[len(group) // 2]


def stressed(pictures, times):
    """The validation pictures cut, turned and altered as in training (fixed seed), where at least four discs are left."""
    from augment import sample

    rng = np.random.default_rng(12345)
    for p in pictures:
        for turn in range(times):
            image, boxes = sample(p, 384, rng)
            if len(boxes) >= 4:
                yield dict(p, source="altered", series=f"{p['series']}#{turn}", img=image, boxes=boxes)


def groups_of(p):
    if p["source"] == "altered":
        yield "altered" if 4 in p["boxes"] else "altered, L5/S1 cut away", "T1" if p["seq"] == "t1" else "T2 and SPACE"
        return
    if p["source"] == "phantom":
        yield "phantoms", p["seq"]
        # Without L5/S1 in the picture the names are a guess.
        yield "phantoms with L5/S1 in the picture" if 4 in p["boxes"] else "phantoms without L5/S1", p["seq"]
        return
    yield p["source"], p["seq"]
    if p["source"] != "spider_space_masks":
        yield "all patients", "T1" if p["seq"] == "t1" else "T2 and SPACE"
    if p["named_by_source"] and p["source"] != "spider_space_masks":
        yield "levels named by the source", "T1" if p["seq"] == "t1" else "T2 and SPACE"
    if p["source"] == "spider_midsag":
        yield p["scanner"], "T1" if p["seq"] == "t1" else "T2 and SPACE"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--real")
    parser.add_argument("--phantoms")
    parser.add_argument("--part", choices=["val", "train", "all"], default="val")
    parser.add_argument("--side", type=int, default=384)
    parser.add_argument("--altered", type=int, default=0, help="so many altered copies of each picture of a patient too")
    parser.add_argument("--failed", action="store_true", help="name the series that are wrong by chain")
    a = parser.parse_args()
    model = Model(a.model, a.side)
    pictures = []
    if a.real:
        pictures += [p for p in pickle.load(open(a.real, "rb")) if a.part == "all" or p["val"] == (a.part == "val")]
    if a.phantoms:
        pictures += pickle.load(open(a.phantoms, "rb"))
    how = {p["series"]: p["how"] for p in pictures}
    for p in pictures:
        origin = p["how"].removeprefix("carried:")
        p["named_by_source"] = how.get(origin, origin).startswith(("box", "mask", "polygon"))
    table, failed = collections.OrderedDict(), []
    shown = list(middle_slices(pictures))
    shown += stressed([p for p in shown if p["source"] != "phantom"], a.altered)
    for p in shown:
        boxes, scores = model(p["img"])
        result = [errors(p["boxes"], way(boxes, scores)) for way in (best, chain)]
        for group in groups_of(p):
            table.setdefault(group, []).append(result)
        if not is_right(result[1]):
            failed.append((p["source"], p["series"][-24:]))
    print("| source | sequence | series | best: series right | discs | chain: series right | discs | median error, pitches |\n|---|---|---|---|---|---|---|---|")
    for (source, sequence), results in sorted(table.items()):
        cells = []
        for way in (0, 1):
            right = sum(is_right(r[way]) for r in results)
            discs = [e for r in results for e in r[way].values()]
            cells += [f"{right} = {100 * right / len(results):.1f} %", f"{100 * np.mean([e < 0.5 for e in discs]):.1f} %"]
        near = [e for r in results for e in r[1].values() if e < 0.5]
        print(f"| {source} | {sequence} | {len(results)} | " + " | ".join(cells) + f" | {np.median(near) if near else float('nan'):.3f} |")
    if a.failed:
        print("wrong by chain:", failed)


if __name__ == "__main__":
    main()
