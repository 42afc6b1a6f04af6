"""Labels and pictures for the `levels` detector.

    prepare.py derive   --real DIR --labels DIR          label tables from the sources' own labels
    prepare.py pack     --real DIR --labels DIR --out real.pkl
    prepare.py phantoms STUDIES --out phantoms.pkl       STUDIES: a folder that `foramen phantom` wrote

DIR holds spider_midsag, spider_space_masks and sudirman_sag_t1 as their SOURCE.md describes them (SPIDER: doi
10.5281/zenodo.10159290; Sudirman: doi 10.17632/k57fr854j2). A label table has one row a disc:
`file,class,x0,y0,x1,y1,how`; boxes in pixels of that file (pixel-corner coordinates), class 0 = L1/L2 ... 4 = L5/S1.

A disc's box is the bounds of the disc, grown by 0.10 of the disc pitch on every side. The pitch is the median distance
between neighbouring discs' centres in that picture, so the definition needs no millimetres.

`derive` writes what follows from the sources by rule; rows that a person checked or corrected ("model+eye",
"model+corrected by eye", "carried:...") are in the tables that are kept beside this file and are not made anew.
"""

import argparse
import csv
import os
import pickle

import cv2
import numpy as np

MARGIN = 0.10  # of the pitch, on every side of the disc
SPIDER_MARGIN = 0.15  # what the rectangles of spider_midsag have already: measured against the masks, 9 series, 54 discs

# Looked at and thrown out. Masks: implants or scoliosis, so that the components are not the discs of that slice.
MASKS_OUT = {"50", "152"}
# Slices whose components are cut or run together (seen against the picture).
MASK_SLICES_OUT = {("110", 60), ("110", 62), ("146", 75), ("177", 57), ("177", 59), ("177", 61), ("220", 58), ("220", 60),
                   ("220", 62), ("18", 51), ("18", 53), ("18", 55), ("78", 63)}
# Polygons missing, doubled, or named wrongly; the last: L5/S1 or S1/S2 cannot be told.
POLYGONS_OUT = {"T1_0003_S8", "T1_0099_S8", "T1_0131_S7", "T1_0230_S5", "T1_0381_S8", "T1_0467_S8", "T1_0532_S8", "T1_0265_S8"}


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def centre(box):
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])


def pitch_of(boxes):
    """Median distance of neighbouring discs' centres; `boxes` by class."""
    steps = [np.linalg.norm(centre(boxes[k]) - centre(boxes[k + 1])) for k in boxes if k + 1 in boxes]
    return float(np.median(steps)) if steps else 40.0


def grow(boxes, share, width, height):
    """Every side moved out by this share of the pitch, within the picture."""
    by = share * pitch_of(boxes)
    return {k: [max(0, b[0] - by), max(0, b[1] - by), min(width, b[2] + by), min(height, b[3] + by)] for k, b in boxes.items()}


def grey(path):
    image = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise SystemExit(f"{path}: no picture")
    return image


# ---- the sources' own labels


def spider_rectangles(real):
    """disc_boxes.csv with count_match = 1; ordinal 1 is L5/S1. Looked at: all 88 are numbered right."""
    folder = f"{real}/spider_midsag"
    found = {}
    for r in rows(f"{folder}/disc_boxes.csv"):
        ordinal = int(r["ordinal_from_bottom"])
        if r["count_match"] == "1" and 1 <= ordinal <= 5 and os.path.exists(f"{folder}/images/{r['series']}.png"):
            found.setdefault(r["series"], {})[5 - ordinal] = [float(r[k]) for k in ("x0", "y0", "x1", "y1")]
    for series, boxes in sorted(found.items()):
        height, width = grey(f"{folder}/images/{series}.png").shape
        yield f"{series}.png", grow(boxes, MARGIN - SPIDER_MARGIN, width, height), "box"


