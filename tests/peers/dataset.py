"""What Ultralytics finds in the folds of a data set: `dataset.py YAML...`, as JSON by file.

`[{"images": [train, val], "backgrounds": [train, val], "boxes": {class name: [train, val]}}]`
"""

import json
import sys

# Ultralytics talks on standard output; the answer must stand there alone.
stdout, sys.stdout = sys.stdout, sys.stderr

from ultralytics.cfg import get_cfg
from ultralytics.data.dataset import YOLODataset
from ultralytics.data.utils import check_det_dataset


def counted(yaml):
    data = check_det_dataset(yaml)
    found = {"images": [], "backgrounds": [], "boxes": {name: [0, 0] for name in data["names"].values()}}
    for part, key in enumerate(["train", "val"]):
        dataset = YOLODataset(img_path=data[key], imgsz=384, augment=False, hyp=get_cfg(), data=data, task="detect")
        found["images"].append(len(dataset))
        found["backgrounds"].append(sum(len(label["cls"]) == 0 for label in dataset.labels))
        for label in dataset.labels:
            for index in label["cls"].flatten():
                found["boxes"][data["names"][int(index)]][part] += 1
        # The image itself, not its name alone.
        assert dataset[0]["img"].shape[0] == 3
    return found


results = [counted(yaml) for yaml in sys.argv[1:]]
print(json.dumps(results), file=stdout)
