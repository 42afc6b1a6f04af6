"""Trains the `levels` detector: Ultralytics' YOLOv8n and loss, with a loop and augmentation of our own.

    train.py --real real.pkl --phantoms a.pkl,b.pkl --init scs.onnx --size 256 --minutes 20 --out stage1
    train.py ... --init stage1.pt --size 384 --minutes 50 --out stage2

On a CPU with one thread (with several, threads wait for one another while a compiler runs beside them). Two of these can
train together: give each the other's --out as --peer, and every --every steps each moves halfway to the other's weights.
Only patients of the training part are used. Writes OUT.pt: the running average of the weights.
"""

import argparse
import math
import os
import pickle
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", required=True)
    parser.add_argument("--phantoms", default="", help="pickles, by comma")
    parser.add_argument("--phantom-share", type=float, default=0.25)
    parser.add_argument("--init", default="", help=".onnx of a YOLOv8n of Foramen, or .pt of this script; else from scratch")
    parser.add_argument("--out", required=True)
    parser.add_argument("--peer", default="")
    parser.add_argument("--every", type=int, default=40)
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--lrf", type=float, default=0.05)
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--warmup", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


ARGS = arguments()
os.environ["OMP_NUM_THREADS"] = str(ARGS.threads)

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from ultralytics.cfg import get_cfg  # noqa: E402
from ultralytics.nn.tasks import DetectionModel  # noqa: E402
from ultralytics.utils.torch_utils import ModelEMA  # noqa: E402

from augment import sample  # noqa: E402

CLASSES = 5


def network():
    model = DetectionModel("yolov8n.yaml", ch=3, nc=CLASSES, verbose=False)
    model.args = get_cfg(overrides=dict(box=7.5, cls=1.0, dfl=1.5))
    return model


def from_onnx(path, pictures):
    """A YOLOv8n with the weights of one of Foramen's detectors (15 classes, five levels of three).

    There the batch norms are folded into the convolutions. Each convolution here gets the folded weights, and its batch
    norm the statistics that it measures on `pictures`, with scale and shift that undo them: the network computes the same
    as before, also while it trains.
    """
    import onnx

    model = network()
    given = {w.name.removesuffix("_half"): onnx.numpy_helper.to_array(w).astype(np.float32) for w in onnx.load(path).graph.initializer}
    folded, statistics, hooks = {}, {}, []
    for name, module in model.named_modules():
        if hasattr(module, "conv") and hasattr(module, "bn"):
            module.conv.weight.data = torch.tensor(given[name + ".conv.weight"])
            norm = module.bn
            norm.weight.data.fill_((1 + norm.eps) ** 0.5)
            norm.bias.data = torch.tensor(given[name + ".conv.bias"])
            folded[name] = module
            hooks.append(module.conv.register_forward_hook(lambda _, i, o, n=name: statistics.__setitem__(n, (o.mean((0, 2, 3)), o.var((0, 2, 3))))))
    for scale in range(3):
        for branch in ("cv2", "cv3"):
            layer = getattr(model.model[22], branch)[scale][2]
            weight, bias = (given[f"model.22.{branch}.{scale}.2.{k}"] for k in ("weight", "bias"))
            if branch == "cv3":
                weight, bias = weight.reshape(CLASSES, 3, *weight.shape[1:]).mean(1), bias.reshape(CLASSES, 3).max(1)
            layer.weight.data, layer.bias.data = torch.tensor(weight), torch.tensor(bias)
    model.eval()
    with torch.no_grad():
        model(pictures)
    for hook in hooks:
        hook.remove()
    for name, module in folded.items():
        mean, variance = statistics[name]
        variance = variance.clamp_min(1e-4)
        norm = module.bn
        norm.bias.data = norm.bias.data + mean
        norm.weight.data = (variance + norm.eps).sqrt()
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
    return model


