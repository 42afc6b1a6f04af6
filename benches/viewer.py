#!/usr/bin/env python3
"""How the viewer feels, in numbers: `$(tests/peers/setup.sh) benches/viewer.py target/release/foramen`.

Makes studies of 640 x 640 pixels, 100 and 2,000 slices in three series, from a computed phantom (needs pydicom and
numpy: the Python of tests/peers/setup.sh has both), runs `foramen bench` on each several times, and prints the medians
as the table of docs/performance.md. The 2,000 slices take 1.6 GB below --work.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

import numpy as np
import pydicom
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

SIDE = 640


def enlarge(source: pathlib.Path, target: pathlib.Path, slices: int) -> None:
    """Every series of a study with `slices` slices of SIDE x SIDE in all, each slice at a place of its own."""
    series: dict[str, list[pydicom.Dataset]] = {}
    for path in sorted(source.rglob("*")):
        if path.is_file() and path.suffix not in {".csv", ".json"}:
            data = pydicom.dcmread(path)
            if "PixelData" in data:
                series.setdefault(data.SeriesInstanceUID, []).append(data)
    # The localizer is no stack.
    stacks = sorted(series.values(), key=len)[-3:]
    target.mkdir(parents=True)
    random = np.random.default_rng(640)
    for number, stack in enumerate(stacks):
        count = slices // 3 + (1 if number < slices % 3 else 0)
        uid = generate_uid()
        normal = np.cross(stack[0].ImageOrientationPatient[:3], stack[0].ImageOrientationPatient[3:])
        start = np.array(stack[0].ImagePositionPatient, dtype=float)
        for i in range(count):
            data = stack[i * len(stack) // count]
            pixels = data.pixel_array
            rows = np.arange(SIDE) * pixels.shape[0] // SIDE
            columns = np.arange(SIDE) * pixels.shape[1] // SIDE
            large = pixels[np.ix_(rows, columns)].astype(np.int32) + random.integers(0, 8, (SIDE, SIDE))
            copy = pydicom.dcmread(data.filename)
            copy.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            copy.PixelData = np.clip(large, 0, 4095).astype(np.uint16).tobytes()
            copy.PixelSpacing = [data.PixelSpacing[0] * pixels.shape[0] / SIDE, data.PixelSpacing[1] * pixels.shape[1] / SIDE]
            copy.Rows = copy.Columns = SIDE
            copy.ImageOrientationPatient = stack[0].ImageOrientationPatient
            copy.ImagePositionPatient = list(np.round(start + normal * i * 0.5, 4))
            copy.SeriesInstanceUID = uid
            copy.InstanceNumber = i + 1
            copy.SOPInstanceUID = copy.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            copy.save_as(target / f"{number}-{i:04}.dcm")


def make_phantom(program: str, folder: pathlib.Path) -> pathlib.Path:
    """What `enlarge` makes its studies of."""
    command = [program, "phantom", "--studies", "1", "--seed", "640", "--variety", "0", "--out", folder]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def report(program: str, study: pathlib.Path, frames: int, *more: str) -> dict:
    """What `foramen bench` measured."""
    command = [program, "bench", study, "--json", "--frames", str(frames), *more]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        work = pathlib.Path(folder)
        phantom = make_phantom(options.program, work / "phantom")
        print("| study | first image | CPU of a frame: median | 99 % | largest | late frames | slices kept | peak memory |")
        print("|---|---|---|---|---|---|---|---|")
        for slices, more in [(100, []), (100, ["--grading"]), (2000, [])]:
            study = work / f"study{slices}"
            if not study.exists():
                enlarge(phantom, study, slices)
            frames = 600 if slices == 100 else 1400
            runs = options.runs if slices == 100 else 1
            reports = [report(options.program, study, frames, *more) for _ in range(runs)]
            middle = lambda of: statistics.median(of(r) for r in reports)
            mib = 1 << 20
            note = ", while the detectors run" if more else ""
            print(
                f"| {slices} slices of {SIDE} x {SIDE}{note} | {middle(lambda r: r['first_image_ms']):.0f} ms"
                f" | {middle(lambda r: r['frame_ms']['median']):.2f} ms | {middle(lambda r: r['frame_ms']['p99']):.2f} ms"
                f" | {middle(lambda r: r['frame_ms']['max']):.2f} ms"
                f" | {middle(lambda r: r['late_frames']):.0f} of {frames}"
                f" | {middle(lambda r: r['cache_bytes']) / mib:.0f} of {reports[0]['cache_bound'] / mib:.0f} MiB"
                f" | {middle(lambda r: r['peak_memory']) / mib:.0f} MiB |",
                flush=True,
            )


if __name__ == "__main__":
    main()
