"""The lab's VGG16 in the grader's process, explained by `autograder.reference`; nothing here is the student's."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.fresh import draw_fresh

RELEASED = Path(__file__).parents[3] / "solutions" / "lab07"
POOLS: list[tuple[Any, Any]] = [("avg_pool", ("avg", {})), ("block?_pool", ("max", {}))]
EPS, AB1 = ("eps", {"eps": 0.1}), ("ab", {"alpha": 1.0, "beta": 0.0})
AB2, GAMMA = ("ab", {"alpha": 2.0, "beta": 1.0}), ("gamma", {"gamma": 0.25})
W2: tuple[str, dict] = ("w2", {})
FLAT: tuple[str, dict] = ("flat", {})


@cache
def _network() -> tuple[Any, list[str]]:
    """The classifier, and the names of its layers, first layer first."""
    from toonlens.convnet import read_layers
    from toonlens.models import build
    from toonlens.transfer import Head, classifier

    stored = np.load(RELEASED / "head.npz")
    model = classifier(build("vgg16", weights="small"), Head(), len(stored["names"]))
    model.layers[-1].set_weights([stored["W"], stored["b"]])
    return model, [layer.name for layer in read_layers(model, softmax=True)]


@cache
def bounds() -> tuple[NDArray, NDArray]:
    """Lowest and highest value of a preprocessed pixel, (3,) each."""
    from toonlens.models import pixel_bounds

    lo, hi = pixel_bounds("vgg16")
    return lo.astype(np.float64), hi.astype(np.float64)


@cache
def cases() -> dict[str, tuple[list, Any]]:
    """Composites as the lab writes them, and the same for the reference."""
    from autograder.reference.composite import conv, dense, first, kernel, lrp
    from autograder.reference.rules import AlphaBeta, Epsilon, Flat, Gamma, WSquare, ZBox, ZPlus

    def within(part: str) -> Any:
        return lambda op: part in op.name and kernel(op)

    lo, hi = bounds()
    box, zbox = ("zB", {"lo": lo, "hi": hi}), ZBox(tuple(map(float, lo)), tuple(map(float, hi)))
    top, z_plus = (dense, Epsilon(0.1)), ZPlus()
    return {
        "epsilon everywhere": ([*POOLS, ("*", EPS)], lrp((kernel, Epsilon(0.1)), averages=z_plus)),
        "alpha-beta, gamma and box in turn": (
            [
                *POOLS,
                ("block1_conv1", box),
                ({"with": "block1"}, GAMMA),
                ("block[23]_*", AB2),
                ("block*", AB1),
                ("*", EPS),
            ],
            lrp(
                (first, zbox),
                (within("block1"), Gamma(0.25)),
                (within("block2"), AlphaBeta(2, 1)),
                (within("block3"), AlphaBeta(2, 1)),
                (conv, AlphaBeta(1, 0)),
                top,
                averages=z_plus,
            ),
        ),
        "w² and flat in some layers": (
            [*POOLS, ("block1_conv1", W2), ("block5_*", W2), ("block4_conv1", FLAT), ("*conv*", AB2), ("*", EPS)],
            lrp(
                (first, WSquare()),
                (within("block5"), WSquare()),
                (within("block4_conv1"), Flat()),
                (conv, AlphaBeta(2, 1)),
                top,
                averages=z_plus,
            ),
        ),
        "preset A flat": (
            [*POOLS, ("block1_conv1", FLAT), ("block*", AB1), ("predictions", EPS)],
            lrp((first, Flat()), (conv, AlphaBeta(1, 0)), top, averages=z_plus),
        ),
        "gamma and box": (
            [*POOLS, ("predictions", EPS), ("block1_conv1", box), ("*", GAMMA)],
            lrp((first, zbox), (conv, Gamma(0.25)), top, averages=z_plus),
        ),
    }


def pictures(rng: np.random.Generator, count: int) -> tuple[NDArray, NDArray]:
    """Fresh pictures uint8 (B, 64, 64, 3), and for each one of its three strongest classes: the logit is not small."""
    from toonlens.models import preprocess

    images, _ = draw_fresh(rng, 1)
    images = images[:count]
    model, _ = _network()
    scores = np.asarray(model(preprocess(images, "vgg16"), training=False))
    place = rng.integers(1, 4, count)
    return images, np.argsort(scores, axis=1)[np.arange(count), -place]


def explained(images: NDArray, c: Any, name: str) -> tuple[NDArray, list[tuple[str, NDArray]]]:
    """Map (B, H, W), and the relevance below each layer with that layer's name, last what stands at the logits."""
    from autograder.reference import explain_layers
    from toonlens.models import preprocess

    model, names = _network()
    R, found = explain_layers(model, preprocess(images, "vgg16"), cases()[name][1], c, dtype="float64")
    below = [R, *(found[layer] for layer in names)]
    return R.sum(axis=-1), list(zip([*names, "the logits"], below, strict=True))
