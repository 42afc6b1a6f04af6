"""Trains the network of the second stage on crops that Foramen cut, exports it to ONNX and says what came of it."""

import csv

import cv2

from crops_data import CELLS, COLUMNS, SLICES, Crops, Graded, Varied, cleaned, heldout_losses, prepared
from crops_export import Graph, exported, say_contract
from crops_network import Grader
from crops_score import NAMES, score
from crops_settings import OF_NETWORK, SETTINGS, objection, of_stage
from crops_stage import Plan, Stage, loader, read_checkpoint


def settings_of(index):
    return of_stage(JOB["recipe"], JOB["stages"][index])


def check_recipe():
    for index in range(len(JOB["stages"])):
        stage = settings_of(index)
        refuse_unknown(stage, list(SETTINGS), "the trainer of crops")
        for why in filter(None, (objection(key, value) for key, value in stage.items())):
            refuse(why)
        for key in OF_NETWORK:
            if stage[key] != settings_of(0)[key]:
                refuse(f"the recipe changes {key} in stage {index + 1}; it is the network's and belongs in [train]")


def the_device():
    name = JOB["device"].split(",")[0]
    if "," in JOB["device"]:
        say(warning=f"crops are trained on one GPU: {name}")
    return torch.device(f"cuda:{name}" if name.isdigit() else name)


def uses_bfloat16(device):
    if device.type == "cpu":
        return has_bfloat16()
    return device.type == "cuda" and torch.cuda.is_bf16_supported()


def plan_of(index, device):
    stage, count = JOB["stages"][index], len(JOB["stages"])
    return Plan(index, stage_folder(index), settings_of(index), stage["epochs"], stage.get("time"), JOB["validate"],
                uses_bfloat16(device), lambda **what: say(stage=index + 1, stages=count, **what))


def new_network(crops, pretrained):
    stage = settings_of(0)
    torch.manual_seed(stage["seed"])
    weights = "DEFAULT" if pretrained else None
    network = Grader(JOB["architecture"], weights, crops.side, *(stage[key] for key in OF_NETWORK))
    return network.to(memory_format=torch.channels_last)


def first_network(crops):
    """What the first stage starts from."""
    if JOB["pretrained"]:
        # torchvision keeps what it fetches there.
        os.environ["TORCH_HOME"] = JOB["cache"] or JOB["work"]
        try:
            return new_network(crops, True)
        except (OSError, RuntimeError) as error:
            unfetched(JOB["pretrained"], error)
    network = new_network(crops, False)
    if JOB["weights"]:
        checkpoint = read_checkpoint(JOB["weights"])
        if not checkpoint or "ema" not in checkpoint:
            refuse(f"{JOB['weights']}: not a checkpoint of a second stage (stage1/weights/last.pt of an earlier training)")
        own = network.state_dict()
        fitting = {k: v for k, v in checkpoint["ema"].items() if k in own and own[k].shape == v.shape}
        if len(fitting) < len(own):
            say(warning=f"{JOB['weights']}: {len(fitting)} of {len(own)} tensors fit {JOB['architecture']}")
        if not fitting:
            refuse(f"{JOB['weights']}: none of its weights fit {JOB['architecture']}")
        network.load_state_dict(fitting, strict=False)
    return network


def stage_state(index):
    checkpoint = read_checkpoint(weights_of(index))
    if checkpoint and is_marked_done(index):
        return "done"
    return "begun" if checkpoint else "new"


def result_of(index):
    """The checkpoint that a stage came to."""
    best = weights_of(index, "best.pt")
    return best if JOB["checkpoint"] == "best" and read_checkpoint(best) else weights_of(index)


