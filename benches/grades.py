#!/usr/bin/env python3
"""How well the demo models grade phantoms they have not seen: the table of docs/grades.md.

    ~/.cache/foramen/venv/bin/python benches/grades.py target/release/foramen --work /tmp/grades > docs/grades-table.md

Makes two sets of phantom studies (clinical and contest dialect, seeds of their own), grades each with `max` and
`geometric`, with and without calibration, and lets `foramen evaluate` score them: the contest's metric by condition
with a bootstrap interval over studies, the studies whose levels are easily confused apart, mAP50 on fresh images, and
the distance from each label to the box behind its number. Needs pydicom (tests/peers/setup.sh) to tell angled blocks.
"""

import argparse
import csv
import json
import math
import pathlib
import subprocess
import sys

import pydicom

SETS = [("clinical", 7001), ("contest", 7002)]
ROLES = {"spinal_canal_stenosis": "scs", "neural_foraminal_narrowing": "nfn", "subarticular_stenosis": "ss"}
RESAMPLES = 1000


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode not in (0, 6):
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def make(foramen, work, dialect, seed, studies):
    data = work / dialect
    if not data.is_dir():
        run(foramen, "phantom", "--studies", studies, "--seed", seed, "--dialect", dialect, "--out", data)
    return data


def calibrated(scores, calibration):
    """softmax(ln p / temperature + bias), lifted to 0.001: as `foramen grade` does (docs/grading.md)."""
    logits = [math.log(p) / calibration["temperature"] + b for p, b in zip(scores, calibration["bias"])]
    lifted = [max(math.exp(l - max(logits)), 0.0) for l in logits]
    lifted = [max(p / sum(lifted), 0.001) for p in lifted]
    return [p / sum(lifted) for p in lifted]


def write_submission(out, studies, calibrations):
    with open(out, "w", encoding="utf-8", newline="") as target:
        rows = csv.writer(target)
        rows.writerow(["row_id", "normal_mild", "moderate", "severe"])
        for study in studies:
            for row in study["grades"]:
                if row["scores"]:
                    scores = [row["scores"][k] for k in ("normal_mild", "moderate", "severe")]
                    calibration = calibrations.get(row["condition"]) if row["source"] == "detected" else None
                    rows.writerow([row["row_id"], *(calibrated(scores, calibration) if calibration else scores)])
    return out


def grade(foramen, data, work, models, manifest):
    """Submissions by way, and the JSON of the default aggregate. Detectors run once for each aggregate."""
    files = {}
    for aggregate in ("max", "geometric"):
        grades = work / f"{data.name}-{aggregate}.json"
        run(foramen, "grade", data / "train_images", "--out", grades, "--aggregate", aggregate, "--no-calibration", *models)
        studies = json.load(open(grades, encoding="utf-8"))["studies"]
        by_role = {m["role"]: m.get("calibration", {}).get(aggregate) for m in manifest["models"]}
        calibrations = {condition: by_role.get(role) for condition, role in ROLES.items()}
        files[aggregate] = write_submission(work / f"{data.name}-{aggregate}.csv", studies, {})
        files[f"{aggregate}, calibrated"] = write_submission(
            work / f"{data.name}-{aggregate}-calibrated.csv", studies, calibrations)
    return files, grades


def confusable(data):
    """Studies whose sagittal T2 misses a level, or whose axial slices lie in angled blocks."""
    points, roles = {}, {}
    for row in csv.DictReader(open(data / "train_label_coordinates.csv", encoding="utf-8")):
        if row["condition"] == "Spinal Canal Stenosis":
            points.setdefault(row["study_id"], set()).add(row["level"])
    for row in csv.DictReader(open(data / "train_series_descriptions.csv", encoding="utf-8")):
        roles.setdefault(row["study_id"], []).append((row["series_description"], row["series_id"]))
    chosen = set()
    for study, series in roles.items():
        has_sagittal = any(role == "Sagittal T2/STIR" for role, _ in series)
        cut = has_sagittal and len(points.get(study, ())) < 5
        directions = set()
        for role, uid in series:
            if role == "Axial T2":
                for file in (data / "train_images" / study / uid).glob("*.dcm"):
                    header = pydicom.dcmread(file, stop_before_pixels=True)
                    directions.add(tuple(round(float(v), 2) for v in header.ImageOrientationPatient))
        if cut or len(directions) > 1:
            chosen.add(study)
    return chosen


def subset(file, studies, out):
    rows = list(csv.reader(open(file, encoding="utf-8")))
    kept = [row for row in rows[1:] if row[0] in studies]
    with open(out, "w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([rows[0], *kept])
    return out


def score(foramen, solution, files):
    """By way: what `foramen evaluate --bootstrap` says."""
    options = []
    for way, file in files.items():
        options += ["--submission", f"{way}={file}"]
    return json.loads(run(foramen, "evaluate", "--solution", solution, *options, "--bootstrap", RESAMPLES, "--json",
                          "--studies-of-submission"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("foramen", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--models", type=pathlib.Path, help="the program's own if left out")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    models = ["--models", arguments.models] if arguments.models else []
    folder = arguments.models or pathlib.Path(__file__).parent.parent / "models"
    manifest = json.load(open(folder / "manifest.json", encoding="utf-8"))
    results = {}
    for dialect, seed in SETS:
        data = make(arguments.foramen, arguments.work, dialect, seed, arguments.studies)
        files, grades = grade(arguments.foramen, data, arguments.work, models, manifest)
        chosen = confusable(data)
        hard = subset(data / "train.csv", chosen, arguments.work / f"{dialect}-confusable.csv")
        results[dialect] = {
            "seed": seed,
            "all": score(arguments.foramen, data / "train.csv", files),
            "confusable_studies": len(chosen),
            "confusable": score(arguments.foramen, hard, files),
            "localisation": json.loads(run(arguments.foramen, "evaluate", "--localisation", data, "--grades", grades, "--json")),
        }
    json.dump(results, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
