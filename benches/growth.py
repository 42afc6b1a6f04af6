#!/usr/bin/env python3
"""That cost grows with the input and not with its square: files of many frames, files that claim more frames than they
hold, and folders with many links to one another.

`python3 benches/growth.py target/release/foramen [--runs 3]`

Any python3 will do. Prints the least of the runs, and for each row how many times the time of the row before it is; the
exit code is 1 if a row takes more than twice its share. Zips: benches/zips.py.
"""

import argparse
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

SIDE = 32
SLACK_S = 0.05  # the start of the program, and chance


def element(group, number, vr, value):
    if vr == "SQ":
        items = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in value)
        return struct.pack("<HH2sHI", group, number, b"SQ", 0, len(items)) + items
    value = value.encode() if isinstance(value, str) else value
    value += (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
    if vr == "OW":
        return struct.pack("<HH2sHI", group, number, b"OW", 0, len(value)) + value
    return struct.pack("<HH2sH", group, number, vr.encode(), len(value)) + value


def frame_groups(frame):
    """The functional groups of one frame: as many elements as scanners write, for that is what is parsed."""
    return b"".join([
        element(0x18, 0x9114, "SQ", [element(0x18, 0x9082, "DS", "100")]),
        element(0x20, 0x9111, "SQ", [element(0x20, 0x9056, "LO", "1") + element(0x20, 0x9157, "UL", struct.pack("<II", 1, frame + 1))]),
        element(0x20, 0x9113, "SQ", [element(0x20, 0x32, "DS", f"0\\0\\{frame * 4}")]),
        element(0x20, 0x9116, "SQ", [element(0x20, 0x37, "DS", "1\\0\\0\\0\\1\\0")]),
        element(0x28, 0x9110, "SQ", [element(0x28, 0x30, "DS", "1\\1")]),
        element(0x28, 0x9132, "SQ", [element(0x28, 0x1050, "DS", "600") + element(0x28, 0x1051, "DS", "1200")]),
        element(0x28, 0x9145, "SQ", [element(0x28, 0x1052, "DS", "0") + element(0x28, 0x1053, "DS", f"{1 + frame / 1e4:.4f}")]),
    ])


def enhanced(frames, held=None):
    """An Enhanced MR file that says it has `frames`, with the pixels of `held`."""
    held = frames if held is None else held
    short = lambda tag, value: element(0x28, tag, "US", struct.pack("<H", value))
    pixels = b"".join(struct.pack(f"<{SIDE * SIDE}H", *[(f + i) % 900 for i in range(SIDE * SIDE)]) for f in range(held))
    return b"".join([
        bytes(128), b"DICM", element(2, 0x10, "UI", "1.2.840.10008.1.2.1"),
        element(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.4.1"), element(8, 0x18, "UI", "1.2.3.4"), element(8, 0x60, "CS", "MR"),
        element(0x20, 0x0D, "UI", "1.2.3"), element(0x20, 0x0E, "UI", "1.2.3.1"), element(0x20, 0x13, "IS", "1"),
        short(2, 1), element(0x28, 4, "CS", "MONOCHROME2"), element(0x28, 8, "IS", str(frames)), short(0x10, SIDE),
        short(0x11, SIDE), short(0x100, 16), short(0x101, 12), short(0x102, 11), short(0x103, 0),
        element(0x5200, 0x9230, "SQ", [frame_groups(f) for f in range(frames)]), element(0x7FE0, 0x10, "OW", pixels),
    ])


def linked(folder, links):
    """Folders that each have a link to every other: twice as many paths for each more, and as many folders."""
    for i in range(links):
        (folder / f"{i:03}").mkdir(parents=True)
        (folder / f"{i:03}" / "slice.dcm").write_bytes(enhanced(1))
    for i in range(links):
        for j in range(links):
            if i != j:
                os.symlink(folder / f"{j:03}", folder / f"{i:03}" / f"to{j:03}")


def least(runs, command):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=300)
        times.append(time.perf_counter() - start)
        if done.returncode not in (0, 6):
            sys.exit(f"{command}: {done.returncode}: {done.stderr.decode()[-300:]}")
    return min(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("foramen")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    is_fine = True
    print("| work | size | ms | times the row before | times the size |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)

        def rows(name, sizes, prepare, arguments):
            nonlocal is_fine
            before = None
            for size in sizes:
                target = work / f"{name} {size}".replace(" ", "-")
                prepare(target, size)
                took = least(options.runs, [options.foramen, *arguments, str(target)])
                times, share = (took / before[1], size / before[0]) if before else (None, None)
                is_fine &= not before or took <= 2 * share * before[1] + SLACK_S
                cells = [f"{times:.2f}", f"{share:.2f}"] if before else ["", ""]
                print(f"| {name} | {size:,} | {took * 1000:.0f} | {' | '.join(cells)} |", flush=True)
                before = (size, took)

        write = lambda held: lambda target, size: target.write_bytes(enhanced(size, held))
        rows("headers of frames", [100, 400, 1000, 2000], write(None), ["inspect"])
        rows("frames decoded", [100, 400, 1000, 2000], write(None), ["bench", "--decode"])
        rows("frames claimed, 8 held", [100, 1000, 2000], write(8), ["bench", "--decode"])
        rows("folders linked to one another", [10, 20, 40], linked, ["inspect"])
    sys.exit(0 if is_fine else 1)


if __name__ == "__main__":
    main()