def space_masks(real):
    """Components of the disc mask, every second of the slices that are here."""
    folder = f"{real}/spider_space_masks"
    found = {}
    for r in rows(f"{folder}/disc_levels.csv"):
        if r["image_included"] != "1" or r["patient"] in MASKS_OUT:
            continue
        ordinal = int(r["ordinal_from_bottom"])
        if 1 <= ordinal <= 5:
            slices = found.setdefault(r["patient"], {})
            slices.setdefault(int(r["slice"]), {})[5 - ordinal] = [float(r[k]) for k in ("x0", "y0", "x1", "y1")]
    for patient, slices in sorted(found.items(), key=lambda v: int(v[0])):
        for number in sorted(slices)[::2]:
            if len(slices[number]) < 5 or (patient, number) in MASK_SLICES_OUT:
                continue
            name = f"{patient}_t2_SPACE_slice{number}.png"
            height, width = grey(f"{folder}/images/{name}").shape
            yield name, grow(slices[number], MARGIN, width, height), "mask"


def outline(polygon, steps=12):
    """Points along the polygon, not only its corners."""
    return np.array([a + (b - a) * t for a, b in zip(polygon, np.roll(polygon, -1, 0)) for t in np.linspace(0, 1, steps, endpoint=False)])


def disc_between(upper, lower):
    """The quadrilateral of the facing endplates: of each vertebra the front and back corner towards the other."""
    along = lower.mean(0) - upper.mean(0)
    along /= np.linalg.norm(along)
    across = np.array([-along[1], along[0]])
    corner = lambda outline, direction: outline[np.argmax(outline @ direction)]  # noqa: E731
    quad = [corner(upper, along + across), corner(upper, along - across), corner(lower, -along - across), corner(lower, across - along)]
    return [*np.min(quad, 0), *np.max(quad, 0)]


def sudirman_polygons(real):
    """Discs between neighbouring vertebra polygons (classes 0 to 5: L1 to L5, S1)."""
    folder = f"{real}/sudirman_sag_t1"
    for name in sorted(os.listdir(f"{folder}/labels")):
        stem = name[:-4]
        if stem in POLYGONS_OUT:
            continue
        height, width = grey(f"{folder}/images/{stem}.jpg").shape
        polygons = {}
        for line in open(f"{folder}/labels/{name}", encoding="utf-8"):
            words = line.split()
            if len(words) >= 7:
                polygon = np.array(words[1:], float).reshape(-1, 2) * [width, height]
                polygons.setdefault(int(words[0]), []).append(polygon)
        biggest = {k: outline(max(v, key=lambda p: cv2.contourArea(p.astype(np.float32)))) for k, v in polygons.items()}
        boxes = {k: disc_between(biggest[k], biggest[k + 1]) for k in range(5) if k in biggest and k + 1 in biggest}
        if len(boxes) == 5:
            yield f"{stem}.jpg", grow(boxes, MARGIN, width, height), "polygon"


SOURCES = {"spider_midsag": spider_rectangles, "spider_space_masks": space_masks, "sudirman_sag_t1": sudirman_polygons}


def derive(real, labels):
    """Writes the derived rows; keeps the rows that a person made for other files."""
    os.makedirs(labels, exist_ok=True)
    for source, make in SOURCES.items():
        made = {name: (boxes, how) for name, boxes, how in make(real)}
        path = f"{labels}/{source}.csv"
        kept = [r for r in rows(path) if r["file"] not in made] if os.path.exists(path) else []
        for name, (boxes, how) in made.items():
            kept += [dict(file=name, **{"class": k}, x0=b[0], y0=b[1], x1=b[2], y1=b[3], how=how) for k, b in sorted(boxes.items())]
        write_table(path, kept)
        print(source, len({r["file"] for r in kept}), "files,", len(made), "derived")


def write_table(path, table):
    table = sorted(table, key=lambda r: (r["file"], int(r["class"])))
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["file", "class", "x0", "y0", "x1", "y1", "how"])
        for r in table:
            out.writerow([r["file"], r["class"], *[f"{float(r[k]):.1f}" for k in ("x0", "y0", "x1", "y1")], r["how"]])


