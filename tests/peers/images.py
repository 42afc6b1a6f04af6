"""Grey 8-bit pictures of many shapes from a series of a phantom study: `images.py SERIES_DIR OUT_DIR ROLE [small]`.

`small` writes the few that are stored as fixture: fewer grey levels, so that they stay small.
Prints the files written, as JSON.
"""

import json
import pathlib
import sys

import cv2
import numpy
import pydicom

SHAPES = {  # name: (width, height)
    "input": (384, 384),
    "square": (512, 512),
    "double": (768, 768),  # exactly half: OpenCV averages
    "landscape": (500, 300),
    "portrait": (310, 640),
    "odd": (257, 383),
    "tiny": (40, 30),
    "line": (300, 3),
    "huge": (1500, 1100),
}
SMALL = {"square": (250, 250), "landscape": (300, 190), "portrait": (121, 260), "tiny": (40, 30), "input": (384, 384)}
# Where in the series there is something to see: foramina lie beside the midline.
PARTS = {"nfn": [(0.2, 0.34), (0.66, 0.8)], "scs": [(0.4, 0.6)], "ss": [(0.2, 0.8)]}


def slices(folder, role):
    found = [pydicom.dcmread(file) for file in sorted(pathlib.Path(folder).iterdir())]
    found.sort(key=lambda d: d.InstanceNumber)
    shares = [at / (len(found) - 1) for at in range(len(found))]
    for share, dataset in zip(shares, found):
        if not any(low <= share <= high for low, high in PARTS[role]):
            continue
        values = dataset.pixel_array.astype(float)
        low, high = numpy.percentile(values, [0.5, 99.5])
        grey = (numpy.clip((values - low) / (high - low), 0, 1) * 255).astype(numpy.uint8)
        yield 255 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey


def cut(grey, width, height):
    """The largest part of the wanted proportions around the middle, then scaled."""
    rows, columns = grey.shape
    scale = min(columns / width, rows / height)
    w, h = max(round(width * scale), 1), max(round(height * scale), 1)
    x, y = (columns - w) // 2, (rows - h) // 2
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    return cv2.resize(grey[y : y + h, x : x + w], (width, height), interpolation=method)


def main():
    source, out, role, small = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], "small" in sys.argv[4:]
    out.mkdir(parents=True, exist_ok=True)
    shapes = SMALL if small else SHAPES
    pictures, written = list(slices(source, role)), []
    wanted = [(name, *size) for name, size in shapes.items()]
    if not small:
        # Each shape of two slices; not every axial slice meets a disc.
        wanted += [(f"{name}_too", width, height) for name, width, height in wanted]
    for index, (name, width, height) in enumerate(wanted):
        spread = round(index * (len(pictures) - 1) / (len(wanted) - 1))
        picture = cut(pictures[spread], width, height)
        if small:
            picture = cv2.GaussianBlur(picture, (3, 3), 0) & 0xF8
        written.append(str(out / f"{name}.png"))
        cv2.imwrite(written[-1], picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    json.dump(written, sys.stdout)


main()
