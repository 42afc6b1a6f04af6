"""`foramen dataset` against the same work in Python: pydicom, numpy, Pillow.

`$(tests/peers/setup.sh) benches/dataset.py target/release/foramen [--data DIR] [--studies 10] [--runs 3] > table.md`
on a machine that does nothing else. Without `--data` phantom studies are made. Both read the headers of every file,
bring the CSVs together, order each series by position, and write 8-bit PNGs, label files and the lists of five folds of
all three detectors: the same images with the same boxes, which is checked. Foramen's time also has its report and its
contact sheets, which Python does not make. Programs take turns; files are in the page cache for both. CPU seconds
(user + system, children too) stand beside wall seconds, for machines that are not quiet.
"""

import argparse
import collections
import csv
import importlib.metadata
import math
import multiprocessing
import os
import pathlib
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROLES = {
    "nfn": ("Sagittal T1", "foraminal", (20.0, 26.0, 5.0)),
    "scs": ("Sagittal T2/STIR", "spinal", (26.0, 24.0, 5.0)),
    "ss": ("Axial T2", "subarticular", (20.0, 20.0, 4.7)),
}
LEVELS = ["l1_l2", "l2_l3", "l3_l4", "l4_l5", "l5_s1"]
SEVERITIES = ["Normal/Mild", "Moderate", "Severe"]
NEGATIVES = 0.15
CORES = os.cpu_count()
FOLDS = 5


def classes(role):
    sides = {"nfn": ["left_neural_foraminal_narrowing", "right_neural_foraminal_narrowing"],
             "scs": ["spinal_canal_stenosis"],
             "ss": ["left_subarticular_stenosis", "right_subarticular_stenosis"]}[role]
    return {(f"{side}_{level}", severity): 3 * (5 * i + j) + k
            for i, side in enumerate(sides) for j, level in enumerate(LEVELS) for k, severity in enumerate(SEVERITIES)}


def read_headers(study):
    import pydicom

    series = collections.defaultdict(list)
    for file in sorted(study.rglob("*.dcm")):
        header = pydicom.dcmread(file, stop_before_pixels=True)
        across, down = [list(map(float, header.ImageOrientationPatient[i : i + 3])) for i in (0, 3)]
        normal = [across[1] * down[2] - across[2] * down[1], across[2] * down[0] - across[0] * down[2],
                  across[0] * down[1] - across[1] * down[0]]
        # The contest's files say `<study>.<series>`.
        series[str(header.SeriesInstanceUID).rsplit(".", 1)[-1]].append({
            "file": file, "number": int(header.InstanceNumber), "rows": header.Rows, "columns": header.Columns,
            "origin": list(map(float, header.ImagePositionPatient)), "across": across, "down": down, "normal": normal,
            "spacing": list(map(float, header.PixelSpacing)),
        })
    return str(header.StudyInstanceUID), series


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


TOLERANCE = math.cos(math.radians(1.5))


def along(normal, point):
    """Right to left, front to back, or head to foot, whichever the normal is nearest to."""
    axis = max(range(3), key=lambda i: abs(normal[i]))
    return -point[2] if axis == 2 else point[axis]


def ordered(slices):
    """Blocks of one orientation in reading order, each by position along its own normal."""
    blocks = []
    for image in sorted(slices, key=lambda s: s["number"]):
        for block in blocks:
            if abs(dot(block[0]["normal"], image["normal"])) >= TOLERANCE:
                block.append(image)
                break
        else:
            blocks.append([image])

    def centre(s):
        return [s["origin"][i] + s["across"][i] * s["spacing"][1] * (s["columns"] - 1) / 2
                + s["down"][i] * s["spacing"][0] * (s["rows"] - 1) / 2 for i in range(3)]

    for block in blocks:
        normal = block[0]["normal"]
        sign = 1 if along(normal, normal) >= 0 else -1
        block.sort(key=lambda s: sign * dot(s["origin"], normal))
    blocks.sort(key=lambda b: sum(along(s["normal"], centre(s)) for s in b) / len(b))
    return [s for b in blocks for s in b]


