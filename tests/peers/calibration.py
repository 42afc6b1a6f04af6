"""Reliability and Brier scores by scikit-learn: `calibration.py train.csv submission.csv`, JSON on stdout.

By condition and severity (0, 1, 2): {"brier", "predicted": [...], "observed": [...]} over the bins that have rows.
"""

import csv
import json
import sys

from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

SEVERITIES = ["Normal/Mild", "Moderate", "Severe"]
CONDITIONS = ["spinal_canal_stenosis", "neural_foraminal_narrowing", "subarticular_stenosis"]


def main():
    with open(sys.argv[2], newline="") as file:
        columns = ["normal_mild", "moderate", "severe"]
        predicted = {r["row_id"]: [float(r[c]) for c in columns] for r in csv.DictReader(file)}
    rows = {condition: [] for condition in CONDITIONS}
    with open(sys.argv[1], newline="") as file:
        for record in csv.DictReader(file):
            study = record.pop("study_id")
            for column, word in record.items():
                if word:
                    condition = next(c for c in CONDITIONS if c in column)
                    rows[condition].append((SEVERITIES.index(word), predicted[f"{study}_{column}"]))
    answer = {}
    for condition, of_condition in rows.items():
        answer[condition] = []
        for severity in range(3):
            truth = [t == severity for t, _ in of_condition]
            shares = [p[severity] for _, p in of_condition]
            observed, mean = calibration_curve(truth, shares, n_bins=10, strategy="uniform")
            answer[condition].append(
                {
                    "brier": brier_score_loss(truth, shares),
                    "predicted": mean.tolist(),
                    "observed": observed.tolist(),
                }
            )
    json.dump(answer, sys.stdout)


main()
