"""Writes a copy of a study as other scanners and archives write it.

Arguments: folder, new folder, then `latin1`, `utf8`, `kanji` (the patient's name in that character set), `multiframe`
(each series one enhanced MR file) or `bright` (MONOCHROME1, with a rescale slope and intercept).
"""
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedMRImageStorage

NAMES = {"latin1": ("ISO_IR 100", "Müßig^Zoë"), "utf8": ("ISO_IR 192", "Иванова^Анна"),
         "kanji": (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう")}


def item(**values):
    ds = Dataset()
    for name, value in values.items():
        setattr(ds, name, value)
    return ds


def renamed(ds, kind):
    charset, name = NAMES[kind]
    ds.SpecificCharacterSet = charset
    ds.PatientName = name
    ds.AccessionNumber = "A-4711"
    ds.PatientBirthDate = "19500607"
    ds.PatientAge = "075Y"
    ds.ReferringPhysicianName = "Referrer^Rita"
    return ds


def bright(ds):
    """Low values bright, and modality values that are not the stored ones."""
    ds.PhotometricInterpretation = "MONOCHROME1"
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = "2.5", "-300", "US"
    ds.WindowCenter, ds.WindowWidth = str(2.5 * ds.WindowCenter - 300), str(2.5 * ds.WindowWidth)
    return ds


def multiframe(files):
    """One file of all images of a series, in the order of their numbers."""
    files.sort(key=lambda ds: int(ds.InstanceNumber))
    ds, uid = files[0], files[0].SeriesInstanceUID + ".900"
    frames = [item(PlanePositionSequence=[item(ImagePositionPatient=f.ImagePositionPatient)],
                   PlaneOrientationSequence=[item(ImageOrientationPatient=f.ImageOrientationPatient)],
                   FrameVOILUTSequence=[item(WindowCenter=f.WindowCenter, WindowWidth=f.WindowWidth)]) for f in files]
    shared = item(PixelMeasuresSequence=[item(PixelSpacing=ds.PixelSpacing, SliceThickness=ds.SliceThickness)])
    pixels = np.stack([f.pixel_array for f in files])
    for name in ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "WindowCenter",
                 "WindowWidth"]:
        delattr(ds, name)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = uid
    ds.NumberOfFrames = len(files)
    ds.SharedFunctionalGroupsSequence, ds.PerFrameFunctionalGroupsSequence = [shared], frames
    ds.PixelData = pixels.astype("<u2").tobytes()
    return ds


def main(source, target, kind):
    series = defaultdict(list)
    for path in sorted(Path(source).rglob("*.dcm")):
        ds = pydicom.dcmread(path)
        series[ds.SeriesInstanceUID].append(ds)
    for number, files in enumerate(series.values()):
        if kind == "multiframe":
            files = [multiframe(files)]
        else:
            files = [bright(ds) if kind == "bright" else renamed(ds, kind) for ds in files]
        for at, ds in enumerate(files):
            path = Path(target) / str(number) / f"{at}.dcm"
            path.parent.mkdir(parents=True, exist_ok=True)
            ds.save_as(path, enforce_file_format=True)
    print("true")


if __name__ == "__main__":
    main(*sys.argv[1:])