# ---- one file with pictures, labels and the split


def identity(source, name):
    """Patient, sequence and series of a file."""
    stem = os.path.splitext(name)[0]
    if source == "sudirman_sag_t1":
        return "sudirman-" + stem[3:7], "t1", stem
    patient, rest = stem.split("_", 1)
    return "spider-" + patient, rest.split("_slice")[0], stem


def pack(real, labels, split, out):
    side = {r["patient"]: r["part"] for r in rows(split)}
    scanner = {r["series"]: f"{r['Manufacturer']} {r['B0']} T" for r in rows(f"{real}/spider_midsag/series.csv")}
    pictures = []
    for source in SOURCES:
        tables = {}
        for r in rows(f"{labels}/{source}.csv"):
            item = tables.setdefault(r["file"], ({}, r["how"]))
            item[0][int(r["class"])] = [float(r[k]) for k in ("x0", "y0", "x1", "y1")]
        for name, (boxes, how) in tables.items():
            patient, sequence, series = identity(source, name)
            pictures.append(dict(source=source, patient=patient, seq=sequence, series=series, val=side[patient] == "val", how=how,
                                 img=grey(f"{real}/{source}/images/{name}"), boxes=boxes,
                                 scanner=scanner.get(series.split("_slice")[0], "not known")))
    with open(out, "wb") as file:
        pickle.dump(pictures, file)
    print(len(pictures), "pictures,", sum(p["val"] for p in pictures), "of them for validation")


# ---- phantoms

LEVELS = ["L1/L2", "L2/L3", "L3/L4", "L4/L5", "L5/S1"]
CANAL, LEFT, RIGHT = "Spinal Canal Stenosis", "Left Neural Foraminal Narrowing", "Right Neural Foraminal Narrowing"


def frame(image):
    origin, cosines, spacing = (np.array(v, float) for v in (image.ImagePositionPatient, image.ImageOrientationPatient, image.PixelSpacing))
    return origin, cosines[:3], cosines[3:], spacing


def to_patient(image, x, y):
    origin, along_row, along_column, spacing = frame(image)
    return origin + along_row * spacing[1] * x + along_column * spacing[0] * y


def to_pixel(image, point):
    """Column and row, and mm from the slice."""
    origin, along_row, along_column, spacing = frame(image)
    d = point - origin
    return np.array([d @ along_row / spacing[1], d @ along_column / spacing[0]]), float(d @ np.cross(along_row, along_column))


def to_8bit(image):
    values = image.pixel_array.astype(np.float32)
    if image.PhotometricInterpretation == "MONOCHROME1":
        values = values.max() - values
    low, high = np.percentile(values, [0.5, 99.6])
    return np.clip((values - low) / max(high - low, 1) * 255, 0, 255).astype(np.uint8)


def phantom_discs(points, kind, normal):
    """Centre, up, back and half depth of each disc, mm.

    The labelled points lie behind the disc at its height (canal) or 6 mm above it (foramina, 5 mm behind the disc's
    back). The disc's tilt is taken square to the line through the points; its half depth is 0.475 of the pitch, its
    half height 0.15: checked by eye on 80 phantoms.
    """
    anchors = {}
    for i, level in enumerate(LEVELS):
        seen = points.get(level, {})
        if kind == "t2" and CANAL in seen:
            anchors[i] = seen[CANAL]
        if kind == "t1" and LEFT in seen and RIGHT in seen:
            anchors[i] = (seen[LEFT] + seen[RIGHT]) / 2
    if len(anchors) < 4:
        return {}, 0.0
    at = np.array(sorted(anchors), float)
    curve = [np.polyfit(at, np.array([anchors[int(k)][j] for k in at]), min(3, len(at) - 1)) for j in range(3)]
    place = lambda s: np.array([np.polyval(c, s) for c in curve])  # noqa: E731
    slope = lambda s: np.array([np.polyval(np.polyder(c), s) for c in curve])  # noqa: E731
    pitch = float(np.median([np.linalg.norm(place(s + 1) - place(s)) for s in range(4)]))
    left = normal if normal[0] > 0 else -normal
    discs = {}
    for k, anchor in anchors.items():
        up = -slope(min(max(k, 0.3), 4.0))
        up -= left * (up @ left)
        up /= np.linalg.norm(up)
        back = np.cross(up, left)
        back *= np.sign(back[1]) / np.linalg.norm(back)
        depth = 0.475 * pitch
        middle = anchor - back * (depth + (0.235 * pitch if kind == "t2" else 5)) - (up * 6 if kind == "t1" else 0)
        discs[k] = (middle, up, back, depth)
    return discs, pitch


