"""The RSNA 2024 score by scikit-learn: `log_loss.py train.csv submission.csv`, JSON on stdout."""

import csv
import json
import sys
import warnings

import numpy
from sklearn.metrics import log_loss

SEVERITIES = ["Normal/Mild", "Moderate", "Severe"]
WEIGHTS = [1.0, 2.0, 4.0]


def read(solution, submission):
    """(group, study, truth, prediction) of every labelled row."""
    with open(submission, newline="") as file:
        columns = ["normal_mild", "moderate", "severe"]
        predicted = {r["row_id"]: [float(r[c]) for c in columns] for r in csv.DictReader(file)}
    with open(solution, newline="") as file:
        for record in csv.DictReader(file):
            study = record.pop("study_id")
            for column, word in record.items():
                if word:
                    group = next(g for g in ["spinal", "foraminal", "subarticular"] if g in column)
                    yield group, study, SEVERITIES.index(word), predicted[f"{study}_{column}"]


def scores(rows, raw=None):
    """`raw`: the rows that "any severe" is taken from, where they are others."""
    losses = {}
    for group in ["spinal", "foraminal", "subarticular"]:
        of_group = [r for r in rows if r[0] == group]
        losses[group] = log_loss(
            [r[2] for r in of_group],
            numpy.array([r[3] for r in of_group]),
            labels=[0, 1, 2],
            sample_weight=[WEIGHTS[r[2]] for r in of_group],
        )
    studies = {}
    for _, study, truth, prediction in (r for r in raw or rows if r[0] == "spinal"):
        studies.setdefault(study, []).append((truth, prediction[2]))
    losses["any_severe_spinal"] = log_loss(
        [max(t for t, _ in s) == 2 for s in studies.values()],
        numpy.array([max(p for _, p in s) for s in studies.values()]),
        labels=[False, True],
        sample_weight=[max(WEIGHTS[t] for t, _ in s) for s in studies.values()],
    )
    return {"score": float(numpy.mean(list(losses.values()))), "groups": losses}


def divided(rows):
    """As scikit-learn before 1.5, and so the contest, took them: clipped, then divided by their sum. Not so for "any
    severe": the contest's metric hands the largest value of the severe column over as it stands."""
    eps = numpy.finfo(float).eps
    for group, study, truth, prediction in rows:
        clipped = numpy.clip(prediction, eps, 1 - eps)
        yield group, study, truth, list(clipped / clipped.sum())


def main():
    warnings.filterwarnings("ignore", message=".*do not sum to one.*")
    rows = list(read(*sys.argv[1:3]))
    json.dump({**scores(rows), "divided": scores(list(divided(rows)), raw=rows)["score"]}, sys.stdout)


main()
