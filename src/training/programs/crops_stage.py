"""One stage of a training of the second stage: steps, the mean of the weights, checkpoints, the table of epochs."""

import copy
import csv
import dataclasses
import io
import math
import os
import time
import typing

import numpy
import torch
from torch.utils.data import DataLoader

from crops_data import Graded, Varied, prepared
from crops_score import NAMES, Loss, score


@dataclasses.dataclass
class Plan:
    """What a stage is to do: `hours`, or `epochs` without them; `report` is told of every epoch."""

    index: int
    folder: str
    settings: dict
    epochs: int
    hours: float | None
    validate: bool
    bfloat16: bool
    report: typing.Callable

    def weights(self, name):
        return os.path.join(self.folder, "weights", name)


def read_checkpoint(path):
    """The checkpoint, or None if there is none or it is not whole."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception:
        return None


def write_checkpoint(path, checkpoint):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # torch's own writing to files does not say when a disk is full.
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    with open(path + ".partial", "wb") as file:
        file.write(buffer.getbuffer())
    os.replace(path + ".partial", path)


def autocast(device, bfloat16):
    """bfloat16 where the processor has it: 1.5 to 2 times the speed. Heads, losses and sums stay float32."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=bfloat16)


class Mean:
    """The exponential mean of the network, which is what is validated and kept."""

    def __init__(self, network, decay):
        self.network, self.decay, self.steps = copy.deepcopy(network).eval(), decay, 0

    def update(self, network):
        self.steps += 1
        # Early on, a shorter mean: what the network began with is not worth remembering.
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for mean, value in zip(self.network.state_dict().values(), network.state_dict().values()):
                if mean.is_floating_point():
                    mean.lerp_(value, 1 - decay)
                else:
                    mean.copy_(value)


def loader(studies, batch, workers, shuffle=None):
    return DataLoader(studies, batch, shuffle=shuffle is not None, num_workers=workers, generator=shuffle)


@torch.no_grad()
def validate(network, crops, studies, device, plan):
    """The parts of the contest's score on studies as grading gives them."""
    network.eval()
    probabilities, grades = [], []
    for batch in loader(Graded(crops, studies), plan.settings["batch"], plan.settings["workers"]):
        pictures, seen, steps, known = prepared(batch, device)
        with autocast(device, plan.bfloat16):
            vectors, any_seen, _ = network.encode(pictures, seen, steps)
        probabilities.append(torch.softmax(network.combine(vectors, any_seen).float(), 2).cpu().numpy())
        grades.append(known.cpu().numpy())
    return score(numpy.concatenate(probabilities), numpy.concatenate(grades))


class Table:
    """results.csv of a stage. Lines after the last checkpoint, from before a kill, are left out when it goes on."""

    def __init__(self, folder, epochs):
        self.path = os.path.join(folder, "results.csv")
        kept = []
        if epochs and os.path.exists(self.path):
            kept = [line for line in list(csv.reader(open(self.path, encoding="utf-8")))[1:] if int(line[0]) <= epochs]
        self.write("w", [["epoch", "time", "train/loss", *(f"val/{name}" for name in NAMES), "lr"], *kept])

    def write(self, mode, lines):
        with open(self.path, mode, newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)

    def add(self, epoch, seconds, loss, scores, lr):
        numbers = [f"{scores[name]:.5f}" if scores else "" for name in NAMES]
        self.write("a", [[epoch, f"{seconds:.1f}", f"{loss:.5f}", *numbers, f"{lr:.3g}"]])