def boxes_of(slices, points, grades, shape):
    """index of the slice: [(class name, severity, x, y, width, height)], pixels"""
    width, height, depth = shape
    found = collections.defaultdict(list)
    for point in points:
        column = f"{point['condition']}_{point['level']}".lower().replace(" ", "_").replace("/", "_")
        severity, x, y = grades[column], float(point["x"]), float(point["y"])
        home = next((s for s in slices if s["number"] == int(float(point["instance_number"]))), None)
        if not severity or home is None or not (0 <= x < home["columns"] and 0 <= y < home["rows"]):
            continue
        target = [home["origin"][i] + home["across"][i] * home["spacing"][1] * x + home["down"][i] * home["spacing"][0] * y
                  for i in range(3)]
        for index, image in enumerate(slices):
            offset = [target[i] - image["origin"][i] for i in range(3)]
            if image is not home:
                near = abs(dot(offset, image["normal"])) <= depth
                if not near or abs(dot(image["normal"], home["normal"])) < TOLERANCE:
                    continue
            cx = dot(offset, image["across"]) / image["spacing"][1] + 0.5
            cy = dot(offset, image["down"]) / image["spacing"][0] + 0.5
            w, h = width / image["spacing"][1] / 2, height / image["spacing"][0] / 2
            x0, x1 = (min(max(v, 0), image["columns"]) for v in (cx - w, cx + w))
            y0, y1 = (min(max(v, 0), image["rows"]) for v in (cy - h, cy + h))
            if (x1 - x0) * (y1 - y0) > 0:
                found[index].append((column, severity, (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0))
    return found


def write_study(job):
    import numpy
    import pydicom
    from PIL import Image

    study, out, grades, points, descriptions, level = job
    uid, series = read_headers(study)
    names = {role: [] for role in ROLES}
    for role, (kind, _, shape) in ROLES.items():
        index_of = classes(role)
        for series_uid, slices in series.items():
            if descriptions.get((uid, series_uid)) != kind:
                continue
            mine = [p for p in points.get((uid, series_uid), []) if ROLES[role][1] in p["condition"].lower()]
            slices = ordered(slices)
            boxes = boxes_of(slices, mine, grades[uid], shape)
            if not boxes:
                continue
            seen = {b[0][-5:] for all_ in boxes.values() for b in all_}
            share = NEGATIVES if role != "ss" or len(seen) == 5 else 0
            for index, image in enumerate(slices):
                if index not in boxes and math.floor((index + 1) * share) == math.floor(index * share):
                    continue
                dataset = pydicom.dcmread(image["file"])
                values = dataset.pixel_array.astype(numpy.float32)
                values = values * float(getattr(dataset, "RescaleSlope", 1)) + float(getattr(dataset, "RescaleIntercept", 0))
                low, high = numpy.percentile(values, [0.5, 99.5], method="nearest")
                grey = (numpy.clip((values - low) / max(high - low, 1e-6), 0, 1) * 255).astype(numpy.uint8)
                if dataset.PhotometricInterpretation == "MONOCHROME1":
                    grey = 255 - grey
                name = f"{uid}_{series_uid}_{image['number']}_0"
                Image.fromarray(grey).save(out / role / "images" / f"{name}.png", compress_level=level)
                height, width = grey.shape
                lines = [f"{index_of[b[0], b[1]]} {b[2] / width:.6f} {b[3] / height:.6f} {b[4] / width:.6f} {b[5] / height:.6f}\n"
                         for b in boxes.get(index, [])]
                (out / role / "labels" / f"{name}.txt").write_text("".join(lines))
                names[role].append(name)
    return uid, names


def in_python(data, out, processes, level):
    def rows(name):
        with open(data / name) as file:
            return list(csv.DictReader(file))

    grades = {row["study_id"]: row for row in rows("train.csv")}
    points = collections.defaultdict(list)
    for row in rows("train_label_coordinates.csv"):
        points[row["study_id"], row["series_id"]].append(row)
    descriptions = {(r["study_id"], r["series_id"]): r["series_description"] for r in rows("train_series_descriptions.csv")}
    folds = {row["study_id"]: int(row["fold"]) for row in rows("5folds.csv")}
    for role in ROLES:
        for kind in ["images", "labels"]:
            (out / role / kind).mkdir(parents=True)
    jobs = [(study, out, grades, points, descriptions, level) for study in sorted((data / "train_images").iterdir())]
    if processes > 1:
        with multiprocessing.Pool(processes) as pool:
            written = pool.map(write_study, jobs, chunksize=1)
    else:
        written = list(map(write_study, jobs))
    for role in ROLES:
        for fold in range(FOLDS):
            folder = out / role / f"fold{fold}"
            folder.mkdir()
            lists = {"train": [], "val": []}
            for uid, names in written:
                lists["val" if folds[uid] == fold else "train"] += [f"./../images/{n}.png" for n in names[role]]
            for part, lines in lists.items():
                (folder / f"{part}.txt").write_text("\n".join(lines))
            names = "".join(f"  {i}: {c}_{s}\n" for (c, s), i in classes(role).items())
            (folder / "data.yaml").write_text(f"train: train.txt\nval: val.txt\nnames:\n{names}")


def must_be_the_same(ours, theirs):
    """The same images, pixels within one grey value (numpy's float32 division), boxes within 1e-5."""
    import numpy
    from PIL import Image

    images = 0
    for role in ROLES:
        a, b = [sorted(p.name for p in (folder / role / "images").iterdir()) for folder in (ours, theirs)]
        assert a == b, f"{role}: {len(a)} and {len(b)} images"
        for name in a:
            x, y = [numpy.asarray(Image.open(folder / role / "images" / name)).astype(int) for folder in (ours, theirs)]
            assert abs(x - y).max() <= 1, f"{role} {name}"
            lines = [sorted((folder / role / "labels" / name).with_suffix(".txt").read_text().splitlines())
                     for folder in (ours, theirs)]
            values = [[list(map(float, line.split())) for line in all_] for all_ in lines]
            assert len(values[0]) == len(values[1]), f"{role} {name}"
            assert all(abs(p - q) < 1e-5 for v, w in zip(*values) for p, q in zip(v, w)), f"{role} {name}"
            images += 1
    return images


def timed(program, out):
    """(wall seconds, CPU seconds) of a program that writes `out`, which is taken away after."""
    def cpu():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    start, before = time.perf_counter(), cpu()
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL)
    result = time.perf_counter() - start, cpu() - before
    shutil.rmtree(out)
    return result