def phantom_study(folder, points, described):
    import pydicom

    study = os.path.basename(folder)
    for series, description in described.items():
        if not description.startswith("Sagittal") or not os.path.isdir(f"{folder}/{series}"):
            continue
        images = [pydicom.dcmread(f"{folder}/{series}/{f}") for f in os.listdir(f"{folder}/{series}")]
        seen = {}
        for r in points:
            image = next((i for i in images if r["series_id"] == series and int(i.InstanceNumber) == int(r["instance_number"])), None)
            if image is not None:
                seen.setdefault(r["level"], {})[r["condition"]] = to_patient(image, float(r["x"]), float(r["y"]))
        kind = "t1" if description == "Sagittal T1" else "t2"
        _, along_row, along_column, _ = frame(images[0])
        discs, pitch = phantom_discs(seen, kind, np.cross(along_row, along_column))
        for image in images:
            boxes, far = {}, []
            for k, (middle, up, back, depth) in discs.items():
                distance = abs(to_pixel(image, middle)[1])
                far.append(distance)
                if distance > 13:
                    continue  # beside the discs: pedicles and foramina
                x, y = to_pixel(image, middle)[0]
                if not (0 <= x < image.Columns and 0 <= y < image.Rows):
                    continue
                corners = np.array([to_pixel(image, middle + a * back * depth + b * up * 0.15 * pitch)[0] for a in (-1, 1) for b in (-1, 1)])
                boxes[k] = [float(v) for v in (*corners.min(0), *corners.max(0))]
            if len(boxes) >= 4:
                boxes = grow(boxes, MARGIN, image.Columns, image.Rows)
                yield dict(source="phantom", patient=study, series=f"{study}_{kind}", seq=kind, img=to_8bit(image), boxes=boxes,
                           dist=float(np.mean(far)), val=False, how="phantom", scanner="phantom")


def phantoms(folder, out):
    points, described = {}, {}
    for r in rows(f"{folder}/train_label_coordinates.csv"):
        points.setdefault(r["study_id"], []).append(r)
    for r in rows(f"{folder}/train_series_descriptions.csv"):
        described.setdefault(r["study_id"], {})[r["series_id"]] = r["series_description"]
    pictures = []
    for study in sorted(os.listdir(f"{folder}/train_images")):
        pictures += phantom_study(f"{folder}/train_images/{study}", points.get(study, []), described.get(study, {}))
    with open(out, "wb") as file:
        pickle.dump(pictures, file)
    print(len(pictures), "slices")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["derive", "pack", "phantoms"])
    parser.add_argument("studies", nargs="?")
    parser.add_argument("--real", default="real")
    parser.add_argument("--labels", default=here)
    parser.add_argument("--split", default=f"{here}/split.csv")
    parser.add_argument("--out", default="out.pkl")
    a = parser.parse_args()
    if a.what == "derive":
        derive(a.real, a.labels)
    elif a.what == "pack":
        pack(a.real, a.labels, a.split, a.out)
    else:
        phantoms(a.studies, a.out)


if __name__ == "__main__":
    main()
