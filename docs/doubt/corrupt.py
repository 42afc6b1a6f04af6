"""Spoils phantom studies in ways that real images can be strange in; their true labels stay what they are.

    corrupt.py PHANTOMS OUT

PHANTOMS is a folder that `foramen phantom` wrote. OUT/<kind>/train_images gets a copy of each study for each kind. Only the
pixels change, and for `crop`, `head` and `feet` the position that goes with them; `swapped` changes which series is called
T1 and which T2. Needs pydicom, numpy and scipy.
"""

import pathlib
import sys
import zlib

import numpy as np
import pydicom
import scipy.ndimage
from pydicom.uid import ExplicitVRLittleEndian


def top(pixels):
    return np.percentile(pixels, 99)


def turned(pixels, rng):
    """Upside down, with the header of the upright image."""
    return pixels[::-1, ::-1], (0, 0)


def mirrored(pixels, rng):
    return pixels[:, ::-1], (0, 0)


def inverted(pixels, rng):
    return pixels.max() - pixels, (0, 0)


def noise(pixels, rng):
    """Gaussian noise, its deviation 30 % of the 99th percentile."""
    return np.clip(pixels + rng.normal(0, 0.3 * top(pixels), pixels.shape), 0, None), (0, 0)


def blurred(pixels, rng):
    """Gaussian, three pixels."""
    return scipy.ndimage.gaussian_filter(pixels, 3), (0, 0)


def contrast(pixels, rng):
    """The contrast of another sequence: the square root of the brightness, dark and bright exchanged in part."""
    x = np.clip(pixels / top(pixels), 0, 1)
    return np.abs(np.sqrt(x) - 0.6) * top(pixels), (0, 0)


def stripes(pixels, rng):
    """Aliasing: the image and a copy of it half a field of view away."""
    return 0.6 * pixels + 0.4 * np.roll(pixels, pixels.shape[0] // 2, axis=0), (0, 0)


def crop(pixels, rng):
    """The middle half of the field of view."""
    rows, columns = pixels.shape
    return pixels[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4], (rows // 4, columns // 4)


def head(pixels, rng):
    """Sagittal: the upper 45 %. The chest, and at most two lumbar discs."""
    return pixels[: int(0.45 * len(pixels))], (0, 0)


def feet(pixels, rng):
    """Sagittal: the lower 35 %. The sacrum, and at most two lumbar discs."""
    first = int(0.65 * len(pixels))
    return pixels[first:], (first, 0)


KINDS = {
    f.__name__: f
    for f in (turned, mirrored, inverted, noise, blurred, contrast, stripes, crop, head, feet)
}


def is_sagittal(header):
    row, column = np.array(header.ImageOrientationPatient[:3]), np.array(header.ImageOrientationPatient[3:])
    return abs(np.cross(row, column)[0]) > 0.7


def write(header, pixels, shift, out):
    origin = np.array(header.ImagePositionPatient, float)
    cosines = np.array(header.ImageOrientationPatient, float)
    down, across = header.PixelSpacing
    origin = origin + shift[0] * down * cosines[3:] + shift[1] * across * cosines[:3]
    header.ImagePositionPatient = [f"{v:.6g}" for v in origin]
    pixels = np.clip(np.round(pixels), 0, 4095).astype("<u2")
    header.Rows, header.Columns = pixels.shape
    header.PixelData = np.ascontiguousarray(pixels).tobytes()
    header["PixelData"].VR = "OW"
    header["PixelData"].is_undefined_length = False
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out.parent.mkdir(parents=True, exist_ok=True)
    header.save_as(out)


def main(phantoms, out):
    for file in sorted(phantoms.glob("train_images/**/*.dcm")):
        place = file.relative_to(phantoms)
        for kind, spoil in KINDS.items():
            header = pydicom.dcmread(file)
            rng = np.random.default_rng(zlib.crc32(f"{place} {kind}".encode()))
            if kind in ("head", "feet") and not is_sagittal(header):
                spoiled = header.pixel_array.astype(float), (0, 0)
            else:
                spoiled = spoil(header.pixel_array.astype(float), rng)
            write(header, *spoiled, out / kind / place)
        header = pydicom.dcmread(file)
        if is_sagittal(header):
            name = header.SeriesDescription
            header.SeriesDescription = name.replace("T1", "#").replace("T2", "T1").replace("#", "T2")
            # What a program that does not trust names would go by.
            for tag in ("EchoTime", "RepetitionTime"):
                if tag in header:
                    del header[tag]
        write(header, header.pixel_array.astype(float), (0, 0), out / "swapped" / place)


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:]))
