"""The network of the second stage: an encoder a plane, attention over the slices of a cell, then the 25 cells of a study
looked at together. Nothing but plain operators, so that rten and ONNX Runtime both run what is exported.

The 25 cells come in the order of a study's rows, five levels each: left foramina (sagittal T1), left recesses (axial T2),
right foramina, right recesses (mirrored, so that they look like left ones), canal (sagittal T2). Their slices come in order
of place: of foramina from the middle outwards, of recesses from head to foot, of the canal from right to left.
"""

import math

import torch
from torch import nn

LEVELS, CELLS, SLICES, GRADES = 5, 25, 5, 3
CANAL, FORAMINA, RECESSES = 0, 1, 2
# First cells of the fives that each encoder looks at.
PLANES = ((20,), (0, 10), (5, 15))
# Where the fives of the planes, one plane after the other, belong in a study's order.
FIVES = [first // LEVELS for plane in PLANES for first in plane]
ORDER = [FIVES.index(five) for five in range(CELLS // LEVELS)]
# torchvision's, as encoders: the part before their last pooling.
BACKBONES = ("resnet18", "resnet34", "resnet50", "efficientnet_b0", "efficientnet_v2_s", "convnext_tiny")


def block(inputs, outputs, kernel=3, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class Plain(nn.Module):
    """Convolutions from `width` to 8 `width` channels at a sixteenth of the side: about 0.3 million weights at 16. The
    steps are in the convolutions: on a CPU, pooling and what is done to each number of large maps cost as much."""

    def __init__(self, width):
        super().__init__()
        a, b, c, d = width, 2 * width, 4 * width, 8 * width
        self.parts = nn.ModuleList([
            block(1, a, 5, 2),
            nn.Sequential(block(a, b, stride=2), block(b, b)),
            nn.Sequential(block(b, c, stride=2), block(c, c)),
            nn.Sequential(block(c, d, stride=2), block(d, d)),
        ])
        self.channels = [a, b, c, d]

    def forward(self, crops):
        maps = []
        for part in self.parts:
            crops = part(crops)
            maps.append(crops)
        return maps


class Pretrained(nn.Module):
    """One of torchvision's networks, which see three equal colours."""

    def __init__(self, name, weights):
        super().__init__()
        import torchvision

        whole = torchvision.models.get_model(name, weights=weights)
        if hasattr(whole, "features"):
            parts = list(whole.features)
        else:
            first = nn.Sequential(whole.conv1, whole.bn1, whole.relu, whole.maxpool)
            parts = [first, whole.layer1, whole.layer2, whole.layer3, whole.layer4]
        self.parts = nn.ModuleList(parts)
        with torch.no_grad():
            self.channels = [m.shape[1] for m in self.eval()(torch.zeros(1, 1, 64, 64))]

    def forward(self, crops):
        maps, crops = [], crops.repeat(1, 3, 1, 1)
        for part in self.parts:
            crops = part(crops)
            maps.append(crops)
        return maps


class Encoder(nn.Module):
    """Of one plane: from slices to a vector a slice, and to a trace, which tells how the picture looks to it."""

    def __init__(self, architecture, weights, side, width, features):
        super().__init__()
        self.maps = Plain(width) if architecture == "plain" else Pretrained(architecture, weights)
        last = self.maps.channels[-1]
        with torch.no_grad():
            self.grid = self.maps.eval()(torch.zeros(1, 1, side, side))[-1].shape[-1]
        # Where a finding lies in a crop is known within a few millimetres: two learned weightings of the places for each
        # channel, which begin as the mean and as a look at the middle.
        middle = (torch.arange(self.grid) - (self.grid - 1) / 2).square()
        middle = torch.exp(-(middle[:, None] + middle[None]) / (0.35 * self.grid) ** 2).flatten()
        even = torch.ones(self.grid**2) / self.grid**2
        self.places = nn.Parameter(torch.stack([even, middle / middle.sum()])[None].repeat(last, 1, 1))
        self.out = nn.Linear(3 * last, features)

    def forward(self, crops):
        """`crops` [n, 1, side, side] in 0..1; a vector [n, features]."""
        mean = crops.mean((2, 3), keepdim=True)
        spread = (crops - mean).square().mean((2, 3), keepdim=True)
        crops = (crops - mean) * torch.rsqrt(spread + 1e-4)
        maps = self.maps(crops)
        last = maps[-1].flatten(2)
        # As products and sums, not as an einsum, which engines spell differently.
        placed = (last.unsqueeze(2) * self.places).sum(3).flatten(1)
        return torch.relu(self.out(torch.cat([placed, last.amax(2)], 1))), [crops, *maps]

    @staticmethod
    def trace(maps):
        """What each channel sees on the whole, and the picture itself in 8 x 8 fields: the channels alone do not tell
        pictures that stand on their heads."""
        fields = nn.functional.avg_pool2d(maps[0], maps[0].shape[-1] // 8).flatten(1)
        return torch.cat([fields.float(), *(m.float().mean((2, 3)) for m in maps[1:])], 1)


class Slices(nn.Module):
    """Masked attention over the slices of a cell, which know how far from the middle one they lie and to which side."""

    def __init__(self, features):
        super().__init__()
        self.score = nn.Sequential(nn.Linear(features, 32), nn.Tanh(), nn.Linear(32, 2))
        self.step = nn.Parameter(-0.5 * (torch.arange(SLICES) - SLICES // 2).abs()[:, None].repeat(1, 2))
        self.out = nn.Linear(2 * features, features)
        self.missing = nn.Parameter(torch.zeros(features))

    def forward(self, vectors, seen, steps):
        """`vectors` [n, slices, features], `seen` 0 or 1 and `steps` 0 to 4 from the first slice [n, slices]."""
        score = self.score(vectors) + self.step[steps] + (seen.unsqueeze(2) - 1) * 1e4
        share = torch.softmax(score, 1)
        pooled = (share.unsqueeze(3) * vectors.unsqueeze(2)).sum(1).flatten(1)
        any_seen = seen.amax(1, keepdim=True)
        return torch.relu(self.out(pooled)) * any_seen + self.missing * (1 - any_seen), any_seen


def relations():
    """For each pair of cells the number of their relation: conditions, distance of the levels, same side or not."""
    condition = torch.tensor([FORAMINA, RECESSES, FORAMINA, RECESSES, CANAL]).repeat_interleave(LEVELS)
    side = torch.tensor([1, 1, 2, 2, 0]).repeat_interleave(LEVELS)
    level = torch.arange(LEVELS).repeat(5)
    same = (side[:, None] == side[None]).long()
    pair = condition[:, None] * 3 + condition[None]
    return (pair * 9 + level[:, None] - level[None] + LEVELS - 1) * 2 + same


class Together(nn.Module):
    """Attention among the 25 cells, aware of how two cells lie to each other, and a small network for each."""

    def __init__(self, size, heads, dropout):
        super().__init__()
        self.heads, self.size = heads, size
        self.norms = nn.ModuleList([nn.LayerNorm(size), nn.LayerNorm(size)])
        self.asks, self.gives = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.relation = nn.Parameter(torch.zeros(9 * 9 * 2, heads))
        self.inner = nn.Sequential(nn.Linear(size, 2 * size), nn.ReLU(), nn.Dropout(dropout), nn.Linear(2 * size, size))
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("relations", relations(), persistent=False)

    def forward(self, cells):
        count = cells.shape[0]
        parts = self.asks(self.norms[0](cells)).view(count, CELLS, 3, self.heads, self.size // self.heads)
        query, key, value = (parts[:, :, i].transpose(1, 2) for i in range(3))
        score = query @ key.transpose(2, 3) / math.sqrt(self.size // self.heads)
        share = torch.softmax(score + self.relation[self.relations].permute(2, 0, 1), 3)
        mixed = (share @ value).transpose(1, 2).reshape(count, CELLS, self.size)
        cells = cells + self.dropout(self.gives(mixed))
        return cells + self.dropout(self.inner(self.norms[1](cells)))


class Grader(nn.Module):
    """The whole network. `features` of a view of a cell; `size` of what is known of a cell."""

    def __init__(self, architecture="plain", weights=None, side=96, width=16, features=128, dropout=0.1):
        super().__init__()
        self.encoders = nn.ModuleList([Encoder(architecture, weights, side, width, features) for _ in PLANES])
        self.slices = nn.ModuleList([Slices(features) for _ in PLANES])
        size = features
        # Of each condition: its own view and the one beside it.
        self.views = nn.ModuleList([nn.Linear(2 * features, size) for _ in PLANES])
        self.level = nn.Parameter(torch.zeros(LEVELS, size))
        self.dropout = nn.Dropout(dropout)
        self.together = Together(size, 4, dropout)
        self.grades = nn.ModuleList([nn.Linear(size, GRADES) for _ in PLANES])

    def encoder_parameters(self):
        return list(self.encoders.parameters())

    def encode(self, crops, seen, steps):
        """For each plane: vectors [n, cells, features], whether anything was seen [n, cells, 1], and the trace of each cell
        [n * cells, traces] unless it is trained."""
        count, _, slices, side, _ = crops.shape
        vectors, any_seen, traces = [], [], []
        for plane, encoder, pool in zip(PLANES, self.encoders, self.slices):
            part = fives(crops, plane).reshape(-1, 1, side, side)
            mask = fives(seen, plane).reshape(-1, slices)
            found, maps = encoder(part)
            vector, is_seen = pool(found.float().view(-1, slices, found.shape[1]), mask,
                                   fives(steps, plane).reshape(-1, slices))
            if not self.training:
                trace = encoder.trace(maps)
                trace = trace.view(-1, slices, trace.shape[1])
                weight = mask.unsqueeze(2)
                traces.append((trace * weight).sum(1) / weight.sum(1).clamp(min=1.0))
            vectors.append(vector.view(count, LEVELS * len(plane), -1))
            any_seen.append(is_seen.view(count, LEVELS * len(plane), 1))
        return vectors, any_seen, traces

    def combine(self, vectors, any_seen):
        """Logits [n, 25, 3]."""
        canal, foramina, recesses = vectors
        left, right = recesses[:, :LEVELS], recesses[:, LEVELS:]
        has_left, has_right = any_seen[RECESSES][:, :LEVELS], any_seen[RECESSES][:, LEVELS:]
        both = (left * has_left + right * has_right) / (has_left + has_right).clamp(min=1.0)
        # Without any axial view: what stands for a missing one.
        both = both + self.slices[RECESSES].missing * (1 - torch.maximum(has_left, has_right))
        pairs = [
            torch.cat([canal, both], 2),
            torch.cat([foramina, recesses], 2),
            torch.cat([recesses, torch.cat([canal, canal], 1)], 2),
        ]
        cells = [
            torch.relu(view(self.dropout(pair))) + self.level.repeat(pair.shape[1] // LEVELS, 1)
            for view, pair in zip(self.views, pairs)
        ]
        cells = self.together(in_order(torch.cat(cells, 1)))
        logits = [grade(fives(cells, plane)) for plane, grade in zip(PLANES, self.grades)]
        return in_order(torch.cat(logits, 1))

    def forward(self, crops, seen, steps):
        """Logits [n, 25, 3] of `crops` [n, 25, slices, side, side] in 0..1 with `seen` 0 or 1 and whole `steps` from the
        first slice that grading gives, [n, 25, slices]; and the traces."""
        vectors, any_seen, traces = self.encode(crops, seen, steps)
        return self.combine(vectors, any_seen), traces


def fives(cells, plane):
    """The cells of a plane."""
    parts = [cells[:, first:first + LEVELS] for first in plane]
    return torch.cat(parts, 1) if len(parts) > 1 else parts[0]


def in_order(cells):
    """From the planes' order to a study's."""
    return torch.cat([cells[:, LEVELS * five:LEVELS * (five + 1)] for five in ORDER], 1)
