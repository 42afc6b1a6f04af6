"""Least weighted log loss of softmax(ln p / T + b), by SciPy; the loss by scikit-learn.

Standard input: a list of [index of the truth, [p, p, p]].
"""

import json
import sys

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.metrics import log_loss

rows = json.load(sys.stdin)
truth = np.array([row[0] for row in rows])


def stated(q):
    """No probability is stated below this (Probabilities::CLIP)."""
    q = np.clip(q, 0.001, None)
    return q / q.sum(axis=1, keepdims=True)


p = stated(np.array([row[1] for row in rows]))
weights = np.array([1.0, 2.0, 4.0])[truth]


def loss(q):
    return log_loss(truth, q, sample_weight=weights, labels=[0, 1, 2])


def calibrated(at):
    return softmax(np.log(p) * at[0] + np.array([at[1], at[2], 0.0]), axis=1)


found = minimize(lambda at: loss(calibrated(at)), [1.0, 0.0, 0.0], method="BFGS")
print(json.dumps({"before": loss(p), "after": loss(stated(calibrated(found.x)))}))
