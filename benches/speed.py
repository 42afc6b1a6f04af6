#!/usr/bin/env python3
"""Every performance goal of docs/performance.md, and how cost grows with the work, measured side by side in one run.

`python3 benches/speed.py target/release/foramen [--runs 5] [--only ROW[,ROW]] [--write docs/performance.md]`

Any python3 will do: the script makes the peers' Python (tests/peers/setup.sh) and goes on under it. It wants DCMTK and
gdcm's tools (apt-get install dcmtk libgdcm-tools) and installs gdcm's Python binding and pylibjpeg-rle, pinned, into a
folder of their own beside that Python. On two quiet cores it takes about 20 minutes and 6 GB below --work.

Programs take turns, so that a slow minute hits all of them, after one round that is not counted; files are in the page
cache for all of them. A relation is computed in every round; its median, least and most are shown. The median meets a
goal or does not; of memory it is the most, and no frame may be late in any run. With --write the tables take the place
of what stands between the marker comments of a file, or are put at its end.

A part that fails is said so in the tables, and the rest is measured. A goal that this Foramen has no command for is "not
measured". The exit code is 1 if a part failed; a goal that is missed is a result and not a failure.
"""

import argparse
import contextlib
import csv
import datetime
import functools
import importlib.metadata
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
BENCHES = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCHES))

import peers  # noqa: E402 (viewer.py and dataset.py are imported where they are used: they take memory)
from decoding import decoding, has_option  # noqa: E402
from tables import goal, relation, say, spread, table, turns  # noqa: E402

BEGIN, END = "<!-- speed.py: begin -->", "<!-- speed.py: end -->"
APT = {"dcmdump": "dcmtk", "dcmcrle": "dcmtk", "dcmcjpeg": "dcmtk", "dcmcjpls": "dcmtk", "gdcmconv": "libgdcm-tools"}
DECODERS = {"python-gdcm": "3.2.6", "pylibjpeg-rle": "2.2.0"}
PHANTOMS = 4  # computed studies; more are copies of these with new ids, because computing one takes seconds
MB = 1e6


class NotMeasured(Exception):
    """This Foramen has no such command."""


