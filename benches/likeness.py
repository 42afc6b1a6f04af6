#!/usr/bin/env python3
"""How alike phantoms and real axial images are: the table and the pictures of docs/phantom.md.

    likeness.py --real FOLDER_OF_PNG PHANTOMS...      a table, one column for each folder
    likeness.py --sheets docs/img PHANTOMS            contact sheets of phantoms alone

The real images are those of Sudirman et al. (doi 10.17632/k57fr854j2): axial T1, 0.6875 mm, the disc near the middle;
PHANTOMS are folders of `foramen phantom --dialect contest`. Fat is the brightest tissue of any extent in both
weightings, so every figure is relative to the fat of the same rows. Needs numpy, opencv-python-headless, pydicom.
"""

import argparse
import collections
import csv
import pathlib
import warnings

import cv2
import numpy as np
import pydicom

SPACING = 0.6875  # mm, of the real images; phantoms are resampled to it
DISC_BEFORE_LABEL = 22.5  # mm from the middle of a disc back to the two subarticular points
GREYS = 40  # of the contact sheets: noise makes a PNG large

warnings.filterwarnings("ignore")


def real_images(folder):
    """(pixels, (row, column) of the disc, width in mm)"""
    for path in sorted(pathlib.Path(folder).glob("*.png"))[::3]:
        pixels = cv2.imread(str(path), 0).astype(float)
        yield pixels, (165.0, pixels.shape[1] / 2), pixels.shape[1] * SPACING


def labels(folder, word):
    rows = collections.defaultdict(list)
    with open(pathlib.Path(folder) / "train_label_coordinates.csv") as file:
        for row in csv.DictReader(file):
            if word in row["condition"]:
                rows[row["study_id"], row["series_id"], row["instance_number"]].append(row)
    return rows


def read(folder, key):
    image = pydicom.dcmread(pathlib.Path(folder) / "train_images" / key[0] / key[1] / f"{key[2]}.dcm", force=True)
    return image.pixel_array.astype(float), [float(mm) for mm in image.PixelSpacing]


def phantom_images(folder):
    for key, points in sorted(labels(folder, "Subarticular").items()):
        if len(points) != 2 or points[0]["level"] not in ("L3/L4", "L4/L5", "L5/S1"):
            continue
        pixels, (down, across) = read(folder, key)
        rows, columns = pixels.shape
        size = (round(columns * across / SPACING), round(rows * down / SPACING))
        column = np.mean([float(p["x"]) for p in points]) * across / SPACING
        row = (np.mean([float(p["y"]) for p in points]) * down - DISC_BEFORE_LABEL) / SPACING
        yield cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), (row, column), columns * across


def figures(images):
    found = collections.defaultdict(list)
    for pixels, (row, column), width in images:
        found["width of the image, mm"].append(width)
        left, right = max(0, int(column - 60 / SPACING)), int(column + 60 / SPACING)

        def fat(r):
            return np.percentile(pixels[max(0, r - 5) : r + 6, left:right], 92)

        behind = int(row + 40 / SPACING)
        for mm in (-40, -20, 0, 20):
            r = int(row + mm / SPACING)
            if r > 5 and behind < len(pixels) - 5:
                found[f"fat {mm:+} mm behind the disc / fat +40 mm"].append(fat(r) / fat(behind))
        top, bottom = max(0, int(row - 20 / SPACING)), min(len(pixels), int(row + 50 / SPACING))
        part = pixels[top:bottom, left:right] / np.maximum([[fat(r)] for r in range(top, bottom)], 1)
        found["share below 15 % of fat"].append((part < 0.15).mean())
        found["share of 15 to 50 % of fat: muscle, disc"].append(((part >= 0.15) & (part < 0.5)).mean())
        found["share above 75 %: fat"].append((part >= 0.75).mean())
        soft = cv2.GaussianBlur(part, (0, 0), 0.8)
        spread = np.sqrt(np.maximum(cv2.blur(soft * soft, (5, 5)) - cv2.blur(soft, (5, 5)) ** 2, 0))
        found["share without texture (5 pixels, below 1.5 %)"].append((spread < 0.015).mean())
    return found


def table(columns):
    print("| |", " | ".join(name for name, _ in columns), "|")
    print("|---|" + "---|" * len(columns))
    for key in columns[0][1]:
        cells = [f"{np.mean(found[key]):.2f} ± {np.std(found[key]):.2f}" for _, found in columns]
        print("|", key, "|", " | ".join(cells), "|")
    print("| images |", " | ".join(str(len(found["share above 75 %: fat"])) for _, found in columns), "|")


def sheet(folder, word, count, columns, side):
    """One image of each study in turn, of those that show a label."""
    by_study = collections.defaultdict(list)
    for key in sorted(labels(folder, word)):
        by_study[key[0]].append(key)
    keys = [keys[i % len(keys)] for i, keys in enumerate(by_study.values())][:count]
    tiles = []
    for key in keys:
        pixels, (down, across) = read(folder, key)
        low, high = np.percentile(pixels, [1, 99.3])
        grey = np.clip((pixels - low) / (high - low + 1e-9), 0, 1)
        scale = side / max(pixels.shape[0] * down, pixels.shape[1] * across)
        size = (round(pixels.shape[1] * across * scale), round(pixels.shape[0] * down * scale))
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        tile = np.zeros((side, side))
        x, y = (side - size[0]) // 2, (side - size[1]) // 2
        tile[y : y + size[1], x : x + size[0]] = np.round(small * (GREYS - 1)) / (GREYS - 1)
        tiles.append(tile)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    return (np.vstack(rows) * 255).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phantoms", nargs="+")
    parser.add_argument("--real")
    parser.add_argument("--sheets")
    args = parser.parse_args()
    if args.sheets:
        out = pathlib.Path(args.sheets)
        for name, word in (("phantom-axial", "Subarticular"), ("phantom-sagittal", "Spinal Canal")):
            cv2.imwrite(str(out / f"{name}.png"), sheet(args.phantoms[0], word, 8, 4, 230))
    columns = [("real", figures(real_images(args.real)))] if args.real else []
    columns += [(pathlib.Path(folder).name, figures(phantom_images(folder))) for folder in args.phantoms]
    table(columns)


if __name__ == "__main__":
    main()