def some_studies(data, count, folder):
    """Links to the first `count` studies of `data`, with their rows of the CSVs."""
    (folder / "train_images").mkdir(parents=True)
    chosen = sorted((data / "train_images").iterdir())[:count]
    for study in chosen:
        shutil.copytree(study, folder / "train_images" / study.name, copy_function=os.link if os.stat(study).st_dev == os.stat(folder).st_dev else shutil.copy)
    names = {study.name for study in chosen}
    for file in data.glob("*.csv"):
        head, *rows = file.read_text().splitlines()
        kept = [row for row in rows if row.split(",")[0] in names]
        (folder / file.name).write_text("\n".join([head, *kept]) + "\n")
    return folder


def make_phantoms(foramen, folder, count):
    make = [foramen, "phantom", "--studies", str(count), "--seed", "11", "--balance", "0.5", "--dialect", "contest",
            "--out", folder]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    return folder


def commands(foramen, data, out):
    """Programs that write `out`, Foramen first."""
    def python(processes, level):
        return [sys.executable, __file__, foramen, "--python", data, out, str(processes), str(level)]

    return {
        f"`foramen dataset --role all`, {CORES} threads": [foramen, "dataset", "--role", "all", "--data", data, "--out", out],
        "Python, 1 process, Pillow's own level 6": python(1, 6),
        "Python, 1 process, level 1": python(1, 1),
        f"Python, {CORES} processes, level 6": python(CORES, 6),
        f"Python, {CORES} processes, level 1": python(CORES, 1),
    }


def check(programs, out, folder):
    """Runs Foramen and the last of the others, which must write the same; images and MiB of PNGs of each."""
    ours, *_, theirs = programs.values()
    subprocess.run(ours, check=True, stdout=subprocess.DEVNULL)
    first = out.rename(folder / "first")
    subprocess.run(theirs, check=True)
    images = must_be_the_same(first, out)
    sizes = [sum(f.stat().st_size for f in p.rglob("images/*.png")) / 2**20 for p in (first, out)]
    shutil.rmtree(out)
    return images, sizes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("foramen")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--studies", type=int, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--python", nargs=4, metavar=("DATA", "OUT", "PROCESSES", "LEVEL"), help="do Python's part once")
    args = parser.parse_args()
    if args.python:
        data, out, processes, level = args.python
        in_python(pathlib.Path(data), pathlib.Path(out), int(processes), int(level))
        return
    foramen = os.path.abspath(args.foramen)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if args.data:
            data = some_studies(args.data, args.studies, folder / "data")
        else:
            data = make_phantoms(foramen, folder / "data", args.studies)
        out = folder / "out"
        programs = commands(foramen, data, out)
        images, sizes = check(programs, out, folder)
        files = sum(1 for _ in data.rglob("*.dcm"))
        results = {name: [] for name in programs}
        load = os.getloadavg()[0]
        for _ in range(args.runs):
            for name, program in programs.items():
                results[name].append(timed(program, out))
    model = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ["pydicom", "numpy", "pillow"])
    print(f"{model}, {os.cpu_count()} cores, load before {load:.2f}; Python {platform.python_version()}, {versions}; "
          f"{args.studies} studies, {files} files, {images} images written; medians of {args.runs}.")
    print(f"PNGs: Foramen {sizes[0]:.1f} MiB, Pillow at level 1 {sizes[1]:.1f} MiB.\n")
    print("| | wall s | CPU s | wall, against Foramen | CPU, against Foramen |\n|---|---|---|---|---|")
    wall, cpu = (statistics.median(r[i] for r in next(iter(results.values()))) for i in (0, 1))
    for name, all_ in results.items():
        w, c = (statistics.median(r[i] for r in all_) for i in (0, 1))
        print(f"| {name} | {w:.2f} | {c:.2f} | {w / wall:.1f} x | {c / cpu:.1f} x |")


if __name__ == "__main__":
    main()