class Stage:
    """One stage of a training: its settings, its time, and how far it has come."""

    def __init__(self, plan, network, crops, grades, parts, device):
        """`parts` are the studies to train on and to validate on."""
        self.plan, self.settings, self.crops, self.grades, self.parts = plan, plan.settings, crops, grades, parts
        self.device, self.network = device, network.to(device)
        self.mean = Mean(self.network, self.settings["ema"])
        encoders = {id(p) for p in self.network.encoder_parameters()}
        for parameter in self.network.parameters():
            parameter.requires_grad_(not (self.settings["heads_only"] and id(parameter) in encoders))
        # Single numbers, such as biases, are not drawn to 0.
        def group(of_encoder, is_flat):
            chosen = [p for p in self.network.parameters()
                      if p.requires_grad and (id(p) in encoders) == of_encoder and (p.dim() < 2) == is_flat]
            return {"params": chosen, "weight_decay": 0.0 if is_flat else self.settings["weight_decay"],
                    "share": self.settings["encoder_lr"] if of_encoder else 1.0}
        groups = [group(of_encoder, is_flat) for of_encoder in (True, False) for is_flat in (True, False)]
        self.optimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=self.settings["lr0"])
        self.loss = Loss(self.settings["weights"], self.settings["any_severe"], grades[parts[0]])
        self.epoch, self.seconds, self.best, self.rate = 0, 0.0, math.inf, 0.0

    def resume(self):
        checkpoint = read_checkpoint(self.plan.weights("last.pt"))
        self.network.load_state_dict(checkpoint["network"])
        self.mean.network.load_state_dict(checkpoint["ema"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        self.epoch, self.seconds, self.best, self.mean.steps = (checkpoint[k] for k in ("epoch", "seconds", "best", "steps"))

    def save(self, name):
        write_checkpoint(self.plan.weights(name), {
            "network": self.network.state_dict(), "ema": self.mean.network.state_dict(),
            "optimizer": self.optimizer.state_dict(), "epoch": self.epoch, "seconds": self.seconds, "best": self.best,
            "steps": self.mean.steps,
        })

    def progress(self, spent, share):
        """From 0 to 1: of the time, or of the epochs."""
        return (self.seconds + spent) / (3600 * self.plan.hours) if self.plan.hours else (self.epoch + share) / self.plan.epochs

    def set_rate(self, progress):
        """Cosine from lr0 to lrf lr0, after a short rise."""
        s = self.settings
        cosine = s["lrf"] + (1 - s["lrf"]) * (1 + math.cos(math.pi * min(progress, 1.0))) / 2
        rise = min(1.0, (progress + 1e-3) / s["warmup"]) if s["warmup"] else 1.0
        self.rate = s["lr0"] * cosine * rise
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * group["share"]

    def cut_and_mixed(self, pictures, seen, grades):
        """With a rectangle of each crop from another study of the batch, the grades of both, and the share of their own."""
        side, other = pictures.shape[-1], torch.randperm(len(pictures))
        share = float(torch.distributions.Beta(1.0, 1.0).sample())
        half = side * math.sqrt(1 - share) / 2
        edges = [[max(0, round(middle - half)), min(side, round(middle + half))]
                 for middle in (torch.rand(2) * side).tolist()]
        (top, bottom), (left, right) = edges
        both = (seen * seen[other])[..., None, None] > 0
        own = pictures[..., top:bottom, left:right]
        pictures[..., top:bottom, left:right] = torch.where(both, own[other], own)
        return pictures, grades[other], 1 - (bottom - top) * (right - left) / side**2

    def step(self, batch):
        pictures, seen, steps, grades = prepared(batch, self.device)
        others, share = grades, 1.0
        if len(pictures) > 1 and float(torch.rand(())) < self.settings["cutmix"]:
            pictures, others, share = self.cut_and_mixed(pictures, seen, grades)
        with autocast(self.device, self.plan.bfloat16):
            vectors, any_seen, _ = self.network.encode(pictures, seen, steps)
        logits = self.network.combine([v.float() for v in vectors], any_seen)
        loss = self.loss(logits, grades)
        if share < 1:
            loss = share * loss + (1 - share) * self.loss(logits, others)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.settings["clip"])
        self.optimizer.step()
        self.mean.update(self.network)
        return float(loss.detach())

    def train_epoch(self, started):
        """The mean loss, and whether the stage is at its end. With a time, that may be in the middle of an epoch."""
        self.network.train()
        if self.settings["heads_only"]:
            # As they grade: nothing in them is learned any more, nor are their means.
            self.network.encoders.eval()
        generator = torch.Generator().manual_seed(self.settings["seed"] + 1000 * self.plan.index + self.epoch)
        torch.manual_seed(self.settings["seed"] + 1000 * self.plan.index + self.epoch)
        studies = Varied(self.crops, self.parts[0], self.settings, self.grades, 1000 * self.plan.index + self.epoch)
        batches = loader(studies, self.settings["batch"], self.settings["workers"], generator)
        losses, is_over = [], False
        for at, batch in enumerate(batches):
            progress = self.progress(time.time() - started, at / len(batches))
            if is_over := self.plan.hours is not None and progress >= 1 and bool(losses):
                break
            self.set_rate(progress)
            losses.append(self.step(batch))
        return sum(losses) / len(losses), is_over or self.progress(time.time() - started, 1.0) >= 1

    def train(self):
        is_over, table = False, Table(self.plan.folder, self.epoch)
        while not is_over:
            started = time.time()
            loss, is_over = self.train_epoch(started)
            scores = {}
            if self.plan.validate or is_over:
                scores = validate(self.mean.network, self.crops, self.parts[1], self.device, self.plan)
            self.epoch, self.seconds = self.epoch + 1, self.seconds + time.time() - started
            is_best = bool(scores) and scores["score"] < self.best
            self.best = min(self.best, scores.get("score", math.inf))
            table.add(self.epoch, self.seconds, loss, scores, self.rate)
            self.save("last.pt")
            if is_best:
                self.save("best.pt")
            done = min(1.0, self.progress(0.0, 0.0))
            epochs = self.epoch if is_over else max(self.epoch + 1, round(self.epoch / max(done, 1e-3)))
            shown = [["train", loss], *([[name, scores[name]] for name in NAMES] if scores else [])]
            self.plan.report(epoch=self.epoch, epochs=epochs, loss=[[name, round(value, 4)] for name, value in shown],
                             seconds=round(self.seconds))
