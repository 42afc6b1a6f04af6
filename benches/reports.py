"""How long each form of a report takes: `python3 benches/reports.py target/release/foramen [--runs 5]`.

Prints a Markdown table of medians. Each run is a whole process on one phantom study: models are loaded, the study is
graded, the form is written. `grade` alone is the first row; what a form adds is the difference to it.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FORMS = ["pdf", "sr", "sc", "marks", "json", "csv", "csv-reviewed", "text"]


def seconds(command, environment):
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    took = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: code {done.returncode}\n{done.stderr}")
    return took


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("foramen")
    arguments.add_argument("--runs", type=int, default=5)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        environment = dict(os.environ, FORAMEN_DATA_DIR=str(folder / "data"), FORAMEN_CONFIG_DIR=str(folder / "config"))
        phantom = [options.foramen, "phantom", "--studies", "1", "--seed", "5", "--balance", "0.8", "--out", str(folder / "p")]
        seconds(phantom, environment)
        study, out = str(folder / "p" / "train_images"), folder / "out"

        def median(command):
            times = []
            for _ in range(options.runs):
                shutil.rmtree(out, ignore_errors=True)
                times.append(seconds(command, environment))
            size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) if out.exists() else 0
            return statistics.median(times), max(times) - min(times), size

        grade, spread, _ = median([options.foramen, "grade", study, "--out", str(out / "grades.csv")])
        print("| form | whole process, s | spread | more than `grade`, ms | written, kB |")
        print("|---|---|---|---|---|")
        print(f"| `grade` | {grade:.2f} | {spread:.2f} | | |")
        for form in FORMS:
            command = [options.foramen, "report", study, "--format", form, "--out", str(out)]
            took, spread, size = median(command)
            print(f"| `{form}` | {took:.2f} | {spread:.2f} | {1000 * (took - grade):.0f} | {size / 1000:.0f} |")


if __name__ == "__main__":
    main()
