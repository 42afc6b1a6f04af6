"""Writes tests/fixtures/parity.json and its pictures: what Ultralytics sees on pictures of a phantom.

`python tests/peers/write_fixture.py`, after new models came into models/; with the program as an argument, the pictures
are made anew too (their files are RLE: images.py needs a decoder for that).
`cargo test` compares with it without Python; `cargo test --test peers -- --ignored` checks that it still holds.
"""

import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures"
MODELS = HERE.parent.parent / "models"
CONF = 0.01
SEED = 5


def run(*command, **more):
    command = [str(part) for part in command]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **more).stdout


def pictures(foramen, folder):
    """role: pictures, from a phantom study in the contest's form, whose folders bear the names of the series."""
    run(foramen, "phantom", "--studies", 1, "--seed", SEED, "--dialect", "contest", "--balance", 0.5, "--variety", 0,
        "--out", folder)
    study = json.loads(run(foramen, "inspect", "--json", folder))["studies"][0]
    shutil.rmtree(FIXTURES / "parity", ignore_errors=True)
    written = {}
    for series in study["series"]:
        source = pathlib.Path(folder, "train_images", study["study_uid"], series["series_uid"])
        out = FIXTURES / "parity" / series["role"]
        written[series["role"]] = json.loads(
            run(sys.executable, HERE / "images.py", source, out, series["role"], "small")
        )
    return written


def stored():
    """role: the pictures that are there."""
    return {
        folder.name: sorted(str(picture) for picture in folder.glob("*.png"))
        for folder in (FIXTURES / "parity").iterdir()
    }


def main():
    entries = json.loads((MODELS / "manifest.json").read_text())["models"]
    # The second stage is not Ultralytics'.
    roles = {m["file"]: m["role"] for m in entries if m["role"] != "crops"}
    if sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            of_role = pictures(sys.argv[1], pathlib.Path(folder, "study"))
    else:
        of_role = stored()
    # Discs are on both kinds of sagittal images.
    of_role["levels"] = of_role["scs"] + of_role["nfn"]
    runs = [
        {"model": str(MODELS / file), "images": of_role[role], "conf": CONF} for file, role in roles.items()
    ]
    answer = json.loads(run(sys.executable, HERE / "predict.py", input=json.dumps({"runs": runs})))
    models = []
    for run_, boxes in zip(runs, answer["runs"]):
        model = pathlib.Path(run_["model"])
        images = [pathlib.Path(image).relative_to(FIXTURES).as_posix() for image in run_["images"]]
        models.append(
            {
                "model": model.name,
                "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
                "images": [{"file": file, "boxes": found} for file, found in zip(images, boxes)],
            }
        )
    fixture = {
        "written_by": "tests/peers/write_fixture.py",
        "versions": answer["versions"],
        "conf": CONF,
        "models": models,
    }
    (FIXTURES / "parity.json").write_text(json.dumps(fixture, indent=1) + "\n")


main()
