"""Pictures of noise of many sizes and what Ultralytics' LetterBox makes of them, as raw grey files in OUT_DIR.

Prints [{"width", "height", "picture": file, "input": file}] as JSON. Pixels are those of the first of three equal channels.
"""

import contextlib
import json
import pathlib
import random
import sys

import numpy

SIDE = 384
SIZES = [
    (384, 384), (768, 768), (192, 192), (1, 1), (1, 384), (384, 1), (3, 900), (1500, 1100), (40, 30),
    (383, 384), (385, 384), (512, 512), (640, 640), (320, 320), (767, 769), (769, 767), (768, 384), (2, 2),
]  # fmt: skip


def main():
    out = pathlib.Path(sys.argv[1])
    with contextlib.redirect_stdout(sys.stderr):
        from ultralytics.data.augment import LetterBox
    # As predict sets it up for an ONNX file of fixed size.
    letterbox = LetterBox((SIDE, SIDE), auto=False, stride=32)
    draw, noise = random.Random(5), numpy.random.default_rng(5)
    sizes = SIZES + [(draw.randint(1, 900), draw.randint(1, 900)) for _ in range(60)]
    answer = []
    for number, (width, height) in enumerate(sizes):
        grey = noise.integers(0, 256, (height, width), dtype=numpy.uint8)
        made = letterbox(image=numpy.ascontiguousarray(numpy.stack([grey] * 3, axis=-1)))
        assert made.shape == (SIDE, SIDE, 3) and (made == made[..., :1]).all()
        files = [out / f"{number}.picture", out / f"{number}.input"]
        for file, pixels in zip(files, [grey, made[..., 0]]):
            file.write_bytes(numpy.ascontiguousarray(pixels).tobytes())
        answer.append(
            {"width": width, "height": height, "picture": str(files[0]), "input": str(files[1])}
        )
    json.dump(answer, sys.stdout)


main()