def train(crops, parts, device):
    """All stages; the network that the last came to."""
    grades = crops.grades
    if JOB["clean"]:
        grades, count = cleaned(crops, heldout_losses(JOB["clean"]["files"], crops), JOB["clean"]["share"])
        say(warning=f"{count} labels are left out: models that had not seen them disagree most with them")
    network = None
    for index in range(len(JOB["stages"])):
        state = stage_state(index) if JOB["resume"] else "new"
        say_stage(index, state)
        if network is None:
            network = first_network(crops) if state == "new" else new_network(crops, False)
        if state == "new":
            shutil.rmtree(stage_folder(index), ignore_errors=True)
            os.makedirs(stage_folder(index))
        if state != "done":
            stage = Stage(plan_of(index, device), network, crops, grades, parts, device)
            if state == "begun":
                stage.resume()
            stage.train()
            mark_done(index)
        network.load_state_dict(read_checkpoint(result_of(index))["ema"])
    return network


@torch.no_grad()
def look(graph, studies, settings):
    """Probabilities, grades, and for each plane the features of cells of which something was seen."""
    probabilities, grades, features = [], [], [[], [], []]
    for batch in loader(studies, settings["batch"], settings["workers"]):
        pictures, seen, steps, known = prepared(batch, "cpu")
        logits, found = graph.features(pictures, seen, steps)
        probabilities.append(torch.softmax(logits, 2).numpy())
        grades.append(known.numpy())
        for plane, part in enumerate(found):
            features[plane].append(part[part.abs().sum(1) > 0])
    return numpy.concatenate(probabilities), numpy.concatenate(grades), [torch.cat(part) for part in features]


def write_heldout(crops, studies, probabilities):
    """What it gives the studies that it was not trained on, as a table of rows."""
    path = os.path.join(JOB["work"], "heldout.csv")
    with open(path + ".partial", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["row_id", "normal_mild", "moderate", "severe"])
        for study, rows in zip(studies, probabilities):
            for column, shares in zip(COLUMNS, rows):
                table.writerow([f"{crops.names[study]}_{column}", *(f"{share:.7f}" for share in shares)])
    os.replace(path + ".partial", path)


@torch.no_grad()
def write_example(graph, studies):
    """A study's input and the answer that the file must give, for Foramen to compare its engine with."""
    pictures, seen, _, _ = studies[0]
    given = torch.as_tensor(pictures).float() / 255
    given[torch.as_tensor(seen) == 0] = -1
    given = given.reshape(1, CELLS * SLICES, *given.shape[2:])
    path = os.path.join(JOB["work"], "example.bin")
    with open(path, "wb") as file:
        for tensor in (given, graph(given)):
            file.write(tensor.contiguous().numpy().astype("<f4").tobytes())
    return path


def main():
    check_recipe()
    cv2.setNumThreads(1)
    device = the_device()
    crops = Crops(JOB["data"])
    is_heldout = crops.folds == JOB["identity"]["fold"]
    parts = numpy.nonzero(~is_heldout)[0], numpy.nonzero(is_heldout)[0]
    network = train(crops, parts, device)

    graph, last = Graph(network), settings_of(len(JOB["stages"]) - 1)
    probabilities, grades, _ = look(graph, Graded(crops, parts[1]), last)
    scores = score(probabilities, grades)
    write_heldout(crops, parts[1], probabilities)
    # As a level finder places them: nothing else is varied.
    placed = {**last, "slices": SLICES, **{key: 0.0 for key in ("gamma", "contrast", "brightness", "noise", "blur",
                                                                "drop_slice", "drop_view", "swap_sides")}}
    looks = [look(graph, Varied(crops, part, placed, crops.grades, 0), last)[2] for part in parts]
    graph.learn(*looks)
    contract = {"contract": 1, "side": crops.side, "width_mm": crops.width_mm, "slices": SLICES}
    model = say_contract(exported(graph, crops.side, JOB["opset"]), task="grade_crops", foramen=json.dumps(contract))
    path, opset = save_model(half(model))
    say(onnx=path, opset=opset, names=[], example=write_example(graph, Graded(crops, parts[1])), metrics=[[name, scores[name]] for name in NAMES],
        bfloat16=uses_bfloat16(device), versions=versions())


if __name__ == "__main__":
    main()
