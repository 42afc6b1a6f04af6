"""The settings of a recipe for crops, and what is wrong with them."""

from crops_data import SLICES

# Every setting of [train]: what it is if left out, the least and the most.
SETTINGS = {
    "batch": (4, 1, 1024), "slices": (3, 1, SLICES), "workers": (0, 0, 256), "seed": (0, 0, 2**31),
    "lr0": (0.002, 1e-7, 1.0), "lrf": (0.01, 0.0, 1.0), "warmup": (0.03, 0.0, 0.5), "weight_decay": (0.02, 0.0, 1.0),
    "encoder_lr": (1.0, 0.0, 1.0), "ema": (0.998, 0.0, 0.99999), "clip": (1.0, 1e-3, 1e3),
    "width": (16, 4, 256), "features": (128, 16, 2048), "dropout": (0.1, 0.0, 0.9),
    "weights": ([1.0, 1.0, 1.0], 0.0, 100.0), "any_severe": (0.0, 0.0, 100.0), "heads_only": (False, 0, 1),
    "shift_mm": (2.0, 0.0, 10.0), "slice_shift": (0.3, 0.0, 1.0), "degrees": (4.0, 0.0, 45.0), "scale": (0.05, 0.0, 0.5),
    "gamma": (0.2, 0.0, 2.0), "contrast": (0.2, 0.0, 2.0), "brightness": (0.05, 0.0, 0.5), "noise": (0.02, 0.0, 0.5),
    "cutmix": (0.0, 0.0, 1.0), "blur": (0.2, 0.0, 1.0), "drop_slice": (0.1, 0.0, 1.0), "drop_view": (0.05, 0.0, 1.0), "swap_sides": (0.5, 0.0, 1.0),
}
# What is the network's, and so the same in all stages.
OF_NETWORK = ("width", "features", "dropout")


def of_stage(recipe, stage):
    """[train] with what the stage changes, and with what is left out."""
    changed = {k: v for k, v in stage.items() if k not in ("epochs", "time")}
    return {**{k: v[0] for k, v in SETTINGS.items()}, **recipe, **changed}


def objection(key, value):
    """What is wrong with the value of a setting, or None."""
    usual, least, most = SETTINGS[key]
    values = value if isinstance(usual, list) and isinstance(value, list) else [value]
    sort = type(usual[0]) if isinstance(usual, list) else type(usual)
    # A bool is an int to Python; 1 is as good a number as 1.0.
    kinds = (int, float) if sort is float else (sort,)
    good = all(isinstance(v, kinds) and isinstance(v, bool) == (sort is bool) and least <= v <= most for v in values)
    if good and (not isinstance(usual, list) or len(values) == len(usual)):
        return None
    expected = "true or false" if sort is bool else f"a {'whole ' if sort is int else ''}number from {least} to {most}"
    each = ", for each of the three grades" if isinstance(usual, list) else ""
    return f"the recipe sets {key} = {value!r}; expected {expected}{each}"
