#!/usr/bin/env python3
"""How well the demo models grade phantoms they have not seen: the tables of docs/grades.md.

    ~/.cache/foramen/venv/bin/python benches/grades.py target/release/foramen --work /tmp/grades > tables.md

Makes two sets of phantom studies (clinical and contest dialect, seeds of their own), grades each with the second stage
(once: its JSON holds what the boxes alone say too; with `--max` a second time by the rule that takes each box at its
word), and lets `foramen evaluate` score them: the contest's metric by condition with a bootstrap interval over studies,
paired against the boxes, the studies whose levels are easily confused apart, mAP50 on fresh images, and the distance
from each label to the box behind its number. Needs pydicom (tests/peers/setup.sh) to tell angled blocks.
"""

import argparse
import csv
import json
import math
import pathlib
import subprocess
import sys

import pydicom

SETS = [("contest", 9501), ("clinical", 9502)]
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


SEVERITIES = ("normal_mild", "moderate", "severe")


def stated(row):
    """What the table says in the end."""
    return row["scores"] and [row["scores"][k] for k in SEVERITIES]


def of_boxes(row):
    """What the boxes alone say, before calibration. A row without a box is the prior there."""
    parts = row.get("parts") or {}
    return parts.get("boxes") or stated(row)


def write_submission(out, studies, scores):
    with open(out, "w", encoding="utf-8", newline="") as target:
        rows = csv.writer(target)
        rows.writerow(["row_id", *SEVERITIES])
        for study in studies:
            rows.writerows([row["row_id"], *scores(row)] for row in study["grades"] if scores(row))
    return out


def graded(foramen, data, grades, keep, *options):
    if not (keep and grades.exists()):
        run(foramen, "grade", data / "train_images", "--out", grades, *options)
    return json.load(open(grades, encoding="utf-8"))["studies"]


def grade(foramen, data, work, models, manifest, options):
    """Submissions by way, the first that against which the others are compared; and the JSON of the default."""
    by_role = {m["role"]: m.get("calibration", {}).get("geometric") for m in manifest["models"]}

    def calibrated_boxes(row):
        scores, calibration = of_boxes(row), by_role.get(ROLES[row["condition"]])
        return calibrated(scores, calibration) if scores and calibration else scores

    grades = work / f"{data.name}.json"
    studies = graded(foramen, data, grades, options.keep, *models)
    ways = {"boxes, calibrated": calibrated_boxes, "boxes": of_boxes, "second stage": stated}
    files = {}
    for way, scores in ways.items():
        files[way] = write_submission(work / f"{data.name}-{way.replace(', ', '-').replace(' ', '-')}.csv", studies, scores)
    if options.max:
        plain = graded(foramen, data, work / f"{data.name}-max.json", options.keep, "--method", "boxes", "--aggregate", "max",
                       "--no-calibration", *models)
        files["max"] = write_submission(work / f"{data.name}-max.csv", plain, stated)
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
    """The rows of some studies, of labels or of a submission."""
    rows = list(csv.reader(open(file, encoding="utf-8")))
    kept = [row for row in rows[1:] if row[0].split("_")[0] in studies]
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


def detections(foramen, data, work, models):
    """mAP50 over all images of the studies: a data set whose fold 0 holds every study."""
    if not (work / "yolo").is_dir():
        fresh = work / "yolo-source"
        fresh.mkdir(exist_ok=True)
        for name in ("train.csv", "train_label_coordinates.csv", "train_series_descriptions.csv"):
            (fresh / name).write_bytes((data / name).read_bytes())
        if not (fresh / "train_images").exists():
            (fresh / "train_images").symlink_to(data / "train_images")
        studies = [row["study_id"] for row in csv.DictReader(open(data / "train.csv", encoding="utf-8"))]
        (fresh / "5folds.csv").write_text("study_id,fold\n" + "".join(f"{study},0\n" for study in studies))
        run(foramen, "dataset", "--role", "all", "--data", fresh, "--out", work / "yolo")
    return {role: json.loads(run(foramen, "evaluate", "--detections", work / "yolo" / role, *models, "--json"))
            for role in ROLES.values()}


def cell(value, interval):
    return f"{value:.3f}" + (f" ({interval['low']:.3f} to {interval['high']:.3f})" if interval else "")


