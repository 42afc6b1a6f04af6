#!/usr/bin/env python3
"""What a zip costs, and that it costs in proportion: headers of 1,500, 6,000 and 24,000 images in one zip, against
inflating alone (zlib, one thread) and against the same files in a folder. Peak memory beside it.

`python3 benches/zips.py target/release/foramen [OTHER...] [--entries 1500,6000,24000] [--side 64] [--runs 3]`

Any python3 will do. Each further program is measured beside the first. The least of the runs counts.
"""

import argparse
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zipfile


def element(group, number, vr, value):
    value = value.encode() if isinstance(value, str) else value
    value += (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
    if vr == "OW":
        return struct.pack("<HH2sHI", group, number, vr.encode(), 0, len(value)) + value
    return struct.pack("<HH2sH", group, number, vr.encode(), len(value)) + value


def image(number, pixels, side):
    """One slice of a series, 100 slices a series."""
    series, slice = divmod(number, 100)
    short = lambda tag, value: element(0x28, tag, "US", struct.pack("<H", value))
    return b"".join([
        bytes(128), b"DICM", element(2, 0x10, "UI", "1.2.840.10008.1.2.1"),
        element(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.4"), element(8, 0x18, "UI", f"1.2.3.{series}.{slice + 1}"),
        element(8, 0x60, "CS", "MR"), element(0x20, 0x0D, "UI", "1.2.3"), element(0x20, 0x0E, "UI", f"1.2.3.{series}"),
        element(0x20, 0x11, "IS", str(series)), element(0x20, 0x13, "IS", str(slice + 1)),
        element(0x20, 0x32, "DS", f"0\\0\\{slice * 4}"), element(0x20, 0x37, "DS", "1\\0\\0\\0\\1\\0"),
        short(2, 1), element(0x28, 4, "CS", "MONOCHROME2"), short(0x10, side), short(0x11, side),
        element(0x28, 0x30, "DS", "1\\1"), short(0x100, 16), short(0x101, 12), short(0x102, 11), short(0x103, 0),
        element(0x7FE0, 0x10, "OW", pixels),
    ])


def made(folder, count, side):
    """A zip and a folder of the same images."""
    noise = random.Random(1)
    # As noisy as an MR image: zlib takes about half of it away.
    values = [600 + int(noise.gauss(0, 40)) for _ in range(4 * side * side)]
    path, plain = folder / f"{count}.zip", folder / str(count)
    plain.mkdir()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            at = number * 97 % (3 * side * side)
            file = image(number, struct.pack(f"<{side * side}H", *values[at:at + side * side]), side)
            name = f"s{number // 100:03}/{number % 100:03}.dcm"
            archive.writestr(name, file)
            (plain / name).parent.mkdir(exist_ok=True)
            (plain / name).write_bytes(file)
    return path, plain


def inflated(path):
    begin = time.perf_counter()
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            archive.read(entry)
    return time.perf_counter() - begin


def run(program, path):
    """Seconds, and the most memory in MB."""
    begin = time.perf_counter()
    child = subprocess.Popen([program, "inspect", path], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{program} inspect {path} ended with {status}")
    return time.perf_counter() - begin, used.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--entries", default="1500,6000,24000")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="foramen-zips-"))
    try:
        print("| entries | zip, MB | inflating alone, s | program | zip, s | folder, s | zip, peak MB |")
        print("|---|---|---|---|---|---|---|")
        for count in map(int, args.entries.split(",")):
            path, plain = made(work, count, args.side)
            alone = min(inflated(path) for _ in range(args.runs))
            for program in args.programs:
                zips = [run(program, path) for _ in range(args.runs)]
                folders = [run(program, plain) for _ in range(args.runs)]
                print(f"| {count:,} | {path.stat().st_size / 1e6:.0f} | {alone:.2f} | {pathlib.Path(program).name} | "
                      f"{min(s for s, _ in zips):.2f} | {min(s for s, _ in folders):.2f} | "
                      f"{max(mb for _, mb in zips):.0f} |", flush=True)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
