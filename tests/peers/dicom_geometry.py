"""Whether each finding of a structured report lies on the side and at the level that its codes say, by the positions in
the images' headers alone. Uses pydicom and numpy and nothing of ours.

Arguments: the report, the folder of the images, then `as-is`, `swap-side` or `swap-level` (what is wrong with the report
on purpose). Prints a list of contradictions, and how many findings were looked at.

DICOM patient space: +x is the patient's left, +z the head. The middle of the body at a level is where the spinal canal's
box lies. Which canal box is nearest tells the level.
"""
import json
import sys
from pathlib import Path

import numpy as np
import pydicom

LEVELS = ["243920003", "243921004", "243922006", "243923001", "243927000"]
LEFT, RIGHT, CANAL = "7771000", "24028007", "18347007"


def children(item, name):
    return [i for i in item.get("ContentSequence", [])
            if "ConceptNameCodeSequence" in i and i.ConceptNameCodeSequence[0].CodeValue == name]


def plane(ds, frame):
    """Position, orientation and spacing of a frame."""
    if "PerFrameFunctionalGroupsSequence" not in ds:
        return ds.ImagePositionPatient, ds.ImageOrientationPatient, ds.PixelSpacing
    own, shared = ds.PerFrameFunctionalGroupsSequence[frame - 1], ds.SharedFunctionalGroupsSequence[0]
    return (own.PlanePositionSequence[0].ImagePositionPatient, own.PlaneOrientationSequence[0].ImageOrientationPatient,
            shared.PixelMeasuresSequence[0].PixelSpacing)


def centre(scoord, images):
    """Of a region, in the patient, mm. SCOORD begins at the corner of the first pixel, positions at its centre."""
    reference = scoord.ContentSequence[0].ReferencedSOPSequence[0]
    ds = images[reference.ReferencedSOPInstanceUID]
    frame = int(reference.get("ReferencedFrameNumber", 0))
    assert (frame > 0) == (int(ds.get("NumberOfFrames", 1)) > 1), "a frame number where there are frames, and only there"
    points = np.reshape([float(v) for v in scoord.GraphicData], (-1, 2))
    assert scoord.GraphicType == "POLYLINE" and len(points) == 5 and (points[0] == points[-1]).all(), "not closed"
    assert (points >= 0).all() and (points <= [ds.Columns, ds.Rows]).all(), "not on the image"
    column, row = (points.min(axis=0) + points.max(axis=0)) / 2 - 0.5
    position, orientation, spacing = (np.array([float(v) for v in values]) for values in plane(ds, frame))
    return position + orientation[:3] * spacing[1] * column + orientation[3:] * spacing[0] * row


def groups(sr):
    return [g for m in children(sr, "126010") for g in children(m, "125007")]


def spoil(sr, how):
    """Exchanges the sides, or two levels, of some findings."""
    for group in groups(sr):
        site = children(group, "363698007")[0]
        side = children(site, "272741003")
        if how == "swap-side" and side:
            code = side[0].ConceptCodeSequence[0]
            code.CodeValue = {LEFT: RIGHT, RIGHT: LEFT}[code.CodeValue]
            break
        code = site.ConceptCodeSequence[0]
        if how == "swap-level" and code.CodeValue in LEVELS[3:] and side:
            code.CodeValue = LEVELS[7 - LEVELS.index(code.CodeValue)]


def main(report, folder, how):
    images = {}
    for path in Path(folder).rglob("*.dcm"):
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        images[ds.SOPInstanceUID] = ds
    sr = pydicom.dcmread(report)
    spoil(sr, how)
    found = []
    for group in groups(sr):
        site = children(group, "363698007")[0]
        sides = [i.ConceptCodeSequence[0].CodeValue for i in children(site, "272741003")]
        for scoord in children(group, "111030"):
            found.append({"row": children(group, "112039")[0].TextValue,
                          "finding": children(group, "121071")[0].ConceptCodeSequence[0].CodeValue,
                          "level": site.ConceptCodeSequence[0].CodeValue, "side": sides[0] if sides else None,
                          "at": centre(scoord, images)})
    canal = {f["level"]: f["at"] for f in found if f["finding"] == CANAL}
    assert len(canal) >= 4, "the canal's boxes are the ruler"
    wrong = []
    heights = [canal[level][2] for level in LEVELS if level in canal]
    if heights != sorted(heights, reverse=True):
        wrong.append("the canal's levels do not go from head to foot")
    for f in found:
        if f["finding"] == CANAL:
            if f["side"] is not None:
                wrong.append(f"{f['row']}: the canal has a side")
            continue
        nearest = min(canal, key=lambda level: np.linalg.norm((canal[level] - f["at"])[1:]))
        if f["level"] in canal and nearest != f["level"]:
            wrong.append(f"{f['row']}: coded {f['level']}, lies at {nearest}")
        is_left = f["at"][0] > canal[nearest][0]
        if f["side"] != (LEFT if is_left else RIGHT):
            wrong.append(f"{f['row']}: coded {f['side']}, lies {f['at'][0] - canal[nearest][0]:+.1f} mm of the middle")
    json.dump({"wrong": wrong, "looked_at": len(found), "sided": sum(f["side"] is not None for f in found)}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