def score_table(scored):
    """One row a way: the four parts and their mean, with intervals."""
    first = scored["submissions"][0]
    heads = ["", *(g["group"].replace("_", " ") for g in first["groups"]), "**score**", "against calibrated boxes"]
    lines = [heads, ["---"] * len(heads)]
    lines.append(["prior alone", *(f"{g['prior_log_loss']:.3f}" for g in first["groups"]), f"{first['prior_score']:.3f}", ""])
    for one in scored["submissions"]:
        intervals = [p["interval"] for p in one["bootstrap"]["parts"]]
        against = one["against_first"]
        change = ""
        if against:
            span = against["bootstrap"]["change_percent"]
            change = f"{against['change_percent']:+.0f} % ({span['low']:+.0f} to {span['high']:+.0f})"
        lines.append([one["name"], *(cell(g["log_loss"], i) for g, i in zip(one["groups"], intervals)),
                      f"**{cell(one['score'], intervals[-1])}**", change])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def level_label(row):
    """`L4/L5`; empty for all levels together."""
    return (row["level"] or "").upper().replace("_", "/")


def place_table(report):
    """Evidence by condition and level: found, right level, millimetres."""
    lines = [["", "labels", "found", "at the right level", "in plane, median (90 %)", "in space, median (90 %)"], ["---"] * 6]
    spread = lambda s: f"{s['median']:.1f} ({s['p90']:.1f})" if s else "-"
    for row in report["evidence"]:
        words = [(row["condition"] or "").replace("_", " "), level_label(row)]
        name = " ".join(filter(None, words)) or "all"
        lines.append([name, str(row["labelled"]), f"{row['found'] / row['labelled']:.1%}",
                      f"{row['right_level'] / row['labelled']:.1%}", spread(row["in_plane_mm"]), spread(row["distance_mm"])])
    for row in report["levels"] or []:
        lines.append([f"estimated disc {level_label(row) or 'all'}", str(row["labelled"]), f"{row['found'] / row['labelled']:.1%}",
                      "", f"along the spine {spread(row['along_spine_mm'])}", spread(row["distance_mm"])])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def markdown(results, studies):
    parts = []
    for dialect, of in results["sets"].items():
        parts.append(f"## {dialect}, seed {of['seed']}\n\nAll {studies} studies, {of['all']['rows']} labelled rows:\n\n"
                     + score_table(of["all"]))
        parts.append(f"The {of['confusable_studies']} studies whose levels are easily confused (field of view cut, angled "
                     f"blocks), {of['confusable']['rows']} rows:\n\n" + score_table(of["confusable"]))
        parts.append("Where the evidence lies:\n\n" + place_table(of["localisation"]))
    lines = [["", "images", "boxes", "mAP50, Ultralytics'", "mAP50-95", "mAP50, COCO's"], ["---"] * 6]
    for role, report in results["detections"].items():
        ours, coco = report["models"][0]["average_precision"][:2]
        lines.append([role, str(report["images"]), str(report["labels"]), f"{ours['map50']:.3f}", f"{ours['map50_95']:.3f}",
                      f"{coco['map50']:.3f}"])
    parts.append("## Detectors, on all images of the clinical set\n\n" + "\n".join("| " + " | ".join(l) + " |" for l in lines))
    return "\n\n".join(parts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("foramen", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--models", type=pathlib.Path, help="the program's own if left out")
    parser.add_argument("--max", action="store_true", help="also the rule that takes each box at its word")
    parser.add_argument("--keep", action="store_true", help="take the grades that an earlier run of the same models left")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    models = ["--models", arguments.models] if arguments.models else []
    folder = arguments.models or pathlib.Path(__file__).parent.parent / "models"
    manifest = json.load(open(folder / "manifest.json", encoding="utf-8"))
    results = {"sets": {}}
    for dialect, seed in SETS:
        data = make(arguments.foramen, arguments.work, dialect, seed, arguments.studies)
        files, grades = grade(arguments.foramen, data, arguments.work, models, manifest, arguments)
        chosen = confusable(data)
        hard = subset(data / "train.csv", chosen, arguments.work / f"{dialect}-confusable.csv")
        hard_files = {way: subset(file, chosen, file.with_suffix(".confusable.csv")) for way, file in files.items()}
        results["sets"][dialect] = {
            "seed": seed,
            "all": score(arguments.foramen, data / "train.csv", files),
            "confusable_studies": len(chosen),
            "confusable": score(arguments.foramen, hard, hard_files),
            "localisation": json.loads(run(arguments.foramen, "evaluate", "--localisation", data, "--grades", grades, "--json")),
        }
    clinical = arguments.work / SETS[0][0]
    results["detections"] = detections(arguments.foramen, clinical, arguments.work, ["--models", folder])
    (arguments.work / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    print(markdown(results, arguments.studies))


if __name__ == "__main__":
    main()