def peers_python():
    """The Python of tests/peers/setup.sh."""
    setup = peers.ROOT / "tests" / "peers" / "setup.sh"
    done = subprocess.run(["sh", setup], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{setup} failed")
    return done.stdout.split("\n")[-2]


def want_programs():
    missing = [program for program in APT if not shutil.which(program)]
    if missing:
        packages = " ".join(sorted({APT[program] for program in missing}))
        sys.exit(f"not found: {', '.join(missing)}; as root: apt-get install {packages}")


def decoders():
    """Folder of gdcm and pylibjpeg-rle. Not in the peers' Python, whose pydicom would then decode with gdcm."""
    versions = "-".join(DECODERS.values())
    folder = pathlib.Path(sys.prefix).parent / f"decoders-{versions}"
    if not folder.exists():
        new = folder.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--target", new, *(f"{p}=={v}" for p, v in DECODERS.items())], check=True)
        new.rename(folder)
    return folder


class Bench:
    """What every part needs: the program, a folder to work in, and what several parts share."""

    def __init__(self, foramen, work, options):
        self.foramen, self.work, self.options = foramen, work, options
        self.runs = options.runs

    @functools.cached_property
    def phantoms(self):
        """Computed studies, clinical files."""
        say(f"computing {PHANTOMS} phantom studies")
        return peers.make_studies(self.foramen, self.work / "clinical", PHANTOMS)

    @functools.cached_property
    def enlarged(self):
        """Of a number of slices: a study of 640 x 640 pixels."""
        import viewer

        say("computing the phantom of the viewer")
        phantom = viewer.make_phantom(self.foramen.program, self.work / "viewer")

        @functools.cache
        def study(slices):
            say(f"writing {slices} slices of {viewer.SIDE} x {viewer.SIDE}")
            folder = self.work / f"study{slices}"
            viewer.enlarge(phantom, folder, slices)
            return folder

        return study

    def viewer(self, slices, frames, *more):
        import viewer

        return viewer.report(self.foramen.program, self.enlarged(slices), frames, *more)


# Parts: each returns the lines of the summary and Markdown with the details.


def grading(bench):
    say("grading beside Ultralytics")
    measured = peers.measure_grading(bench.foramen, bench.phantoms, bench.runs)
    results, slices = measured["results"], measured["slices"]
    whole = relation(results["python"], [s for s, _ in results["onnxruntime"]])
    more = measured["more"]["onnxruntime"]
    bare = min(peers.bare_names(), key=lambda name: statistics.median(results[name]))
    over = [(ours / theirs - 1) * 100 for ours, theirs in zip(more, results[bare])]
    fast = lambda times: times >= 1.5
    work = f"grade a study, ONNX Runtime, {peers.THREADS} threads"
    lines = [
        goal(f"{work}, whole process", "Python: Ultralytics `predict`", ">= 1.5 times as fast",
             whole, " times", fast),
        goal(f"{work}, one more study of {slices} slices", "Ultralytics `predict`, models loaded", ">= 1.5 times as fast",
             relation(results["ultralytics"], more), " times", fast),
        goal(f"{work}, one more study of {slices} slices", f"`session.run` alone ({bare[6:]}, the faster way)",
             "at most 5 % over", over, " % over", lambda percent: percent <= 5, 1),
    ]
    memory = peers.memory_table(peers.grading_memory(measured), "Peak memory of grading one study")
    return lines, peers.grading_tables(measured) + "\n\n" + memory


def opening(bench):
    say("headers of 1,000 files")
    originals = bench.phantoms
    studies = list(originals)
    while sum(len(list(s.rglob("*.dcm"))) for s in studies) < peers.FILES:
        number = len(studies) // len(originals)
        studies += [peers.copy_study(s, s.parent, [number])[0] for s in originals]
    results = peers.measure_headers(bench.foramen, studies, bench.work / "thousand", bench.runs)
    ours = [s for s, _ in results["inspect"]]
    lines = [
        goal(f"open a study: headers of {peers.FILES} files", name, text, relation(results[key], ours), " times", met)
        for key, name, text, met in [
            ("pydicom", "pydicom `dcmread(stop_before_pixels=True)`", ">= 10 times as fast", lambda t: t >= 10),
            ("dcmdump", "DCMTK `dcmdump`", "as fast or faster", lambda t: t >= 1),
        ]
    ]
    memory = peers.memory_table(peers.headers_memory(results), "Peak memory of reading headers")
    return lines, peers.headers_table(results) + "\n\n" + memory


def viewing(bench):
    say("the viewer, 100 slices of 640 x 640")
    frames, pixels = bench.options.frames, 100 * 640 * 640 * 2
    results = turns(bench.runs, {
        "idle": lambda: bench.viewer(100, frames),
        "grading": lambda: bench.viewer(100, frames, "--grading"),
    })
    lines, rows = [], []
    for name, note in [("idle", ""), ("grading", ", while the detectors run")]:
        of = results[name]
        first, p99 = [r["first_image_ms"] for r in of], [r["frame_ms"]["p99"] for r in of]
        late = max(r["late_frames"] for r in of)
        memory, beyond = ([(r["peak_memory"] - less) / MB for r in of] for less in (0, pixels))
        scroll = goal(f"scroll a 640² study, CPU of a frame, 99 %{note}", "display refresh", "< 4 ms, no late frame",
                      p99, " ms", lambda ms: ms < 4 and late == 0)
        scroll[3] += f", at most {late} of {frames} frames late"
        lines += [
            goal(f"first image after open, 100 slices{note}", "", "< 300 ms", first, " ms", lambda ms: ms < 300, 0),
            scroll,
        ]
        if name == "idle":
            limit = max(beyond)
            lines.append(goal("peak memory beyond the pixels of the study", f"pixels: {pixels / MB:.0f} MB",
                              "<= 150 MB in every run, models excluded", beyond, " MB", lambda _: limit <= 150, 0))
        middle = [r["frame_ms"]["median"] for r in of]
        most = [r["frame_ms"]["max"] for r in of]
        rows.append([note[2:] or "idle", spread(first, digits=0), spread(middle), spread(p99), spread(most), late,
                     spread(memory, digits=0)])
    details = (f"### The viewer: `foramen bench` on 100 slices of 640 x 640, {frames} frames, 1920 x 1080 without a screen\n\n"
               + table(["", "first image, ms", "CPU of a frame, ms: median", "99 %", "largest", "late frames, most",
                        "peak memory, MB"], rows))
    return lines, details


def phantoms(bench):
    say("computing phantom studies")
    rows, times, out = [], [], bench.work / "one"
    for seed in range(1, bench.runs + 1):
        seconds, memory = bench.foramen.run("phantom", "--studies", 1, "--seed", seed, "--out", out)
        times.append(seconds)
        rows.append([seed, sum(1 for _ in out.rglob("*.dcm")), f"{seconds:.2f}", f"{memory:.0f}"])
        shutil.rmtree(out)
    line = goal("phantom study, whole process", "", "< 2 s", times, " s", lambda s: s < 2)
    details = "### One phantom study: `foramen phantom --studies 1`, once for each seed\n\n"
    return [line], details + table(["seed", "slices", "s", "peak memory, MB"], rows)


def copied_contest(program, folder, count):
    """A folder of the contest's form with `count` studies, the first few computed and the others copies."""
    import dataset

    first = min(count, PHANTOMS)
    dataset.make_phantoms(program, folder, first)
    studies = sorted((folder / "train_images").iterdir())
    numbers = {study.name: range(1, 1 + len(range(i + first, count, first))) for i, study in enumerate(studies)}
    for study in studies:
        peers.copy_study(study, study.parent, numbers[study.name])
    for file in folder.glob("*.csv"):
        head, *rows = file.read_text().splitlines()
        ids = sum(column in ("study_id", "series_id") for column in head.split(","))
        for row in list(rows):
            cells = row.split(",")
            for number in numbers[cells[0]]:
                rows.append(",".join([f"{cell}{number:03}" for cell in cells[:ids]] + cells[ids:]))
        file.write_text("\n".join([head, *rows]) + "\n")
    return folder


def data_sets(bench):
    import dataset

    count = bench.options.studies
    say(f"a data set of {count} studies")
    folder = bench.work / "dataset"
    data, out = copied_contest(bench.foramen.program, folder / "data", count), folder / "out"
    commands = dataset.commands(bench.foramen.program, data, out)
    images, sizes = dataset.check(commands, out, folder)
    names = list(commands)
    picked = list(dict.fromkeys([names[0], names[1], names[-1]]))  # an ordinary script, and the best that Python can do
    runs = min(bench.runs, 3)
    results = turns(runs, {name: functools.partial(dataset.timed, commands[name], out) for name in picked})
    wall = {name: [w for w, _ in all_] for name, all_ in results.items()}
    work = f"YOLO data set from {count} studies"
    lines = [goal(work, name, ">= 5 times as fast", relation(wall[name], wall[names[0]]), " times", lambda t: t >= 5)
             for name in picked[1:]]
    rows = [[name, spread(wall[name]), spread([c for _, c in results[name]]),
             spread(relation(wall[name], wall[names[0]]), " times")] for name in picked]
    files = sum(1 for _ in data.rglob("*.dcm"))
    shutil.rmtree(folder)  # gigabytes
    details = (f"### A data set beside pydicom and Pillow: {count} studies, {files} files, {images} images, rounds: {runs}\n\n"
               + table(["", "wall s", "CPU s", "Foramen is faster"], rows)
               + f"\n\nBoth wrote the same images and boxes. PNGs: Foramen {sizes[0]:.0f} MiB, Pillow at level 1 {sizes[1]:.0f}"
                 f" MiB. {min(count, PHANTOMS)} studies were computed, the others are copies of these with new ids.")
    return lines, details


def growing_study(bench):
    say("growth with the slices of a study")
    sizes, runs, frames = [10, 100, 1000], min(bench.runs, 3), bench.options.frames
    programs = {}
    for size in sizes:
        programs["inspect", size] = functools.partial(bench.foramen.run, "inspect", "--json", bench.enlarged(size))
        programs["bench", size] = functools.partial(bench.viewer, size, frames)
    results = turns(runs, programs)
    rows, peaks = [], []
    for size in sizes:
        seconds, memory = zip(*results["inspect", size])
        of = results["bench", size]
        peak = [r["peak_memory"] / MB for r in of]
        peaks.append(max(peak))
        rows.append([f"{size:,}", f"{size * 640 * 640 * 2 / MB:,.0f}", spread([s * 1000 for s in seconds], digits=1),
                     f"{statistics.median(seconds) * 1e6 / size:.0f}", spread(memory, digits=0),
                     spread([r["first_image_ms"] for r in of], digits=0), spread([r["frame_ms"]["p99"] for r in of]),
                     f"{max(r['late_frames'] for r in of)} of {frames}", spread(peak, digits=0)])
    pixels = sizes[-1] * 640 * 640 * 2 / MB
    line = ["viewer's peak memory, 1,000 slices of 640²", f"pixels: {pixels:.0f} MB", "<= pixels + 150 MB",
            f"at most {peaks[-1]:.0f} MB, {peaks[1]:.0f} MB with 100", "yes" if peaks[-1] <= pixels + 150 else "no"]
    head = ["slices of 640²", "pixels, MB", "`inspect`, ms", "µs a slice", "`inspect`, peak MB", "`bench`: first image, ms",
            "frame's CPU, 99 %, ms", "late frames, most", "`bench`, peak MB"]
    return [line], f"### Growth with the slices of a study, rounds: {runs}\n\n" + table(head, rows)


def middle(files, count=7):
    """So many of the files in the middle of a stack; none of a localizer, which is no stack."""
    start = (len(files) - count) // 2
    return files[start : start + count] if start >= 0 else []


def make_batches(phantoms, folder, sizes):
    """A tree of small studies for each size; the same files, linked."""
    largest = max(sizes)
    studies = []
    for i, phantom in enumerate(phantoms):
        numbers = range(1, 1 + len(range(i, largest, len(phantoms))))
        studies.append(peers.copy_study(phantom, folder / "all", numbers, keep=middle))
    mixed = [study for same in zip(*studies) for study in same]
    mixed += [study for same in studies for study in same if study not in set(mixed)]
    for size in sizes:
        for study in mixed[:size]:
            shutil.copytree(study, folder / str(size) / study.name, copy_function=os.link)
    return {size: folder / str(size) for size in sizes}


def grade_batch(foramen, tree, out, size):
    """Seconds and peak MB; every study must have its file and its rows."""
    shutil.rmtree(out, ignore_errors=True)
    result = foramen.run("grade", "--models", peers.MODELS, "--engine", "onnxruntime", "--threads", peers.THREADS,
                         tree, "--out-dir", out)
    files = list(out.glob("*.json"))
    assert len(files) == size, f"{len(files)} JSON files of {size} studies"
    with open(out / "summary.csv", encoding="utf-8") as file:
        done = [row for row in csv.DictReader(file) if row["status"] == "graded" and row["done_before"] == "false"]
    assert len(done) == size, f"{len(done)} of {size} studies are graded"
    return result


def growing_batch(bench):
    sizes = [size for size in [1, 10, 100, 500] if size <= bench.options.batch]
    work = f"batch of {sizes[-1]} studies"
    if not has_option(bench.foramen, "grade", str(bench.work / "nothing"), "--out-dir", str(bench.work / "graded")):
        raise NotMeasured("no `foramen grade --out-dir`", [[work, "", "cost and memory flat"]])
    say("writing small studies")
    trees = make_batches(bench.phantoms, bench.work / "batch", sizes)
    out, runs, results = bench.work / "graded", min(bench.runs, 3), {}
    few = {size: functools.partial(grade_batch, bench.foramen, trees[size], out, size) for size in sizes if size <= 10}
    results = turns(runs, few)
    for size in sizes[len(few):]:
        say(f"grading {size} studies, once")
        results[size] = [grade_batch(bench.foramen, trees[size], out, size)]
    wall, peak = ({size: statistics.median(r[i] for r in all_) for size, all_ in results.items()} for i in (0, 1))
    more = {size: (wall[size] - wall[1]) / (size - 1) for size in sizes[1:]}
    rows = []
    for size in sizes:
        slices = sum(1 for _ in trees[size].rglob("*.dcm"))
        rows.append([size, slices, len(results[size]), f"{wall[size]:.2f}", f"{wall[size] / size:.3f}",
                     f"{more[size]:.3f}" if size > 1 else "", f"{peak[size]:.0f}"])
    lines = []
    if len(sizes) > 2:
        for what, of in [("seconds for one more study", more), ("peak memory", peak)]:
            times = of[sizes[-1]] / of[sizes[1]]
            lines.append([f"{work}, {what}", f"batch of {sizes[1]}", "flat: at most 10 % more",
                          f"{of[sizes[1]]:.3g}, then {of[sizes[-1]]:.3g}: {times:.2f} times", "yes" if times <= 1.1 else "no"])
    details = "### Growth with the studies of a batch: `foramen grade TREE --out-dir DIR`, ONNX Runtime\n\n"
    details += table(["studies", "slices", "runs", "wall s", "s a study", "s for one more study", "peak MB"], rows)
    details += ("\n\nThe studies have 7 slices of each series, copies of a few phantoms with new ids. \"One more study\" is the"
                " time of all less that of a batch of one, by how many more there are: without start and loading.")
    return lines, details


PARTS = {
    "grade": grading,
    "open": opening,
    "decode": decoding,
    "viewer": viewing,
    "phantom": phantoms,
    "dataset": data_sets,
    "growth-study": growing_study,
    "growth-batch": growing_batch,
}


def measure_all(bench, names):
    """Lines of the summary, details, and the names of the parts that failed."""
    lines, details, failed = [], [], []
    for name in names:
        try:
            new, text = PARTS[name](bench)
            lines += new
            details.append(text)
        except NotMeasured as why:
            message, rows = why.args
            lines += [[*row, f"not measured: {message}", "-"] for row in rows]
        except (Exception, SystemExit) as why:
            traceback.print_exc()
            first = str(why).split("\n")[0] or type(why).__name__
            lines.append([name, "", "", f"failed: {first}", "-"])
            failed.append(name)
    return lines, details, failed


def all_versions(foramen, folder):
    names = ["pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg", "pyjpegls", "pillow"]
    more = [f"{name} {importlib.metadata.version(name)}" for name in names]
    more += [f"{name} {version}" for name, version in DECODERS.items()]
    with contextlib.suppress(IndexError):
        said = subprocess.run(["gdcmconv", "--version"], capture_output=True, text=True).stdout
        more.append(f"gdcm's tools {said.split()[2]}")
    return ", ".join([peers.versions(foramen), *more])


def markdown(bench, head, names, started):
    lines, details, failed = measure_all(bench, names)
    minutes = (time.perf_counter() - started) / 60
    parts = [f"Printed by `benches/speed.py --runs {bench.runs}` on {datetime.date.today():%d %B %Y} in {minutes:.0f} minutes."
             f" {head}\n\nMedian (least to most). \"Times\" says how many times as fast Foramen is."]
    parts.append(table(["work", "against", "goal", "measured", "met"], lines))
    return "\n\n".join(parts + details), failed


def write(file, text):
    """Between the markers of a file, or at its end; the file is old or new and never half."""
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    if BEGIN in old and END in old.split(BEGIN, 1)[1]:
        before, rest = old.split(BEGIN, 1)
        after = rest.split(END, 1)[1]
    else:
        before, after = (old.rstrip("\n") + "\n\n" if old else ""), "\n"
    new = file.with_name(file.name + ".new")
    new.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    os.replace(new, file)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("foramen")
    parser.add_argument("--runs", type=int, default=5, help="rounds that count; 3 at most for the long parts")
    parser.add_argument("--only", type=lambda text: text.split(","), help=f"parts: {', '.join(PARTS)}")
    parser.add_argument("--write", type=pathlib.Path, help="file whose tables are replaced; all parts are measured then")
    parser.add_argument("--work", type=pathlib.Path, help="folder for files that are taken away after")
    parser.add_argument("--studies", type=int, default=100, help="of the data set")
    parser.add_argument("--batch", type=int, default=500, help="the most studies of a batch, at least 10")
    parser.add_argument("--frames", type=int, default=600, help="of scrolling")
    parser.add_argument("--under-peers", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [name for name in options.only or [] if name not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if options.only and options.write:
        parser.error("--write replaces all tables: leave --only away")
    if options.runs < 1 or options.batch < 10:
        parser.error("--runs must be 1 or more, --batch 10 or more")
    return options


def main():
    started = time.perf_counter()
    options = arguments()
    if not options.under_peers:
        want_programs()
        python = peers_python()
        os.execv(python, [python, __file__, *sys.argv[1:], "--under-peers"])
    options.decoders = decoders()
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        folder = pathlib.Path(folder)
        # Nothing of the user's library or settings is read.
        os.environ.update(FORAMEN_DATA_DIR=str(folder / "data"), FORAMEN_CONFIG_DIR=str(folder / "config"))
        foramen = peers.Foramen(options.foramen)
        os.environ.update(foramen.environment)
        head = f"{peers.machine()}; {all_versions(foramen, options.decoders)}."
        text, failed = markdown(Bench(foramen, folder, options), head, options.only or PARTS, started)
    print(text)
    if options.write:
        write(options.write, text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
