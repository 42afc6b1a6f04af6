"""Crops of a data set (`crops.json` and an atlas a study), as they are graded and as they are varied for training."""

import json
import math
import os

import cv2
import numpy
import torch

CELLS, SLICES, LEVELS = 25, 5, 5
# Left foramina, left recesses, right foramina, right recesses, canal: what each five becomes in a mirrored patient.
MIRRORED = numpy.concatenate([numpy.arange(first, first + LEVELS) for first in (10, 15, 0, 5, 20)])
CANAL = slice(20, 25)
COLUMNS = [f"{name}_{level}" for name in (
    "left_neural_foraminal_narrowing", "left_subarticular_stenosis", "right_neural_foraminal_narrowing",
    "right_subarticular_stenosis", "spinal_canal_stenosis",
) for level in ("l1_l2", "l2_l3", "l3_l4", "l4_l5", "l5_s1")]


class Crops:
    """All studies of a data set, in memory: about 2 MB each."""

    def __init__(self, folder):
        info = json.load(open(os.path.join(folder, "crops.json"), encoding="utf-8"))
        self.side, self.margin, self.spare = info["side"], info["margin"], info["spare_slices"]
        self.columns = info["slices"] + 2 * self.spare
        self.width_mm = info["width_mm"]
        self.pitch = self.width_mm / self.side
        self.names = [study["study"] for study in info["studies"]]
        self.folds = numpy.array([study["fold"] for study in info["studies"]])
        # -1 where there is no label.
        self.grades = numpy.array([[-1 if g is None else g for g in study["grades"]] for study in info["studies"]])
        self.seen = numpy.array([[[c == "1" for c in cell] for cell in study["seen"]] for study in info["studies"]])
        # Where no slice passes through the place, grading does not ask: neither is it measured or learned there.
        self.grades[~self.seen[:, :, self.columns // 2]] = -1
        self.atlases = [self.read(os.path.join(folder, study["file"])) for study in info["studies"]]

    def read(self, path):
        # Not cv2.imread, which cannot open every name on every system.
        image = cv2.imdecode(numpy.fromfile(path, numpy.uint8), cv2.IMREAD_GRAYSCALE)
        tile = self.side + 2 * self.margin
        if image is None or image.shape != (CELLS * tile, self.columns * tile):
            raise ValueError(f"{path}: not an atlas of {CELLS} rows and {self.columns} columns of {tile} pixels")
        return image

    def tile(self, study, cell, column):
        size = self.side + 2 * self.margin
        return self.atlases[study][cell * size:(cell + 1) * size, column * size:(column + 1) * size]


class Graded(torch.utils.data.Dataset):
    """Studies as grading gives them: the middle of each tile, the middle slices."""

    def __init__(self, crops, studies):
        self.crops, self.studies = crops, studies

    def __len__(self):
        return len(self.studies)

    def __getitem__(self, at):
        crops, study = self.crops, self.studies[at]
        out = numpy.zeros((CELLS, SLICES, crops.side, crops.side), numpy.uint8)
        seen = crops.seen[study][:, crops.spare:crops.spare + SLICES]
        middle = slice(crops.margin, crops.margin + crops.side)
        for cell, slot in zip(*numpy.nonzero(seen)):
            out[cell, slot] = crops.tile(study, cell, crops.spare + slot)[middle, middle]
        steps = numpy.tile(numpy.arange(SLICES), (CELLS, 1))
        return out, seen.astype(numpy.float32), steps, crops.grades[study]


class Varied(torch.utils.data.Dataset):
    """Studies as a level finder, a scanner and a patient might have made them. `settings` is the recipe's [train]; every
    epoch has numbers of its own, the same after a kill."""

    def __init__(self, crops, studies, settings, grades, epoch):
        self.crops, self.studies, self.settings, self.grades = crops, studies, settings, grades
        self.epoch = epoch

    def __len__(self):
        return len(self.studies)

    def shifts(self, rng):
        """Pixels [25, 2]: an error shared by the study, one by each level, and one of each cell's own."""
        sigma = self.settings["shift_mm"] / self.crops.pitch
        level = numpy.tile(rng.normal(0, 1, (LEVELS, 2)), (CELLS // LEVELS, 1))
        shift = rng.normal(0, 1, (1, 2)) + level + rng.normal(0, 1, (CELLS, 2))
        return numpy.clip(sigma / math.sqrt(3) * shift, -self.crops.margin, self.crops.margin)

    def curve(self, rng):
        """Another contrast and brightness, as a table of 256 values."""
        s = self.settings
        grey = numpy.linspace(0, 1, 256) ** math.exp(rng.normal(0, s["gamma"]))
        grey = (grey - 0.5) * math.exp(rng.normal(0, s["contrast"])) + 0.5 + rng.normal(0, s["brightness"])
        return numpy.clip(255 * grey, 0, 255).astype(numpy.uint8)

    def spoilt(self, rng, tile, curve, blur, noise):
        tile = cv2.LUT(tile, curve)
        if blur > 0:
            tile = cv2.GaussianBlur(tile, (0, 0), blur)
        if noise > 0:
            # OpenCV's generator: numpy's takes longer than the rest of it together.
            field = numpy.empty((self.crops.side, self.crops.side), numpy.int16)
            cv2.setRNGSeed(int(rng.integers(1 << 31)))
            cv2.randn(field, 0, 255 * noise)
            tile = cv2.add(tile, field, dtype=cv2.CV_8U)
        return tile

    def __getitem__(self, at):
        crops, s, study = self.crops, self.settings, self.studies[at]
        rng = numpy.random.default_rng((s["seed"], self.epoch, int(study)))
        count, side = s["slices"], crops.side
        out = numpy.zeros((CELLS, count, side, side), numpy.uint8)
        seen = numpy.zeros((CELLS, count), numpy.float32)
        steps = numpy.zeros((CELLS, count), numpy.int64)
        shifts = self.shifts(rng)
        moved = rng.integers(-crops.spare, crops.spare + 1, CELLS) * (rng.random(CELLS) < s["slice_shift"])
        planes = [rng.random() >= s["drop_view"] for _ in range(3)]
        # Of one series together: how it was recorded.
        curves = [self.curve(rng) for _ in range(3)]
        blurs = [rng.uniform(0.4, 1.2) if rng.random() < s["blur"] else 0.0 for _ in range(3)]
        noises = [abs(rng.normal(0, s["noise"])) for _ in range(3)]
        turns, sizes = rng.normal(0, s["degrees"], CELLS // LEVELS), numpy.exp(rng.normal(0, s["scale"], CELLS // LEVELS))
        middle = (side + 2 * crops.margin - 1) / 2
        for cell in range(CELLS):
            five = cell // LEVELS
            plane = (0, 1, 0, 1, 2)[five]
            # The middle one always, for the place lies in it; some of the others.
            others = rng.permutation([0, 1, 3, 4])[:count - 1]
            slots = numpy.sort(numpy.append(others, 2))
            steps[cell] = slots
            turn = cv2.getRotationMatrix2D((middle, middle), turns[five], sizes[five])
            turn[:, 2] += shifts[cell] - crops.margin
            for index, slot in enumerate(slots):
                column = crops.spare + slot + moved[cell]
                is_dropped = slot != 2 and rng.random() < s["drop_slice"]
                if not planes[plane] or is_dropped or not crops.seen[study][cell, column]:
                    continue
                tile = cv2.warpAffine(crops.tile(study, cell, column), turn, (side, side), flags=cv2.INTER_LINEAR)
                out[cell, index] = self.spoilt(rng, tile, curves[plane], blurs[plane], noises[plane])
                seen[cell, index] = 1
        grades = self.grades[study]
        if rng.random() < s["swap_sides"]:
            out, seen, steps, grades = out[MIRRORED], seen[MIRRORED], steps[MIRRORED], grades[MIRRORED]
            # From the other side; the others are counted from the middle, or from the head.
            steps[CANAL] = SLICES - 1 - steps[CANAL]
        return out, seen, steps, grades


def prepared(batch, device):
    """On the device, in 0..1."""
    crops, seen, steps, grades = (torch.as_tensor(part).to(device, non_blocking=True) for part in batch)
    return crops.float() / 255, seen, steps, grades


def heldout_losses(files, crops):
    """-ln of what models that had not seen them gave the labels, [studies, 25]; NaN where that is not known."""
    at = {f"{study}_{column}": (i, j) for i, study in enumerate(crops.names) for j, column in enumerate(COLUMNS)}
    losses = numpy.full(crops.grades.shape, numpy.nan)
    for file in files:
        for line in open(file, encoding="utf-8").read().splitlines()[1:]:
            row, *shares = line.split(",")
            place = at.get(row)
            if place and crops.grades[place] >= 0:
                losses[place] = -math.log(max(float(shares[crops.grades[place]]), 1e-9))
    return losses


def cleaned(crops, losses, share):
    """The grades without those labels that models disagree with most, a share of each condition's; and how many went."""
    grades, count = crops.grades.copy(), 0
    for fives in ((0, 2), (1, 3), (4,)):
        cells = numpy.concatenate([numpy.arange(5 * f, 5 * f + 5) for f in fives])
        part = losses[:, cells]
        known = part[numpy.isfinite(part)]
        if len(known):
            worst = part > numpy.quantile(known, 1 - share)
            grades[numpy.ix_(range(len(grades)), cells)] = numpy.where(worst, -1, grades[:, cells])
            count += int(worst.sum())
    return grades, count
