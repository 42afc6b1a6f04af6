"""From a trained network to the graph that grading runs: without batch normalisation, with the mask made from the input,
and with the strangeness of each cell."""

import copy
import io

import numpy
import onnx
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from crops_network import CELLS, SLICES, in_order

INPUT, OUTPUT = "crops", "grades"


def fused(module):
    """With every batch normalisation inside the convolution before it."""
    for parent in list(module.modules()):
        names = list(parent._modules)
        for before, name in zip(names, names[1:]):
            conv, norm = parent._modules[before], parent._modules[name]
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                parent._modules[before] = fuse_conv_bn_eval(conv, norm)
                parent._modules[name] = nn.Identity()
    return module


def rounded(module):
    """With numbers that a float16 holds, as the file does: what is measured is then what is exported."""
    with torch.no_grad():
        for tensor in [*module.parameters(), *module.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(tensor.half().float())
    return module


class Whitened(nn.Module):
    """How far features lie from those of the training crops, in their own spread (Mahalanobis, shrunk: directions that vary
    less than 3 % of the average count as if they varied so much). Of a large network's many features the first principal
    directions count one by one, the others together."""

    FLOOR, DIRECTIONS = 0.03, 512

    def __init__(self, features):
        super().__init__()
        features = features.double()
        mean, spread = features.mean(0), features.std(0)
        spread = spread.clamp(min=1e-3 * float(spread.max()) + 1e-4)
        values, vectors = torch.linalg.eigh(torch.cov(((features - mean) / spread).T))
        count = min(len(mean), self.DIRECTIONS)
        self.register_buffer("mean", mean.float())
        self.register_buffer("inverse", (1 / spread).float())
        self.register_buffer("directions", vectors[:, -count:].float().contiguous())
        self.register_buffer("weights", (1 / (values[-count:].clamp(min=0) + self.FLOOR)).float())
        rest = values[:-count].clamp(min=0)
        self.rest = float(1 / (rest.mean() + self.FLOOR)) if len(rest) else 0.0
        self.register_buffer("scale", torch.full((1,), len(mean) ** -0.5))

    def forward(self, features):
        features = (features - self.mean) * self.inverse
        along = (features @ self.directions).square()
        square = (along * self.weights).sum(-1, keepdim=True)
        if self.rest:
            left = features.square().sum(-1, keepdim=True) - along.sum(-1, keepdim=True)
            square = square + torch.relu(left) * self.rest
        return square.sqrt() * self.scale


class Graph(nn.Module):
    """The contract: `crops` [1, 125, side, side] in 0..1 and -1 where there is no slice; `grades` [1, 25, 4]."""

    def __init__(self, network):
        super().__init__()
        self.network = rounded(fused(copy.deepcopy(network).float().cpu().eval()))
        self.strangeness = None
        self.register_buffer("steps", torch.arange(SLICES)[None, None].repeat(1, CELLS, 1), persistent=False)

    def features(self, crops, seen, steps):
        """Logits, and what is looked at for the strangeness: for each plane [n * cells, features]."""
        vectors, any_seen, traces = self.network.encode(crops, seen, steps)
        features = [torch.cat([trace, vector.flatten(0, 1)], 1) for trace, vector in zip(traces, vectors)]
        return self.network.combine(vectors, any_seen), features

    def learn(self, known, heldout):
        """`known` features of training crops and those of crops not trained on, for each plane."""
        self.strangeness = nn.ModuleList([rounded(Whitened(features)) for features in known])
        with torch.no_grad():
            for measure, features in zip(self.strangeness, heldout):
                measure.scale /= numpy.quantile(measure(features).numpy(), 0.99)

    def forward(self, crops):
        side = crops.shape[-1]
        crops = crops.reshape(1, CELLS, SLICES, side, side)
        seen = (crops.flatten(3).amax(3) >= 0).float()
        logits, features = self.features(torch.relu(crops), seen, self.steps)
        strange = [m(f).view(1, -1, 1) for m, f in zip(self.strangeness, features)]
        return torch.cat([torch.softmax(logits, 2), in_order(torch.cat(strange, 1))], 2)


def exported(graph, side, opset):
    """The ONNX model."""
    import onnxslim

    file = io.BytesIO()
    torch.onnx.export(graph.eval(), (torch.rand(1, CELLS * SLICES, side, side),), file, input_names=[INPUT],
                      output_names=[OUTPUT], opset_version=opset, dynamo=False)
    return onnxslim.slim(onnx.load_from_string(file.getvalue()))


def say_contract(model, **metadata):
    """Metadata that Foramen reads."""
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=value)
    return model