class Batches(torch.utils.data.IterableDataset):
    """Endless. A patient's pictures of one sequence share the patient's turn."""

    def __init__(self):
        real = [p for p in pickle.load(open(ARGS.real, "rb")) if not p["val"]]
        self.phantoms = sum((pickle.load(open(p, "rb")) for p in ARGS.phantoms.split(",") if p), [])
        self.groups = {}
        for p in real:
            self.groups.setdefault((p["source"].split("_")[0], p["patient"], p["seq"]), []).append(p)
        self.keys = list(self.groups)
        # Sudirman's pictures are of one scanner and look alike.
        weight = np.array([0.55 if k[0] == "sudirman" else 1.0 for k in self.keys])
        self.weight = weight / weight.sum()
        print(len(self.keys), "patients by sequence,", len(real), "pictures,", len(self.phantoms), "phantom slices", flush=True)

    def __iter__(self):
        cv2.setNumThreads(1)
        rng = np.random.default_rng([ARGS.seed, time.time_ns()])
        while True:
            pictures, labels = [], []
            for at in range(ARGS.batch):
                if self.phantoms and rng.random() < ARGS.phantom_share:
                    item = self.phantoms[rng.integers(len(self.phantoms))]
                else:
                    group = self.groups[self.keys[rng.choice(len(self.keys), p=self.weight)]]
                    item = group[rng.integers(len(group))]
                picture, boxes = sample(item, ARGS.size, rng)
                pictures.append(picture)
                for k, b in boxes.items():
                    labels.append([at, k, *(np.array([b[0] + b[2], b[1] + b[3], 2 * (b[2] - b[0]), 2 * (b[3] - b[1])]) / 2 / ARGS.size)])
            yield torch.from_numpy(np.stack(pictures)), torch.tensor(np.array(labels), dtype=torch.float32).reshape(-1, 6)


def to_input(pictures):
    return (pictures[:, None].float() / 255).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)


def widen(value):
    """bfloat16 outputs as float32: boxes need more than 8 bits of mantissa in the loss."""
    if torch.is_tensor(value):
        return value.float()
    if isinstance(value, dict):
        return {k: widen(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(widen(v) for v in value)
    return value


def save(what, path):
    torch.save(what, path + ".partial")
    os.replace(path + ".partial", path)


def meet_peer(model):
    """Leaves our weights for the other training, and moves halfway to what it left."""
    save(model.state_dict(), ARGS.out + ".avg")
    other = ARGS.peer + ".avg"
    if not os.path.exists(other) or time.time() - os.path.getmtime(other) > 300:
        return
    theirs = torch.load(other)
    with torch.no_grad():
        for name, own in model.state_dict().items():
            if own.dtype.is_floating_point:
                own.lerp_(theirs[name].to(own.dtype), 0.5)


def main():
    torch.set_num_threads(ARGS.threads)
    batches = iter(torch.utils.data.DataLoader(Batches(), batch_size=None, num_workers=1, prefetch_factor=6))
    if ARGS.init.endswith(".onnx"):
        model = from_onnx(ARGS.init, to_input(next(batches)[0]))
    else:
        model = network()
        if ARGS.init:
            model.load_state_dict(torch.load(ARGS.init)["model"])
    model = model.to(memory_format=torch.channels_last).train()
    for parameter in model.parameters():
        parameter.requires_grad = True
    model.model[22].dfl.conv.weight.requires_grad = False
    criterion = model.init_criterion()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW([
        dict(params=[p for p in trained if p.ndim > 1], weight_decay=ARGS.weight_decay),
        dict(params=[p for p in trained if p.ndim <= 1], weight_decay=0.0),
    ], lr=ARGS.lr)
    average = ModelEMA(model, decay=0.998, tau=200)
    started, step, running = time.time(), 0, None

    def keep():
        save(dict(model=average.ema.state_dict(), step=step, args=vars(ARGS)), ARGS.out + ".pt")

    while (share := (time.time() - started) / (60 * ARGS.minutes)) < 1:
        rate = ARGS.lr * (ARGS.lrf + (1 - ARGS.lrf) * 0.5 * (1 + math.cos(math.pi * share))) * min(1, (step + 1) / ARGS.warmup)
        for group in optimizer.param_groups:
            group["lr"] = rate
        pictures, labels = next(batches)
        x = to_input(pictures)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            predictions = model(x)
        loss, parts = criterion(widen(predictions), dict(img=x, batch_idx=labels[:, 0], cls=labels[:, 1:2], bboxes=labels[:, 2:]))
        (loss.sum() / ARGS.batch * 4).backward()
        torch.nn.utils.clip_grad_norm_(trained, 10.0)
        optimizer.step()
        optimizer.zero_grad()
        average.update(model)
        step += 1
        if ARGS.peer and step % ARGS.every == 0:
            meet_peer(model)
        parts = parts.detach().numpy() if torch.is_tensor(parts) else np.array([float(v) for v in parts.values()])
        running = parts if running is None else 0.98 * running + 0.02 * parts
        if step % 50 == 0:
            spent = time.time() - started
            print(f"{spent:.0f} s, step {step}, {step * ARGS.batch / spent:.1f} pictures/s, rate {rate:.5f}, box cls dfl {running.round(3)}", flush=True)
        if step % 250 == 0:
            keep()
    keep()
    print("done,", step, "steps", flush=True)
    os._exit(0)  # the loader's process does not end by itself


if __name__ == "__main__":
    main()
