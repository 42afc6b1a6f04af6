"""`batch/ray_grade.py` on a cluster of two worker nodes, one of which is killed in the middle of the work.

    ray_batch.py PROGRAM STUDIES FOLDER

Every study must be graded exactly once: one whole result each, equal to that of one plain run; what was done before
the kill is not graded again. Prints a line of JSON with the figures.
"""

import csv
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "batch"))

import ray  # noqa: E402
from ray.cluster_utils import Cluster  # noqa: E402

import ray_grade  # noqa: E402

# As many as workers: each is in the middle of one when it is killed.
SHARDS = 2
OPTIONS = ["--engine", "rten"]


def results(folder):
    return {file.name: file for file in folder.glob("*.json")}


def kill_when_busy(cluster, node, out, seen, total):
    """Kills a node once some studies, not all, are done; keeps what was there then."""
    deadline = time.monotonic() + 300
    while len(results(out)) < max(2, total // 4):
        if time.monotonic() > deadline:
            return
        time.sleep(0.01)
    # SIGKILL for the node and its workers, as when the power fails.
    cluster.remove_node(node, allow_graceful=False)
    time.sleep(0.5)
    seen.update({name: (file.stat().st_ino, file.stat().st_mtime_ns) for name, file in results(out).items()})


def main():
    # Ray says things on standard output: the figures alone go there.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    program, studies, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    out, plain = folder / "out", folder / "plain"
    out.mkdir(parents=True)
    subprocess.run([program, "grade", studies, "--out-dir", plain, *OPTIONS], check=True, stderr=subprocess.DEVNULL)
    expected = results(plain)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False)
    before = {}
    killer = threading.Thread(
        target=kill_when_busy, args=(cluster, nodes[0], out, before, len(expected)), daemon=True
    )
    killer.start()
    failed = ray_grade.grade([studies], out, SHARDS, program=program, cpus=1, options=OPTIONS)
    killer.join()
    ray.shutdown()
    cluster.shutdown()

    assert not failed, failed
    assert 0 < len(before) < len(expected), f"the node was killed too early or too late: {len(before)} of {len(expected)}"
    found = results(out)
    assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
    for name, file in found.items():
        assert json.loads(file.read_bytes()) == json.loads(expected[name].read_bytes()), f"{name} differs"
    again = [n for n, was in before.items() if (found[n].stat().st_ino, found[n].stat().st_mtime_ns) != was]
    assert not again, f"graded twice: {again}"
    rows = []
    for table in sorted(out.glob("summary-*-of-*.csv")):
        with table.open() as lines:
            rows += list(csv.DictReader(lines))
    assert sorted(row["file"] for row in rows) == sorted(expected), "a study is in no summary, or in two"
    assert all(row["status"] == "graded" for row in rows), rows
    left = [name for name in os.listdir(out) if name.startswith(".foramen-")]
    done_before = sum(row["done_before"] == "true" for row in rows)
    figures = {"studies": len(found), "before_kill": len(before), "skipped": done_before, "litter": len(left)}
    print(json.dumps(figures), file=answer, flush=True)


if __name__ == "__main__":
    main()
