"""The lab's ResNet50 and DenseNet121 in the grader's process, explained in NumPy; nothing here is the student's."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.fresh import draw_fresh
from autograder.checks.lab08 import reference

RELEASED = Path(__file__).parents[3] / "solutions" / "lab08"
SIDE = 64
Rules = dict[str, tuple[str, dict]]
EPS: tuple[str, dict] = ("eps", {"eps": 1e-6})
TOP: tuple[str, dict] = ("eps", {"eps": 0.1})
PASS: tuple[str, dict] = ("pass", {})
MERGE: tuple[str, dict] = ("merge", {})
PLUS: tuple[str, dict] = ("plus", {})
AB1: tuple[str, dict] = ("ab", {"alpha": 1.0, "beta": 0.0})
AB2: tuple[str, dict] = ("ab", {"alpha": 2.0, "beta": 1.0})
FLAT: tuple[str, dict] = ("flat", {})


def rules_of(name: str, bn: tuple[str, dict]) -> Rules:
    """A composite as the lab writes it, with a rule for the BatchNorms that stay."""
    return {
        "epsilon": {"conv": EPS, "dense": EPS, "avg": EPS, "bn": bn},
        "epsilon and flat": {"first": FLAT, "conv": EPS, "dense": EPS, "avg": EPS, "bn": bn},
        "alpha 2, beta 1": {"conv": AB2, "dense": TOP, "avg": PLUS, "bn": bn},
        "preset A flat": {"first": FLAT, "conv": AB1, "dense": TOP, "avg": PLUS, "bn": bn},
    }[name]


@cache
def model_of(arch: str) -> Any:
    """The classifier as in the notebook."""
    from toonlens.models import build
    from toonlens.startup import import_keras

    layers = import_keras().layers
    stored = np.load(RELEASED / "heads.npz")
    base = build(arch, weights="small", input_shape=(SIDE, SIDE, 3))
    head = layers.Dense(len(stored[f"b_{arch}"]), activation="softmax", name="predictions")
    model = import_keras().Model(base.input, head(layers.GlobalAveragePooling2D(name="avg_pool")(base.output)))
    head.set_weights([stored[f"W_{arch}"], stored[f"b_{arch}"]])
    return model


@cache
def nodes_of(arch: str, merged: bool) -> list[reference.Node]:
    """The network with its BatchNorms folded, and merged."""
    from toonlens.nodes import fold_all, merge_all, read_nodes

    nodes = fold_all(read_nodes(model_of(arch)), reference.fold_bn)
    return merge_all(nodes, reference.bn_affine) if merged else nodes


def pictures(rng: np.random.Generator, arch: str) -> tuple[NDArray, NDArray]:
    """A fresh picture uint8 (1, 64, 64, 3), and one of its three strongest classes: the logit is not small."""
    from toonlens.nodes import run_nodes

    images, _ = draw_fresh(rng, 1)
    images = images[:1]
    logits = run_nodes(nodes_of(arch, True), pixels(images, arch))[-1][:, 0, 0]
    return images, np.argsort(logits, axis=1)[:, -int(rng.integers(1, 4))]


def pixels(images: NDArray, arch: str) -> NDArray:
    """Preprocessed, float64."""
    from toonlens.models import preprocess

    return preprocess(images, arch).astype(np.float64)


def explained(arch: str, images: NDArray, c: NDArray, rules: Rules) -> tuple[NDArray, list[reference.Entry]]:
    """Map (B, H, W) and books."""
    from toonlens.nodes import give_rules, run_nodes

    nodes = give_rules(nodes_of(arch, rules["bn"][0] == "merge"), rules)
    return reference.explain(nodes, run_nodes(nodes, pixels(images, arch)), c)
