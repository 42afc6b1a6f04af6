"""Trains one YOLOv8 detector with Ultralytics, exports it to ONNX and says what came of it.

Ultralytics is AGPL-3.0: a program that is called, not linked.
"""

import hashlib

# No settings in the user's home, no telemetry, and no network but for weights that were asked for by name.
os.environ["YOLO_CONFIG_DIR"] = JOB["work"]
os.environ["YOLO_OFFLINE"] = "true"

import ultralytics  # noqa: E402
from ultralytics import YOLO  # noqa: E402
from ultralytics.cfg import DEFAULT_CFG_DICT, get_cfg  # noqa: E402
from ultralytics.models.yolo.detect import DetectionTrainer  # noqa: E402
from ultralytics.nn.tasks import DetectionModel  # noqa: E402


def check_recipe():
    """Every setting, against what this version of Ultralytics knows; before anything is trained."""
    for settings in (JOB["recipe"], *JOB["stages"]):
        refuse_unknown(settings, DEFAULT_CFG_DICT, f"Ultralytics {ultralytics.__version__}")
    try:
        get_cfg(overrides=dict(JOB["recipe"]))
    except (SyntaxError, TypeError, ValueError) as error:
        refuse(f"the recipe: {error}")


def widen(value):
    """bfloat16 outputs as float32: boxes need more than 8 bits of mantissa in the loss."""
    if torch.is_tensor(value):
        return value.float()
    if isinstance(value, dict):
        return {k: widen(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(widen(v) for v in value)
    return value


def bfloat16_loss(self, batch, preds=None):
    """DetectionModel.loss with the forward pass in bfloat16: 2 to 5 times the speed on a CPU that has it."""
    if getattr(self, "criterion", None) is None:
        self.criterion = self.init_criterion()
    if preds is None:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            preds = self.forward(batch["img"])
    return self.criterion(widen(preds), batch)


class CpuTrainer(DetectionTrainer):
    """Channels last, which oneDNN wants."""

    def get_model(self, *args, **kwargs):
        return super().get_model(*args, **kwargs).to(memory_format=torch.channels_last)

    def preprocess_batch(self, batch):
        batch = super().preprocess_batch(batch)
        batch["img"] = batch["img"].contiguous(memory_format=torch.channels_last)
        return batch


def watch(stage, stages):
    """Says what every epoch came to. With several GPUs Ultralytics pickles this with the trainer and calls it in each
    of its processes: it holds nothing but numbers and speaks in the first of them only."""
    started = time.time()

    def on_epoch(trainer):
        if os.environ.get("RANK", "-1") not in ("-1", "0"):
            return
        spent = time.time() - started
        losses = trainer.tloss.values() if isinstance(trainer.tloss, dict) else trainer.tloss
        loss = [[name, round(float(v), 4)] for name, v in zip(("box", "class", "dfl", *["loss"] * 9), losses)]
        say(stage=stage + 1, stages=stages, epoch=trainer.epoch + 1, epochs=trainer.epochs, loss=loss, seconds=round(spent))

    return on_epoch


def keep_whole(trainer):
    """A copy of the checkpoint that is there whole or not at all: Ultralytics writes last.pt in place, and a kill
    in the middle of that would leave nothing to go on from."""
    partial = str(trainer.wdir / "whole.partial")
    shutil.copyfile(trainer.last, partial)
    os.replace(partial, trainer.wdir / "whole.pt")


def read_checkpoint(path):
    """The checkpoint, or None if there is none or it is not whole."""
    from ultralytics.utils.patches import torch_load

    try:
        return torch_load(path, map_location="cpu")
    except Exception:
        return None


def finish(index):
    """The stage is over: what there was to go on from is no longer needed."""
    mark_done(index)
    if os.path.exists(weights_of(index, "whole.pt")):
        os.remove(weights_of(index, "whole.pt"))


def state_of(index):
    """'done', 'begun' (last.pt can be gone on with), or 'new'."""
    last = weights_of(index)
    if is_marked_done(index) and read_checkpoint(last):
        return "done"
    for path in (last, weights_of(index, "whole.pt")):
        checkpoint = read_checkpoint(path)
        if not checkpoint:
            continue
        if path != last:
            shutil.copyfile(path, last)
        # Ultralytics takes the optimizer out of what is finished.
        ended = checkpoint.get("epoch", -1) + 1 >= checkpoint["train_args"]["epochs"]
        if checkpoint.get("epoch", -1) < 0 or ended:
            finish(index)
            return "done"
        if checkpoint.get("optimizer") is not None:
            return "begun"
    return "new"


def fetched(name):
    """The file of weights that are known by name alone. Ultralytics knows where its own are; they are kept in the user's
    cache, so that five folds fetch them once."""
    folder = JOB["cache"] or JOB["work"]
    target = os.path.join(folder, name)
    if read_checkpoint(target):
        return target
    import socket

    from ultralytics.utils.downloads import attempt_download_asset

    # Ultralytics sets none, and would wait for a network that swallows what it is sent.
    socket.setdefaulttimeout(30)
    # The file's own name tells Ultralytics what to fetch.
    partial = os.path.join(folder, f"fetching-{os.getpid()}", name)
    os.makedirs(os.path.dirname(partial), exist_ok=True)
    try:
        attempt_download_asset(partial)
        if not os.path.exists(partial):
            raise OSError("it knows no weights of this name")
        if not read_checkpoint(partial):
            raise OSError("what came is no whole checkpoint")
        os.replace(partial, target)
    except (Exception, SystemExit) as error:
        unfetched(name, error)
    finally:
        shutil.rmtree(os.path.dirname(partial), ignore_errors=True)
    return target


def first_weights():
    """What the first stage starts from: a file, or None."""
    return fetched(JOB["pretrained"]) if JOB["pretrained"] else JOB["weights"]


def result_of(index):
    """The checkpoint that a stage came to."""
    best = weights_of(index, "best.pt")
    return best if JOB["checkpoint"] == "best" and read_checkpoint(best) else weights_of(index)


def start_from(architecture, weights, is_users):
    model = YOLO(architecture)
    if not weights:
        return model
    if is_users:
        from ultralytics.nn.tasks import load_checkpoint

        own, given = model.model.state_dict(), load_checkpoint(weights)[0].state_dict()
        total = sum(v.numel() for v in own.values())
        taken = sum(v.numel() for k, v in own.items() if k in given and given[k].shape == v.shape)
        if taken == 0:
            refuse(f"{weights}: none of its weights fit {architecture}")
        if taken < 0.5 * total:
            say(warning=f"{weights}: only {100 * taken / total:.0f} % of the weights of {architecture} are taken from it")
    model.load(weights)
    return model


def train_stage(index, weights, begun):
    if begun:
        model = YOLO(weights_of(index))
    else:
        shutil.rmtree(stage_folder(index), ignore_errors=True)
        model = start_from(JOB["architecture"], weights, is_users=index == 0)
    model.add_callback("on_train_epoch_end", watch(index, len(JOB["stages"])))
    model.add_callback("on_model_save", keep_whole)
    options = dict(JOB["recipe"], **JOB["stages"][index])
    if begun:
        # Where the work is now, which need not be where it was begun.
        options["save_dir"] = stage_folder(index)
    model.train(
        trainer=CpuTrainer if on_cpu() else None,
        resume=begun,
        data=JOB["data"],
        device=JOB["device"],
        project=JOB["work"],
        name=f"stage{index + 1}",
        exist_ok=True,
        plots=False,
        val=JOB["validate"],
        deterministic=False,
        **options,
    )
    finish(index)


def train():
    weights = None
    if on_cpu() and has_bfloat16():
        DetectionModel.loss = bfloat16_loss
    for index in range(len(JOB["stages"])):
        state = state_of(index) if JOB["resume"] else "new"
        say_stage(index, state)
        if index == 0 and state == "new":
            weights = first_weights()
        if state != "done":
            train_stage(index, weights, begun=state == "begun")
        weights = result_of(index)
    return weights


def export(model):
    """The ONNX file in the work folder, there whole or not at all, and its opset."""
    path = str(model.export(format="onnx", imgsz=JOB["input"], batch=1, dynamic=False, simplify=True,
                            opset=JOB["opset"], device="cpu"))
    return save_model(half(onnx.load(path)))


def main():
    check_recipe()
    weights = train()
    model = YOLO(weights)
    # Several GPUs are for training: one validates.
    scores = model.val(data=JOB["data"], imgsz=JOB["input"], batch=16, device=JOB["device"].split(",")[0], plots=False,
                       project=JOB["work"], name="val", exist_ok=True)
    path, opset = export(model)
    made_by = versions(Ultralytics=ultralytics.__version__)
    if JOB["pretrained"]:
        kept = os.path.join(JOB["cache"] or JOB["work"], JOB["pretrained"])
        if os.path.exists(kept):
            made_by["weights sha256"] = hashlib.sha256(open(kept, "rb").read()).hexdigest()
    say(
        onnx=path,
        opset=opset,
        names=[model.names[i] for i in range(len(model.names))],
        metrics=[["mAP50", float(scores.box.map50)], ["mAP50-95", float(scores.box.map)]],
        bfloat16=on_cpu() and has_bfloat16(),
        versions=made_by,
    )


if __name__ == "__main__":
    main()
