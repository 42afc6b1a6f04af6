"""What Ultralytics would start once for each of several GPUs, started once on the CPU.

Arguments: driver.py and job.json of a work folder; standard input: a list of recipes' settings to check.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
from types import SimpleNamespace

# Ultralytics' log goes where the first standard output went: the answer alone is to go there.
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

driver, job = sys.argv[1:]
recipes = json.load(sys.stdin)
sys.argv = [driver, job]
# In this __main__, as the driver's own functions are in theirs: so they are pickled alike.
source = open(driver, encoding="utf-8").read().rsplit("\nif __name__", 1)[0]
exec(compile(source, driver, "exec"), globals())

for recipe in recipes:
    JOB["recipe"] = recipe
    check_recipe()
JOB["recipe"] = {"batch": 8, "workers": 0, "fliplr": 0.0}


class Held(Exception):
    """The trainer, at the moment when it would start."""


def hold(self):
    raise Held(self)


def on_cpu():
    return False


os.chdir(JOB["work"])
DetectionTrainer.train = hold
try:
    train_stage(0, None, False)
except Held as held:
    trainer = held.args[0]
del DetectionTrainer.train
from ultralytics.utils.dist import ddp_cleanup, generate_ddp_file  # noqa: E402

file = generate_ddp_file(trainer)
worker = subprocess.run([sys.executable, file], stdout=subprocess.PIPE, stderr=sys.stderr, text=True, check=True)
said = [json.loads(line.removeprefix("FORAMEN ")) for line in worker.stdout.splitlines() if line.startswith("FORAMEN ")]
ddp_cleanup(trainer, file)

second = io.StringIO()
os.environ["RANK"] = "1"
with contextlib.redirect_stdout(second):
    watch(0, 1)(SimpleNamespace(tloss={"box": 1.0}, epoch=0, epochs=1))
print(json.dumps({
    "epochs": [[what["epoch"], len(what["loss"])] for what in said],
    "is_kept": os.path.exists(weights_of(0, "whole.pt")),
    "second": second.getvalue(),
    "checked": len(recipes),
}), file=answer, flush=True)
