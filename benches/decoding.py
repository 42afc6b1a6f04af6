"""The part of speed.py that decodes slices with Foramen, pydicom and gdcm. On its own it is one of the peers:

    python3 benches/decoding.py pydicom|gdcm FOLDER PLUGIN
"""

import functools
import json
import os
import pathlib
import subprocess
import sys
import time

from tables import goal, relation, say, spread, table, turns

# Name, how a raw file is made into one, pydicom's plugin, goal against gdcm (times as fast).
ENCODINGS = {
    "raw": ("raw, little endian", None, "", 1),
    "rle": ("RLE", ["dcmcrle"], "pylibjpeg", 1),
    "lossless": ("JPEG lossless", ["dcmcjpeg", "+e1"], "pylibjpeg", None),
    "jpegls": ("JPEG-LS lossless", ["dcmcjpls"], "pyjpegls", None),
    "j2k": ("JPEG 2000 lossless", ["gdcmconv", "--j2k"], "pylibjpeg", 1 / 1.5),
}


def make_encodings(study, folder):
    """A folder of the slices of `study` for each encoding; the values must stay the same."""
    import numpy
    import pydicom

    for name in ENCODINGS:
        (folder / name).mkdir(parents=True)
    files = sorted(study.rglob("*.dcm"))
    for i, file in enumerate(files):
        dataset = pydicom.dcmread(file)
        if dataset.file_meta.TransferSyntaxUID.is_compressed:
            dataset.decompress()
        dataset.save_as(folder / "raw" / f"{i:04}.dcm")
    for name, (_, command, plugin, _) in ENCODINGS.items():
        for raw in sorted((folder / "raw").iterdir()) if command else []:
            new = folder / name / raw.name
            subprocess.run([*command, raw, new], check=True, capture_output=True)
            a, b = pydicom.dcmread(raw), pydicom.dcmread(new)
            assert a.file_meta.TransferSyntaxUID != b.file_meta.TransferSyntaxUID, f"{new}: not encoded"
            assert numpy.array_equal(a.pixel_array, b.pixel_array), f"{new}: other values"
    return len(files)


def decode_pydicom(file, plugin):
    from pydicom.pixels import pixel_array

    return pixel_array(file, decoding_plugin=plugin).nbytes


def decode_gdcm(file, _):
    """Within C++ to the end: the binding's own `GetBuffer` would make a Python string of the bytes."""
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(str(file))
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.ExplicitVRLittleEndian))
    if not reader.Read():
        sys.exit(f"gdcm cannot read {file}")
    change.SetInput(reader.GetImage())
    if not change.Change():
        sys.exit(f"gdcm cannot decode {file}")
    return change.GetOutput().GetBufferLength()


def decode(program, folder, plugin):
    """A process of its own: every file once to warm up, then once for the clock. Prints as `foramen bench --decode`."""
    one = {"pydicom": decode_pydicom, "gdcm": decode_gdcm}[program]
    files = sorted(pathlib.Path(folder).iterdir())
    for _ in range(2):
        start = time.perf_counter()
        sizes = [one(file, plugin) for file in files]
        seconds = time.perf_counter() - start
    assert all(sizes)
    print(json.dumps({"slices": len(files), "seconds": seconds}))


def decode_seconds(command, environment, count):
    """Seconds a slice."""
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: exit {done.returncode}\n{done.stderr}")
    said = json.loads(done.stdout)
    assert said["slices"] == count, f"{command}: {said}, but there are {count} slices"
    return said["seconds"] / count


def has_option(foramen, *command):
    """False if the command line is refused."""
    done = subprocess.run([foramen.program, *command], env=foramen.environment, capture_output=True, text=True)
    return not (done.returncode == 2 and "unexpected argument" in done.stderr)


def decoding(bench):
    say("decoding beside pydicom and gdcm")
    folder = bench.work / "encodings"
    count = make_encodings(bench.phantoms[0], folder)
    measured = has_option(bench.foramen, "bench", "--decode", str(bench.work / "nothing"), "--json")
    libraries = {**os.environ, "PYTHONPATH": str(bench.options.decoders), "PYTHONDONTWRITEBYTECODE": "1"}
    programs = {}
    for name, (_, _, plugin, _) in ENCODINGS.items():
        commands = {"foramen": [bench.foramen.program, "bench", "--decode", folder / name, "--json"]} if measured else {}
        for peer in ["pydicom", "gdcm"]:
            commands[peer] = [sys.executable, __file__, peer, folder / name, plugin]
        for program, command in commands.items():
            programs[name, program] = functools.partial(decode_seconds, command, libraries, count)
    return decoding_tables(turns(bench.runs, programs), measured, count)


def decoding_tables(results, measured, count):
    lines, rows = [], []
    for name, (title, _, plugin, times) in ENCODINGS.items():
        of = {peer: results[name, peer] for peer in ["foramen", "pydicom", "gdcm"] if (name, peer) in results}
        with_ = {"foramen": "Foramen", "pydicom": f"pydicom, {plugin}" if plugin else "pydicom", "gdcm": "gdcm"}
        for peer, seconds in of.items():
            against = spread(relation(of["gdcm"], seconds), " times") if peer != "gdcm" else "1"
            rows.append([title, with_[peer], spread([s * 1000 for s in seconds], digits=3), against])
        for peer in ["gdcm", "pydicom"]:
            wanted = times if peer == "gdcm" else None
            text = {None: "none stated", 1: "as fast or faster", 1 / 1.5: "at most 1.5 times its time"}[wanted]
            work = f"decode a slice, {title}, one thread"
            if measured:
                met = (lambda t, wanted=wanted: t >= wanted) if wanted else None
                lines.append(goal(work, with_[peer], text, relation(of[peer], of["foramen"]), " times as fast", met))
            elif wanted:
                lines.append([work, with_[peer], text, "not measured: no `foramen bench --decode`", "-"])
    details = f"### Decoding a slice: {count} slices of a phantom, one thread, file to values, in a running process\n\n"
    details += table(["", "", "ms a slice, median (least to most)", "as fast as gdcm"], rows)
    details += ("\n\nFiles were encoded by DCMTK and gdcm from the same values and checked to hold them. gdcm (python-gdcm)"
                " reads and decodes within C++ and hands nothing to Python: of raw"
               " files it reads the bytes and no more. pydicom reads and makes a numpy array; its"
                " plugin for JPEG-LS is pyjpegls (CharLS), which is faster than pylibjpeg's.")
    return lines, details


if __name__ == "__main__":
    decode(*sys.argv[1:4])
