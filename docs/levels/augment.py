"""One training picture: a window cut, turned, stretched and letterboxed out of a picture, with another contrast.

`sample(item, side, rng)` gives an 8-bit picture of `side` x `side` and its boxes by class. The ways of real studies that
are meant: fields of view from half a lumbar spine to thorax and sacrum, off the centre, pixels that are not square, low
resolution, other sequences and windows, coil profiles, noise, ghosts, wrap-around, implants, discs that fade, borders,
mirrored pictures. Never upside down.

Naming: nine windows of ten hold L5/S1, from which a level gets its name. In the rest it is cut away and the discs that are
left keep their names: the model should then guess as well as the picture allows.
"""

import cv2
import numpy as np

from prepare import pitch_of


def contrast(image, rng):
    """Values 0 to 1 in, 0 to 1 out."""
    height, width = image.shape
    between = rng.uniform

    def chance(p):
        return rng.random() < p

    if chance(0.5):  # coil profile
        field = cv2.resize(rng.normal(0, between(0.1, 0.6), (3, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        image = image * np.exp(field)
    if chance(0.35):  # another window
        low, high = np.percentile(image[::4, ::4], between(0, 12)), np.percentile(image[::4, ::4], between(88, 100))
        image = np.clip((image - low) / max(high - low, 0.05), 0, 1)
    if chance(0.6):
        image = np.clip(image, 0, None) ** np.exp(between(-0.7, 0.6))
    if chance(0.2):  # any tone curve: other sequences, suppressed fat
        curve, share = np.concatenate([[0], rng.uniform(0, 1, 4), [between(0.2, 1)]]), between(0.3, 1)
        image = np.clip(image, 0, 1)
        image = ((1 - share) * image + share * np.interp(image, np.linspace(0, 1, 6), curve)).astype(np.float32)
    if chance(0.08):  # inverted
        image = np.clip(image, 0, 1)
        image = image.max() - image
    if chance(0.25):  # resolution, not the same along both axes
        y = between(0.35, 0.9)
        x = min(y * between(0.7, 1.2), 1)
        small = cv2.resize(image, (max(8, int(width * x)), max(8, int(height * y))), interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR if chance(0.5) else cv2.INTER_CUBIC)
    if chance(0.25):
        image = cv2.GaussianBlur(image, (0, 0), between(0.4, 1.4))
    if chance(0.12):  # ghosts of motion
        by, strength, axis = int(between(8, 60)), between(0.05, 0.25), int(chance(0.7))
        image = image + strength * (np.roll(image, by, axis=axis) + np.roll(image, -by, axis=axis))
    if chance(0.06):  # wrap-around
        rows = int(between(0.05, 0.25) * height)
        wrapped = image.copy()
        wrapped[:rows] += 0.6 * image[-rows:]
        image = wrapped
    if chance(0.5):  # noise: Gaussian or Rician
        strength = between(0.01, 0.08)

        def noise():
            return rng.normal(0, strength, image.shape).astype(np.float32)

        image = image + noise() if chance(0.5) else np.sqrt((image + noise()) ** 2 + noise() ** 2)
    if chance(0.7):
        image = image * between(0.75, 1.3) + between(-0.08, 0.08)
    return np.clip(image, 0, 1).astype(np.float32)


def disease(image, boxes, pitch, rng):
    """Discs that fade into their surroundings or take another signal; implants."""
    height, width = image.shape
    between = rng.uniform

    def chance(p):
        return rng.random() < p

    if chance(0.2):
        for box in boxes.values():
            x0, y0, x1, y1 = (int(v) for v in box)
            if not chance(0.4) or x1 - x0 < 4 or y1 - y0 < 4:
                continue
            mask = np.zeros((height, width), np.float32)
            cv2.ellipse(mask, ((x0 + x1) // 2, (y0 + y1) // 2), ((x1 - x0) // 2, max(2, (y1 - y0) // 3)), 0, 0, 360, 1, -1)
            mask = cv2.GaussianBlur(mask, (0, 0), max(1, pitch * 0.08))
            around = float(np.mean(image[max(0, y0 - int(pitch * 0.3)) : y1 + int(pitch * 0.3), x0:x1]))
            image = image * (1 - mask * between(0.3, 0.85)) + (around if chance(0.6) else between(0, 1)) * mask * 0.6
    if chance(0.06):
        for _ in range(rng.integers(1, 5)):
            box = list(boxes.values())[rng.integers(len(boxes))]
            at = (int(box[2] + between(-0.5, 1.3) * pitch), int((box[1] + box[3]) / 2 + between(-0.6, 0.6) * pitch))
            radius = between(0.12, 0.4) * pitch
            mask = np.zeros((height, width), np.float32)
            cv2.ellipse(mask, at, (max(1, int(radius * between(0.6, 2))), max(1, int(radius))), between(0, 180), 0, 360, 1, -1)
            rim = cv2.GaussianBlur(mask, (0, 0), max(1, radius * 0.35))
            image = image * (1 - np.clip(rim * 1.5, 0, 1)) + 0.8 * np.clip(4 * rim * (1 - rim) - 0.6, 0, 1)
    return image


def window(boxes, width, height, pitch, rng):
    """What is cut out, in pixels of the picture."""
    between = rng.uniform

    def chance(p):
        return rng.random() < p

    if chance(0.3):  # the whole picture, about
        slack = 0.06 * max(width, height)
        x0, x1 = between(-slack, slack), width + between(-slack, slack)
        y0, y1 = between(-slack, slack), height + between(-slack, slack)
    else:
        lowest = boxes[max(boxes)]
        tall = between(5.6, 13.5) if chance(0.85) else between(4.5, 6)  # in pitches
        below = between(0.55, 4.5) if chance(0.92) else between(-1.2, 0.5)
        if below > tall - 2.5:
            below = between(0.5, 1.5)
        y1 = (lowest[1] + lowest[3]) / 2 + below * pitch
        y0 = y1 - tall * pitch
        wide = max((y1 - y0) * np.exp(between(np.log(0.4), np.log(1.25))), 3.4 * pitch)
        middle = np.mean([(b[0] + b[2]) / 2 for b in boxes.values()]) + between(-0.5, 0.5) * max(0, wide - 3.0 * pitch)
        x0, x1 = middle - wide / 2, middle + wide / 2
        if chance(0.5):  # kept inside the picture where that can be
            if x0 < 0 and x1 < width:
                by = min(-x0, width - x1)
                x0, x1 = x0 + by, x1 + by
            if x1 > width and x0 > 0:
                by = min(x0, x1 - width)
                x0, x1 = x0 - by, x1 - by
    if chance(0.92):  # not far outside
        mx, my = between(0, 0.12) * width, between(0, 0.12) * height
        x0, y0, x1, y1 = max(x0, -mx), max(y0, -my), min(x1, width + mx), min(y1, height + my)
    return x0, y0, x1, y1


def sample(item, side, rng):
    image, boxes = item["img"], item["boxes"]
    height, width = image.shape
    pitch = pitch_of(boxes)
    between = rng.uniform

    def chance(p):
        return rng.random() < p

    image = disease(image.astype(np.float32) / 255, boxes, pitch, rng)
    x0, y0, x1, y1 = window(boxes, width, height, pitch, rng)
    stretch = np.exp(between(np.log(0.8), np.log(1.25))) if chance(0.4) else 1.0
    ratio = min(side / ((x1 - x0) * stretch), side / (y1 - y0))
    w, h = max(8, round((x1 - x0) * stretch * ratio)), max(8, round((y1 - y0) * ratio))
    sx, sy = w / (x1 - x0), h / (y1 - y0)
    # picture -> canvas of w x h (pixel-corner coordinates)
    to = np.array([[sx, 0, -x0 * sx], [0, sy, -y0 * sy], [0, 0, 1]])
    if chance(0.2):
        shear = between(-0.12, 0.12)
        to = np.array([[1, shear, -shear * h / 2], [0, 1, 0], [0, 0, 1]]) @ to
    angle = between(-20, 20) if chance(0.05) else rng.normal(0, 5) if chance(0.6) else 0.0
    turn = np.eye(3)
    c, s = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    turn[:2, :2] = [[c, -s], [s, c]]
    turn[:2, 2] = np.array([w / 2, h / 2]) - turn[:2, :2] @ [w / 2, h / 2]
    to = turn @ to
    if chance(0.5):
        to = np.array([[-1, 0, w], [0, 1, 0], [0, 0, 1]]) @ to
    if min(sx, sy) < 0.55:
        image = cv2.GaussianBlur(image, (0, 0), 0.35 / min(sx, sy))
    by_centres = to.copy()  # OpenCV has whole numbers at pixel centres
    by_centres[:2, 2] += to[:2, :2] @ [0.5, 0.5] - 0.5
    border = cv2.BORDER_CONSTANT if chance(0.92) else cv2.BORDER_REPLICATE
    canvas = contrast(cv2.warpAffine(image, by_centres[:2], (w, h), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=0), rng)
    if chance(0.04):
        k = rng.integers(2, 10)
        canvas[:k] = canvas[-k:] = 0
        canvas[:, :k] = canvas[:, -k:] = 0
    left, top = round((side - w) / 2 - 0.1), round((side - h) / 2 - 0.1)
    out = np.full((side, side), 114, np.uint8)
    out[top : top + h, left : left + w] = (canvas * 255).astype(np.uint8)
    found = {}
    for k, b in boxes.items():
        # Bounds of the box's ellipse, turned: the corners of a box are not disc.
        at = to[:2, :2] @ [(b[0] + b[2]) / 2, (b[1] + b[3]) / 2] + to[:2, 2]
        half = np.sqrt((to[:2, :2] ** 2) @ np.array([((b[2] - b[0]) / 2) ** 2, ((b[3] - b[1]) / 2) ** 2]))
        low, high = at - half, at + half
        seen_low, seen_high = np.maximum(low, 0), np.minimum(high, [w, h])
        if np.all(seen_high - seen_low >= 0.5 * (high - low)):
            found[k] = [seen_low[0] + left, seen_low[1] + top, seen_high[0] + left, seen_high[1] + top]
    return out, found
