"""The networks and the pictures on which the reference is compared with zennit and Captum, in Keras.

Both sides of the comparison start here: `record.py` hands the arrays to PyTorch, the tests build the same networks
again. The backbones are those of this course (quarter width) or random (full width), the classifier is always random;
all biases and BatchNorm statistics are such that a mistake in any of them would show.
"""

import hashlib
from pathlib import Path

import keras
import numpy as np

from toonlens.data.toons import draw_one
from toonlens.models import build

CASES = ("vgg16-0.25", "resnet50-0.25", "vgg16-1", "resnet50-1")  # network, width
RECORDED = Path(__file__).parents[2] / "tests/reference/peers"
VALUES = 1000  # of every image's 12,288
CLASSES = 18
SIZE = 64
PICTURES = (3, 10)  # of the test split
SEED = 2024


def network(case: str) -> keras.Model:
    """The network of one of `CASES` with its classifier over 18 classes, for images (B, 64, 64, 3)."""
    arch, width = case.split("-")
    small = width == "0.25"
    weights = "small" if small else None
    model = build(arch, weights, width=float(width), input_shape=(SIZE, SIZE, 3), classes=CLASSES)
    rng = np.random.default_rng(SEED)
    for layer in model.layers:
        if layer.weights and (isinstance(layer, keras.layers.Dense) or not small):
            layer.set_weights([_random(rng, variable) for variable in layer.weights])
    return model


def _random(rng: np.random.Generator, variable: keras.Variable) -> np.ndarray:
    shape = tuple(variable.shape)
    match variable.name:
        case "kernel":  # the output keeps the scale of the input through a ReLU (He et al. 2015, section 2.2)
            value = rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape)
        case "bias" | "beta" | "moving_mean":
            value = rng.normal(0, 0.1, shape)
        case _:  # gamma, moving_variance
            value = rng.uniform(0.5, 1.5, shape)
    return value.astype(np.float32)


def arrays(model: keras.Model) -> dict[str, np.ndarray]:
    """Every weight of `model` as `layer/variable`, float32."""
    return {f"{layer.name}/{weight.name}": weight.numpy() for layer in model.layers for weight in layer.weights}


def digest(arrays: dict[str, np.ndarray]) -> str:
    """A short fingerprint of the weights, so that maps recorded for other weights are recognised."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        total.update(name.encode() + arrays[name].tobytes())
    return total.hexdigest()[:16]


def pictures() -> np.ndarray:
    """Two drawn pictures of the test split, (2, 64, 64, 3) uint8."""
    return np.stack([draw_one(index, SIZE, "test")[0] for index in PICTURES])


def positions() -> np.ndarray:
    """Which values of a flattened map are recorded, the same for every map: (2, VALUES), one row per picture."""
    rng = np.random.default_rng(SEED)
    return np.stack([np.sort(rng.choice(SIZE * SIZE * 3, VALUES, replace=False)) for _ in PICTURES])


def sample(maps: np.ndarray) -> np.ndarray:
    """The values (2, VALUES) of the maps (2, H, W, 3) at `positions`."""
    return np.take_along_axis(maps.reshape(len(maps), -1), positions(), axis=1)


def sums(maps: np.ndarray) -> list[list[float]]:
    """Of each of the maps (2, H, W, 3): the sum of its values, of their absolutes and of their squares."""
    return [[float(power.sum()) for power in (one, np.abs(one), one**2)] for one in maps]
