"""Whole programs side by side: `foramen grade` and `foramen inspect` against Ultralytics and pydicom.

`$(tests/peers/setup.sh) benches/peers.py target/release/foramen [--runs 7] > table.md` on a machine that does nothing
else. Programs take turns, so that a slow minute hits all of them. Files are in the page cache for all of them.
"""

import argparse
import contextlib
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
THREADS = os.cpu_count()  # what Ultralytics' ONNX Runtime takes
FILES = 1000
STUDIES = 3  # the time of one more study is that of so many, less that of one, by how many more


# A process keeps the peak memory of the one that it was forked from, so a small one must start the programs.
STARTER = """
import json, os, subprocess, sys, time
for line in sys.stdin:
    start = time.perf_counter()
    child = subprocess.Popen(json.loads(line), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    print(json.dumps([seconds, usage.ru_maxrss * 1024 / 1e6, os.waitstatus_to_exitcode(status), errors]), flush=True)
"""


class Foramen:
    """The program under test, with the ONNX Runtime of this Python. To be made before much memory is used."""

    def __init__(self, program):
        self.program = os.path.abspath(program)
        package = pathlib.Path(importlib.util.find_spec("onnxruntime").origin).parent
        self.environment = {**os.environ, "ORT_DYLIB_PATH": str(next(package.glob("capi/libonnxruntime.so.*")))}
        # Errors that are caught and passed on would each cost a walk over the stack.
        self.environment.pop("RUST_BACKTRACE", None)
        self.starter = subprocess.Popen(
            [sys.executable, "-S", "-c", STARTER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
        )

    def run(self, *args):
        """(seconds, peak resident MB)"""
        self.starter.stdin.write(json.dumps([self.program, *map(str, args)]) + "\n")
        self.starter.stdin.flush()
        seconds, megabytes, exit_, errors = json.loads(self.starter.stdout.readline())
        if exit_ != 0:
            sys.exit(f"foramen {args}: exit {exit_}\n{errors}")
        return seconds, megabytes

    def grade(self, engine, folders):
        return self.run(
            "grade", "--models", MODELS, "--engine", engine, "--threads", THREADS, *folders
        )

    def json(self, *args):
        return json.loads(subprocess.check_output([self.program, *map(str, args)], env=self.environment))


def make_studies(foramen, folder, count):
    """Folders of phantom studies."""
    out = folder / "phantom"
    foramen.run("phantom", "--studies", count, "--seed", 11, "--dialect", "clinical", "--out", out)
    return sorted((out / "train_images").iterdir())


def slices_by_model(foramen, study):
    """model file: DICOM files of the series that it looks at"""
    import pydicom

    models = json.loads((MODELS / "manifest.json").read_text())["models"]
    roles, uids = {}, {}
    for file in sorted(study.rglob("*.dcm")):
        uid = pydicom.dcmread(file, stop_before_pixels=True).SeriesInstanceUID
        uids.setdefault(uid, []).append(file)
    for series in foramen.json("inspect", "--json", study)["studies"][0]["series"]:
        roles.setdefault(series["role"], []).extend(uids[series["series_uid"]])
    return {MODELS / m["file"]: roles[m["role"]] for m in models}


def decode(file):
    import numpy
    import pydicom

    dataset = pydicom.dcmread(file)
    values = dataset.pixel_array.astype(numpy.float32)
    low, high = numpy.percentile(values, [0.5, 99.5])
    grey = (numpy.clip((values - low) / max(high - low, 1e-6), 0, 1) * 255).astype(numpy.uint8)
    return numpy.stack([grey] * 3, axis=-1)


class Ultralytics:
    """`YOLO(onnx).predict`, models loaded and warm; ONNX Runtime takes as many threads as there are cores."""

    def __init__(self, work, warm):
        from ultralytics import YOLO

        self.work = {YOLO(str(model), task="detect"): files for model, files in work.items()}
        if warm:
            # The first prediction loads the model and prints so; the table is on standard output.
            with contextlib.redirect_stdout(sys.stderr):
                for model, files in self.work.items():
                    self.predict(model, decode(files[0]))

    @staticmethod
    def predict(model, image):
        return model.predict(image, conf=0.01, imgsz=384, device="cpu", verbose=False)

    def study(self):
        """Seconds to read, decode and predict."""
        start = time.perf_counter()
        for model, files in self.work.items():
            for file in files:
                self.predict(model, decode(file))
        return time.perf_counter() - start


class Bare:
    """`session.run` and nothing else, on inputs that lie ready."""

    def __init__(self, work, sessions, threads):
        import numpy
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        open_ = lambda m: onnxruntime.InferenceSession(str(m), options, providers=["CPUExecutionProvider"])
        self.workers = [{m: open_(m) for m in work} for _ in range(sessions)]
        self.jobs = [m for m, files in work.items() for _ in files]
        self.input = {"images": numpy.random.default_rng(1).random((1, 3, 384, 384), numpy.float32)}
        self.study()

    def study(self):
        start = time.perf_counter()
        jobs = iter(self.jobs)
        lock = threading.Lock()

        def take():
            with lock:
                return next(jobs, None)

        def work(sessions):
            while (job := take()) is not None:
                sessions[job].run(None, self.input)

        threads = [threading.Thread(target=work, args=(w,)) for w in self.workers]
        [t.start() for t in threads]
        [t.join() for t in threads]
        return time.perf_counter() - start


def pydicom_headers(files):
    import pydicom

    start = time.perf_counter()
    for file in files:
        pydicom.dcmread(file, stop_before_pixels=True)
    return time.perf_counter() - start


def dcmdump_headers(files):
    start = time.perf_counter()
    command = ["dcmdump", "-q", "+P", "0020,0032", *map(str, files)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def python_process(work):
    """Seconds of a Python that imports Ultralytics, loads the models and does `work` (JSON): from start to end."""
    start = time.perf_counter()
    command = [sys.executable, __file__, "--study", work]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def thousand_files(studies, folder):
    """Hard links to the first thousand files, in their folders."""
    files = [file for study in studies for file in sorted(study.rglob("*.dcm"))][:FILES]
    if len(files) < FILES:
        sys.exit(f"only {len(files)} files; make more studies")
    for file in files:
        link = folder / file.relative_to(studies[0].parent)
        link.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, link)
    return sorted(folder.rglob("*.dcm"))


def measure(runs, programs):
    """name: list of what the program returned; one after the other, again and again, after one round that is not counted."""
    results = {name: [] for name in programs}
    for round_ in range(runs + 1):
        for name, program in programs.items():
            value = program()
            if round_ > 0:
                results[name].append(value)
    return results


def row(name, seconds, per=None, than=None):
    middle = statistics.median(seconds)
    ms = 1000 / (per or 1)
    relation = f"{than / middle:.2f} ×" if than else "1"
    return f"| {name} | {middle * ms:.1f} | {min(seconds) * ms:.1f} to {max(seconds) * ms:.1f} | {relation} |"


def machine():
    model = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    memory = int(open("/proc/meminfo").readline().split()[1]) / 2**20
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, Linux {platform.release()}, load before: {os.getloadavg()[0]:.2f}"


def versions(foramen):
    own = subprocess.check_output([foramen.program, "--version"], text=True).strip()
    packages = ["ultralytics", "torch", "onnxruntime", "opencv-python", "pydicom", "numpy"]
    with_versions = [f"{p} {importlib.metadata.version(p)}" for p in packages]
    with contextlib.suppress(FileNotFoundError):
        dcmtk = subprocess.check_output(["dcmdump", "--version"], text=True).split()[2]
        with_versions.append(f"DCMTK {dcmtk}")
    return ", ".join([own, f"Python {platform.python_version()}", *with_versions])


def bare_names():
    """Keys of results: one session of all threads, and one session a thread."""
    return f"bare, 1 session of {THREADS} threads", f"bare, {THREADS} sessions of 1 thread"


def measure_grading(foramen, studies, runs):
    """Seconds by program of the first study, and of one more (`more`); Foramen's with its peak MB."""
    work = slices_by_model(foramen, studies[0])
    as_json = json.dumps({str(m): [str(f) for f in files] for m, files in work.items()})
    ultralytics = Ultralytics(work, warm=True)
    one, two = Bare(work, 1, THREADS), Bare(work, THREADS, 1)
    copies = [studies[0], *copy_study(studies[0], studies[0].parent.parent / "copies", range(1, STUDIES))]
    assert same_work(work, slices_by_model(foramen, copies[1])), "a copy must give the detectors the same work"
    programs = {
        "ultralytics": ultralytics.study,
        bare_names()[0]: one.study,
        bare_names()[1]: two.study,
        "python": lambda: python_process(as_json),
    }
    for engine in ["rten", "onnxruntime"]:
        programs[engine] = lambda engine=engine: foramen.grade(engine, copies[:1])
        programs[engine + " more"] = lambda engine=engine: foramen.grade(engine, copies)
    results = measure(runs, programs)
    more = {}
    for engine in ["rten", "onnxruntime"]:
        pairs = zip(results[engine], results[engine + " more"])
        more[engine] = [(many[0] - first[0]) / (STUDIES - 1) for first, many in pairs]
    slices = sum(map(len, work.values()))
    return {"slices": slices, "models": len(work), "results": results, "more": more}


def same_work(work, other):
    return {model: len(files) for model, files in work.items()} == {model: len(files) for model, files in other.items()}


def grading_tables(measured):
    slices, results, more = measured["slices"], measured["results"], measured["more"]
    than = statistics.median(results["python"])
    lines = [f"### Grading one study: {slices} slices, {measured['models']} models, {THREADS} threads\n"]
    lines.append("From the start of the program to its end, models loaded anew:\n")
    lines.append("| | ms, median | least to most | against Python |\n|---|---|---|---|")
    lines.append(row("Python: import, load, pydicom, Ultralytics `predict`", results["python"]))
    for engine, name in [("rten", "rten"), ("onnxruntime", "ONNX Runtime")]:
        lines.append(row(f"`foramen grade`, {name}", [s for s, _ in results[engine]], than=than))
    less = f"the time of {STUDIES} less that of 1, by {STUDIES - 1}"
    lines.append(f"\nOne more study, models loaded (for Foramen: {less}); per slice:\n")
    lines.append("| | ms per slice, median | least to most | against Ultralytics |\n|---|---|---|---|")
    than = statistics.median(results["ultralytics"])
    lines.append(row("pydicom + Ultralytics `predict`", results["ultralytics"], slices))
    lines.append(row("`foramen grade`, rten", more["rten"], slices, than))
    lines.append(row("`foramen grade`, ONNX Runtime", more["onnxruntime"], slices, than))
    for name in bare_names():
        lines.append(row(f"ONNX Runtime's `session.run` alone, {name[6:]}", results[name], slices, than))
    return "\n".join(lines)


def grading_memory(measured):
    return {f"`foramen grade`, {e}": [mb for _, mb in measured["results"][e]] for e in ["rten", "onnxruntime"]}


def renamed(value, name, study, number):
    """A UID of a copy. The contest's are `<study>`, `<study>.<series>` and `<study>.1.<instance>`."""
    if not value.startswith(f"{study}."):
        return f"{value}{number}"
    rest = value[len(study):]
    return f"{study}{number}{rest}" if name == "SOPInstanceUID" else f"{study}{number}{rest}{number}"


def copy_study(study, folder, numbers, keep=lambda files: files):
    """The same images as other studies below `folder`: three digits go behind every UID, the patient's id and the
    names of the folders. `keep` picks the files of a series, which it gets in order. Returns the new folders."""
    import pydicom

    for series in sorted({file.parent for file in study.rglob("*.dcm")}):
        for file in keep(sorted(series.glob("*.dcm"), key=lambda f: int(f.stem))):
            dataset = pydicom.dcmread(file)
            names = ["PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"]
            ids = {name: dataset.get(name) for name in names if dataset.get(name)}
            for number in numbers:
                for name, value in ids.items():
                    setattr(dataset, name, renamed(str(value), name, study.name, f"{number:03}"))
                dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
                out = folder / f"{study.name}{number:03}" / f"{series.name}{number:03}" / file.name
                out.parent.mkdir(parents=True, exist_ok=True)
                dataset.save_as(out)
    return [folder / f"{study.name}{number:03}" for number in numbers]


def measure_headers(foramen, studies, folder, runs):
    """Seconds by program; Foramen's with its peak MB."""
    files = thousand_files(studies, folder)
    programs = {
        "inspect": lambda: foramen.run("inspect", "--json", folder),
        "pydicom": lambda: pydicom_headers(files),
    }
    with contextlib.suppress(FileNotFoundError, subprocess.CalledProcessError):
        dcmdump_headers(files[:2])
        programs["dcmdump"] = lambda: dcmdump_headers(files)
    return measure(runs, programs)


def headers_table(results):
    lines = [f"### Headers of {FILES} files\n", "| | ms, median | least to most | against pydicom |\n|---|---|---|---|"]
    than = statistics.median(results["pydicom"])
    lines.append(row("pydicom `dcmread(stop_before_pixels=True)`, without its import", results["pydicom"]))
    if "dcmdump" in results:
        lines.append(row("DCMTK `dcmdump`, one process, one tag", results["dcmdump"], than=than))
    lines.append(row("`foramen inspect --json`, whole process", [s for s, _ in results["inspect"]], than=than))
    return "\n".join(lines)


def headers_memory(results):
    return {f"`foramen inspect` of {FILES} files": [mb for _, mb in results["inspect"]]}


def memory_table(memory, title="Peak memory"):
    lines = [f"### {title}\n", "| | MB, median | least to most |\n|---|---|---|"]
    for name, mb in memory.items():
        lines.append(f"| {name} | {statistics.median(mb):.0f} | {min(mb):.0f} to {max(mb):.0f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("foramen", nargs="?")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--study", help="grade this work (JSON) once and leave: what python_process starts")
    args = parser.parse_args()
    if args.study:
        Ultralytics(json.loads(args.study), warm=False).study()
        return
    foramen = Foramen(args.foramen)
    print(f"{machine()}; {versions(foramen)}; {args.runs} runs each")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        studies = make_studies(foramen, folder, 18)
        headers = measure_headers(foramen, studies, folder / "thousand", args.runs)
        print("\n" + headers_table(headers))
        grading = measure_grading(foramen, studies, args.runs)
        print("\n" + grading_tables(grading))
    print("\n" + memory_table(headers_memory(headers) | grading_memory(grading)))


if __name__ == "__main__":
    main()
