"""Grades a tree of studies on a Ray cluster: each task is one share of `foramen grade --out-dir`.

    python batch/ray_grade.py STUDIES... --out-dir OUT --shards 32 [--program foramen] [--cpus 2] [-- --models DIR ...]

A task whose worker or node dies is started again by Ray on another; studies whose result is there already are left
alone, so nothing is graded twice and nothing is missed. STUDIES and OUT must be on storage that all nodes see. Ray's
own usage statistics are switched off. What comes after `--` is passed on to `foramen grade`.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray  # noqa: E402
from ray import cloudpickle  # noqa: E402

if __name__ != "__main__":
    # Workers on other nodes need not have this file: its functions travel with the task, as those of a script do.
    cloudpickle.register_pickle_by_value(sys.modules[__name__])

# Some studies could not be read or assessed: the summary names them, and another try would say the same.
DONE = (0, 6)
# A node that dies takes its tasks with it; Ray starts each so many times more.
RETRIES = 10


def die_with_worker():
    """The program ends when its worker does, also by SIGKILL (Linux): else two would grade one share."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def grade_share(command, index, count):
    """(index, exit code, what the program said); runs on a worker."""
    command = [*command, "--shard", f"{index}/{count}"]
    run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=die_with_worker)
    return index, run.returncode, run.stderr.decode(errors="replace")


def grade(studies, out_dir, shards, program="foramen", cpus=1, options=()):
    """Runs all shares on the cluster that Ray is connected to; returns the shares that failed: [(index, code, text)]."""
    command = [program, "grade", *map(str, studies), "--out-dir", str(out_dir), "--threads", str(cpus), *options]
    task = ray.remote(grade_share).options(num_cpus=cpus, max_retries=RETRIES)
    waiting = [task.remote(command, index, shards) for index in range(1, shards + 1)]
    failed = []
    while waiting:
        done, waiting = ray.wait(waiting)
        for index, code, said in ray.get(done):
            last = said.strip().splitlines()[-1:] or [""]
            print(f"share {index}/{shards}: exit {code}: {last[0]}", file=sys.stderr, flush=True)
            if code not in DONE:
                failed.append((index, code, said))
    return failed


def main():
    argv, options = sys.argv[1:], []
    if "--" in argv:
        at = argv.index("--")
        argv, options = argv[:at], argv[at + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="+")
    parser.add_argument("--out-dir", required=True)
    parser.add_argument("--shards", type=int, required=True, help="more than there are workers, so that none waits long")
    parser.add_argument("--program", default="foramen")
    parser.add_argument("--cpus", type=int, default=2, help="of each task")
    parser.add_argument("--address", default=None, help="of the cluster; `auto` on one of its nodes; else a local one")
    args = parser.parse_args(argv)
    ray.init(address=args.address, log_to_driver=False)
    failed = grade(args.studies, args.out_dir, args.shards, args.program, args.cpus, options)
    for index, code, said in failed:
        print(f"share {index} failed with exit code {code}:\n{said}", file=sys.stderr)
    # One more run without a share finds everything done, and writes the tables of all studies.
    command = [args.program, "grade", *args.studies, "--out-dir", args.out_dir, *options]
    return 1 if failed else subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
