"""What is minimised, and the contest's score (RSNA 2024): the mean of three weighted log losses and the any-severe one."""

import numpy
import torch

LEVELS = 5
# Cells by the name that the score gives them.
GROUPS = {
    "canal": list(range(20, 25)),
    "foraminal": [*range(0, 5), *range(10, 15)],
    "subarticular": [*range(5, 10), *range(15, 20)],
}
WEIGHTS = numpy.array([1.0, 2.0, 4.0])
NAMES = (*GROUPS, "any severe", "score")


class Loss:
    """Weighted cross entropy of each condition and, with `any_severe` above 0, that of the canal's worst level. Divided by
    what the weights of the data are on average, not of a batch: a batch with few severe grades is not worth more."""

    def __init__(self, weights, any_severe, grades):
        self.weights, self.any_severe = weights, any_severe
        weight = numpy.array([*weights, 0.0])
        self.means = {}
        for name, cells in GROUPS.items():
            part = grades[:, cells]
            self.means[name] = float(weight[part[part >= 0]].mean()) if (part >= 0).any() else 1.0
        worst = weight[grades[:, GROUPS["canal"]]].max(1)
        self.means["any severe"] = float(worst.mean()) or 1.0

    def __call__(self, logits, grades):
        weight = torch.tensor([*self.weights, 0.0], device=logits.device)
        log = torch.log_softmax(logits.float(), 2)
        of_label = -log.gather(2, grades.clamp(min=0).unsqueeze(2)).squeeze(2)
        # The grade -1 finds the last weight, 0.
        weighted = of_label * weight[grades]
        total = sum(weighted[:, cells].mean() / self.means[name] for name, cells in GROUPS.items())
        if self.any_severe > 0:
            canal = grades[:, GROUPS["canal"]]
            severe = log[:, GROUPS["canal"], 2].masked_fill(canal < 0, -20.0).amax(1)
            # ln(1 - p), away from 0.
            rest = torch.log1p(-severe.exp().clamp(max=1 - 1e-6))
            is_severe = (canal == 2).any(1)
            loss = -torch.where(is_severe, severe, rest) * weight[canal].amax(1)
            total = total + self.any_severe * loss.mean() / self.means["any severe"]
        return total / (len(GROUPS) + self.any_severe)


def log_loss(shares, weights):
    """Weighted, of the shares given to what is true; as scikit-learn clips them."""
    eps = numpy.finfo(numpy.float64).eps
    return float(-(weights * numpy.log(numpy.clip(shares, eps, 1 - eps))).sum() / weights.sum()) if len(shares) else 0.0


def score(probabilities, grades):
    """The parts by NAMES, from probabilities [studies, 25, 3] and grades [studies, 25] with -1 where there is no label. A
    part without any label counts 0."""
    parts = {}
    probabilities = probabilities.astype(numpy.float64)
    probabilities = probabilities / probabilities.sum(2, keepdims=True)
    for name, cells in GROUPS.items():
        true, shares = grades[:, cells], probabilities[:, cells]
        known = true >= 0
        given = numpy.take_along_axis(shares, true.clip(min=0)[:, :, None], 2)[:, :, 0][known]
        parts[name] = log_loss(given, WEIGHTS[true[known]])
    canal, shares = grades[:, GROUPS["canal"]], probabilities[:, GROUPS["canal"], 2]
    has_any = (canal >= 0).any(1)
    worst = numpy.where(canal >= 0, shares, 0).max(1)[has_any]
    is_severe = (canal == 2).any(1)[has_any]
    weights = numpy.where(canal >= 0, WEIGHTS[canal.clip(min=0)], 0).max(1)[has_any]
    parts["any severe"] = log_loss(numpy.where(is_severe, worst, 1 - worst), weights)
    parts["score"] = sum(parts.values()) / 4
    return {name: parts[name] for name in NAMES}
